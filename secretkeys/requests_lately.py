"""How keys were used in the last hours: the spark line and the badge of a row."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from secretkeys import charts
from secretkeys.models import KeyUsage, SecretKey
from secretkeys.outcomes import GRANT_DENIALS
from secretkeys.periods import HOUR, Period, Window
from secretkeys.status import Lately

SPARK_HOURS = 36


def show_lately(keys: Sequence[SecretKey], *, at: dt.datetime) -> None:
    """Set ``shown_badge`` of each key, and the spark line of those with requests.

    One query.
    """
    lately = requests_lately(keys, at=at)
    for key in keys:
        of_key = lately[key.pk]
        key.shown_badge = key.badge_at(at, of_key)
        if any(of_key.hours):
            line = charts.spark_line(of_key.hours)
            state = key.statuses_at(at)[0].label
            key.spark = replace(line, text=f"{state}. {line.text}")


def show_badges(keys: Sequence[SecretKey], *, at: dt.datetime) -> None:
    """Set ``shown_badge`` of each key for who may not see how keys are used."""
    for key in keys:
        key.shown_badge = key.badge_at(at)


def requests_lately(
    keys: Sequence[SecretKey], *, at: dt.datetime
) -> Mapping[str, Lately]:
    """Return the requests of each key by its id; one query."""
    day = Window.ending(Period.DAY, at)
    first = day.end - SPARK_HOURS * HOUR
    hours = {key.pk: [0] * SPARK_HOURS for key in keys}
    requests, denied = dict.fromkeys(hours, 0), dict.fromkeys(hours, 0)
    for key_id, begin, all_of_hour, denied_of_hour in (
        KeyUsage.objects.of_keys(hours)
        .since(first)
        .counted_by_key_and_time(GRANT_DENIALS)
    ):
        # What another process counted since belongs to the hour that has begun.
        hours[key_id][min((begin - first) // HOUR, SPARK_HOURS - 1)] += all_of_hour
        if begin >= day.start:
            requests[key_id] += all_of_hour
            denied[key_id] += denied_of_hour
    return {pk: Lately(hours[pk], requests[pk], denied[pk]) for pk in hours}


def requests_7_days(key: SecretKey, *, at: dt.datetime) -> int:
    """Return how many requests the key made today and on the six days before."""
    return key.usage_days.within(Window.ending(Period.WEEK, at)).total()
