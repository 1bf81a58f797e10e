"""The organization's own pages: General, Resources, and going from one to another."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from orgs.actions import create_organization, set_quota
from orgs.audit import COMMAND_LINE
from orgs.models import Organization
from orgs.quotas import QuotaKind
from tests.browser.accessibility import is_sideways, violations


@pytest.fixture
def address(live_server, acme):
    """Return a function that gives the address of a page of acme."""

    def of(name: str) -> str:
        return live_server.url + reverse(name, args=[acme.pk])

    return of


def _check(page: Page) -> None:
    assert violations(page) == []
    assert not is_sideways(page)


def test_pages_of_an_owner(screen, address, acme, ada, sign_in) -> None:
    who = {"actor": COMMAND_LINE, "at": timezone.now()}
    set_quota(acme, QuotaKind.DATA_ROWS, used=10, limit=100, **who)
    set_quota(acme, QuotaKind.COMPUTE_CREDITS, used=82, limit=100, **who)
    set_quota(acme, QuotaKind.COLLABORATORS, limit=1, **who)
    sign_in(screen, ada)
    for name in ("orgs:general", "orgs:resources"):
        screen.goto(address(name))
        _check(screen)
    screen.goto(address("orgs:general"))
    screen.get_by_label("Organization name").fill("")
    screen.get_by_role("button", name="Update").click()
    expect(screen.get_by_text("Enter a name.")).to_be_visible()
    expect(screen.get_by_label("Organization name")).to_be_focused()
    _check(screen)
    screen.get_by_label("Longest lifetime of new keys").select_option("custom")
    screen.get_by_label("Days").fill("0")
    screen.get_by_role("button", name="Save").click()
    expect(screen.get_by_label("Days")).to_be_focused()
    _check(screen)


def test_pages_of_a_member_and_leaving(screen, address, mel, sign_in) -> None:
    sign_in(screen, mel)
    screen.goto(address("orgs:general"))
    _check(screen)
    screen.get_by_role("link", name="Leave organization…").click()
    expect(screen.get_by_role("link", name="Cancel")).to_be_focused()
    _check(screen)
    screen.get_by_role("button", name="Leave organization").click()
    expect(screen.get_by_text("You left Acme.")).to_be_visible()
    _check(screen)
    screen.get_by_role("link", name="Create organization").click()
    expect(screen.get_by_label("Organization name")).to_be_focused()
    _check(screen)


def test_switcher(screen, address, ada, acme, live_server, sign_in) -> None:
    sign_in(screen, ada)
    create_organization("Zeta " * 12, owner=ada, actor=COMMAND_LINE, at=timezone.now())
    screen.goto(address("orgs:general"))
    if (menu := screen.get_by_role("button", name="Open navigation")).is_visible():
        menu.click()
    screen.get_by_role("button", name="Acme Organization").click()
    expect(screen.get_by_role("menuitem", name="Create organization")).to_be_visible()
    _check(screen)
    screen.goto(f"{live_server.url}/?switch=1")
    _check(screen)


def test_organization_id_is_copied(ada_page, address, acme) -> None:
    ada_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ada_page.goto(address("orgs:general"))
    ada_page.get_by_role("button", name="Copy organization ID").click()
    expect(ada_page.get_by_text("Copied organization ID.")).to_be_attached()
    copied = ada_page.evaluate("navigator.clipboard.readText()")
    assert copied == str(acme.pk)
    # Selecting and copying by hand works, too, and leaving asks nothing.
    complaints: list[str] = []
    ada_page.on("pageerror", lambda error: complaints.append(str(error)))
    ada_page.locator("#organization-id").click(click_count=3)
    ada_page.keyboard.press("Control+C")
    ada_page.goto(address("orgs:resources"))
    assert complaints == []


def test_organization_is_switched_by_keyboard(ada_page, address, acme, ada) -> None:
    other = create_organization(
        "Zeta", owner=ada, actor=COMMAND_LINE, at=timezone.now()
    )
    ada_page.goto(address("orgs:general"))
    switcher = ada_page.get_by_role("button", name="Acme Organization")
    switcher.focus()
    ada_page.keyboard.press("ArrowDown")
    expect(ada_page.get_by_role("menuitem", name="Acme")).to_be_focused()
    ada_page.keyboard.press("Escape")
    expect(switcher).to_be_focused()
    ada_page.keyboard.press("Enter")
    expect(ada_page.get_by_role("menuitem", name="Acme")).to_be_focused()
    ada_page.keyboard.press("ArrowDown")
    expect(ada_page.get_by_role("menuitem", name="Zeta")).to_be_focused()
    ada_page.keyboard.press("End")
    expect(ada_page.get_by_role("menuitem", name="All organizations")).to_be_focused()
    ada_page.keyboard.press("z")
    ada_page.keyboard.press("Enter")
    ada_page.wait_for_url(f"**{other.get_absolute_url()}")


def test_everything_works_without_scripts(new_context, sign_in, address, mel) -> None:
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, mel)
    page.goto(address("orgs:general"))
    expect(page.get_by_role("button", name="Copy organization ID")).to_be_hidden()
    page.locator("#switcher").click()
    expect(page.get_by_role("link", name="All organizations")).to_be_visible()
    page.goto(address("orgs:general"))
    page.get_by_role("link", name="Leave organization…").click()
    page.get_by_role("button", name="Leave organization").click()
    expect(page.get_by_text("You left Acme.")).to_be_visible()
    page.get_by_role("link", name="Create organization").click()
    page.get_by_label("Organization name").fill("Initech")
    page.get_by_role("button", name="Create organization").click()
    expect(page.get_by_text("Organization created.")).to_be_visible()
    assert Organization.objects.filter(name="Initech").exists()
