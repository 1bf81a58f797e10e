"""The usage page in a browser: its periods, its table, and numbers that arrive."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from secretkeys.models import Denial, KeyUsage, OrganizationUsage
from secretkeys.outcomes import Outcome
from tests.browser.accessibility import is_sideways, violations
from tests.secretkeys.usage_rows import count_requests, seen_client


@pytest.fixture
def used(make_key):
    """Keys with long names, used and refused."""
    now = timezone.now()
    keys = [make_key(letter * 64)[0] for letter in "WMQA"]
    keys += [make_key("pipeline")[0], make_key("gone", removed_at=now)[0]]
    for number, key in enumerate(keys):
        for back in range(0, 60, 3):
            count_requests(key, now - dt.timedelta(days=back), 10**number)
        count_requests(key, now, 3, outcome=Outcome.PERMISSION_DENIED)
    seen_client(keys[0], now)
    Denial.objects.create(
        reference="0123456789abcdef" * 2,
        key=keys[0],
        at=now,
        outcome=Outcome.PERMISSION_DENIED.value,
        method="PATCH",
        path="/" + "w" * 199,
        access=2,
    )
    return keys


def test_longest_words_fit_and_axe_finds_nothing(
    ada_screen: Page, used, acme, live_server
):
    ada_screen.goto(f"{live_server.url}/org/{acme.pk}/settings/usage")
    ada_screen.get_by_text("View as table").click()
    expect(ada_screen.get_by_role("table", name="Requests per day")).to_be_visible()
    assert violations(ada_screen) == []
    assert not is_sideways(ada_screen)


def test_period_and_filters_change_page_address_and_file(
    ada_page, used, acme, live_server
):
    ada_page.goto(f"{live_server.url}/org/{acme.pk}/settings/usage")
    ada_page.get_by_role("link", name="7 days").click()
    expect(ada_page).to_have_url(re.compile(r"period=7d"))
    current = ada_page.locator("#usage-periods [aria-current]")
    expect(current).to_have_text("7 days")
    ada_page.get_by_label("Search by name, key or creator").fill("pipeline")
    keys = ada_page.get_by_role("table", name="Keys by usage")
    expect(keys.get_by_role("row")).to_have_count(2)
    expect(ada_page).to_have_url(re.compile(r"q=pipeline"))
    expect(ada_page.locator("#usage-said")).to_contain_text(", of 1 key")
    # What stands outside of the results has followed.
    expect(ada_page.get_by_role("link", name="24 hours")).to_have_attribute(
        "href", re.compile("q=pipeline")
    )
    with ada_page.expect_download() as download:
        ada_page.get_by_role("link", name="Export CSV").click()
    text = download.value.path().read_text()
    assert "pipeline" in text
    assert "W" * 64 not in text
    ada_page.get_by_role("link", name="Clear filters").click()
    expect(keys.get_by_role("row")).to_have_count(7)
    expect(current).to_have_text("7 days")


def test_new_numbers_arrive_and_disturb_nothing(
    page, used, sign_in, ada, acme, live_server, console
):
    sign_in(page, ada)
    page.clock.install()
    page.goto(f"{live_server.url}/org/{acme.pk}/settings/usage?period=7d")
    page.get_by_text("View as table").click()
    link = page.get_by_role("link", name="pipeline")
    link.focus()
    page.get_by_label("Search by name, key or creator").evaluate("e => e.value = 'pi'")
    count_requests(used[-2], timezone.now(), 5_000_000)
    before = page.locator("#usage-cards dd").first.inner_text()
    with page.expect_response(lambda got: got.request.headers.get("x-poll") == "1"):
        page.clock.run_for(31_000)
    expect(page.locator("#usage-cards dd").first).not_to_have_text(before)
    table = page.get_by_role("table", name="Requests per day")
    expect(table).to_be_visible()
    expect(table.get_by_role("row").nth(1)).to_contain_text("5,0")
    expect(link).to_be_focused()
    expect(page.get_by_label("Search by name, key or creator")).to_have_value("pi")
    assert console == []


def test_first_and_last_requests_come_and_go_without_loading_the_page(
    page, make_key, sign_in, ada, acme, live_server, console
):
    key, _ = make_key("pipeline")
    sign_in(page, ada)
    page.clock.install()
    page.goto(f"{live_server.url}/org/{acme.pk}/settings/usage?period=24h")
    search = page.get_by_label("Search by name, key or creator")
    search.evaluate("e => e.value = 'pi'")
    table = page.get_by_role("table", name="Keys by usage")
    expect(table).to_have_count(0)
    count_requests(key, timezone.now(), 7)
    page.clock.run_for(31_000)
    expect(table).to_contain_text("pipeline")
    expect(search).to_have_value("pi")
    page.reload()
    search.evaluate("e => e.value = 'pi'")
    OrganizationUsage.objects.all().delete()
    KeyUsage.objects.all().delete()
    page.clock.run_for(31_000)
    expect(page.get_by_text("No requests in this period")).to_be_visible()
    expect(table).to_have_count(0)
    expect(search).to_have_value("pi")
    assert console == []
