"""A refused request is explained to the members of the organization, by its reference."""

import datetime as dt
import re
import uuid
from typing import NamedTuple

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs.audit import COMMAND_LINE, Actor
from secretkeys import recording
from secretkeys.actions import disable_key, enable_key, remove_key
from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.scopes import Reach
from tests.secretkeys.browsing import HTMX, fields, text
from tests.secretkeys.conftest import fill, scopes, switch

pytestmark = pytest.mark.django_db

UNKNOWN = "References of refused requests are kept for 7 days, at most the newest 100 of each key."
PETS = "/workspaces/{org}/datasets/{org}_pets"
CARS = "/workspaces/{org}/datasets/{org}_cars"
FULL, READ_ONLY = Permission.FULL, Permission.READ_ONLY


class Refusal(NamedTuple):
    """A key, a request it is refused, and the smallest grant that allows it."""

    grant: Grant
    method: str
    path: str
    check: str
    words: str
    access: str


REFUSALS = {
    "missing right": Refusal(
        Grant.preset(READ_ONLY),
        *("PUT", f"{PETS}/assets/a1/annotations/n1", "may not change annotations"),
        "Annotations: write · Datasets, Assets, Training, Models, Deployments, "
        "Organization: read",
        "All",
    ),
    "missing row": Refusal(
        Grant.restricted({Resource.DATASETS: Access.READ}),
        *("GET", "/workspaces/{org}/runs", "may not read training projects, flows"),
        *("Datasets, Training: read", "All"),
    ),
    "not selected": Refusal(
        Grant.preset(FULL, scopes(dataset={"pets"})),
        *("DELETE", CARS, "this dataset is not one of them"),
        "Everything: write",
        "2 datasets, all training, all deployments",
    ),
    "no reach": Refusal(
        Grant.preset(READ_ONLY, scopes(dataset=Reach.NONE, training=Reach.NONE)),
        *("GET", f"{CARS}/assets", "has no Dataset Access"),
        *("Everything: read", "1 dataset, all deployments"),
    ),
    "list under Selected": Refusal(
        Grant.preset(READ_ONLY, scopes(dataset={"pets"}, training={"sorter"})),
        *("GET", "/workspaces/{org}/datasets", "may not list them all"),
        "Everything: read",
        "All datasets, 1 training resource, all deployments",
    ),
    "creation under Selected": Refusal(
        Grant.preset(FULL, scopes(dataset={"pets"})),
        *("POST", "/workspaces/{org}/datasets", "may not create datasets"),
        *("Everything: write", "All"),
    ),
    "no training": Refusal(
        Grant.preset(FULL, scopes(training=Reach.NONE)),
        *("GET", "/workspaces/{org}/runs/sorter/outputs", "has no Training Access"),
        "Everything: write",
        "All datasets, 1 training resource, all deployments",
    ),
    "neither right nor reach": Refusal(
        Grant.restricted(
            {Resource.ANNOTATIONS: Access.READ}, scopes(dataset={"pets", "roads"})
        ),
        *("DELETE", f"{CARS}/assets/a1", "may not change assets"),
        *("Assets: write · Annotations: read", "3 datasets"),
    ),
}
# Refusals that no change of the key would have prevented.
HOPELESS = {
    "unknown route": ("GET", "/workspaces/{org}/secrets", "There is no such endpoint."),
    "ambiguous path": ("GET", "/workspaces//{org}", "of this request is ambiguous."),
}


@pytest.fixture
def refused(refuse, make_key):
    """The reference of a request that a Read Only key was refused."""
    return refuse(make_key(permission=READ_ONLY)[1])


def edit_link(response):
    """Return where Edit Permission leads to; None where it is not offered."""
    found = re.search(r'id="edit-key" href="([^"]*)"', response.content.decode())
    return found and found[1]


@pytest.mark.parametrize("kind", REFUSALS)
def test_the_page_says_what_failed_and_what_would_have_allowed_it(
    featured, make_key, refuse, look_up, mel, client_for, kind
):
    refusal = REFUSALS[kind]
    key, plaintext = make_key("vendor", grant=refusal.grant)
    reference = refuse(plaintext, refusal.method, refusal.path)
    shown = text(look_up(reference, client=client_for(mel)))
    assert f"Reference {reference}" in shown
    assert refusal.check in shown
    assert f"Access {key.grant.access_words}" in shown
    assert f"({refusal.words}). Access: {refusal.access}." in shown


