"""Identify a key that was found somewhere: its secret never leaves the browser."""

import pytest
from playwright.sync_api import Page, Request, expect


@pytest.fixture
def sent():
    """Return a function that collects whatever a page sends: addresses, headers, bodies."""

    def watch(page: Page) -> list[str]:
        everything: list[str] = []

        def note(request: Request) -> None:
            headers = str(request.all_headers())
            everything.extend([request.url, headers, request.post_data or ""])

        page.on("request", note)
        return everything

    return watch


def _assert_public_only(sent: list[str], plaintext: str) -> None:
    """Check that of a key at most its public part was sent, and that something was."""
    assert any(plaintext[5:21] in each for each in sent)
    for start in range(len(plaintext) - 8):
        piece = plaintext[start : start + 8]
        if start + 8 > 21:
            assert not any(piece in each for each in sent), start


def test_of_a_pasted_key_only_its_id_is_sent_and_its_row_gets_the_focus(
    ada_page: Page, make_key, sent, console: list[str]
) -> None:
    key, plaintext = make_key("found-in-a-log")
    make_key("another")
    seen = sent(ada_page)
    ada_page.get_by_role("link", name="Identify a key").click()
    dialog = ada_page.get_by_role("dialog", name="Identify a key")
    text = dialog.get_by_label("A key, its beginning, or a log line with one")
    expect(text).to_be_focused()
    ada_page.keyboard.insert_text(f'12:03 GET /v1 "Bearer {plaintext}" 200 ok')
    expect(text).to_have_value(f'12:03 GET /v1 "Bearer {plaintext[:21]}" 200 ok')
    dialog.get_by_role("button", name="Identify key").click()
    ada_page.wait_for_url(f"**?key={key.key_id}")
    expect(ada_page.get_by_text("This is found-in-a-log. It works")).to_be_visible()
    row = ada_page.get_by_role("row").nth(1)
    expect(row).to_contain_text("found-in-a-log")
    expect(row.get_by_role("button", name="Actions for")).to_be_focused()
    _assert_public_only(seen, plaintext)
    assert console == []


def test_the_key_is_stopped_from_there_and_its_row_stays(
    ada_page: Page, make_key
) -> None:
    key, _ = make_key("found-in-a-log")
    for number in range(3):
        make_key(f"key {number}")
    ada_page.goto(f"{ada_page.url}?key={key.key_id}&sort=-name")
    ada_page.get_by_role("link", name="Remove Key…").click()
    dialog = ada_page.get_by_role("alertdialog")
    expect(dialog.get_by_label("This key has leaked")).to_be_checked()
    dialog.get_by_role("link", name="disable it instead").click()
    dialog.get_by_label("Reason (optional)").fill("Found in a log.")
    dialog.get_by_role("button", name="Disable key").click()
    expect(ada_page.get_by_text("Secret key disabled.")).to_be_visible()
    expect(ada_page.get_by_text("It was disabled just now by Ada")).to_be_visible()
    expect(ada_page.get_by_role("link", name="Remove Key…")).to_be_focused()
    expect(ada_page.get_by_role("row").nth(1)).to_contain_text("found-in-a-log")
    ada_page.get_by_role("link", name="Enable…").click()
    ada_page.get_by_role("button", name="Enable key").click()
    expect(ada_page.get_by_text("It works, and was never used.")).to_be_visible()
    ada_page.get_by_label("Search by name, key or creator").fill("key 1")
    expect(ada_page.get_by_text("This is found-in-a-log.")).to_be_hidden()


def test_what_is_unknown_is_said_and_what_was_pasted_stays(ada_page: Page) -> None:
    ada_page.get_by_role("link", name="Identify a key").click()
    text = ada_page.get_by_label("A key, its beginning, or a log line with one")
    text.fill("see dtvi_abc123…")
    ada_page.get_by_role("button", name="Identify key").click()
    said = "No key of this organization begins with dtvi_abc123."
    expect(ada_page.get_by_text(said)).to_be_visible()
    expect(text).to_have_value("see dtvi_abc123…")
    expect(ada_page.get_by_label("First 11 to 21 characters")).to_be_focused()


def test_where_no_key_is_it_is_said_at_once_and_nothing_is_sent(
    ada_page: Page, sent
) -> None:
    ada_page.get_by_role("link", name="Identify a key").click()
    text = ada_page.get_by_label("A key, its beginning, or a log line with one")
    said = ada_page.get_by_text("No key found. A key starts with dtvi_ and 6 more")
    expect(text).to_be_focused()
    seen = sent(ada_page)
    text.evaluate(
        """field => { field.value = "hello"; field.dispatchEvent(new InputEvent(
             "input", {bubbles: true, inputType: "insertFromPaste"})) }"""
    )
    expect(said).to_be_visible()
    text.fill("dtvi_kGv")
    expect(said).to_be_hidden()
    field = ada_page.get_by_label("First 11 to 21 characters")
    for typed in ("", "a piece of a secret"):
        field.fill(typed)
        ada_page.get_by_role("button", name="Identify key").click()
        expect(said).to_be_visible()
        expect(field).to_be_focused()
    expect(text).to_have_value("dtvi_kGv")
    assert seen == []


def test_without_script_the_field_takes_no_more_than_the_id(
    new_context, ada, acme, sign_in, make_key, sent
) -> None:
    key, plaintext = make_key("found-in-a-log")
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, ada)
    seen = sent(page)
    page.get_by_role("link", name="Identify a key").click()
    expect(page.get_by_label("A key, its beginning")).to_be_hidden()
    page.get_by_label("First 11 to 21 characters").click()
    page.keyboard.insert_text(plaintext)
    page.get_by_role("button", name="Identify key").click()
    page.wait_for_url(f"**?key={key.key_id}")
    expect(page.get_by_text("This is found-in-a-log. It works")).to_be_visible()
    expect(page.get_by_role("button", name="Actions for found")).to_be_focused()
    _assert_public_only(seen, plaintext)


def test_without_script_a_piece_of_a_secret_is_not_sent(
    new_context, ada, acme, sign_in, make_key, sent
) -> None:
    _, plaintext = make_key("found-in-a-log")
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, ada)
    page.get_by_role("link", name="Identify a key").click()
    seen = sent(page)
    page.get_by_label("First 11 to 21 characters").click()
    page.keyboard.insert_text(plaintext[30:60])
    page.get_by_role("button", name="Identify key").click()
    expect(page.get_by_role("heading", name="Identify a key")).to_be_visible()
    assert not any(plaintext[30:40] in each for each in seen)
