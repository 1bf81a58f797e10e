"""The overview, and the way from its numbers to the keys behind them."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from secretkeys.grants import Permission
from tests.browser.accessibility import is_sideways, violations
from tests.secretkeys.usage_rows import count_requests


def test_number_leads_to_the_keys_behind_it(ada_screen: Page, make_key) -> None:
    now = timezone.now()
    ending, _ = make_key("ending", expires_at=now + dt.timedelta(days=3))
    make_key("quiet", permission=Permission.READ_ONLY)
    count_requests(ending, now, 7)
    ada_screen.reload()
    overview = reverse("secretkeys:overview", args=[ending.organization_id])
    if not ada_screen.get_by_role("link", name="Overview").is_visible():
        ada_screen.get_by_role("button", name="Open navigation").click()
    ada_screen.get_by_role("link", name="Overview").click()
    ada_screen.wait_for_url(f"**{overview}")
    assert violations(ada_screen) == []
    assert not is_sideways(ada_screen)
    ada_screen.get_by_role("link", name="Expiring soon").click()
    expect(ada_screen.get_by_text("1 of 2 keys")).to_be_visible()
    expect(ada_screen.get_by_label("Status")).to_have_value("expiring")
    expect(ada_screen.get_by_role("img", name="7 requests")).to_be_visible()
    expect(ada_screen.get_by_text("quiet")).to_have_count(0)
    assert violations(ada_screen) == []


def test_filters_leave_nothing_empty_in_the_address(
    ada_page: Page, keys_url: str, make_key
) -> None:
    make_key("busy", last_used_at=timezone.now())
    make_key("quiet")
    ada_page.reload()
    ada_page.get_by_label("Status").select_option("Active")
    expect(ada_page.get_by_text("1 of 2 keys")).to_be_visible()
    expect(ada_page).to_have_url(f"{keys_url}?status=active")
    ada_page.get_by_label("Status").select_option("All statuses")
    expect(ada_page).to_have_url(keys_url)


def test_changes_of_others_appear_in_the_table_and_disturb_nothing(
    page: Page, make_key, sign_in, ada, acme, live_server, console
) -> None:
    key, _ = make_key("busy")
    sign_in(page, ada)
    page.clock.install()
    page.goto(live_server.url + reverse("secretkeys:list", args=[acme.pk]))
    search = page.get_by_label("Search by name, key or creator")
    search.evaluate("e => e.value = 'typed'")
    button = page.get_by_role("button", name="Actions for busy")
    make_key("newcomer")
    # Nothing is taken from under a selection.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_text(key.stem).select_text()
    page.clock.run_for(31_000)
    assert asked == []
    page.evaluate("getSelection().removeAllRanges()")
    button.focus()
    key.refresh_from_db()
    key.disabled_at = timezone.now()
    key.save(update_fields=["disabled_at"])
    count_requests(key, timezone.now(), 7)
    with page.expect_response(lambda got: got.request.headers.get("x-poll") == "1"):
        page.clock.run_for(31_000)
    row = page.get_by_role("row", name="busy")
    expect(row.get_by_text("Disabled", exact=True)).to_be_visible()
    expect(row.get_by_role("img", name="7 requests")).to_be_visible()
    expect(page.get_by_role("link", name="newcomer")).to_be_visible()
    expect(button).to_be_focused()
    expect(search).to_have_value("typed")
    # The new menus are menus, too.
    button.press("ArrowDown")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    assert console == []