@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
@pytest.mark.parametrize("kind", REFUSALS)
def test_saving_what_is_proposed_allows_the_request_and_no_more(
    featured, make_key, refuse, look_up, signed_in, decide, kind, htmx
):
    refusal = REFUSALS[kind]
    key, plaintext = make_key("vendor", grant=refusal.grant)
    link = edit_link(look_up(refuse(plaintext, refusal.method, refusal.path)))
    page = signed_in.get(link, headers=HTMX if htmx else {})
    assert "Filled in for you: " + refusal.words in text(page)
    signed_in.post(link.partition("?")[0], fields(page, "edit-form"))
    key.refresh_from_db()
    assert (key.grant.words, key.grant.access_words) == (refusal.words, refusal.access)
    path = refusal.path.format(org=featured.pk)
    assert decide(plaintext, refusal.method, path).outcome is Outcome.ALLOWED


def test_opening_the_proposal_changes_nothing(refused, look_up, signed_in):
    before = SecretKey.objects.values().get()
    page = signed_in.get(edit_link(look_up(refused)))
    assert "Nothing is changed until you save." in text(page)
    assert SecretKey.objects.values().get() == before


def test_saving_a_proposal_asks_for_the_password(refused, look_up, ada, client_for):
    stale = client_for(ada, signed_in_at=1)
    link = edit_link(look_up(refused, client=stale))
    sent = fields(stale.get(link), "edit-form")
    response = stale.post(link.partition("?")[0], sent, headers=HTMX)
    assert "Confirm it is you" in text(response)
    assert fields(response, "edit-form")["permission"] == ["full"]


def test_without_advanced_permissions_the_smallest_level_is_proposed(
    acme, make_key, refuse, look_up
):
    _, plaintext = make_key(permission=Permission.LABELER_ONLY)
    shown = text(look_up(refuse(plaintext, "GET", "/workspaces/{org}/quota")))
    assert "Read Only" not in shown.partition("smallest grant")[2]
    assert "would have allowed it: Full (Everything: write)." in shown


def test_members_see_it_and_are_not_led_to_the_form(refused, look_up, mel, client_for):
    page = look_up(refused, client=client_for(mel))
    assert page.status_code == 200
    assert edit_link(page) is None
    assert "Ask an organization admin to change the key." in text(page)


def test_admins_are_led_to_the_form(refused, look_up, abe, client_for):
    assert edit_link(look_up(refused, client=client_for(abe))).endswith(refused)


def test_outsiders_get_no_page(refused, look_up, gus, globex, client_for):
    page = look_up(refused, client=client_for(gus))
    assert page.status_code == 404
    assert refused not in page.content.decode()


def test_the_page_says_what_was_asked_for_when_and_from_where(
    featured, make_key, refuse, look_up
):
    grant = Grant.preset(FULL, scopes(dataset={"pets"}))
    _, plaintext = make_key("vendor", grant=grant)
    at = dt.datetime.now(dt.UTC).replace(hour=9, minute=5) - dt.timedelta(days=2)
    reference = refuse(plaintext, "DELETE", f"{CARS}/assets/a1", at=at)
    shown = text(look_up(reference))
    path = "/workspaces/{org}/datasets/{org}_{dataset}/assets/{asset}"
    assert f"Request DELETE {path} Asked for Assets: write Object Cars" in shown
    assert f"From 192.0.2.7 Time {at.day} {at:%b %Y}, 09:05 UTC Key vendor" in shown
    assert (
        "Outside access scope. The program was told: This secret key reaches selected datasets"
        in shown
    )


def test_an_object_without_an_entry_is_named_by_its_id(
    featured, make_key, refuse, look_up
):
    _, plaintext = make_key(grant=Grant.preset(FULL, scopes(deployment=Reach.NONE)))
    path = "/workspaces/{org}/deployments/<b>"
    assert "ambiguous" in text(look_up(refuse(plaintext, "GET", path)))
    reference = refuse(plaintext, "GET", path.replace("<b>", "%3Cb%3E"))
    assert "Object &lt;b&gt; From" in text(look_up(reference))


def test_an_object_without_an_entry_has_to_enter_the_catalogue_first(
    featured, make_key, refuse, look_up
):
    switch(featured, account_manager_email="manager@vi.test")
    _, plaintext = make_key(grant=Grant.preset(FULL, scopes(deployment=Reach.NONE)))
    reference = refuse(plaintext, "GET", "/workspaces/{org}/deployments/new1")
    page = look_up(reference)
    assert edit_link(page) is None
    assert "is not in the catalogue of your organization" in text(page)
    assert "mailto:manager@vi.test" in page.content.decode()
    fill(featured, deployment={"new1": "New"})
    assert edit_link(look_up(reference)) is not None


@pytest.mark.parametrize("kind", HOPELESS)
def test_what_no_grant_would_have_allowed_is_said(make_key, refuse, look_up, kind):
    method, path, sentence = HOPELESS[kind]
    page = look_up(refuse(make_key()[1], method, path))
    assert sentence in text(page)
    assert "No permission of the key would have allowed it." in text(page)
    assert "Asked for Nothing that this server knows Object None" in text(page)
    assert edit_link(page) is None


