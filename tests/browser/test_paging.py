"""Going through pages by keyboard, and filters beside a new key."""

from playwright.sync_api import Page, expect

from tests.conftest import create_many_keys


def test_paging_keeps_the_focus_in_the_pager(ada_page: Page, acme) -> None:
    create_many_keys(acme, 60)
    ada_page.reload()
    ada_page.get_by_role("link", name="Create New Secret Key").click()
    expect(ada_page.get_by_role("dialog")).to_be_visible()
    ada_page.keyboard.press("Escape")
    expect(ada_page.get_by_role("dialog")).to_be_hidden()
    ada_page.get_by_role("link", name="Next page").press("Enter")
    second = ada_page.get_by_role("link", name="Page 2", exact=True)
    expect(second).to_have_attribute("aria-current", "page")
    expect(second).to_be_focused()


def test_new_key_is_shown_whatever_the_filters_say(ada_page: Page, make_key) -> None:
    make_key("alpha")
    ada_page.goto(ada_page.url + "?q=alpha")
    ada_page.get_by_role("link", name="Create New Secret Key").click()
    ada_page.get_by_role("dialog").get_by_label("Name").fill("beta")
    ada_page.get_by_role("button", name="Generate Key").click()
    ada_page.get_by_role("link", name="Close").click()
    ada_page.get_by_role("button", name="Close anyway").click()
    expect(ada_page.get_by_role("button", name="Actions for beta")).to_be_focused()


def test_headings_can_be_seen_when_they_have_the_focus(
    ada_page: Page, make_key
) -> None:
    make_key("alpha")
    ada_page.set_viewport_size({"width": 320, "height": 640})
    ada_page.reload()
    ada_page.locator("#sort-name").focus()
    box = ada_page.locator("#sort-name").bounding_box()
    assert box is not None
    assert box["width"] > 20
