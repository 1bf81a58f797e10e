"""The main job: generate, copy, use with the real client, edit, remove."""

import re

import pytest
from playwright.sync_api import Page, expect
from vi.client.errors import ViAuthenticationError

from secretkeys import recording
from secretkeys.models import SecretKey

WHOLE_KEY = re.compile(r"^dtvi_[0-9A-Za-z]{98}$")


def _generate(page: Page, name: str) -> str:
    """Fill in the dialog and return the revealed key."""
    page.get_by_role("link", name="Create New Secret Key").click()
    dialog = page.get_by_role("dialog", name="Generate Secret Key")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Generate Key").click()
    reveal = page.get_by_role("dialog", name="Secret key generated")
    return reveal.locator("#secret").inner_text()


def _row(page: Page, name: str):
    return page.get_by_role("row").filter(has_text=name)


def test_key_is_made_used_narrowed_and_ended(
    ada_page: Page, connect, context, console: list[str]
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    key = _generate(ada_page, "checkout-line-camera")
    assert WHOLE_KEY.match(key)
    reveal = ada_page.get_by_role("dialog")
    expect(reveal.get_by_role("button", name="Copy key")).to_be_focused()
    expect(reveal.get_by_text("Waiting for the first request…")).to_be_visible()
    reveal.get_by_role("button", name="Copy key").click()
    expect(reveal.get_by_role("button", name="Copied")).to_be_visible()
    assert ada_page.evaluate("navigator.clipboard.readText()") == key

    client = connect(key)
    assert client.organizations.get().name == "Acme"
    recording.flush()
    expect(reveal.get_by_text("First request received")).to_be_visible()
    expect(reveal.get_by_text("vi/0.1.0b7")).to_be_visible()

    reveal.get_by_role("link", name="Close").click()
    expect(reveal).to_be_hidden()
    expect(ada_page.get_by_text("Secret key created.")).to_be_visible()
    # The table has learnt of the first request by itself.
    expect(_row(ada_page, "checkout-line-camera")).to_contain_text("Just now")
    menu_button = ada_page.get_by_role(
        "button", name="Actions for checkout-line-camera"
    )
    expect(menu_button).to_be_focused()
    ada_page.reload()
    expect(_row(ada_page, "checkout-line-camera")).to_contain_text("Just now")

    menu_button.click()
    ada_page.get_by_role("menuitem", name="Edit Permission").click()
    ada_page.get_by_role("dialog").get_by_text("View-only access").click()
    ada_page.get_by_role("button", name="Save changes").click()
    expect(_row(ada_page, "checkout-line-camera")).to_contain_text("Read Only")
    with pytest.raises(ViAuthenticationError, match="Read Only") as refused:
        client.organizations.update(spec={"name": "Renamed"})
    assert refused.value.status_code == 403

    menu_button.click()
    ada_page.get_by_role("menuitem", name="Remove Key…").click()
    expect(ada_page.get_by_role("link", name="Cancel")).to_be_focused()
    ada_page.get_by_label("to confirm").fill("checkout-line-camera")
    ada_page.get_by_role("button", name="Remove Key").click()
    expect(ada_page.get_by_text("No secret keys yet")).to_be_visible()
    with pytest.raises(ViAuthenticationError) as ended:
        client.organizations.get()
    assert ended.value.status_code == 401
    assert console == []


def test_error_keeps_what_was_typed_and_points_at_the_field(
    ada_page: Page, make_key
) -> None:
    make_key("production")
    ada_page.get_by_role("link", name="Create New Secret Key").click()
    dialog = ada_page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Production")
    dialog.get_by_text("Annotation and labeling permissions").click()
    dialog.get_by_role("button", name="Generate Key").click()
    expect(dialog.get_by_text("A key with this name already exists.")).to_be_visible()
    expect(dialog.get_by_label("Name")).to_be_focused()
    expect(dialog.get_by_label("Name")).to_have_value("Production")
    expect(dialog.get_by_role("radio", name="Labeler Only")).to_be_checked()


def test_custom_date_appears_when_it_is_chosen(ada_page: Page) -> None:
    ada_page.get_by_role("link", name="Create New Secret Key").click()
    dialog = ada_page.get_by_role("dialog")
    date = dialog.locator("input[type=date]")
    expect(date).to_be_hidden()
    dialog.get_by_label("Expiration").select_option("custom")
    expect(date).to_be_visible()


def test_double_click_makes_one_key_and_keeps_the_reveal(ada_page: Page) -> None:
    ada_page.get_by_role("link", name="Create New Secret Key").click()
    dialog = ada_page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("twice")
    dialog.get_by_role("button", name="Generate Key").dblclick()
    expect(ada_page.get_by_role("dialog", name="Secret key generated")).to_be_visible()
    assert SecretKey.objects.count() == 1


def test_search_and_filters_change_the_table_in_place(ada_page: Page, make_key) -> None:
    make_key("alpha")
    make_key("beta")
    ada_page.reload()
    ada_page.get_by_label("Search by name, key or creator").fill("alp")
    expect(ada_page.get_by_text("1 of 2 keys")).to_be_visible()
    expect(_row(ada_page, "beta")).to_be_hidden()
    expect(ada_page).to_have_url(re.compile(r"q=alp"))
    ada_page.get_by_label("Search by name, key or creator").fill("prodcution")
    ada_page.get_by_role("link", name="Clear filters").click()
    expect(ada_page.get_by_text("2 keys")).to_be_visible()


def test_whole_key_pasted_into_the_search_leaves_the_browser_as_its_stem_only(
    ada_page: Page, make_key
) -> None:
    key, plaintext = make_key("alpha")
    make_key("beta")
    ada_page.reload()
    sent: list[str] = []
    ada_page.on("request", lambda request: sent.append(request.url))
    ada_page.get_by_label("Search by name, key or creator").fill(plaintext)
    expect(ada_page.get_by_text("1 of 2 keys")).to_be_visible()
    assert any(key.key_id in url for url in sent)
    assert not any(plaintext[:30] in url for url in sent)