def test_a_locked_organization_is_the_reason(acme, make_key, refuse, look_up):
    _, plaintext = make_key()
    type(acme).objects.update(locked_at=timezone.now())
    page = look_up(refuse(plaintext, "GET", "/plans"))
    assert (
        "Organization locked. The program was told: This organization is locked."
        in text(page)
    )
    assert "Every key of the organization is refused while it is locked." in text(page)
    assert edit_link(page) is None
    type(acme).objects.update(locked_at=None)
    again = look_up(page.request["PATH_INFO"].rpartition("/")[2])
    assert "this request would be allowed now." in text(again)


def test_a_disabled_key_can_be_enabled_from_there(
    make_key, refuse, look_up, ada, mel, client_for
):
    key, plaintext = make_key()
    disable_key(key, actor=Actor.person(ada), at=timezone.now(), reason="storage")
    reference = refuse(plaintext, "GET", "/plans")
    page = look_up(reference)
    assert re.search(r"was disabled on \d+ \w+ \d+ by Ada Lovelace", text(page))
    assert "Reason: storage" in text(page)
    url = reverse("secretkeys:enable", args=[key.organization_id, key.key_id])
    assert f'href="{url}"' in page.content.decode()
    member = look_up(reference, client=client_for(mel))
    assert "Ask an organization admin to enable it." in text(member)
    assert f'href="{url}"' not in member.content.decode()
    enable_key(key, actor=COMMAND_LINE, at=timezone.now())
    assert "this request would be allowed now." in text(look_up(reference))


def test_a_disabled_key_is_told_what_else_it_lacks_once_it_is_enabled(
    make_key, refuse, look_up
):
    key, plaintext = make_key(permission=READ_ONLY, disabled_at=timezone.now())
    reference = refuse(plaintext)
    assert "was disabled on" in text(look_up(reference))
    enable_key(key, actor=COMMAND_LINE, at=timezone.now())
    assert "smallest grant that would have allowed it" in text(look_up(reference))


def test_an_expired_key_can_get_a_later_end(make_key, refuse, look_up, mel, client_for):
    _, plaintext = make_key(expires_at=timezone.now())
    reference = refuse(plaintext, "GET", "/plans")
    page = look_up(reference)
    assert re.search(r"This key expired on \d+ \w+ \d+\. Choose a later", text(page))
    assert edit_link(page) is not None
    member = look_up(reference, client=client_for(mel))
    assert "Ask an organization admin for a later expiration" in text(member)
    assert edit_link(member) is None


def test_a_key_that_was_replaced_leads_to_the_one_to_use(make_key, refuse, look_up):
    new, _ = make_key("new")
    _, plaintext = make_key("old", expires_at=timezone.now(), replaced_by=new)
    page = look_up(refuse(plaintext, "GET", "/plans"))
    assert f"Use the key that replaced it: {new.stem}…." in text(page)
    assert edit_link(page) is None


def test_a_program_that_names_another_organization_is_told_the_right_one(
    acme, globex, make_key, refuse, look_up
):
    _, plaintext = make_key()
    page = look_up(refuse(plaintext, "GET", f"/workspaces/{globex.pk}"))
    assert "The program named another organization." in text(page)
    assert f"this key belongs to is {acme.pk}." in text(page)
    assert edit_link(page) is None


def test_a_removed_key_that_is_still_presented_is_explained(
    make_key, refuse, look_up, ada
):
    key, plaintext = make_key()
    remove_key(key, actor=Actor.person(ada), at=timezone.now(), leaked=True)
    page = look_up(refuse(plaintext, "GET", "/plans"))
    assert re.search(r"was removed on \d+ \w+ \d+ by Ada Lovelace", text(page))
    assert "State Removed" in text(page)
    assert "Reason: leaked" in text(page)


def test_a_key_that_was_changed_since_is_said_to_be(refused, look_up, edit):
    key = SecretKey.objects.get()
    edit(key, permission="full")
    page = look_up(refused)
    assert "this request would be allowed now." in text(page)
    assert (
        "Permission denied. The program was told: This secret key is Read Only"
        in text(page)
    )
    assert edit_link(page) is None


def test_a_key_that_was_removed_since_is_said_to_be(refused, look_up):
    SecretKey.objects.update(removed_at=timezone.now())
    page = look_up(refused)
    assert "The key was removed since." in text(page)
    assert edit_link(page) is None


def test_a_key_that_was_rotated_since_is_not_to_be_edited(refused, look_up, make_key):
    successor, _ = make_key("successor")
    SecretKey.objects.exclude(pk=successor.pk).update(replaced_by=successor)
    assert edit_link(look_up(refused)) is None


