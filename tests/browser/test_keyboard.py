"""The whole job without a mouse, and where the focus goes."""

from playwright.sync_api import Page, expect

from secretkeys.models import SecretKey


def _tab_to(page: Page, name: str, presses: int = 40) -> None:
    """Press Tab until the element with this text or label has the focus."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "[document.activeElement.textContent.trim(),"
            " document.activeElement.getAttribute('aria-label')]"
        )
        if name in focused:
            return
    raise AssertionError(f"Tab never reached {name!r}")


def test_create_copy_close_edit_and_remove_by_keyboard(ada_page: Page) -> None:
    keyboard = ada_page.keyboard
    _tab_to(ada_page, "Create New Secret Key")
    keyboard.press("Enter")
    expect(ada_page.get_by_label("Name", exact=True)).to_be_focused()
    keyboard.type("by-keyboard")
    keyboard.press("Enter")
    copy = ada_page.get_by_role("button", name="Copy key")
    expect(copy).to_be_focused()
    _tab_to(ada_page, "Close")
    keyboard.press("Enter")
    expect(ada_page.get_by_role("button", name="Go back")).to_be_focused()
    _tab_to(ada_page, "Close anyway")
    keyboard.press("Enter")
    menu = ada_page.get_by_role("button", name="Actions for by-keyboard")
    expect(menu).to_be_focused()

    keyboard.press("ArrowDown")
    expect(ada_page.get_by_role("menuitem", name="Edit Permission")).to_be_focused()
    keyboard.press("Enter")
    expect(ada_page.get_by_label("Name", exact=True)).to_be_focused()
    keyboard.press("Control+A")
    keyboard.type("renamed")
    keyboard.press("Enter")
    expect(ada_page.get_by_text("Changes saved.")).to_be_visible()
    expect(ada_page.get_by_role("button", name="Actions for renamed")).to_be_focused()

    keyboard.press("ArrowUp")
    expect(ada_page.get_by_role("menuitem", name="Remove Key…")).to_be_focused()
    keyboard.press("Enter")
    expect(ada_page.get_by_role("link", name="Cancel")).to_be_focused()
    _tab_to(ada_page, "Remove Key")
    keyboard.press("Enter")
    expect(ada_page.get_by_text("No secret keys yet")).to_be_visible()
    assert SecretKey.objects.get().is_removed


def test_disable_and_enable_by_keyboard(
    ada_page: Page, keys_url: str, make_key
) -> None:
    key, _ = make_key("alpha")
    ada_page.goto(f"{keys_url}/{key.key_id}")
    keyboard = ada_page.keyboard
    disable = ada_page.get_by_role("link", name="Disable…")
    _tab_to(ada_page, "Disable…")
    keyboard.press("Enter")
    expect(ada_page.get_by_role("link", name="Cancel")).to_be_focused()
    keyboard.press("Escape")
    expect(disable).to_be_focused()

    keyboard.press("Enter")
    expect(ada_page.get_by_role("link", name="Cancel")).to_be_focused()
    keyboard.press("Shift+Tab")
    expect(ada_page.get_by_label("Reason (optional)")).to_be_focused()
    keyboard.type("Found in a log.")
    _tab_to(ada_page, "Disable key")
    keyboard.press("Enter")
    expect(ada_page.get_by_text("Secret key disabled.")).to_be_visible()
    enable = ada_page.get_by_role("link", name="Enable…")
    expect(enable).to_be_focused()

    keyboard.press("Enter")
    _tab_to(ada_page, "Enable key")
    keyboard.press("Enter")
    expect(ada_page.get_by_text("Secret key enabled.")).to_be_visible()
    expect(disable).to_be_focused()
    assert not SecretKey.objects.get().is_disabled


def test_escape_closes_a_dialog_and_gives_the_focus_back(ada_page: Page) -> None:
    opener = ada_page.get_by_role("link", name="Create New Secret Key")
    opener.focus()
    ada_page.keyboard.press("Enter")
    expect(ada_page.get_by_role("dialog")).to_be_visible()
    ada_page.keyboard.press("Escape")
    expect(ada_page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()


def test_menu_moves_wraps_and_closes_by_keyboard(ada_page: Page, make_key) -> None:
    make_key("alpha")
    ada_page.reload()
    button = ada_page.get_by_role("button", name="Actions for alpha")
    button.press("Enter")
    items = ada_page.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    ada_page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    ada_page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    ada_page.keyboard.press("End")
    expect(items.last).to_be_focused()
    ada_page.keyboard.press("v")
    ada_page.keyboard.press("Escape")
    expect(items.first).to_be_hidden()
    expect(button).to_be_focused()


def test_after_a_removal_the_next_row_has_the_focus(ada_page: Page, make_key) -> None:
    for name in ("a", "b", "c"):
        make_key(name)
    ada_page.goto(ada_page.url + "?sort=name")
    ada_page.get_by_role("button", name="Actions for b").click()
    ada_page.get_by_role("menuitem", name="Remove Key…").click()
    ada_page.get_by_role("button", name="Remove Key").click()
    expect(ada_page.get_by_role("button", name="Actions for c")).to_be_focused()
