"""Choosing what a key may do: scope, matrix, preview, password, and why it was refused."""

import pytest
from playwright.sync_api import Page, expect
from vi.client.errors import ViAuthenticationError

from orgs.categories import Category
from orgs.models import CatalogueEntry, Organization
from orgs.sessions import SessionStore
from secretkeys import recording
from secretkeys.grants import Grant, Permission
from secretkeys.models import SecretKey
from secretkeys.scopes import Reach, Scope
from tests.browser.accessibility import is_sideways, violations


@pytest.fixture
def scoped(acme: Organization) -> Organization:
    """Acme with both features and a catalogue of more datasets than are shown."""
    acme.access_scope = acme.advanced_permissions = True
    acme.save()
    CatalogueEntry.objects.bulk_create(
        CatalogueEntry(
            organization=acme,
            category=Category.DATASET,
            external_id=f"ds{number}",
            name=f"warehouse {number:03}",
        )
        for number in range(60)
    )
    return acme


def _open_create(page: Page):
    page.get_by_role("link", name="Create New Secret Key").click()
    dialog = page.get_by_role("dialog", name="Generate Secret Key")
    expect(dialog).to_be_visible()
    return dialog


def _choose(dialog, group: str, label: str) -> None:
    dialog.get_by_role("group", name=group).get_by_text(label, exact=True).click()


def test_a_vendor_gets_two_datasets_and_nothing_else(
    ada_page: Page, scoped, connect, console: list[str]
) -> None:
    dialog = _open_create(ada_page)
    dialog.get_by_label("Name", exact=True).fill("labeling-vendor")
    _choose(dialog, "Dataset Access", "Selected")
    dialog.get_by_label("warehouse 001").check()
    finder = dialog.get_by_label("Filter datasets")
    finder.fill("warehouse 059")
    dialog.get_by_label("warehouse 059").check()
    # What was selected before stays, whatever the filter says.
    expect(dialog.get_by_label("warehouse 001")).to_be_checked()
    # Enter in the filter does not generate a key.
    finder.press("Enter")
    _choose(dialog, "Training Access", "None")
    _choose(dialog, "Deployment Access", "None")
    dialog.get_by_text("Annotation and labeling permissions").click()
    dialog.get_by_role("button", name="Generate Key").click()
    reveal = ada_page.get_by_role("dialog", name="Secret key generated")
    expect(reveal).to_contain_text("Annotations: write · Datasets, Assets: read")
    client = connect(reveal.locator("#secret").inner_text())

    with pytest.raises(ViAuthenticationError, match="selected datasets only"):
        client.datasets.list()
    with pytest.raises(ViAuthenticationError, match="Labeler Only"):
        client.flows.list()
    key = SecretKey.objects.get()
    assert key.grant.scopes[Category.DATASET].ids == {"ds1", "ds59"}
    assert key.grant.scopes[Category.TRAINING].reach is Reach.NONE
    assert [each for each in console if "403" not in each] == []


def test_the_matrix_opens_under_restricted(ada_page: Page, scoped) -> None:
    dialog = _open_create(ada_page)
    dialog.get_by_label("Name", exact=True).fill("models")
    expect(dialog.get_by_role("table")).to_be_hidden()
    dialog.get_by_text("Custom restricted access").click()
    expect(dialog.get_by_role("table")).to_be_visible()
    dialog.get_by_role("button", name="Generate Key").click()
    expect(dialog).to_contain_text("Choose Read or Write for at least one resource.")
    dialog.get_by_role("radio", name="Models: Read").check()
    assert violations(ada_page) == []
    dialog.get_by_role("button", name="Generate Key").click()
    reveal = ada_page.get_by_role("dialog", name="Secret key generated")
    expect(reveal).to_contain_text("Restricted (Models: read)")


def test_enter_generates_the_key(ada_page: Page, scoped) -> None:
    dialog = _open_create(ada_page)
    dialog.get_by_label("Name", exact=True).fill("by keyboard")
    dialog.get_by_label("Name", exact=True).press("Enter")
    expect(ada_page.get_by_role("dialog", name="Secret key generated")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1280, 1200, 1024, 900])
def test_a_long_access_leaves_the_menu_in_its_row(
    ada_page: Page, make_key, width: int
) -> None:
    some = Scope(Reach.SELECTED, frozenset({"ds1"}))
    scopes = dict.fromkeys(Category, Scope()) | {Category.DATASET: some}
    make_key("a-key-with-a-long-name", grant=Grant.preset(Permission.FULL, scopes))
    ada_page.set_viewport_size({"width": width, "height": 844})
    ada_page.reload()
    expect(ada_page.get_by_text("1 dataset, all training")).to_be_visible()
    menu = ada_page.get_by_role("button", name="Actions for").bounding_box()
    card = ada_page.locator(".card:has(.keys)").bounding_box()
    assert menu["x"] + menu["width"] <= card["x"] + card["width"]


def test_fields_stand_below_each_other_on_a_phone(ada_page: Page, scoped) -> None:
    ada_page.set_viewport_size({"width": 390, "height": 844})
    dialog = _open_create(ada_page)
    name = dialog.get_by_label("Name", exact=True).bounding_box()
    assert name["width"] > 300