def test_a_reference_that_nobody_has_is_not_known(acme, look_up):
    page = look_up(uuid.uuid4().hex)
    assert page.status_code == 404
    assert "This reference is not known" in text(page)
    assert UNKNOWN in text(page)


def test_another_organization_s_reference_is_not_known(
    refused, look_up, gus, globex, client_for
):
    browser = client_for(gus)
    strange, unknown = (
        look_up(reference, client=browser, organization=globex)
        for reference in (refused, uuid.uuid4().hex)
    )
    assert strange.status_code == unknown.status_code == 404
    assert text(strange) == text(unknown)


@pytest.mark.parametrize("reference", ["", "x", "\0", "%", "0" * 32, "é" * 32])
def test_the_form_opens_as_the_key_is_for_a_reference_that_is_not_known(
    signed_in, make_key, reference
):
    key, _ = make_key(permission=READ_ONLY)
    url = reverse("secretkeys:edit", args=[key.organization_id, key.key_id])
    page = signed_in.get(url, {"denial": reference})
    assert fields(page, "edit-form")["permission"] == ["read_only"]
    assert "Filled in for you" not in text(page)


def test_the_form_of_another_key_is_not_filled_in(refused, signed_in, make_key):
    other, _ = make_key("other", permission=Permission.LABELER_ONLY)
    url = reverse("secretkeys:edit", args=[other.organization_id, other.key_id])
    page = signed_in.get(url, {"denial": refused})
    assert fields(page, "edit-form")["permission"] == ["labeler_only"]


def test_a_scope_that_cannot_be_chosen_any_more_is_not_proposed(
    featured, make_key, refuse, look_up, signed_in
):
    key, plaintext = make_key(grant=Grant.preset(FULL, scopes(dataset={"pets"})))
    reference = refuse(plaintext, "DELETE", CARS)
    switch(featured, access_scope=False)
    page = look_up(reference)
    assert edit_link(page) is None
    assert "which your organization cannot choose at present." in text(page)
    url = reverse("secretkeys:edit", args=[featured.pk, key.key_id])
    assert "Filled in for you" not in text(signed_in.get(url, {"denial": reference}))


def test_an_explanation_costs_few_queries(
    featured, make_key, refuse, look_up, django_assert_max_num_queries
):
    three = scopes(dataset={"pets"}, training={"sorter"}, deployment={"edge"})
    _, plaintext = make_key(grant=Grant.preset(FULL, three))
    reference = refuse(plaintext, "DELETE", CARS)
    look_up(reference)
    # What any page costs, the denial, the object's name, whether it can be selected,
    # and what is selected of each category.
    with django_assert_max_num_queries(4 + 3 + 3):
        look_up(reference)


def test_searching_for_a_reference_leads_to_its_page(
    make_key, refuse, acme, mel, client_for
):
    reference = refuse(make_key(permission=Permission.READ_ONLY)[1], "DELETE", CARS)
    keys, page = (
        reverse(f"secretkeys:{name}", args=[acme.pk, *rest])
        for name, rest in (("list", []), ("denial", [reference]))
    )
    asked = {"q": f" {reference} "}
    assert client_for(mel).get(keys, asked).headers["Location"] == page
    swapped = client_for(mel).get(keys, asked, headers={"HX-Request": "true"})
    assert swapped.headers["HX-Redirect"] == page


def test_a_key_s_page_leads_to_what_it_was_denied(
    make_key, refuse, acme, mel, client_for
):
    key, plaintext = make_key(permission=Permission.READ_ONLY)
    references = [refuse(plaintext, "DELETE", CARS) for _ in range(12)]
    recording.flush()
    url = reverse("secretkeys:detail", args=[acme.pk, key.key_id])
    page = client_for(mel).get(url).content.decode()
    shown = [each for each in references if f"denials/{each}" in page]
    assert shown == references[2:]


def test_pages_list_every_kind_of_refusal_with_its_reason(
    make_key, refuse, acme, signed_in
):
    key, plaintext = make_key(permission=Permission.READ_ONLY)
    refuse(plaintext, "DELETE", CARS)
    refuse(plaintext, "GET", "/nothing")
    SecretKey.objects.update(disabled_at=timezone.now())
    refuse(plaintext, "GET", "/plans")
    for url in (
        reverse("secretkeys:detail", args=[acme.pk, key.key_id]),
        reverse("secretkeys:usage", args=[acme.pk]),
    ):
        shown = text(signed_in.get(url)).partition("Refused lately")[2]
        reasons = "Disabled key", "Unknown endpoint", "Permission denied"
        places = [shown.find(each) for each in reasons]
        assert -1 not in places
        assert places == sorted(places)
