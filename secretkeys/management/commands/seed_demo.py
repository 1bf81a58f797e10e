"""Fill an organization with people, keys in every state and 90 days of usage."""

import datetime as dt
import secrets
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from orgs.actions import remove_member
from orgs.audit import Actor
from orgs.categories import Category
from orgs.management.demo_people import ORGANIZATION, PEOPLE, create_people
from orgs.models import Organization, User
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
    _Key("grafana-exporter", "Jonas Weber", _READ_ONLY, 82, 0.1,
         daily_requests=480, denied_percent=9),
    _Key("staging-smoke-tests", "Jonas Weber", _READ_ONLY, 297, 94.3),
    _Key("edge-device-pilot", "Priya Raman", _PILOT, 4, None,
         expires_in=361),
    _Key("hackathon-2026", "Priya Raman", _FULL, 53, 2.6, expires_in=-23,
         daily_requests=40),
]  # fmt: skip
_LEFT_BEHIND = _Key("robot-arm-notebook", "Lena Fischer", _FULL, 210, 12,
                    daily_requests=25)  # fmt: skip
_DISABLED = _Key("kiosk-prototype", "Jonas Weber", _READ_ONLY, 61, 31, expires_in=120,
                 daily_requests=80)  # fmt: skip
_REMOVED = _Key("old-notebook", "Jonas Weber", _FULL, 320, 120)
_ROTATED = _Key("nightly-export", "Mei Tan", _READ_ONLY, 88, 0.4, expires_in=2,
                daily_requests=120)  # fmt: skip


class _Demo(NamedTuple):
    """What has been made so far; keys by the name of their plan."""

    organization: Organization
    people: dict[str, User]
    keys: dict[str, SecretKey]
    now: dt.datetime


class Command(BaseCommand):
    help = f"Creates the organization {ORGANIZATION!r} with members, keys and usage."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        emails = [person.email for person in PEOPLE]
        if User.objects.filter(email__in=emails).exists():
            raise CommandError("The demo data is there already.")
        password = secrets.token_urlsafe(12)
        organization, people = create_people(password)
        demo = _Demo(organization, people, {}, timezone.now())
        # In the order in which it happened, as the audit log keeps it.
        for days, change, plan in sorted(_HISTORY, key=lambda step: -step[0]):
            change(demo, plan, demo.now - dt.timedelta(days))
        present_unknown_keys(organization, now=demo.now)
        self.stdout.write(f"{ORGANIZATION}: {organization.pk}")
        self.stdout.write(f"Sign in with the password {password} as one of")
        for person in PEOPLE:
            if person.name == _LEFT_BEHIND.creator:
                continue
            self.stdout.write(f"  {person.email} ({person.role.value.title()})")


def _create(demo: _Demo, plan: _Key, at: dt.datetime) -> None:
    expires_at = demo.now + dt.timedelta(plan.expires_in) if plan.expires_in else None
    key, _ = actions.create_key(
        demo.organization,
        KeyTerms(plan.name, plan.grant, expires_at),
        nonce=uuid.uuid4(),
        actor=Actor.person(demo.people[plan.creator]),
        at=at,
    )
    demo.keys[plan.name] = key
    if plan.used is None:
        return
    SecretKey.objects.filter(pk=key.pk).update(
        last_used_at=demo.now - dt.timedelta(plan.used),
        last_used_address=MAIN_CLIENT.address,
        last_used_client=MAIN_CLIENT.user_agent,
    )
    if plan.daily_requests:
        use = DemoUse(plan.used, plan.daily_requests, plan.denied_percent)
        use_key(key, use, now=demo.now)


def _leave(demo: _Demo, plan: _Key, at: dt.datetime) -> None:
    """Let whoever made a key leave without a word about it."""
    creator = demo.people[plan.creator]
    actor = Actor.person(creator)
    remove_member(demo.organization, creator.pk, actor=actor, at=at)


def _disable(demo: _Demo, plan: _Key, at: dt.datetime) -> None:
    actor = Actor.person(demo.people[plan.creator])
    actions.disable_key(
        demo.keys[plan.name], actor=actor, at=at, reason="The kiosk is in storage."
    )


def _remove(demo: _Demo, plan: _Key, at: dt.datetime) -> None:
    actor = Actor.person(demo.people[plan.creator])
    actions.remove_key(demo.keys[plan.name], actor=actor, at=at)


def _rotate(demo: _Demo, plan: _Key, at: dt.datetime) -> None:
    actions.rotate_key(
        demo.keys[plan.name],
        overlap=dt.timedelta(1),
        nonce=uuid.uuid4(),
        actor=Actor.person(demo.people[plan.creator]),
        at=at,
    )


# What was done to which key, and how many days ago.
_HISTORY: list[tuple[float, Callable[[_Demo, _Key, dt.datetime], None], _Key]] = [
    *(
        (plan.age, _create, plan)
        for plan in (*_KEYS, _LEFT_BEHIND, _DISABLED, _REMOVED, _ROTATED)
    ),
    (100, _remove, _REMOVED),
    (30.5, _disable, _DISABLED),
    (11.5, _leave, _LEFT_BEHIND),
    (0.3, _rotate, _ROTATED),
]
