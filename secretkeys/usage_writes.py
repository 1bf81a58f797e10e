"""What a flush of usage writes; callers hold the transaction."""

import datetime as dt
import ipaddress
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from secretkeys.keyformat import redact
from secretkeys.models import (
    ACTIVITY_DAYS,
    DENIAL_LIFETIME,
    Denial,
    KeyActivity,
    SecretKey,
)
from secretkeys.outcomes import Outcome
from secretkeys.policy import Request

LAST_USED_RESOLUTION = dt.timedelta(minutes=1)
# Different objects and addresses that are kept apart, per key and day.
MOST_ACTIVITY = 500
# References that can be looked up, per key: the newest.
MOST_DENIALS = 100
# How often escaped a key in a path is still recognized.
_MOST_ENCODINGS = 4


class Client(NamedTuple):
    """Who sent a request: its network address and its User-Agent."""

    address: str | None
    user_agent: str


class Row(NamedTuple):
    """One kind of request; object and address only where it was allowed."""

    key_id: str
    hour: dt.datetime
    resource: str
    access: int
    outcome: str
    object_id: str
    address: str


@dataclass(slots=True)
class Tally:
    """How many there were, and when the last one was."""

    last_at: dt.datetime
    count: int = 0


class LastUse(NamedTuple):
    """When a key was last used, and by whom."""

    at: dt.datetime
    client: Client


class Denied(NamedTuple):
    """A refused request; ``request`` is None where the route is not known."""

    reference: str
    at: dt.datetime
    outcome: Outcome
    sentence: str
    method: str
    raw_path: str
    request: Request | None
    address: str | None


class _Activity(NamedTuple):
    """The columns that identify a KeyActivity."""

    key_id: str
    day: dt.date
    resource: str
    access: int
    object_id: str
    address: str


