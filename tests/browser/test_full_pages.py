"""Every form that opens in a dialog is a page too, and there it answers in place."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from secretkeys.models import SecretKey


@pytest.fixture
def open_page(ada_page: Page, live_server, acme, console):
    """Return a function that opens the page of a form, which says nothing amiss."""

    def go(name: str, *args: object) -> Page:
        ada_page.goto(live_server.url + reverse(name, args=[acme.pk, *args]))
        return ada_page

    return go


def _submit(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form.form [type=submit]").last.click()


def _expect_one_form(page: Page) -> None:
    expect(page.locator("form.form")).to_have_count(1)
    expect(page.locator("dialog")).to_have_count(0)


def _refuse(page: Page, label: str, typed: str) -> None:
    """Fill in what is refused; the form is there once, with it and the focus in it."""
    page.get_by_label(label).fill(typed)
    _submit(page)
    _expect_one_form(page)
    field = page.get_by_label(label)
    expect(field).to_have_value(typed)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()


def test_what_is_refused_stays_on_the_page(open_page, make_key, mel) -> None:
    used, _ = make_key("used", last_used_at=timezone.now())
    stopped, _ = make_key("stopped", disabled_at=timezone.now())
    _refuse(open_page("secretkeys:create"), "Name", "n" * 65)
    _refuse(open_page("secretkeys:edit", used.key_id), "Name", "n" * 65)
    _refuse(open_page("secretkeys:remove", used.key_id), "Type used", "else")
    _refuse(open_page("secretkeys:disable", used.key_id), "Reason", "r" * 201)
    _refuse(open_page("secretkeys:enable", stopped.key_id), "Reason", "r" * 201)
    _refuse(open_page("orgs:invite"), "Email addresses", "wrong")
    _refuse(open_page("orgs:ownership_offer", mel.pk), "Type Acme", "else")
    assert SecretKey.objects.count() == 2


def test_who_asks_is_confirmed_on_the_page(
    open_page, make_key, mel, acme, settings
) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    key, _ = make_key("alpha")
    for name, *args in (
        ("secretkeys:rotate", key.key_id),
        ("orgs:member_role", mel.pk),
        ("secretkeys:member_remove", mel.pk),
    ):
        page = open_page(name, *args)
        _submit(page)
        _expect_one_form(page)
        expect(page.get_by_label("Confirm it is you")).to_be_focused()


def test_a_key_is_made_and_copied_on_pages(open_page) -> None:
    page = open_page("secretkeys:create")
    page.get_by_label("Name").fill("camera")
    _submit(page)
    expect(page.get_by_role("heading", name="Secret key generated")).to_be_visible()
    copy = page.get_by_role("button", name="Copy key")
    copy.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(page.get_by_role("button", name="Actions for camera")).to_be_visible()


def test_a_key_is_identified_on_its_page(open_page, make_key) -> None:
    page = open_page("secretkeys:identify")
    text = page.get_by_label("A key, its beginning, or a log line with one")
    expect(text).to_be_focused()
    text.fill("see dtvi_abc123…")
    page.get_by_role("button", name="Identify key").click()
    expect(page.get_by_text("begins with dtvi_abc123.")).to_be_visible()
    _expect_one_form(page)
    expect(text).to_have_value("see dtvi_abc123…")
    expect(page.get_by_label("First 11 to 21 characters")).to_be_focused()
    key, plaintext = make_key("found")
    text.fill(plaintext)
    page.get_by_role("button", name="Identify key").click()
    page.wait_for_url(f"**?key={key.key_id}")