def test_locked_features_say_whom_to_ask(ada_page: Page) -> None:
    dialog = _open_create(ada_page)
    expect(dialog).to_contain_text("is currently not available for all organizations")
    expect(dialog.get_by_role("radio", name="Restricted")).to_be_disabled()
    expect(dialog.get_by_role("group", name="Dataset Access")).to_have_count(0)


def test_a_narrower_grant_says_what_it_would_have_denied(
    ada_page: Page, make_key, connect
) -> None:
    _, plaintext = make_key("pipeline")
    client = connect(plaintext)
    for _ in range(3):
        client.organizations.get_quota()
    recording.flush()
    ada_page.reload()
    ada_page.get_by_role("button", name="Actions for pipeline").click()
    ada_page.get_by_role("menuitem", name="Edit Permission").click()
    dialog = ada_page.get_by_role("dialog", name="Edit secret key")
    dialog.get_by_text("Annotation and labeling permissions").click()
    said = "This change would have denied 3 requests (organization read, 127.0.0.1,"
    expect(dialog.locator("#preview")).to_contain_text(said)
    assert violations(ada_page) == []
    dialog.get_by_role("button", name="Save changes").click()
    expect(ada_page.get_by_text("Changes saved.")).to_be_visible()
    with pytest.raises(ViAuthenticationError, match="Labeler Only"):
        client.organizations.get_quota()


def test_a_refused_request_is_explained_and_mended(
    ada_page: Page, make_key, connect, keys_url: str
) -> None:
    _, plaintext = make_key("pipeline", permission=Permission.READ_ONLY)
    client = connect(plaintext)
    with pytest.raises(ViAuthenticationError) as refused:
        client.organizations.update(spec={"name": "Renamed"})
    recording.flush()
    ada_page.goto(f"{keys_url}/denials/{refused.value.trace_id}")
    expect(ada_page.get_by_text("is Read Only and may not change")).to_be_visible()
    assert violations(ada_page) == []
    ada_page.get_by_role("link", name="Edit Permission").click()
    dialog = ada_page.get_by_role("dialog", name="Edit secret key")
    expect(dialog.get_by_role("radio", name="Full")).to_be_checked()
    dialog.get_by_role("button", name="Save changes").click()
    expect(ada_page.get_by_text("Changes saved.")).to_be_visible()
    expect(ada_page.get_by_text("would be allowed now")).to_be_visible()
    assert client.organizations.update(spec={"name": "Renamed"}).name == "Renamed"


def test_an_old_sign_in_is_confirmed_in_the_dialog(ada_page: Page, scoped) -> None:
    for cookie in ada_page.context.cookies():
        if cookie["name"] == "session":
            _age_sign_in(cookie["value"])
    dialog = _open_create(ada_page)
    dialog.get_by_label("Name", exact=True).fill("late")
    _choose(dialog, "Dataset Access", "None")
    dialog.get_by_role("button", name="Generate Key").click()
    expect(dialog.get_by_label("Confirm it is you")).to_be_focused()
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("late")
    assert violations(ada_page) == []
    dialog.get_by_label("Confirm it is you").fill("wrong")
    dialog.get_by_role("button", name="Generate Key").click()
    expect(dialog.get_by_text("The password is not correct.")).to_be_visible()
    dialog.get_by_label("Confirm it is you").fill("correct horse battery staple")
    dialog.get_by_role("button", name="Generate Key").click()
    expect(ada_page.get_by_role("dialog", name="Secret key generated")).to_be_visible()
    scopes = SecretKey.objects.get().grant.scopes
    assert scopes[Category.DATASET].reach is Reach.NONE


def test_everything_works_without_a_script(
    new_context, ada, scoped, sign_in, keys_url: str
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, ada)
    page.goto(f"{keys_url}/new")
    page.get_by_label("Name", exact=True).fill("plain")
    page.get_by_role("group", name="Dataset Access").get_by_text("Selected").click()
    page.get_by_label("warehouse 002").check()
    page.get_by_label("Filter datasets").fill("warehouse 058")
    page.get_by_role("button", name="Filter", exact=True).first.click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("plain")
    page.get_by_label("warehouse 058").check()
    page.get_by_text("Custom restricted access").click()
    page.get_by_role("radio", name="Datasets: Read").check()
    page.get_by_role("button", name="Generate Key").click()
    expect(page.get_by_text("Restricted (Datasets: read)")).to_be_visible()
    grant = SecretKey.objects.get().grant
    assert grant.scopes[Category.DATASET].ids == {"ds2", "ds58"}


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_the_unlocked_dialog_is_accessible(ada_page: Page, scoped, width: int) -> None:
    ada_page.set_viewport_size({"width": width, "height": 844})
    dialog = _open_create(ada_page)
    _choose(dialog, "Dataset Access", "Selected")
    dialog.get_by_text("Custom restricted access").click()
    assert violations(ada_page) == []
    assert not is_sideways(ada_page)


def _age_sign_in(session_key: str) -> None:
    """Make a session's sign-in an hour old."""
    store = SessionStore(session_key)
    for record in store["account_authentication_methods"]:
        record["at"] -= 3600
    store.modified = True
    store.save()
