"""The one-time reveal: hard to close by accident, gone once it is closed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests import parts
from tests.browser.conftest import ARGUMENTS

WHOLE_KEY = re.compile(r"dtvi_[0-9A-Za-z]{98}")


def _reveal(page: Page, name: str = "camera"):
    page.get_by_role("link", name="Create New Secret Key").click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)
    page.get_by_role("button", name="Generate Key").click()
    reveal = page.get_by_role("dialog", name="Secret key generated")
    expect(reveal).to_be_visible()
    return reveal


def test_escape_and_clicks_beside_it_leave_it_open(ada_page: Page) -> None:
    reveal = _reveal(ada_page)
    for _ in range(5):
        ada_page.keyboard.press("Escape")
    ada_page.mouse.click(5, 5)
    expect(reveal).to_be_visible()


def test_closing_before_copying_asks_once(ada_page: Page) -> None:
    reveal = _reveal(ada_page)
    reveal.get_by_role("link", name="Close").click()
    expect(reveal.get_by_text("You have not copied this key yet.")).to_be_visible()
    expect(reveal.get_by_role("button", name="Go back")).to_be_focused()
    reveal.get_by_role("button", name="Go back").click()
    reveal.get_by_role("link", name="Close").click()
    reveal.get_by_role("button", name="Close anyway").click()
    expect(reveal).to_be_hidden()


def test_key_is_gone_from_the_page_after_closing(ada_page: Page) -> None:
    reveal = _reveal(ada_page)
    reveal.get_by_role("link", name="Close").click()
    reveal.get_by_role("button", name="Close anyway").click()
    expect(ada_page.locator("#secret")).to_have_count(0)
    assert not WHOLE_KEY.search(ada_page.content())


def test_all_characters_are_visible_and_snippets_are_masked(ada_page: Page) -> None:
    reveal = _reveal(ada_page)
    secret = reveal.locator("#secret")
    assert len(secret.inner_text()) == 103
    assert secret.evaluate("e => e.scrollWidth <= e.clientWidth")
    for name in ("Shell", "Python", ".env", "cURL"):
        reveal.get_by_role("radio", name=name, exact=True).check(force=True)
        assert not WHOLE_KEY.search(reveal.locator("pre:visible").inner_text())


def test_download_holds_both_variables(ada_page: Page, acme) -> None:
    reveal = _reveal(ada_page)
    key = reveal.locator("#secret").inner_text()
    with ada_page.expect_download() as download:
        reveal.get_by_role("button", name="Download .env").click()
    assert download.value.suggested_filename == "datature-vi.env"
    lines = Path(download.value.path()).read_text().splitlines()
    assert f"DATATURE_VI_SECRET_KEY={key}" in lines
    assert f"DATATURE_VI_ORGANIZATION_ID={acme.pk}" in lines


def test_copied_snippet_has_the_real_key(ada_page: Page, context) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    reveal = _reveal(ada_page)
    key = reveal.locator("#secret").inner_text()
    reveal.get_by_role("button", name="Copy this snippet").click()
    expect(reveal.get_by_text("Snippet copied.")).to_be_visible()
    assert key in ada_page.evaluate("navigator.clipboard.readText()")


def test_without_a_clipboard_the_key_is_copied_the_old_way(ada_page: Page) -> None:
    ada_page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
    )
    reveal = _reveal(ada_page)
    reveal.get_by_role("button", name="Copy key").click()
    expect(reveal.get_by_role("button", name="Copied")).to_be_visible()


def test_where_nothing_can_copy_the_key_is_selected_and_said_so(ada_page: Page) -> None:
    ada_page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
    )
    ada_page.evaluate("document.execCommand = () => false")
    reveal = _reveal(ada_page)
    reveal.get_by_role("button", name="Copy key").click()
    expect(reveal.get_by_text("Press Ctrl+C to copy.")).to_be_visible()
    selected = ada_page.evaluate("getSelection().toString()")
    assert WHOLE_KEY.fullmatch(selected.strip())


def test_back_button_never_shows_the_key_again(
    browser_type: BrowserType, ada, acme, sign_in, live_server
) -> None:
    # Playwright turns the back-forward cache off; people have it on.
    browser: Browser = browser_type.launch(
        executable_path=parts.browser(),
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = browser.new_page(reduced_motion="reduce")
    sign_in(page, ada)
    _reveal(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{live_server.url}/?switch=1")
    page.evaluate("history.back()")
    page.wait_for_url("**/settings/secret-keys")
    expect(page.get_by_role("heading", name="Secret Keys")).to_be_visible()
    assert not WHOLE_KEY.search(page.content())
    browser.close()


def test_leaving_the_page_before_copying_asks(ada_page: Page, context) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    asked: list[str] = []
    ada_page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    _reveal(ada_page)
    ada_page.reload()
    assert asked == ["beforeunload"]
    reveal = _reveal(ada_page, "copied")
    reveal.get_by_role("button", name="Copy key").click()
    expect(reveal.get_by_role("button", name="Copied")).to_be_visible()
    ada_page.reload()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("store", ["localStorage", "sessionStorage"])
def test_nothing_is_left_in_the_browser_s_storage(ada_page: Page, store: str) -> None:
    _reveal(ada_page)
    kept = ada_page.evaluate(
        f"JSON.stringify({{...{store}}}) + JSON.stringify(history.state)"
    )
    assert not WHOLE_KEY.search(kept)
