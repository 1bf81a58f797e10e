"""Fill an organization with people, keys in every state and 90 days of usage."""

import datetime as dt
import secrets
import uuid
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from orgs.audit import Actor
from orgs.categories import Category
from orgs.management.demo_people import ORGANIZATION, PEOPLE, create_people
from orgs.models import Membership, Organization, User
from secretkeys import actions
from secretkeys.actions import KeyTerms
from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.management.demo_usage import (
    MAIN_CLIENT,
    DemoUse,
    present_unknown_keys,
    use_key,
)
from secretkeys.models import SecretKey
from secretkeys.scopes import Reach, Scope


class _Key(NamedTuple):
    """Ages and distances in days; ``used`` is how long ago, None for never."""

    name: str
    creator: str
    grant: Grant
    age: float
    used: float | None
    expires_in: float | None = None
    daily_requests: int = 0
    denied_percent: int = 0


_MINUTE = 1 / (24 * 60)
_DATASETS = {
    category: Scope(Reach.SELECTED, frozenset(ids))
    if category is Category.DATASET
    else Scope(Reach.NONE)
    for ids in [("warehouse-shelves", "checkout-line")]
    for category in Category
}
_EDGE = dict.fromkeys(Category, Scope(Reach.NONE)) | {
    Category.DEPLOYMENT: Scope(Reach.SELECTED, frozenset({"edge-gateway-7"}))
}
_FULL = Grant.preset(Permission.FULL)
_READ_ONLY = Grant.preset(Permission.READ_ONLY)
_VENDOR = Grant.preset(Permission.LABELER_ONLY, _DATASETS)
_PILOT = Grant.restricted(
    {Resource.DEPLOYMENTS: Access.WRITE, Resource.MODELS: Access.READ}, _EDGE
)
_KEYS = [
    _Key("production-deployment-key", "Mei Tan", _FULL, 256, 2.2 * _MINUTE,
         daily_requests=4200),
    _Key("training-automation", "Jonas Weber", _FULL, 178, 70 * _MINUTE,
         expires_in=6.5, daily_requests=1900, denied_percent=1),
    _Key("sdk-integration", "Mei Tan", _READ_ONLY, 173, 1.2,
         daily_requests=1100, denied_percent=2),
    _Key("labeling-vendor-acme", "Priya Raman", _VENDOR, 97, 3.2,
         daily_requests=600),
    _Key("grafana-exporter", "Jonas Weber", _READ_ONLY, 82, 5.1,
         daily_requests=290, denied_percent=3),
    _Key("staging-smoke-tests", "Jonas Weber", _READ_ONLY, 297, 94.3),
    _Key("edge-device-pilot", "Priya Raman", _PILOT, 4, None,
         expires_in=361),
    _Key("hackathon-2026", "Priya Raman", _FULL, 53, 50, expires_in=-23,
         daily_requests=40),
]  # fmt: skip
_LEFT_BEHIND = _Key("robot-arm-notebook", "Lena Fischer", _FULL, 210, 12,
                    daily_requests=25)  # fmt: skip
_DISABLED = _Key("kiosk-prototype", "Jonas Weber", _READ_ONLY, 61, 31, expires_in=120,
                 daily_requests=80)  # fmt: skip
_REMOVED = _Key("old-notebook", "Jonas Weber", _FULL, 320, 120)
_ROTATED = _Key("nightly-export", "Mei Tan", _READ_ONLY, 88, 0.4, expires_in=2,
                daily_requests=120)  # fmt: skip


class Command(BaseCommand):
    help = f"Creates the organization {ORGANIZATION!r} with members, keys and usage."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        emails = [person.email for person in PEOPLE]
        if User.objects.filter(email__in=emails).exists():
            raise CommandError("The demo data is there already.")
        password = secrets.token_urlsafe(12)
        organization, people = create_people(password)
        now = timezone.now()
        for plan in [*_KEYS, _LEFT_BEHIND, _DISABLED, _REMOVED, _ROTATED]:
            key = _create_key(organization, people[plan.creator], plan, now)
        present_unknown_keys(key, now=now)
        self.stdout.write(f"{ORGANIZATION}: {organization.pk}")
        self.stdout.write(f"Sign in with the password {password} as one of")
        for person in PEOPLE:
            if person.name == _LEFT_BEHIND.creator:
                continue
            self.stdout.write(f"  {person.email} ({person.role.value.title()})")


def _create_key(
    organization: Organization, creator: User, plan: _Key, now: dt.datetime
) -> SecretKey:
    actor = Actor.person(creator)
    expires_at = now + dt.timedelta(plan.expires_in) if plan.expires_in else None
    key, _ = actions.create_key(
        organization,
        KeyTerms(plan.name, plan.grant, expires_at),
        nonce=uuid.uuid4(),
        actor=actor,
        at=now - dt.timedelta(plan.age),
    )
    if plan.used is not None:
        SecretKey.objects.filter(pk=key.pk).update(
            last_used_at=now - dt.timedelta(plan.used),
            last_used_address=MAIN_CLIENT.address,
            last_used_client=MAIN_CLIENT.user_agent,
        )
    if plan.used is not None and plan.daily_requests:
        use = DemoUse(plan.used, plan.daily_requests, plan.denied_percent)
        use_key(key, use, now=now)
    if plan is _LEFT_BEHIND:
        # Whoever made it is no member any more, and nobody looks after it.
        Membership.objects.of(creator).delete()
    if plan is _DISABLED:
        SecretKey.objects.filter(pk=key.pk).update(disabled_at=now, disabled_by=creator)
    if plan is _REMOVED:
        actions.remove_key(key, actor=actor, at=now - dt.timedelta(100))
    if plan is _ROTATED:
        actions.rotate_key(
            key, overlap=dt.timedelta(1), nonce=uuid.uuid4(), actor=actor, at=now
        )
    return key
