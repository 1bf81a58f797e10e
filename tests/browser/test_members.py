"""The members page in a browser: by keyboard, in every theme and width, unscripted."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from orgs.actions import appoint_owner, invite, offer_ownership
from orgs.audit import COMMAND_LINE, Actor
from orgs.models import Invitation, Membership, User
from orgs.models.invitations import token_digest
from orgs.roles import Role
from secretkeys.models import SecretKey
from tests.browser.accessibility import SIZES, is_sideways, violations
from tests.browser.test_keyboard import _tab_to
from tests.conftest import PASSWORD


@pytest.fixture
def members_url(live_server, acme) -> str:
    return live_server.url + reverse("orgs:members", args=[acme.pk])


@pytest.fixture
def members_page(ada_page: Page, abe, mel, members_url) -> Page:
    """Ada, the Owner of acme, on the members page."""
    ada_page.goto(members_url)
    return ada_page


def _open(page: Page, person: str, item: str) -> None:
    page.get_by_role("button", name=f"Actions for {person}").click()
    page.get_by_role("menuitem", name=item).click()


def test_inviting_by_keyboard(members_page: Page, console) -> None:
    page, keyboard = members_page, members_page.keyboard
    _tab_to(page, "Add Member")
    keyboard.press("Enter")
    emails = page.get_by_label("Email addresses")
    expect(page.get_by_role("dialog", name="Invite Users")).to_be_visible()
    expect(emails).to_be_focused()
    keyboard.type("new@x.test, wrong")
    _tab_to(page, "Send invitations")
    keyboard.press("Enter")
    expect(page.get_by_text("“wrong”: enter an email address.")).to_be_visible()
    expect(emails).to_be_focused()
    expect(emails).to_have_value("new@x.test, wrong")
    keyboard.press("Control+A")
    keyboard.type("new@x.test other@x.test")
    keyboard.press("Tab")
    keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Admin")).to_be_checked()
    _tab_to(page, "Send invitations")
    keyboard.press("Enter")
    expect(page.get_by_text("2 invitations sent.")).to_be_visible()
    expect(page.get_by_role("link", name="Add Member")).to_be_focused()
    expect(page.get_by_role("row", name="new@x.test Admin")).to_be_visible()
    # The one complaint is the browser's own, of the refused form.
    assert [each for each in console if "422" not in each] == []


def test_a_role_changes_from_the_menu_and_the_focus_stays(members_page: Page) -> None:
    page, keyboard = members_page, members_page.keyboard
    menu = page.get_by_role("button", name="Actions for Mel Member")
    menu.focus()
    keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Change role…")).to_be_focused()
    keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Change role")).to_be_visible()
    page.get_by_role("radio", name="Admin").check()
    page.get_by_role("button", name="Change role").click()
    expect(page.get_by_text("Role changed.")).to_be_visible()
    expect(page.get_by_role("row", name="Mel Member")).to_contain_text("Admin")
    expect(menu).to_be_focused()


def test_a_conflict_is_said_in_the_dialog_and_stays(
    members_page: Page, acme, mel
) -> None:
    _open(members_page, "Mel Member", "Change role…")
    members_page.get_by_role("radio", name="Admin").check()
    appoint_owner(acme, mel, actor=COMMAND_LINE, at=timezone.now())
    members_page.get_by_role("button", name="Change role").click()
    alert = members_page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text("An organization needs its Owner.")
    # The page behind has been brought up to date by then.
    expect(members_page.locator(f"#member-{mel.pk}")).to_contain_text("Owner")
    expect(alert).to_be_visible()


def test_a_member_is_removed_with_what_becomes_of_the_keys(
    members_page: Page, make_key, abe, ada
) -> None:
    kept, given, gone = (make_key(name)[0] for name in ("kept", "given", "gone"))
    SecretKey.objects.update(created_by=abe)
    page = members_page
    _open(page, "Abe Admin", "Remove…")
    dialog = page.get_by_role("alertdialog", name="Remove member?")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    dialog.get_by_label("given").select_option(
        "Hand over to Ada Lovelace, ada@acme.test"
    )
    dialog.get_by_label("gone").select_option("Stop on a date…")
    date = dialog.locator(f"[name=until_{gone.pk}]")
    expect(date).to_be_visible()
    expect(dialog.locator(f"[name=until_{kept.pk}]")).to_be_hidden()
    dialog.get_by_label("gone").select_option("Remove now")
    expect(date).to_be_hidden()
    dialog.get_by_role("button", name="Remove member").click()
    expect(page.get_by_text("Member removed.")).to_be_visible()
    expect(page.get_by_role("row", name="Abe Admin")).to_have_count(0)
    given.refresh_from_db()
    assert given.keeper == ada
    assert list(SecretKey.objects.removed()) == [gone]


def test_an_invitation_is_sent_again_and_withdrawn(members_page: Page) -> None:
    page = members_page
    page.get_by_role("link", name="Add Member").click()
    page.get_by_label("Email addresses").fill("new@x.test")
    page.get_by_role("button", name="Send invitations").click()
    row = page.get_by_role("row", name="new@x.test")
    expect(row).to_be_visible()
    Invitation.objects.update(sent_at=timezone.now() - dt.timedelta(days=3))
    page.reload()
    expect(row).to_contain_text("3 days ago")
    _open(page, "new@x.test", "Resend…")
    page.get_by_role("button", name="Resend").click()
    expect(page.get_by_text("Invitation sent again.")).to_be_visible()
    # A menu that is open while the table is loaded anew would close.
    expect(row).to_contain_text("Just now")
    _open(page, "new@x.test", "Withdraw…")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Nobody is invited")).to_be_visible()
    assert not Invitation.objects.exists()


def test_search_finds_while_typing(members_page: Page) -> None:
    members_page.get_by_label("Search by name or email").type("mel")
    expect(members_page.get_by_text("1 of 3 members")).to_be_visible()
    expect(members_page.get_by_role("row", name="Abe Admin")).to_have_count(0)
    assert members_page.url.endswith("?q=mel")


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(
    members_page: Page, make_key, acme, ada, abe, mel, size: str
) -> None:
    page = members_page
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    make_key("alpha")
    SecretKey.objects.update(created_by=abe)
    actor = Actor.person(ada)
    offer_ownership(acme, mel.pk, actor=actor, at=timezone.now())
    page.get_by_role("link", name="Add Member").click()
    page.get_by_label("Email addresses").fill("new@x.test")
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_text("1 invitation sent.")).to_be_visible()
    expect(page.get_by_role("row", name="new@x.test")).to_be_visible()
    assert violations(page) == []
    assert not is_sideways(page)
    for item in ("Change role…", "Transfer ownership…", "Remove…"):
        _open(page, "Abe Admin", item)
        expect(page.locator("#dialog")).to_be_visible()
        assert violations(page) == [], item
        page.keyboard.press("Escape")
    page.get_by_role("link", name="Add Member").click()
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_text("Enter at least one email address.")).to_be_visible()
    assert violations(page) == []


def test_axe_finds_nothing_on_the_page_of_an_invitation(
    page: Page, live_server, ada, acme
) -> None:
    invite(acme, ["new@x.test"], Role.ADMIN, actor=Actor.person(ada), at=timezone.now())
    Invitation.objects.update(token_digest=token_digest("t" * 43))
    page.goto(f"{live_server.url}/invitations/{'t' * 43}")
    assert violations(page) == []
    page.get_by_role("button", name="Create account and join").click()
    expect(page.get_by_text("Enter a name.").first).to_be_visible()
    assert violations(page) == []
    page.goto(f"{live_server.url}/invitations/unknown")
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 600, 880, 881, 1180, 1181, 1920])
def test_no_width_scrolls_sideways(members_page: Page, mel, width: int) -> None:
    User.objects.filter(pk=mel.pk).update(name="w" * 64)
    members_page.set_viewport_size({"width": width, "height": 800})
    members_page.reload()
    assert not is_sideways(members_page)


def test_without_a_script_everything_works_on_pages(
    new_context, ada, abe, mel, acme, members_url, sign_in
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, ada)
    page.goto(members_url)
    page.get_by_role("link", name="Add Member").click()
    page.get_by_label("Email addresses").fill("wrong")
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_label("Email addresses")).to_have_value("wrong")
    page.get_by_label("Email addresses").fill("new@x.test")
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_text("1 invitation sent.")).to_be_visible()

    page.get_by_role("button", name="Actions for new@x.test").click()
    page.get_by_role("link", name="Withdraw…").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Invitation withdrawn.")).to_be_visible()

    page.get_by_role("button", name="Actions for Mel Member").click()
    page.locator(":popover-open").get_by_role("link", name="Transfer").click()
    page.get_by_label("Type Acme to confirm").fill("Acme")
    page.get_by_role("button", name="Offer ownership").click()
    expect(page.get_by_text("Ownership is offered to Mel Member")).to_be_visible()

    page.get_by_role("button", name="Actions for Abe Admin").click()
    page.locator(":popover-open").get_by_role("link", name="Remove…").click()
    page.get_by_role("button", name="Remove member").click()
    expect(page.get_by_text("Member removed.")).to_be_visible()
    assert not Membership.objects.filter(user=abe).exists()


def test_an_old_sign_in_is_renewed_in_the_dialog(
    members_page: Page, settings, mel
) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    page = members_page
    page.get_by_role("link", name="Add Member").click()
    page.get_by_label("Email addresses").fill("new@x.test")
    page.get_by_role("button", name="Send invitations").click()
    password = page.get_by_label("Confirm it is you")
    expect(password).to_be_focused()
    expect(page.get_by_label("Email addresses")).to_have_value("new@x.test")
    password.fill(PASSWORD)
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_text("1 invitation sent.")).to_be_visible()
