"""Without JavaScript every dialog is a page, and the same forms work."""

import re

import pytest
from playwright.sync_api import Page, expect

from secretkeys.models import SecretKey

WHOLE_KEY = re.compile(r"^dtvi_[0-9A-Za-z]{98}$")


@pytest.fixture
def plain_page(new_context, ada, acme, fill_in_sign_in) -> Page:
    page = new_context(java_script_enabled=False).new_page()
    fill_in_sign_in(page, ada)
    return page


def test_key_is_made_edited_rotated_and_removed_on_pages(plain_page: Page) -> None:
    page = plain_page
    page.get_by_role("link", name="Create New Secret Key").click()
    expect(page.get_by_role("heading", name="Generate Secret Key")).to_be_visible()
    page.get_by_label("Name").fill("plain")
    page.get_by_role("button", name="Generate Key").click()
    assert WHOLE_KEY.match(page.locator("#secret").inner_text())
    expect(page.get_by_role("button", name="Copy key")).to_be_hidden()
    page.get_by_role("link", name="Close").click()

    page.get_by_role("button", name="Actions for plain").click()
    page.get_by_role("link", name="Edit Permission").click()
    page.get_by_text("View-only access").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Changes saved.")).to_be_visible()

    page.get_by_role("button", name="Actions for plain").click()
    page.get_by_role("link", name="Rotate…").click()
    page.get_by_label("Keep the current key for").select_option("0")
    page.get_by_role("button", name="Rotate key").click()
    assert WHOLE_KEY.match(page.locator("#secret").inner_text())
    page.get_by_role("link", name="Close").click()

    page.get_by_role("button", name="Actions for plain").first.click()
    page.locator(":popover-open").get_by_role("link", name="Remove Key…").click()
    page.get_by_role("button", name="Remove Key").click()
    expect(page.get_by_text("Secret key removed.")).to_be_visible()
    assert SecretKey.objects.removed().count() == 1


def test_errors_stand_on_the_page_with_what_was_typed(plain_page: Page) -> None:
    plain_page.goto(plain_page.url + "/new")
    plain_page.get_by_label("Name").fill("n" * 65)
    plain_page.get_by_role("button", name="Generate Key").click()
    expect(plain_page.get_by_text("Use 64 characters or fewer.")).to_be_visible()
    expect(plain_page.get_by_label("Name")).to_have_value("n" * 65)


def test_filters_have_a_button(plain_page: Page, make_key) -> None:
    make_key("alpha")
    make_key("beta")
    plain_page.reload()
    plain_page.get_by_label("Search by name, key or creator").fill("alp")
    plain_page.get_by_role("button", name="Apply").click()
    expect(plain_page.get_by_text("1 of 2 keys")).to_be_visible()


def test_signing_out_works(plain_page: Page) -> None:
    plain_page.get_by_role("button", name="Sign out").click()
    expect(plain_page.get_by_role("button", name="Sign in")).to_be_visible()
