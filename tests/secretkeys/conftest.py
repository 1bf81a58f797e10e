"""Dialogs as people send them, decisions as programs get them, and a catalogue."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection
from typing import NamedTuple

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs.categories import Category
from orgs.models import CatalogueEntry, Organization, User
from secretkeys import recording
from secretkeys.actions import KeyTerms
from secretkeys.authentication import (
    AuthenticationFailed,
    PresentedRequest,
    authenticate,
)
from secretkeys.grants import Access, Grant, Resource
from secretkeys.models import GRANT_FIELDS, SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.scopes import EVERYWHERE, Reach, Scope, Scopes
from tests.secretkeys.browsing import HTMX

CURL = recording.Client("192.0.2.7", "curl/8.0")
CATALOGUE = {
    "dataset": {"pets": "Pets", "cars": "Cars", "roads": "Roads"},
    "training": {"detector": "Detector", "sorter": "Sorter"},
    "deployment": {"edge": "Edge", "cloud": "Cloud"},
}
# Of a Restricted key in a trial: one deployment, and to read models.
PILOT = Grant.restricted(
    {Resource.MODELS: Access.READ, Resource.DEPLOYMENTS: Access.WRITE},
    EVERYWHERE
    | {
        Category.DATASET: Scope(Reach.NONE),
        Category.DEPLOYMENT: Scope(Reach.SELECTED, frozenset({"edge"})),
    },
)


class Decided(NamedTuple):
    """How one request fared, what its sender was told, under which reference."""

    outcome: Outcome
    sentence: str
    reference: str


def scopes(**chosen: Reach | Collection[str]) -> Scopes:
    """Return an access scope; a category is a reach or selected ids, left out: All."""
    return EVERYWHERE | {
        Category(name): Scope(reach)
        if isinstance(reach, Reach)
        else Scope(Reach.SELECTED, frozenset(reach))
        for name, reach in chosen.items()
    }


def stored(key: SecretKey) -> dict[str, object]:
    """Return the columns that hold a key's grant."""
    return SecretKey.objects.values(*GRANT_FIELDS).get(pk=key.pk)


def switch(organization: Organization, **features: bool) -> None:
    """Switch features of an organization as an account manager does."""
    Organization.objects.filter(pk=organization.pk).update(**features)
    organization.refresh_from_db()


def fill(organization: Organization, **categories: dict[str, str]) -> None:
    """Add to an organization's catalogue: name by external id, by category."""
    CatalogueEntry.objects.bulk_create(
        CatalogueEntry(
            organization=organization, category=category, external_id=each, name=name
        )
        for category, entries in categories.items()
        for each, name in entries.items()
    )


@pytest.fixture
def featured(acme: Organization) -> Organization:
    """Acme with both features and a catalogue."""
    switch(acme, access_scope=True, advanced_permissions=True)
    fill(acme, **CATALOGUE)
    return acme


@pytest.fixture
def decide(acme: Organization) -> Callable[..., Decided]:
    """Return a function that presents a key of acme for one request."""

    def present(
        key: str,
        method: str,
        path: str,
        *,
        at: dt.datetime | None = None,
        client: recording.Client = CURL,
    ) -> Decided:
        reference = uuid.uuid4().hex
        presented = PresentedRequest(
            f"Bearer {key}", str(acme.pk), method, path, client, reference
        )
        try:
            authenticate(presented, at=at or timezone.now())
        except AuthenticationFailed as refused:
            return Decided(refused.outcome, refused.sentence, reference)
        return Decided(Outcome.ALLOWED, "", reference)

    return present


@pytest.fixture
def signed_in(ada: User, client_for: Callable[..., Client]) -> Client:
    """Ada's browser, signed in just now."""
    return client_for(ada)


@pytest.fixture
def create(acme: Organization, signed_in: Client) -> Callable[..., object]:
    """Return a function that sends Generate Secret Key as the dialog does."""

    def send(htmx: bool = True, client: Client = signed_in, **fields: object) -> object:
        form = {
            "name": "pipeline",
            "expiration": "90",
            "permission": "full",
            "nonce": str(uuid.uuid4()),
        }
        url = reverse("secretkeys:create", args=[acme.pk])
        return client.post(url, form | fields, headers=HTMX if htmx else {})

    return send


@pytest.fixture
def edit(signed_in: Client) -> Callable[..., object]:
    """Return a function that sends Edit Permission of a key."""

    def send(
        key: SecretKey, htmx: bool = True, client: Client = signed_in, **fields: object
    ) -> object:
        form = {
            "name": key.name,
            "expiration": "keep",
            "permission": key.permission,
            "seen": KeyTerms.of(key).fingerprint,
        }
        url = reverse("secretkeys:edit", args=[key.organization_id, key.key_id])
        return client.post(url, form | fields, headers=HTMX if htmx else {})

    return send


@pytest.fixture
def refuse(acme, decide):
    """Return a function that has a request refused and gives its reference."""

    def ask(plaintext, method="PATCH", path="/workspaces/{org}", **how):
        decided = decide(plaintext, method, path.format(org=acme.pk), **how)
        assert decided.outcome is not Outcome.ALLOWED
        recording.flush()
        return decided.reference

    return ask


@pytest.fixture
def look_up(acme, signed_in):
    """Return a function that opens the page of a reference."""

    def open_page(reference, client=signed_in, organization=acme):
        url = reverse("secretkeys:denial", args=[organization.pk, reference])
        return client.get(url)

    return open_page
