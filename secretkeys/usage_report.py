"""How an organization's keys were used in a period: the numbers of the usage page.

However many keys there are, it takes six queries: what was counted for the
organization, whether there is a period to compare with, a sum for each key, the
outcomes of the keys that are listed, the four keys with colours of their own, and the
latest refusals.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from secretkeys import keyformat
from secretkeys.charts import BarChart, Series, stacked_bars
from secretkeys.figures import Figures
from secretkeys.models import Denial
from secretkeys.outcomes import Outcome
from secretkeys.periods import Window
from secretkeys.usage_query import UsageQuery
from secretkeys.usage_words import Change, percent

# Keys that are listed one by one, and of those the ones with a colour of their own.
MOST_LISTED = 50
_COLOURS = ("c1", "c2", "c3", "c4")
_OTHERS = "c5"
_LATEST_DENIALS = 5

# Requests by (begin of the hour or day, outcome).
_Counts = Counter[tuple[dt.datetime, Outcome]]


class _Used(NamedTuple):
    """A key, its requests in the period, and whether it had some before."""

    key_id: str
    name: str
    removed_at: dt.datetime | None
    requests: int
    before: bool


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key, or all others together, in the list."""

    name: str
    css_class: str
    requests: int
    all_requests: int
    errors: int
    denied: int
    key_id: str = ""
    is_removed: bool = False

    @property
    def stem(self) -> str:
        """The first characters of the key; empty: these are many keys."""
        return keyformat.stem(self.key_id) if self.key_id else ""

    @property
    def share(self) -> str:
        """Its part of all requests."""
        return percent(self.requests, self.all_requests)

    @property
    def error_rate(self) -> str:
        """The part of its requests that no key could have made."""
        return percent(self.errors, self.requests)

    @property
    def denied_rate(self) -> str:
        """The part of its requests that were denied."""
        return percent(self.denied, self.requests)

    @property
    def is_often_denied(self) -> bool:
        """Whether that is one in a hundred."""
        return self.denied * 100 >= self.requests


