"""What the page of one key shows: whether it is used, by whom, and what fails."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from orgs.audit import AuditAction
from orgs.models import AuditEvent
from secretkeys import charts, proposals, sdk_versions
from secretkeys.charts import BarChart, Series
from secretkeys.figures import Figures
from secretkeys.grants import ROWS, Access, Resource
from secretkeys.key_clients import key_clients
from secretkeys.key_endings import ended_at
from secretkeys.key_facts import KeyFacts, key_facts
from secretkeys.key_loss import key_loss
from secretkeys.models import Denial, SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.periods import Period, Window
from secretkeys.requests_lately import show_lately

_LATEST_DENIALS = 10
_LATEST_EVENTS = 10

# (resource, access, outcome, requests)
_Kinds = Sequence[tuple[str, Access, Outcome, int]]
# (begin of the hour or day, outcome, requests)
_Times = Iterable[tuple[dt.datetime, Outcome, int]]


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """What a key may do with one resource and what it did in the period."""

    label: str
    granted: Access
    reads: int
    writes: int

    @property
    def granted_word(self) -> str:
        """What it may do."""
        return self.granted.name.title()

    @property
    def unused(self) -> str:
        """Which of its rights the key did not use; empty: it used them, or has none."""
        if not self.granted:
            return ""
        if not self.reads and not self.writes:
            return "Not used"
        return "Only read" if self.granted is Access.WRITE and not self.writes else ""


def key_page(
    key: SecretKey, query: QueryDict, *, at: dt.datetime, with_history: bool
) -> dict[str, Any]:
    """Return the context of a key's page.

    Args:
        key: the key, as for_page() loads it.
        query: ``period``, a value of Period; anything else is 30 days.
        at: now.
        with_history: whether whoever looks may read the audit log.
    """
    window = Window.ending(_period(query.get("period", "")), at)
    usage = key.usage if window.period.is_hourly else key.usage_days
    by_time = usage.within(window).by_time()
    clients = key_clients(key, at=at)
    facts = key_facts(key, at=at, last_seen=clients.last_seen)
    programs = clients.programs_since(at - sdk_versions.LOOK_BACK)
    show_lately([key], at=at)
    return {
        "key": key,
        "facts": facts,
        "now": at,
        "ended_at": ended_at(key, at),
        "period": window.period,
        "periods": list(Period),
        "figures": Figures.of((outcome, count) for _, outcome, count in by_time),
        "chart": _chart(window, by_time),
        "resources": _resources(key, usage.within(window).by_kind()),
        "clients": clients,
        "denials": Denial.objects.of_key(key).lately(at)[:_LATEST_DENIALS],
        "least_privilege": proposals.advice(key, requests=clients.requests, at=at),
        "history": _history(key, facts) if with_history else None,
        "loss": key_loss(key, programs, at=at),
    }


def _chart(window: Window, by_time: _Times) -> BarChart:
    """Return the bars of a window: allowed, errors and denied."""
    places = {start: number for number, start in enumerate(window.starts)}
    allowed, errors, denied = ([0] * len(places) for _ in range(3))
    for begin, outcome, count in by_time:
        row = denied if outcome.is_denied else errors if outcome.is_error else allowed
        row[places[begin]] += count
    series = [
        Series("Allowed", "c1", allowed),
        Series("Errors", "c5", errors),
        Series("Denied", "c6", denied),
    ]
    return charts.stacked_bars(window.starts, series, window.period.is_hourly)


def _resources(key: SecretKey, kinds: _Kinds) -> list[ResourceUse]:
    """Return what the key may do and did, by resource, in the order of the form."""
    reads, writes = Counter[str](), Counter[str]()
    for resource, access, outcome, count in kinds:
        if outcome is Outcome.ALLOWED:
            (writes if access is Access.WRITE else reads)[resource] += count
    granted = key.grant.matrix
    rows = [
        ResourceUse(row.label, granted[row], reads[row], writes[row]) for row in ROWS
    ]
    # Open to every key, so it is no right that could be left unused.
    everybodys = Resource.IDENTITY
    if read := reads[everybodys]:
        rows.append(ResourceUse(everybodys.label, Access.READ, read, 0))
    return rows


def _period(text: str) -> Period:
    try:
        return Period(text)
    except ValueError:
        return Period.MONTH


def _history(key: SecretKey, facts: KeyFacts) -> list[AuditEvent]:
    """Return the latest events of the key, with the rotation that has made it."""
    events = AuditEvent.objects.of(key.organization).chained()
    about = events.about_key(key.stem)
    if before := facts.predecessor:
        rotated = events.about_key(before.stem)
        about |= rotated.with_actions([AuditAction.KEY_ROTATED])
    return list(about.latest_first()[:_LATEST_EVENTS])
