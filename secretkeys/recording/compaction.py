"""Counts that are too old to be looked at by the hour, or at all, are removed.

Hours are counted by the day from the start, so nothing is added up here, and running
twice, or in two processes at once, removes no more than running once.
"""

import datetime as dt

from django.db import models

from secretkeys.models import (
    ACTIVITY_DAYS,
    DAILY_LIFETIME,
    DENIAL_LIFETIME,
    HOURLY_LIFETIME,
    Denial,
    KeyActivity,
    KeyClient,
    KeyDayTotal,
    KeyUsage,
    KeyUsageDay,
    OrganizationUsage,
    OrganizationUsageDay,
)

# Rows of one transaction: nobody who counts waits for longer than that takes.
_ROWS_AT_ONCE = 5000


def compact(*, at: dt.datetime) -> dict[str, int]:
    """Remove what has outlived its time at a moment; return how many rows of each."""
    hour, day = at - HOURLY_LIFETIME, (at - DAILY_LIFETIME).date()
    activity_day = at.date() - dt.timedelta(days=ACTIVITY_DAYS)
    return {
        "hours of keys": _remove(KeyUsage.objects.filter(hour__lt=hour)),
        "hours of organizations": _remove(
            OrganizationUsage.objects.filter(hour__lt=hour)
        ),
        "days of keys": _remove(KeyUsageDay.objects.filter(day__lt=day)),
        "totals of days": _remove(KeyDayTotal.objects.filter(day__lt=day)),
        "days of organizations": _remove(
            OrganizationUsageDay.objects.filter(day__lt=day)
        ),
        "objects": _remove(KeyActivity.objects.filter(day__lt=activity_day)),
        "clients": _remove(KeyClient.objects.filter(last_seen__lt=at - DAILY_LIFETIME)),
        "references": _remove(Denial.objects.filter(at__lte=at - DENIAL_LIFETIME)),
    }


def _remove(rows: models.QuerySet[models.Model]) -> int:
    removed = 0
    while some := list(rows.values_list("pk", flat=True)[:_ROWS_AT_ONCE]):
        # Asked again: a client may have come back since.
        removed += rows.filter(pk__in=some).delete()[0]
    return removed