def write_counts(tallies: Mapping[Row, Tally]) -> None:
    """Add to KeyUsage."""
    counts: Counter[tuple[str, dt.datetime, str, int, str]] = Counter()
    for row, tally in tallies.items():
        counts[row[:5]] += tally.count
    to_column = connection.ops.adapt_datetimefield_value
    # Sorted, so that two processes lock shared rows in the same order.
    rows = [
        (key_id, to_column(hour), resource, access, outcome, count)
        for (key_id, hour, resource, access, outcome), count in sorted(counts.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO secretkeys_keyusage"
            " (key_id, hour, resource, access, outcome, count)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (key_id, hour, resource, access, outcome) DO UPDATE"
            " SET count = secretkeys_keyusage.count + excluded.count",
            rows,
        )


def write_activity(tallies: Mapping[Row, Tally]) -> None:
    """Add what was allowed to KeyActivity; drop days that nobody looks back to."""
    allowed = _by_day(tallies)
    if not allowed:
        return
    to_date = connection.ops.adapt_datefield_value
    to_column = connection.ops.adapt_datetimefield_value
    rows: list[tuple[Any, ...]] = [
        (key_id, to_date(day), *kind, tally.count, to_column(tally.last_at))
        for (key_id, day, *kind), tally in sorted(
            _folded(allowed).items(), key=lambda each: each[0]
        )
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO secretkeys_keyactivity"
            " (key_id, day, resource, access, object_id, address, count, last_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (key_id, day, resource, access, object_id, address)"
            " DO UPDATE SET count = secretkeys_keyactivity.count + excluded.count,"
            " last_at = CASE WHEN excluded.last_at > secretkeys_keyactivity.last_at"
            " THEN excluded.last_at ELSE secretkeys_keyactivity.last_at END",
            rows,
        )
    oldest = timezone.now().date() - dt.timedelta(days=ACTIVITY_DAYS)
    keys = {activity.key_id for activity in allowed}
    KeyActivity.objects.filter(key_id__in=keys, day__lt=oldest).delete()


def write_last_uses(last_uses: Mapping[str, LastUse]) -> None:
    """Move "Last Used" on, at most once per LAST_USED_RESOLUTION."""
    for key_id, (at, client) in sorted(last_uses.items()):
        stale = Q(last_used_at=None) | Q(last_used_at__lte=at - LAST_USED_RESOLUTION)
        SecretKey.objects.filter(stale, key_id=key_id).update(
            last_used_at=at,
            last_used_address=_address(client.address) or None,
            last_used_client=_printable(client.user_agent)[:200],
        )


def write_denials(denials: Mapping[str, Iterable[Denied]]) -> None:
    """Add refusals, and drop those that are too old or too many."""
    if not denials:
        return
    Denial.objects.bulk_create(
        (_denial(key_id, each) for key_id, those in denials.items() for each in those),
        ignore_conflicts=True,
    )
    for key_id in denials:
        newest_first = Denial.objects.filter(key_id=key_id).order_by("-at")
        surplus = newest_first.values_list("pk", flat=True)[MOST_DENIALS:]
        Denial.objects.filter(pk__in=list(surplus)).delete()
    Denial.objects.filter(at__lte=timezone.now() - DENIAL_LIFETIME).delete()


def _by_day(tallies: Mapping[Row, Tally]) -> dict[_Activity, Tally]:
    days: dict[_Activity, Tally] = {}
    for row, tally in tallies.items():
        if row.outcome != Outcome.ALLOWED:
            continue
        activity = _Activity(
            row.key_id,
            row.hour.date(),
            row.resource,
            row.access,
            _object_id(row.object_id),
            row.address if row.address == KeyActivity.MANY else _address(row.address),
        )
        _merge(days, activity, tally)
    return days


def _folded(days: dict[_Activity, Tally]) -> dict[_Activity, Tally]:
    """Stop keeping objects and addresses apart for keys that have too many in a day."""
    known: dict[tuple[str, dt.date], set[_Activity]] = defaultdict(set)
    rows = KeyActivity.objects.filter(
        key_id__in={activity.key_id for activity in days},
        day__in={activity.day for activity in days},
    )
    for row in rows.values_list(*_Activity._fields):
        known[row[0], row[1]].add(_Activity(*row))
    many = KeyActivity.MANY
    folded: dict[_Activity, Tally] = {}
    for activity, tally in days.items():
        apart, kept = known[activity.key_id, activity.day], activity
        if activity not in apart:
            if len(apart) < MOST_ACTIVITY:
                apart.add(activity)
            else:
                kept = activity._replace(object_id=many, address=many)
        _merge(folded, kept, tally)
    return folded


def _merge(into: dict[_Activity, Tally], activity: _Activity, tally: Tally) -> None:
    merged = into.setdefault(activity, Tally(tally.last_at))
    merged.count += tally.count
    merged.last_at = max(merged.last_at, tally.last_at)


def _denial(key_id: str, denied: Denied) -> Denial:
    request = denied.request
    path = request.route if request else _printable(_redacted(denied.raw_path))
    return Denial(
        reference=denied.reference,
        key_id=key_id,
        at=denied.at,
        outcome=denied.outcome.value,
        sentence=denied.sentence[:400],
        method=_printable(denied.method)[:20],
        path=path[:200],
        resource=request.resource.value if request else "",
        access=request.access.value if request else 0,
        object_id=_object_id(redact(request.object_id or "")) if request else "",
        address=_address(denied.address),
    )


def _redacted(path: str) -> str:
    """Cut down a key in a path, also where escapes keep it from being recognized."""
    decoded = path
    for _ in range(_MOST_ENCODINGS):
        decoded = unquote(decoded)
    cut = redact(decoded)
    return path if cut == decoded else cut


def _object_id(text: str) -> str:
    """Return an id as a column holds it; what it cannot hold still names an object."""
    return _printable(text)[:64] or (text and KeyActivity.MANY)


def _address(text: str | None) -> str:
    """Return a network address, or "": behind a socket file a client has none."""
    try:
        # Without the name of an interface, which no column holds.
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return ""


def _printable(text: str) -> str:
    """Leave out what a database refuses: one odd client must not stop the batch."""
    return "".join(character for character in text if character.isprintable())
