"""What people read when something goes wrong, with what they typed still there."""

import re

from playwright.sync_api import Page, expect

from secretkeys.models import SecretKey


def _fill_in(page: Page) -> None:
    page.get_by_role("link", name="Create New Secret Key").click()
    page.get_by_role("dialog").get_by_label("Name").fill("camera")


def test_session_that_ended_is_said_in_the_dialog_and_nothing_is_lost(
    ada_page: Page, context, ada, fill_in_sign_in
) -> None:
    _fill_in(ada_page)
    context.clear_cookies(name="session")
    dialog = ada_page.get_by_role("dialog")
    dialog.get_by_role("button", name="Generate Key").click()
    expect(dialog.get_by_text("Your session has ended.")).to_be_visible()
    expect(dialog.get_by_label("Name")).to_have_value("camera")

    with context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in").click()
    opened.value.close()
    fill_in_sign_in(context.new_page(), ada)
    dialog.get_by_role("button", name="Generate Key").click()
    expect(ada_page.get_by_role("dialog", name="Secret key generated")).to_be_visible()
    assert SecretKey.objects.get().name == "camera"


def test_no_connection_is_said_in_the_dialog(ada_page: Page, context) -> None:
    _fill_in(ada_page)
    context.set_offline(True)
    dialog = ada_page.get_by_role("dialog")
    dialog.get_by_role("button", name="Generate Key").click()
    sentence = "The key was not created. Check your connection and try again."
    expect(dialog.get_by_text(sentence)).to_be_visible()
    context.set_offline(False)
    dialog.get_by_role("button", name="Generate Key").click()
    expect(ada_page.get_by_role("dialog", name="Secret key generated")).to_be_visible()


def test_what_asks_by_itself_fails_in_silence(ada_page: Page, context) -> None:
    _fill_in(ada_page)
    ada_page.get_by_role("button", name="Generate Key").click()
    copy = ada_page.get_by_role("button", name="Copy key")
    expect(copy).to_be_focused()
    # The table asks for itself once, because of the new key; what follows are polls.
    expect(ada_page.locator("#keys-results")).to_contain_text("camera")
    with ada_page.expect_event("requestfailed"):
        context.set_offline(True)
    expect(copy).to_be_focused()
    expect(ada_page.locator("#failure, .toast")).to_have_count(0)
    context.set_offline(False)


def test_what_could_not_be_shown_anew_is_said_on_the_page_behind(
    ada_page: Page,
) -> None:
    _fill_in(ada_page)
    ada_page.route(
        re.compile(r"/secret-keys\?"),
        lambda route: route.abort(),
    )
    ada_page.get_by_role("button", name="Generate Key").click()
    said = ada_page.get_by_text("What is shown here may be out of date.")
    expect(said).to_be_attached()
    reveal = ada_page.get_by_role("dialog", name="Secret key generated")
    expect(reveal.locator("#failure")).to_have_count(0)


def test_key_removed_in_another_tab_is_said(ada_page: Page, context, make_key) -> None:
    key, _ = make_key("alpha")
    ada_page.reload()
    ada_page.get_by_role("button", name="Actions for alpha").click()
    ada_page.get_by_role("menuitem", name="Edit Permission").click()
    dialog = ada_page.get_by_role("dialog")
    other = context.new_page()
    other.goto(f"{ada_page.url}/{key.key_id}/remove")
    other.get_by_role("button", name="Remove Key").click()
    dialog.get_by_role("button", name="Save changes").click()
    # The table behind it has noticed, and the sentence stays.
    expect(ada_page.get_by_text("No secret keys yet")).to_be_attached()
    expect(dialog.get_by_text("This key was already removed.")).to_be_visible()
