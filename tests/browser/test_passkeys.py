"""Passkeys and codes in a real browser, with the authenticator that Chromium simulates."""

import re

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Page, expect

from orgs.models import User
from tests.browser.accessibility import violations as axe_violations
from tests.conftest import PASSWORD
from tests.second_factors import give_app, give_passkey, give_recovery_codes


@pytest.fixture
def origin(live_server, settings) -> str:
    """Where passkeys work: browsers take no address for a host name."""
    settings.PUBLIC_ORIGIN = live_server.url.replace("127.0.0.1", "localhost")
    return settings.PUBLIC_ORIGIN


@pytest.fixture
def authenticator(page: Page):
    """A phone or laptop that says yes to every question."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    made["session"] = session
    return made


@pytest.fixture
def security(page: Page, origin, ada: User, acme, console) -> Page:
    """Ada on the page about how she signs in."""
    _password(page, origin, ada)
    page.wait_for_url("**/settings/secret-keys")
    page.goto(origin + reverse("mfa_index"))
    return page


def _password(page: Page, origin: str, user: User) -> None:
    page.goto(origin + reverse("account_login"))
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def _add_passkey(page: Page, *, alone: bool = True) -> None:
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    if not alone:
        page.get_by_label("Sign in with it instead of the password").uncheck()
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def _leave_codes(page: Page) -> None:
    page.get_by_role("button", name="Copy codes").click()
    page.get_by_role("link", name="Done").click()
    page.wait_for_url("**/account/security")


def _sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_is_added_and_signs_in_alone(security, authenticator, console):
    _add_passkey(security)
    _leave_codes(security)
    expect(security.get_by_text("Laptop", exact=True)).to_be_visible()
    _sign_out(security)
    security.get_by_role("button", name="Sign in with a passkey").click()
    security.wait_for_url("**/settings/secret-keys")
    assert console == []


def test_a_passkey_is_the_second_step_after_the_password(
    security, authenticator, origin, ada, console
) -> None:
    _add_passkey(security, alone=False)
    _leave_codes(security)
    _sign_out(security)
    _password(security, origin, ada)
    security.get_by_role("button", name="Use a passkey").click()
    security.wait_for_url("**/settings/secret-keys")
    assert console == []


def test_a_passkey_confirms_who_somebody_is_in_another_tab(
    security, authenticator, origin, ada, acme, settings, console
) -> None:
    _add_passkey(security)
    _leave_codes(security)
    ada.set_unusable_password()
    ada.save()
    _sign_out(security)
    security.get_by_role("button", name="Sign in with a passkey").click()
    security.wait_for_url("**/settings/secret-keys")
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    security.get_by_role("link", name="Create New Secret Key").click()
    dialog = security.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("vendor")
    dialog.get_by_role("button", name="Generate").click()
    link = dialog.get_by_role("link", name="Confirm in a new tab")
    expect(link).to_be_visible()
    # The simulated authenticator belongs to this tab.
    target = link.get_attribute("href")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("vendor")
    security.goto(origin + target)
    security.get_by_role("button", name="Use a passkey").click()
    expect(security.get_by_role("heading", name="It is you")).to_be_visible()
    # The form that asked was answered with 422, which Chromium lists.
    assert [each for each in console if "422" not in each] == []


def test_a_passkey_is_renamed_and_removed(security, authenticator, ada, console):
    _add_passkey(security)
    _leave_codes(security)
    security.get_by_role("link", name="Rename Laptop").click()
    security.get_by_label("Name").fill("Old laptop")
    security.get_by_role("button", name="Save").click()
    security.get_by_role("link", name="Remove Old laptop").click()
    security.get_by_role("button", name="Remove passkey").click()
    expect(security.get_by_text("Passkey removed.")).to_be_visible()
    assert not ada.has_second_factor
    assert console == []


def test_an_unknown_passkey_is_told_and_the_sign_in_stays(
    security, authenticator, console
) -> None:
    _add_passkey(security)
    _leave_codes(security)
    Authenticator.objects.all().delete()
    _sign_out(security)
    security.get_by_role("button", name="Sign in with a passkey").click()
    expect(security.get_by_text("This passkey is not known here")).to_be_visible()
    assert console == []


def test_an_app_is_set_up_and_asked_for(security, origin, ada, console) -> None:
    security.get_by_role("link", name="Set up").click()
    picture = security.get_by_role("img", name="QR code")
    assert (
        picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    )
    secret = security.locator("#app-secret").inner_text()
    security.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    security.get_by_role("button", name="Turn on").click()
    codes = security.locator("#codes").text_content().split("\n")
    assert [len(code.strip()) for code in codes] == [8] * 10
    expect(security.get_by_role("button", name="Copy codes")).to_be_visible()
    security.get_by_role("link", name="Done").click()
    expect(security.get_by_text("You have not copied these codes yet.")).to_be_visible()
    security.get_by_role("button", name="Close anyway").click()
    expect(security.get_by_text("10 codes left")).to_be_visible()
    _sign_out(security)
    _password(security, origin, ada)
    security.get_by_label("Code").fill("000")
    security.get_by_role("button", name="Continue").click()
    expect(security.get_by_text(re.compile("This code is not correct"))).to_be_visible()
    security.get_by_label("Code").fill(codes[0])
    security.get_by_role("button", name="Continue").click()
    security.wait_for_url("**/settings/secret-keys")
    assert console == []


def test_both_steps_work_without_scripts(new_context, origin, ada, acme) -> None:
    give_app(ada)
    code = give_recovery_codes(ada)[0]
    page = new_context(java_script_enabled=False).new_page()
    _password(page, origin, ada)
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/settings/secret-keys")


def test_axe_finds_nothing_on_these_pages(security, origin, ada, console) -> None:
    pages = ["security", "security/app", "security/passkeys/add", "password/change/"]
    pages += ["reauthenticate/", "reauthenticate/again", "reauthenticate/done"]
    _check(security, origin, pages)
    give_app(ada)
    give_recovery_codes(ada)
    key = give_passkey(ada)
    pages = ["security", "security/recovery-codes", "security/recovery-codes/generate"]
    pages += ["security/app/remove", f"security/passkeys/{key.pk}/rename"]
    pages += [f"security/passkeys/{key.pk}/remove"]
    pages += ["reauthenticate/code", "reauthenticate/passkey"]
    _check(security, origin, pages)
    security.goto(f"{origin}/account/security")
    _sign_out(security)
    _password(security, origin, ada)
    assert axe_violations(security) == []
    assert console == []


def _check(page: Page, origin: str, paths: list[str]) -> None:
    for path in paths:
        page.goto(f"{origin}/account/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert axe_violations(page) == [], path