@dataclass(frozen=True, slots=True)
class Reason:
    """Why requests of keys were denied, how many, and the highest such number."""

    outcome: Outcome
    count: int
    most: int


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The numbers of the page; ``compares``: there is a period to compare with."""

    figures: Figures
    compares: bool
    requests_change: Change
    denied_change: Change
    active: int
    active_change: Change
    keys: int
    chart: BarChart
    lines: list[KeyLine]
    reasons: list[Reason]
    latest: list[Denial]


def usage_report(query: UsageQuery) -> UsageReport:
    """Return how the keys asked about were used; six queries."""
    window = query.window
    now, before = _counted(query)
    used = _used(query)
    active = [key for key in used if key.requests]
    earlier = sum(1 for key in used if key.before)
    figures, ended = _figures(now), _figures(before)
    # Half of a period without counts is no period to compare with.
    middle = window.before.start + (window.start - window.before.start) / 2
    compares = query.has_counts_before(middle)
    period = window.period.label if compares else ""
    requests, denied = figures.requests, figures.denied
    return UsageReport(
        figures=figures,
        compares=compares,
        requests_change=Change.in_percent(requests, ended.requests, period),
        denied_change=Change.in_number(denied, ended.denied, period),
        active=len(active),
        active_change=Change.in_number(len(active), earlier, period),
        keys=sum(1 for key in used if key.requests or _lived(key, window)),
        chart=_chart(query, active[: len(_COLOURS)], now),
        lines=_lines(query, active, figures),
        reasons=_reasons(figures),
        latest=_latest(query),
    )


def usage_chart(query: UsageQuery) -> BarChart:
    """Return the chart alone; three queries."""
    counts = query.key_totals.within(query.window)
    found = query.keys.annotate(requests=counts.sum_of_key()).filter(requests__gt=0)
    most = found.order_by("-requests", "name", "pk")
    rows = most.values_list("key_id", "name", "removed_at", "requests")
    first = [_Used(*row, before=False) for row in rows[: len(_COLOURS)]]
    return _chart(query, first, _by_time(query, query.window))


def totals(query: UsageQuery) -> Figures:
    """Return how all requests asked about fared; one query."""
    return Figures.of(query.counts.within(query.window).by_outcome().items())


def _counted(query: UsageQuery) -> tuple[_Counts, _Counts]:
    """Return what was counted in the period and in the one before."""
    window = query.window
    now, before = _Counts(), _Counts()
    both = _by_time(query, replace(window, start=window.before.start))
    for (begin, outcome), count in both.items():
        (now if begin >= window.start else before)[begin, outcome] = count
    return now, before


def _by_time(query: UsageQuery, window: Window) -> _Counts:
    rows = query.counts.within(window).by_time()
    return _Counts({(begin, outcome): count for begin, outcome, count in rows})


def _used(query: UsageQuery) -> list[_Used]:
    """Return the keys asked about that there were, those with most requests first."""
    counts, window = query.key_totals, query.window
    both = replace(window, start=window.before.start)
    there = Q(removed_at=None) | Q(removed_at__gte=both.start)
    # A removed key is still refused, and that is counted.
    presented = Exists(counts.within(both).filter(key=OuterRef("pk")))
    found = query.keys.filter(there | Q(presented)).annotate(
        requests=Coalesce(counts.within(window).sum_of_key(), 0),
        before=Exists(counts.within(window.before).filter(key=OuterRef("pk"))),
    )
    rows = found.values_list("key_id", "name", "removed_at", "requests", "before")
    used = [_Used(*row) for row in rows]
    return sorted(used, key=lambda key: (-key.requests, key.name, key.key_id))


def _lived(key: _Used, window: Window) -> bool:
    return key.removed_at is None or key.removed_at >= window.start


def _chart(query: UsageQuery, first: list[_Used], counted: _Counts) -> BarChart:
    """Draw the keys that are used most, and all the others as one."""
    window = query.window
    found = {key.key_id: Counter[dt.datetime]() for key in first}
    counts = query.key_counts.within(window).of_keys(found.keys())
    for key_id, begin, count in counts.by_key_and_time():
        found[key_id][begin] += count
    others = Counter[dt.datetime]()
    for (begin, outcome), count in counted.items():
        if outcome is not Outcome.UNKNOWN_KEY:
            others[begin] += count
    for of_key in found.values():
        others.subtract(of_key)
    starts = window.starts
    series = [
        Series(name, css_class, [of_key[start] for start in starts])
        for name, css_class, of_key in zip(
            _names(first), _COLOURS, found.values(), strict=False
        )
    ]
    # Requests may have been counted between two queries.
    rest = Series("Other keys", _OTHERS, [max(0, others[each]) for each in starts])
    series += [rest] if rest.total else []
    return stacked_bars(starts, series, hourly=window.period.is_hourly)


def _names(keys: list[_Used]) -> list[str]:
    """Return what to call each; rotated and removed keys may share a name."""
    often = Counter(key.name for key in keys)
    return [
        key.name
        if often[key.name] == 1
        else f"{key.name} ({keyformat.stem(key.key_id)}…)"
        for key in keys
    ]


def _lines(query: UsageQuery, active: list[_Used], figures: Figures) -> list[KeyLine]:
    """List the keys that are used most; the last line is all others."""
    listed = active[:MOST_LISTED]
    ids = [key.key_id for key in listed]
    by_key = query.key_counts.within(query.window).of_keys(ids).by_key()
    rest = Counter(figures.by_outcome)
    lines = []
    for number, key in enumerate(listed):
        of_key = Figures(Counter(by_key.get(key.key_id, {})))
        rest.subtract(of_key.by_outcome)
        lines.append(
            KeyLine(
                key.name,
                _COLOURS[number] if number < len(_COLOURS) else _OTHERS,
                key.requests,
                figures.requests,
                of_key.errors,
                of_key.denied,
                key.key_id,
                is_removed=key.removed_at is not None,
            )
        )
    if others := len(active) - len(listed):
        name = f"{others:,} other {'key' if others == 1 else 'keys'}"
        # Without what is negative: see _chart().
        of_rest = Figures(+rest)
        numbers = of_rest.requests, figures.requests, of_rest.errors, of_rest.denied
        lines.append(KeyLine(name, _OTHERS, *numbers))
    return lines


def _reasons(figures: Figures) -> list[Reason]:
    denied = [(each, count) for each, count in figures.outcomes if each.is_denied]
    return [Reason(outcome, count, denied[0][1]) for outcome, count in denied]


def _latest(query: UsageQuery) -> list[Denial]:
    """Return the latest refusals whose reference can be looked up."""
    wanted = query.outcomes or [each for each in Outcome if each.is_explained]
    found: QuerySet[Denial] = Denial.objects.lately(timezone.now()).filter(
        Q(resource=query.resource) if query.resource else Q(),
        key__in=query.keys.values("pk"),
        at__gte=query.window.start,
        outcome__in=[each.value for each in wanted],
    )
    return list(found[:_LATEST_DENIALS])


def _figures(counted: _Counts) -> Figures:
    return Figures.of((outcome, count) for (_, outcome), count in counted.items())
