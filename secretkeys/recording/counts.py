"""Requests by key and by organization, by the hour and by the day."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection

from orgs.models import Organization
from secretkeys.models import (
    KeyDayTotal,
    KeyUsage,
    KeyUsageDay,
    OrganizationUsage,
    OrganizationUsageDay,
    SecretKey,
)
from secretkeys.outcomes import Outcome
from secretkeys.recording.rows import Row, Tally

# Whose requests, in which hour, and of which kind.
_Hourly = Counter[tuple[Any, dt.datetime, str, int, str]]
# How many requests with an unknown key named an organization in an hour.
Unknown = Mapping[tuple[uuid.UUID, dt.datetime], int]


def organizations_of(key_ids: Collection[str]) -> dict[str, uuid.UUID]:
    """Return whose each of these keys is; without those that are not there."""
    keys = SecretKey.objects.filter(pk__in=key_ids)
    return dict(keys.values_list("pk", "organization_id"))


def write_counts(
    tallies: Mapping[Row, Tally], owners: Mapping[str, uuid.UUID], unknown: Unknown
) -> None:
    """Add to the counts of keys and of organizations, their ``owners``."""
    of_keys: _Hourly = Counter()
    of_organizations = _known(unknown)
    for row, tally in tallies.items():
        kind = row.hour, row.resource, row.access, row.outcome
        of_keys[row.key_id, *kind] += tally.count
        of_organizations[owners[row.key_id], *kind] += tally.count
    _add(OrganizationUsage, of_organizations)
    _add(OrganizationUsageDay, _by_day(of_organizations))
    days = _by_day(of_keys)
    _add(KeyUsage, of_keys)
    _add(KeyUsageDay, days)
    _add(KeyDayTotal, _of_any_kind(days))


def _known(unknown: Unknown) -> _Hourly:
    """Return the requests with unknown keys that named an organization there is."""
    named = {organization_id for organization_id, _ in unknown}
    known = set(Organization.objects.filter(pk__in=named).values_list("pk", flat=True))
    outcome = Outcome.UNKNOWN_KEY.value
    return Counter(
        {
            (organization_id, hour, "", 0, outcome): count
            for (organization_id, hour), count in unknown.items()
            if organization_id in known
        }
    )


def _by_day(hours: _Hourly) -> Counter[tuple[Any, ...]]:
    days: Counter[tuple[Any, ...]] = Counter()
    for (owner, hour, *kind), count in hours.items():
        days[owner, hour.date(), *kind] += count
    return days


def _of_any_kind(days: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    totals: Counter[tuple[Any, ...]] = Counter()
    for (owner, day, *_), count in days.items():
        totals[owner, day] += count
    return totals


def _add(model: Any, counts: Mapping[tuple[Any, ...], int]) -> None:
    """Add counts to the rows of a table, which need not be there yet."""
    fields = [model._meta.get_field(name) for name in model.IDENTITY]
    # Sorted, so that two processes lock shared rows in the same order.
    rows = [
        [
            *(
                field.get_db_prep_save(value, connection)
                for field, value in zip(fields, who_and_what, strict=True)
            ),
            count,
        ]
        for who_and_what, count in sorted(counts.items())
    ]
    table = model._meta.db_table
    columns = ", ".join(field.column for field in fields)
    places = "%s, " * len(fields)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({columns}, count)"  # noqa: S608 - names of columns
            f" VALUES ({places}%s)"
            f" ON CONFLICT ({columns}) DO UPDATE"
            f" SET count = {table}.count + excluded.count",
            rows,
        )
