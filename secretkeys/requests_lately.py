"""How keys were used in the last hours: the spark line of a row, and its denials."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.db.models import F

from orgs.models import Organization
from secretkeys import charts
from secretkeys.models import KeyUsage, SecretKey, SecretKeyQuerySet
from secretkeys.outcomes import Outcome
from secretkeys.periods import HOUR, Period, Window
from secretkeys.status import FEWEST_DENIALS, REQUESTS_PER_DENIAL, Lately

SPARK_HOURS = 36


def show_lately(keys: Sequence[SecretKey], *, at: dt.datetime) -> None:
    """Set ``lately`` of each key, and ``spark`` of those with requests; one query."""
    day = Window.ending(Period.DAY, at)
    first = day.end - SPARK_HOURS * HOUR
    hours = {key.pk: [0] * SPARK_HOURS for key in keys}
    requests, denied = dict.fromkeys(hours, 0), dict.fromkeys(hours, 0)
    for key_id, begin, all_of_hour, denied_of_hour in (
        KeyUsage.objects.of_keys(hours).since(first).denied_by_key_and_time()
    ):
        # What another process counted since belongs to the hour that has begun.
        hours[key_id][min((begin - first) // HOUR, SPARK_HOURS - 1)] += all_of_hour
        if begin >= day.start:
            requests[key_id] += all_of_hour
            denied[key_id] += denied_of_hour
    for key in keys:
        key.lately = Lately(hours[key.pk], requests[key.pk], denied[key.pk])
        if any(key.lately.hours):
            line = charts.spark_line(key.lately.hours)
            state = key.statuses_at(at)[0].label
            key.spark = replace(line, text=f"{state}. {line.text}")


def with_elevated_denials(
    organization: Organization, *, at: dt.datetime
) -> SecretKeyQuerySet:
    """Return an organization's keys that were denied too often in the last day."""
    day = KeyUsage.objects.within(Window.ending(Period.DAY, at))
    denied = day.narrowed(outcomes=[each for each in Outcome if each.is_denied])
    # Key by key: the database finds the hours of one key at once, and those of an
    # organization among everybody's.
    keys = SecretKey.objects.of(organization).current()
    often = keys.alias(denied=denied.sum_of_key()).filter(denied__gte=FEWEST_DENIALS)
    return often.alias(requests=day.sum_of_key()).filter(
        requests__lte=F("denied") * REQUESTS_PER_DENIAL
    )


def requests_7_days(key: SecretKey, *, at: dt.datetime) -> int:
    """Return how many requests the key made today and on the six days before."""
    return key.usage_days.within(Window.ending(Period.WEEK, at)).total()
