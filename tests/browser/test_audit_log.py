"""The audit log in a browser: read, filtered, taken away, on every screen."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from orgs import audit
from orgs.audit import Actor, AuditAction, Origin
from tests.browser.accessibility import is_sideways, violations


@pytest.fixture
def log(ada_screen, acme, ada, live_server):
    """Open a log with the longest words that it can hold."""
    audit.record(
        AuditAction.MEMBER_ROLE_CHANGED,
        acme,
        actor=Actor.person(ada, Origin("2001:db8:85a3:8d3:1319:8a2e:370:7348", "vi/0")),
        subject="m" * 242 + "@acme.test",
        at=timezone.now(),
        changes={"name": ("W" * 64, "M" * 64)},
    )
    ada_screen.goto(f"{live_server.url}/org/{acme.pk}/settings/audit-log")
    return ada_screen


def test_longest_words_fit_and_axe_finds_nothing(log):
    expect(log.get_by_text("Changed role", exact=True).last).to_be_visible()
    for field in log.locator("#audit-filters :is(input, select)").all():
        expect(field).to_be_visible()
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


def test_new_events_appear_by_themselves_and_nothing_else_moves(
    ada_page, acme, ada, live_server
):
    ada_page.clock.install()
    ada_page.goto(f"{live_server.url}/org/{acme.pk}/settings/audit-log?event=keys")
    expect(ada_page.get_by_role("heading", name="No events match")).to_be_visible()
    search = ada_page.get_by_label("Search by person")
    search.focus()
    rows = ada_page.locator("#audit-rows tr")
    for number in (1, 2):
        _record(acme, ada, AuditAction.KEY_CHANGED, f"key {number}")
        _record(acme, ada, AuditAction.ORGANIZATION_RENAMED, "Acme")
        ada_page.clock.run_for(31_000)
        expect(rows).to_have_count(number)
        expect(rows.first).to_contain_text(f"key {number}")
        expect(search).to_be_focused()
    expect(ada_page.locator("#audit-said")).to_have_text("1 new event.")
    expect(ada_page.locator("tr.is-new")).to_have_count(1)
    assert "event=keys" in ada_page.url


def test_page_of_an_ended_session_stops_asking_quietly(
    ada_page, acme, live_server, console
):
    ada_page.clock.install()
    ada_page.goto(f"{live_server.url}/org/{acme.pk}/settings/audit-log")
    Session.objects.all().delete()
    with ada_page.expect_response(lambda answer: answer.status == 286):
        ada_page.clock.run_for(31_000)
    asked: list[str] = []
    ada_page.on("request", lambda request: asked.append(request.url))
    ada_page.clock.run_for(120_000)
    assert (asked, console) == ([], [])
    expect(ada_page.get_by_role("row")).not_to_have_count(0)
    expect(ada_page.get_by_role("alert")).to_have_count(0)


def _record(organization, user, action, subject):
    audit.record(
        action,
        organization,
        actor=Actor.person(user),
        subject=subject,
        at=timezone.now(),
    )
