"""Your account in a browser: axe, widths, the appearance, and ending a session."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import is_sideways, violations


def test_pages_of_the_account(ada_screen, live_server, console):
    for path in ("", "sessions"):
        ada_screen.goto(f"{live_server.url}/account/{path}")
        assert violations(ada_screen) == [], path
        assert not is_sideways(ada_screen), path
    assert console == []


def test_refused_forms(ada_page, live_server) -> None:
    ada_page.goto(f"{live_server.url}/account/")
    ada_page.get_by_label("New email").fill("not an address")
    ada_page.get_by_role("button", name="Send link").click()
    field = ada_page.get_by_label("New email")
    expect(field).to_be_focused()
    expect(field).to_have_value("not an address")
    assert violations(ada_page) == []


@pytest.mark.parametrize("width", [320, 600, 880, 1024, 1180, 1320, 1920])
def test_no_width_scrolls_sideways(ada_page: Page, live_server, width: int) -> None:
    ada_page.set_viewport_size({"width": width, "height": 800})
    for path in ("", "sessions"):
        ada_page.goto(f"{live_server.url}/account/{path}")
        assert not is_sideways(ada_page), path


def test_way_to_the_account_and_back(ada_page: Page, live_server) -> None:
    ada_page.get_by_role("link", name="Ada Lovelace").click()
    expect(ada_page.get_by_role("heading", name="Profile")).to_be_visible()
    ada_page.get_by_role("link", name="Sessions").click()
    expect(ada_page.get_by_text("This device")).to_be_visible()
    ada_page.get_by_role("link", name="Back to organizations").click()
    ada_page.wait_for_url("**/settings/secret-keys")


def test_appearance_changes_at_once_and_stays(ada_page: Page, live_server) -> None:
    ada_page.goto(f"{live_server.url}/account/")
    html = ada_page.locator("html")
    for name in ("Dark", "Light"):
        ada_page.get_by_role("radio", name=name).check(force=True)
        ada_page.locator("#appearance-form").get_by_role("button", name="Save").click()
        expect(html).to_have_attribute("data-theme", name.lower())
    ada_page.goto(f"{live_server.url}/account/sessions")
    expect(html).to_have_attribute("data-theme", "light")


def test_ended_session_meets_the_sign_in_page(
    ada_page: Page, live_server, ada, sign_in, new_context
) -> None:
    other = new_context().new_page()
    sign_in(other, ada)
    ada_page.goto(f"{live_server.url}/account/sessions")
    ada_page.get_by_role("button", name="End all other sessions").click()
    expect(ada_page.get_by_text("The session ended.")).to_be_visible()
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_is_typed_into_one_card_outlives_saving_another(
    ada_page: Page, live_server
) -> None:
    ada_page.goto(f"{live_server.url}/account/")
    ada_page.get_by_label("Your name").fill("Ada King")
    ada_page.get_by_label("Your time zone").select_option("Asia/Tokyo")
    save = ada_page.locator("#time-zone").get_by_role("button", name="Save")
    save.click()
    expect(ada_page.locator("#toasts")).to_contain_text("Time zone saved.")
    expect(ada_page.locator("#time-zone-hint")).to_contain_text("JST")
    expect(ada_page.get_by_label("Your name")).to_have_value("Ada King")
    expect(save).to_be_focused()
