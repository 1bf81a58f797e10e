"""The overview, and the way from its numbers to the keys behind them."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from secretkeys.grants import Permission
from tests.browser.accessibility import is_sideways, violations
from tests.secretkeys.usage_rows import count_requests


def test_number_leads_to_the_keys_behind_it(screen: Page, make_key) -> None:
    now = timezone.now()
    ending, _ = make_key("ending", expires_at=now + dt.timedelta(days=3))
    make_key("quiet", permission=Permission.READ_ONLY)
    count_requests(ending, now, 7)
    screen.reload()
    overview = reverse("secretkeys:overview", args=[ending.organization_id])
    if not screen.get_by_role("link", name="Overview").is_visible():
        screen.get_by_role("button", name="Open navigation").click()
    screen.get_by_role("link", name="Overview").click()
    screen.wait_for_url(f"**{overview}")
    assert violations(screen) == []
    assert not is_sideways(screen)
    screen.get_by_role("link", name="Expiring soon").click()
    expect(screen.get_by_text("1 of 2 keys")).to_be_visible()
    expect(screen.get_by_label("Status")).to_have_value("expiring")
    expect(screen.get_by_role("img", name="7 requests")).to_be_visible()
    expect(screen.get_by_text("quiet")).to_have_count(0)
    assert violations(screen) == []


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
