"""The people of the organization that is filled to look at."""

import datetime as dt
import secrets
from typing import NamedTuple

from django.utils import timezone

from orgs.actions import (
    change_terms,
    create_organization,
    import_catalogue,
    set_quota,
)
from orgs.audit import COMMAND_LINE
from orgs.catalogue import Entry
from orgs.categories import Category
from orgs.models import Invitation, Membership, Organization, User
from orgs.quotas import QuotaKind
from orgs.roles import Role

ORGANIZATION = "Northwind Robotics"
# How long ago, so that every key is younger.
_FOUNDED = dt.timedelta(days=400)
_ACCOUNT_MANAGER = "account-manager@example.com"
_INVITED = "tomas@northwind.example"
_QUOTAS = [
    (QuotaKind.DATA_ROWS, 41_870, 50_000),
    (QuotaKind.COMPUTE_CREDITS, 1_204, 5_000),
]


class _Person(NamedTuple):
    email: str
    name: str
    role: Role


_OWNER = _Person("noor@northwind.example", "Noor Haddad", Role.OWNER)
PEOPLE = [
    _OWNER,
    _Person("mei@northwind.example", "Mei Tan", Role.ADMIN),
    _Person("jonas@northwind.example", "Jonas Weber", Role.ADMIN),
    _Person("priya@northwind.example", "Priya Raman", Role.ADMIN),
    _Person("ana@northwind.example", "Ana Lopes", Role.MEMBER),
    _Person("lena@northwind.example", "Lena Fischer", Role.ADMIN),
]
_CATALOGUE = [
    (Category.DATASET, "warehouse-shelves"),
    (Category.DATASET, "checkout-line"),
    (Category.DATASET, "robot-arm-defects"),
    (Category.DATASET, "pallet-counting"),
    (Category.DATASET, "forklift-near-misses"),
    (Category.TRAINING, "shelf-detector"),
    (Category.TRAINING, "defect-classifier"),
    (Category.DEPLOYMENT, "edge-gateway-7"),
    (Category.DEPLOYMENT, "checkout-camera"),
]


def create_people(password: str) -> tuple[Organization, dict[str, User]]:
    """Make the organization; return it and its people by name."""
    people = {
        person.name: User.objects.create_user(person.email, password, name=person.name)
        for person in PEOPLE
    }
    now = timezone.now() - _FOUNDED
    organization = create_organization(
        ORGANIZATION, owner=people[_OWNER.name], actor=COMMAND_LINE, at=now
    )
    organization = change_terms(
        organization,
        account_manager_name="Amy Reyes",
        account_manager_email=_ACCOUNT_MANAGER,
        access_scope=True,
        advanced_permissions=True,
        actor=COMMAND_LINE,
        at=now,
    )
    entries = [Entry(category, name, name) for category, name in _CATALOGUE]
    import_catalogue(organization, entries, actor=COMMAND_LINE, at=now)
    _add_members(organization, people, timezone.now())
    _set_quotas(organization, now)
    return organization, people


def _add_members(
    organization: Organization, people: dict[str, User], now: dt.datetime
) -> None:
    Membership.objects.bulk_create(
        Membership(
            organization=organization,
            user=people[person.name],
            role=person.role.value,
            last_active_at=now - dt.timedelta(hours=7 * number),
        )
        for number, person in enumerate(PEOPLE[1:])
    )
    Invitation.objects.create(
        organization=organization,
        email=_INVITED,
        role=Role.MEMBER.value,
        token_digest=secrets.token_hex(32),
        invited_by=people["Mei Tan"],
        sent_at=now - dt.timedelta(days=2),
        expires_at=now + dt.timedelta(days=5),
    )


def _set_quotas(organization: Organization, now: dt.datetime) -> None:
    renews_on = (timezone.now() + dt.timedelta(days=12)).date()
    for kind, used, limit in _QUOTAS:
        set_quota(
            organization,
            kind,
            used=used,
            limit=limit,
            renews_on=renews_on,
            actor=COMMAND_LINE,
            at=now,
        )
