"""Account managers at work, under the same strict content security policy."""

import re

import pytest
from playwright.sync_api import Page, expect

from orgs.models import CatalogueEntry, Organization, User
from tests.conftest import PASSWORD
from tests.second_factors import give_app, give_recovery_codes


@pytest.fixture
def amy(db: None) -> User:
    amy = User.objects.create_user("amy@datature.test", PASSWORD)
    User.objects.filter(pk=amy.pk).update(is_staff=True)
    give_app(amy)
    return amy


@pytest.fixture
def pages(page: Page, live_server, amy: User, acme: Organization, console) -> Page:
    """Amy, who signed in on her way to the account managers' pages."""
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Email").fill(amy.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill(give_recovery_codes(amy)[0])
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_title(re.compile("Account managers"))
    return page


def test_organization_gets_a_feature(pages, acme, console) -> None:
    pages.get_by_role("link", name="Organizations", exact=True).first.click()
    pages.get_by_role("link", name="Acme", exact=True).click()
    pages.get_by_label("Access scope").check()
    pages.get_by_role("button", name="Save", exact=True).click()
    expect(pages.get_by_text("was changed successfully")).to_be_visible()
    acme.refresh_from_db()
    assert acme.access_scope
    assert console == []


def test_entry_is_added_renamed_and_removed(pages, live_server, acme, console) -> None:
    pages.goto(f"{live_server.url}/admin/orgs/catalogueentry/add/")
    pages.get_by_role("combobox").first.click()
    pages.get_by_role("searchbox").last.fill("acm")
    pages.get_by_role("option", name="Acme").click()
    pages.get_by_label("Category").select_option("dataset")
    pages.get_by_label("External ID").fill("ds1")
    pages.get_by_label("Name").fill("Roads")
    pages.get_by_role("button", name="Save", exact=True).click()
    pages.get_by_role("link", name="Roads", exact=True).first.click()
    pages.get_by_label("Name").fill("Streets")
    pages.get_by_role("button", name="Save", exact=True).click()
    pages.get_by_label("Select this object for an action").check()
    pages.get_by_label("Action:").select_option(label="Delete selected entries")
    pages.get_by_role("button", name="Go").click()
    expect(pages.get_by_role("button", name="Yes, I’m sure")).to_be_visible()
    pages.get_by_role("button", name="Yes, I’m sure").click()
    expect(pages.get_by_text("Successfully deleted")).to_be_visible()
    pages.goto(f"{live_server.url}/admin/")
    assert not CatalogueEntry.objects.exists()
    assert console == []
