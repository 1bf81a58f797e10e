"""Requests as if the keys of an organization that is filled to look at had made them."""

import datetime as dt
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from orgs.models import Organization
from secretkeys.grants import Access, Permission, Resource
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.recording.activity import write_activity
from secretkeys.recording.clients import write_clients
from secretkeys.recording.counts import Unknown, write_counts
from secretkeys.recording.rows import Client, Row, Tally

USAGE_DAYS = 90
MAIN_CLIENT = Client("10.2.0.7", "vi/0.1.0b7 (Python/3.11.7; Linux/6.1)")
# Who else presents keys, and which share of the requests in percent.
_OTHER_CLIENTS = [
    (Client("10.2.0.11", "vi/0.1.0b5 (Python/3.10.14; Linux/5.15)"), 14),
    (Client("203.0.113.40", "curl/8.5.0"), 2),
]

_FEW = 20

# What the requests of a level are about, most of them first.
_TOUCHES = {
    Permission.FULL: [
        (Resource.ASSETS, Access.WRITE, "warehouse-shelves"),
        (Resource.TRAINING, Access.READ, "shelf-detector"),
    ],
    Permission.READ_ONLY: [
        (Resource.DATASETS, Access.READ, "warehouse-shelves"),
        (Resource.MODELS, Access.READ, "shelf-detector"),
    ],
    Permission.LABELER_ONLY: [
        (Resource.ANNOTATIONS, Access.WRITE, "warehouse-shelves"),
        (Resource.ASSETS, Access.READ, "checkout-line"),
    ],
}


class DemoUse(NamedTuple):
    """How much a key is used; ``used`` is how many days ago it was last."""

    used: float
    daily_requests: int
    denied_percent: int


def use_key(key: SecretKey, use: DemoUse, *, now: dt.datetime) -> None:
    """Count what a key made in USAGE_DAYS, in every table that a request is counted in."""
    tallies: dict[Row, Tally] = {}
    for row, tally in _requests(key, use, now):
        tallies.setdefault(row, Tally.none(tally.last_at)).add(tally)
    write_counts(tallies, {key.pk: key.organization_id}, {})
    write_clients(tallies)
    write_activity(tallies)


def present_unknown_keys(organization: Organization, *, now: dt.datetime) -> None:
    """Count some requests with keys that nobody knows, for an organization."""
    hours = [_hour(now) - dt.timedelta(hours=37 * back) for back in range(20)]
    unknown: Unknown = {(organization.pk, hour): hour.day % 9 + 1 for hour in hours}
    write_counts({}, {}, unknown)


def _requests(
    key: SecretKey, use: DemoUse, now: dt.datetime
) -> Iterator[tuple[Row, Tally]]:
    """Make up hourly counts: busy by day, quiet at weekends, a little uneven."""
    last = now - dt.timedelta(use.used)
    first = max(now - dt.timedelta(USAGE_DAYS), key.created_at)
    for back in range(USAGE_DAYS * 24):
        at = last - dt.timedelta(hours=back)
        if at < first:
            return
        yield from _one_hour(key, use, at)


def _one_hour(
    key: SecretKey, use: DemoUse, at: dt.datetime
) -> Iterator[tuple[Row, Tally]]:
    by_day = 0.45 if at.weekday() >= 5 else 1
    by_hour = 1.6 if 7 <= at.hour < 19 else 0.4
    uneven = 0.7 + zlib.crc32(f"{key.name}{at:%d%H}".encode()) % 600 / 1000
    requests = round(use.daily_requests / 24 * by_day * by_hour * uneven)
    denied = requests * use.denied_percent // 100
    strange = requests // 150
    if key.expires_at and at >= key.expires_at:
        sender = MAIN_CLIENT.address or "", MAIN_CLIENT.user_agent
        kind = "", Access.NONE.value, Outcome.EXPIRED.value, ""
        yield Row(key.pk, _hour(at), *kind, *sender), Tally(at, at, max(requests, 1))
        return
    main, other = _TOUCHES[key.grant.permission]
    for client, share in _shares(requests):
        sender = client.address or "", client.user_agent
        for (resource, access, object_id), outcome, count in (
            (main, Outcome.ALLOWED, requests - denied - requests // 4 - strange),
            (other, Outcome.ALLOWED, requests // 4),
            (
                (Resource.DEPLOYMENTS, Access.WRITE, ""),
                Outcome.PERMISSION_DENIED,
                denied,
            ),
            (("", Access.NONE, ""), Outcome.UNKNOWN_ROUTE, strange),
        ):
            if part := _part(count, share, is_main=client is MAIN_CLIENT):
                kind = str(resource), access.value, outcome.value, object_id
                yield Row(key.pk, _hour(at), *kind, *sender), Tally(at, at, part)


def _shares(requests: int) -> list[tuple[Client, int]]:
    """Return who makes which percentage; few requests come from one client."""
    if requests < 50:
        return [(MAIN_CLIENT, 100)]
    main = 100 - sum(share for _, share in _OTHER_CLIENTS)
    return [(MAIN_CLIENT, main), *_OTHER_CLIENTS]


def _part(count: int, share: int, *, is_main: bool) -> int:
    """Return how many requests are a client's; few are all those of one."""
    if count < _FEW:
        return count if is_main else 0
    return count * share // 100


def _hour(at: dt.datetime) -> dt.datetime:
    return at.replace(minute=0, second=0, microsecond=0)
