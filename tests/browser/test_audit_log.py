"""The audit log in a browser: read, filtered, taken away, on every screen."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from orgs import audit
from orgs.audit import Actor, AuditAction, Origin
from tests.browser.accessibility import is_sideways, violations


@pytest.fixture
def log(screen, acme, ada, live_server):
    """Open a log with the longest words that it can hold."""
    audit.record(
        AuditAction.MEMBER_ROLE_CHANGED,
        acme,
        actor=Actor.person(ada, Origin("2001:db8:85a3:8d3:1319:8a2e:370:7348", "vi/0")),
        subject="m" * 242 + "@acme.test",
        at=timezone.now(),
        changes={"name": ("W" * 64, "M" * 64)},
    )
    screen.goto(f"{live_server.url}/org/{acme.pk}/settings/audit-log")
    return screen


def test_longest_words_fit_and_axe_finds_nothing(log):
    expect(log.get_by_text("Changed role", exact=True).last).to_be_visible()
    assert violations(log) == []
    assert not is_sideways(log)


def test_filtering_changes_rows_address_and_files(log):
    log.get_by_label("Event", exact=True).select_option("organization")
    expect(log.get_by_role("row")).to_have_count(2)
    assert "event=organization" in log.url
    export = log.get_by_role("link", name="Export CSV")
    expect(export).to_have_attribute("href", re.compile("event=organization"))
    with log.expect_download() as download:
        export.click()
    text = download.value.path().read_text()
    assert "organization.created" in text
    assert "member.role_changed" not in text
