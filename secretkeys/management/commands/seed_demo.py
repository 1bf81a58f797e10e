"""Fill an organization with people, keys in every state and 90 days of usage."""

import datetime as dt
import secrets
import uuid
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from orgs.audit import Actor
from orgs.categories import Category
from orgs.management.demo_people import ORGANIZATION, PEOPLE, create_people
from orgs.models import Organization, User
from secretkeys import actions
from secretkeys.actions import KeyTerms
from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.models import ACTIVITY_DAYS, KeyActivity, KeyUsage, SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.scopes import Reach, Scope

_USAGE_DAYS = 90
_PREVIEWED = dt.timedelta(days=ACTIVITY_DAYS)
_CLIENT = "vi/0.1.0b7 (Python/3.11.7; Linux/6.1)"


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
_REMOVED = _Key("old-notebook", "Jonas Weber", _FULL, 320, 120)
_ROTATED = _Key("nightly-export", "Mei Tan", _READ_ONLY, 88, 0.4, expires_in=2,
                daily_requests=120)  # fmt: skip

# What the requests of a level are about, most of them first.
_TOUCHES = {
    Permission.FULL: [
        (Resource.ASSETS, Access.WRITE),
        (Resource.TRAINING, Access.READ),
    ],
    Permission.READ_ONLY: [
        (Resource.DATASETS, Access.READ),
        (Resource.MODELS, Access.READ),
    ],
    Permission.LABELER_ONLY: [
        (Resource.ANNOTATIONS, Access.WRITE),
        (Resource.ASSETS, Access.READ),
    ],
}
# The objects and addresses that requests of one day are about and from.
_OBJECTS = {
    Category.DATASET: ("warehouse-shelves", "checkout-line"),
    Category.TRAINING: ("shelf-detector",),
    Category.DEPLOYMENT: ("edge-gateway-7",),
}


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
        for plan in [*_KEYS, _REMOVED, _ROTATED]:
            _create_key(organization, people[plan.creator], plan, now)
        self.stdout.write(f"{ORGANIZATION}: {organization.pk}")
        self.stdout.write(f"Sign in with the password {password} as one of")
        for person in PEOPLE:
            self.stdout.write(f"  {person.email} ({person.role.value.title()})")


def _create_key(
    organization: Organization, creator: User, plan: _Key, now: dt.datetime
) -> None:
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
            last_used_address="10.2.0.7",
            last_used_client=_CLIENT,
        )
    usage = list(_usage(key, plan, now))
    KeyUsage.objects.bulk_create(usage, batch_size=2000)
    KeyActivity.objects.bulk_create(_activity(key, usage, now), batch_size=2000)
    if plan is _REMOVED:
        actions.remove_key(key, actor=actor, at=now - dt.timedelta(100))
    if plan is _ROTATED:
        actions.rotate_key(
            key, overlap=dt.timedelta(1), nonce=uuid.uuid4(), actor=actor, at=now
        )


def _usage(key: SecretKey, plan: _Key, now: dt.datetime) -> Iterator[KeyUsage]:
    """Make up hourly counts: busy by day, quiet at weekends, a little uneven."""
    if plan.used is None or not plan.daily_requests:
        return
    last = (now - dt.timedelta(plan.used)).replace(minute=0, second=0, microsecond=0)
    first = max(now - dt.timedelta(_USAGE_DAYS), key.created_at)
    for back in range(_USAGE_DAYS * 24):
        hour = last - dt.timedelta(hours=back)
        if hour < first:
            return
        yield from _one_hour(key, plan, hour)


def _one_hour(key: SecretKey, plan: _Key, hour: dt.datetime) -> Iterator[KeyUsage]:
    by_day = 0.45 if hour.weekday() >= 5 else 1
    by_hour = 1.6 if 7 <= hour.hour < 19 else 0.4
    uneven = 0.7 + zlib.crc32(f"{key.name}{hour:%d%H}".encode()) % 600 / 1000
    requests = round(plan.daily_requests / 24 * by_day * by_hour * uneven)
    denied = requests * plan.denied_percent // 100
    main, other = _TOUCHES[plan.grant.permission]
    for (resource, access), outcome, count in (
        (main, Outcome.ALLOWED, requests - denied - requests // 4),
        (other, Outcome.ALLOWED, requests // 4),
        ((Resource.DEPLOYMENTS, Access.WRITE), Outcome.PERMISSION_DENIED, denied),
    ):
        if count:
            yield KeyUsage(
                key=key,
                hour=hour,
                resource=resource.value,
                access=access.value,
                outcome=outcome.value,
                count=count,
            )


def _activity(
    key: SecretKey, usage: list[KeyUsage], now: dt.datetime
) -> Iterator[KeyActivity]:
    """Spread what was allowed lately over objects."""
    days: dict[tuple[dt.date, str, int], list[KeyUsage]] = {}
    for hour in usage:
        if hour.outcome == Outcome.ALLOWED and now - hour.hour < _PREVIEWED:
            kind = hour.hour.date(), hour.resource, hour.access
            days.setdefault(kind, []).append(hour)
    for (day, resource, access), hours in days.items():
        category = Resource(resource).category
        objects = _OBJECTS[category] if category else ("",)
        for object_id in objects:
            yield KeyActivity(
                key=key,
                day=day,
                resource=resource,
                access=access,
                object_id=object_id,
                address="10.2.0.7",
                count=sum(hour.count for hour in hours) // len(objects) + 1,
                last_at=max(hour.hour for hour in hours),
            )
