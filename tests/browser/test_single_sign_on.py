"""Signing in at an identity provider with a real browser and its security policy."""

from copy import deepcopy

import pytest
from playwright.sync_api import Page, expect

from config.single_sign_on import single_sign_on
from orgs.models import User
from tests.orgs.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider


@pytest.fixture
def provider(settings):
    """The provider, set up as an operator does."""
    provider = Provider()
    configured = single_sign_on(provider.url, CLIENT_ID, CLIENT_SECRET, "Acme ID")
    settings.SINGLE_SIGN_ON = configured
    settings.SOCIALACCOUNT_PROVIDERS = configured.providers
    settings.ROOT_URLCONF = "tests.orgs.single_sign_on_urls"
    policy = deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"].append(configured.origin)
    settings.CONTENT_SECURITY_POLICY = policy
    yield provider
    provider.stop()


def test_button_leads_to_the_provider_and_back(
    page: Page, live_server, provider, ada: User, acme, console
) -> None:
    provider.person = {"sub": "1", "email": ada.email, "email_verified": True}
    page.goto(f"{live_server.url}/account/login/?next=/account/sessions")
    page.get_by_role("button", name="Continue with Acme ID").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
    assert console == []


def test_somebody_unknown_reads_what_to_do(
    page: Page, live_server, provider, acme, console
) -> None:
    provider.person = {"sub": "1", "email": "nina@acme.test", "email_verified": True}
    page.goto(f"{live_server.url}/account/login/")
    page.get_by_role("button", name="Continue with Acme ID").click()
    expect(page.get_by_text("There is no account for nina@acme.test.")).to_be_visible()
    page.get_by_role("link", name="Back to sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    # The page itself is answered with 403, which Chromium lists.
    assert [each for each in console if "403" not in each] == []
