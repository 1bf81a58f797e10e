"""How one key was used lately, counted from its usage rows."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome


@dataclass(slots=True)
class Day:
    """The requests of one day, UTC."""

    date: dt.date
    allowed: int = 0
    denied: int = 0


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many requests ended one way."""

    label: str
    count: int


def requests_7_days(key: SecretKey, *, at: dt.datetime) -> int:
    """Return how many requests the key made today and on the six days before."""
    return key.usage.since(_first_hour(at, days=7)).total()


def last_30_days(key: SecretKey, *, at: dt.datetime) -> dict[str, Any]:
    """Return a key's numbers by day and by outcome, newest day first; one query."""
    days = {
        date: Day(date)
        for date in (at.date() - dt.timedelta(days=back) for back in range(30))
    }
    outcomes: Counter[str] = Counter()
    for date, outcome, count in key.usage.since(_first_hour(at, days=30)).by_day():
        day = days.setdefault(date, Day(date))
        outcomes[outcome] += count
        if outcome == Outcome.ALLOWED:
            day.allowed += count
        else:
            day.denied += count
    week = [day for day in days.values() if day.date >= _first_hour(at, days=7).date()]
    return {
        "days": list(days.values()) if outcomes else [],
        "outcomes": [
            OutcomeCount(Outcome(outcome).label, count)
            for outcome, count in outcomes.most_common()
        ],
        "requests_7_days": sum(day.allowed + day.denied for day in week),
        "requests_30_days": outcomes.total(),
        "denied_30_days": outcomes.total() - outcomes[Outcome.ALLOWED],
    }


def _first_hour(at: dt.datetime, *, days: int) -> dt.datetime:
    """Return the first hour of a period of whole days that ends today, UTC."""
    first_day = at.date() - dt.timedelta(days=days - 1)
    return dt.datetime.combine(first_day, dt.time(), tzinfo=dt.UTC)
