"""Somebody new: invited, joins, sets up a second factor, generates a key."""

import re

import pyotp
from django.core import mail
from django.urls import reverse
from playwright.sync_api import Page, expect

from orgs.models import Membership, Organization
from secretkeys.models import SecretKey
from tests.conftest import PASSWORD


def _link(live_server, address: str) -> str:
    message = next(each for each in mail.outbox if each.to == [address])
    token = re.search(r"/invitations/([\w-]+)", message.body).group(1)
    return live_server.url + reverse("orgs:invitation", args=[token])


def test_from_the_invitation_to_the_first_key(
    ada_page: Page, live_server, acme: Organization, new_context
) -> None:
    ada_page.goto(live_server.url + reverse("orgs:members", args=[acme.pk]))
    ada_page.get_by_role("link", name="Add Member").click()
    ada_page.get_by_label("Email addresses").fill("new@x.test")
    ada_page.get_by_text("Manages keys, members").click()
    ada_page.get_by_role("button", name="Send invitations").click()
    expect(ada_page.get_by_text("1 invitation sent.")).to_be_visible()
    # From here on, everybody needs one; ada is not asked about anything any more.
    Organization.objects.filter(pk=acme.pk).update(second_factor_required=True)

    page = new_context().new_page()
    page.goto(_link(live_server, "new@x.test"))
    page.get_by_label("Name").fill("New Person")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password, again").fill(PASSWORD)
    page.get_by_role("button", name="Create account and join").click()
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    assert Membership.objects.get(user__email="new@x.test").role == "admin"

    page.get_by_role("link", name="Set up a second factor").click()
    page.goto(live_server.url + reverse("mfa_activate_totp"))
    secret = page.locator("#app-secret").inner_text().strip()
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("Recovery codes").first).to_be_visible()

    page.goto(live_server.url + reverse("secretkeys:list", args=[acme.pk]))
    page.get_by_role("link", name="Create New Secret Key").click()
    page.get_by_label("Name", exact=True).fill("first-key")
    page.get_by_role("button", name="Generate Key").click()
    expect(page.get_by_role("dialog", name="Secret key generated")).to_be_visible()
    assert SecretKey.objects.get().created_by.email == "new@x.test"
