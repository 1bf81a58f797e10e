"""What keys were allowed to do, by object and address."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from secretkeys.models import ACTIVITY_DAYS, MANY, KeyActivity
from secretkeys.outcomes import Outcome
from secretkeys.recording.rows import Row, Tally, clean_address, clean_object_id

# Different objects and addresses that are kept apart, per key and day.
MOST_ACTIVITY = 500


class _Activity(NamedTuple):
    """The columns that identify a KeyActivity."""

    key_id: str
    day: dt.date
    resource: str
    access: int
    object_id: str
    address: str


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
            clean_object_id(row.object_id),
            clean_address(row.address),
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
    folded: dict[_Activity, Tally] = {}
    for activity, tally in days.items():
        apart, kept = known[activity.key_id, activity.day], activity
        if activity not in apart:
            if len(apart) < MOST_ACTIVITY:
                apart.add(activity)
            else:
                kept = activity._replace(object_id=MANY, address=MANY)
        _merge(folded, kept, tally)
    return folded


def _merge(into: dict[_Activity, Tally], activity: _Activity, tally: Tally) -> None:
    into.setdefault(activity, Tally.none(tally.last_at)).add(tally)
