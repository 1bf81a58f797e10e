"""What the page of one key shows: whether it is used, by whom, and what fails."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from orgs.models import AuditEvent
from secretkeys import catalogue_words, charts, previews, proposals, sdk_versions
from secretkeys.charts import BarChart, Series
from secretkeys.grants import ROWS, Access, Resource
from secretkeys.models import Denial, KeyClient, SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.periods import Period, Window
from secretkeys.requests_lately import show_lately
from secretkeys.sdk_versions import Sdk
from secretkeys.usage_words import percent

_LATEST_DENIALS = 10
_LATEST_EVENTS = 10
# Clients that are shown one by one: those seen last.
_MOST_CLIENTS = 25
# Addresses that a sentence names.
_MOST_ADDRESSES = 3

# (resource, access, outcome, requests)
Kinds = Sequence[tuple[str, Access, Outcome, int]]


@dataclass(frozen=True, slots=True)
class Figures:
    """The requests of a period, by outcome."""

    by_outcome: Counter[Outcome]

    @property
    def requests(self) -> int:
        """All of them."""
        return self.by_outcome.total()

    @property
    def denied(self) -> int:
        """Those that the key, as it was, might not make."""
        return _sum(self.by_outcome, lambda outcome: outcome.is_denied)

    @property
    def errors(self) -> int:
        """Those that were wrong themselves."""
        return _sum(self.by_outcome, lambda outcome: outcome.is_error)

    @property
    def error_rate(self) -> str:
        """How many of a hundred were wrong themselves."""
        return percent(self.errors, self.requests)

    @property
    def outcomes(self) -> list[tuple[Outcome, int]]:
        """How the requests fared, the most frequent first."""
        return self.by_outcome.most_common()

    @property
    def most(self) -> int:
        """How many fared the most frequent way."""
        return max(self.by_outcome.values(), default=0)


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """What a key may do with one resource and what it did in the period."""

    label: str
    granted: str
    reads: int
    writes: int

    @property
    def unused(self) -> str:
        """Which of its rights the key did not use; empty: it used them, or has none."""
        if self.granted == "None":
            return ""
        if not self.reads and not self.writes:
            return "Not used"
        return "Only read" if self.granted == "Write" and not self.writes else ""


@dataclass(frozen=True, slots=True)
class Client:
    """One program at one address; ``sdk`` is None where it is not the client."""

    address: str
    user_agent: str
    sdk: Sdk | None
    first_seen: dt.datetime
    last_seen: dt.datetime
    requests: int
    # Whether it presents a key that has ended.
    is_late: bool

    @property
    def badge(self) -> str:
        """What wants attention about its version; empty: nothing."""
        if self.sdk is None or not self.sdk.is_outdated:
            return ""
        return sdk_versions.outdated_words()

    @property
    def words(self) -> str:
        """What it is, in a sentence."""
        return f"vi-sdk {self.sdk.version}" if self.sdk else self.user_agent


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients seen last, and what is known of all others together."""

    shown: list[Client]
    others: int
    # The others include a row that stands for clients that are not kept apart.
    has_folded: bool
    other_requests: int

    def __bool__(self) -> bool:
        """Tell whether any was ever seen."""
        return bool(self.shown or self.has_folded)

    @property
    def others_words(self) -> str:
        """How many others there are; empty: none."""
        if self.has_folded:
            return f"more than {self.others} others" if self.others else "others"
        count = f"{self.others} other{'' if self.others == 1 else 's'}"
        return count if self.others else ""

    def seen_since(self, moment: dt.datetime) -> list[str]:
        """Return what the clients seen since a moment are, each once."""
        words = [each.words for each in self.shown if each.last_seen >= moment]
        return [each for each in dict.fromkeys(words) if each]


@dataclass(frozen=True, slots=True)
class Loss:
    """What would have been denied in 30 days without the key, and to whom."""

    preview: previews.Preview
    programs: list[str]
    # Where most of the requests came from, and how many other addresses there are.
    addresses: list[str]
    more_addresses: int


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
    kinds = usage.within(window).by_kind()
    clients = _clients(key, at)
    show_lately([key], at=at)
    return {
        "key": key,
        "state": key.statuses_at(at)[0],
        "now": at,
        "ended_at": ended_at(key, at),
        "period": window.period,
        "periods": list(Period),
        "figures": Figures(_by_outcome(by_time)),
        "chart": chart(window, by_time),
        "resources": resources(key, kinds),
        "clients": clients,
        "denials": Denial.objects.latest_of(key).kept(at)[:_LATEST_DENIALS],
        "scopes": catalogue_words.scope_words(key),
        "least_privilege": proposals.least_privilege(key, at=at),
        "history": _history(key) if with_history else None,
        "loss": _loss(key, clients, at),
    }


def ended_at(key: SecretKey, at: dt.datetime) -> dt.datetime | None:
    """Return since when the key is refused for good; None: it is not."""
    ends = [key.removed_at, key.expires_at if key.is_expired(at) else None]
    return min((end for end in ends if end), default=None)


def chart(
    window: Window, by_time: Iterable[tuple[dt.datetime, Outcome, int]]
) -> BarChart:
    """Return the bars of a window: allowed, errors and denied."""
    places = {start: number for number, start in enumerate(window.starts)}
    allowed, errors, denied = ([0] * len(places) for _ in range(3))
    for begin, outcome, count in by_time:
        row = denied if outcome.is_denied else errors if outcome.is_error else allowed
        row[places[begin]] += count
    series = [
        Series("Allowed", "c1", allowed),
        Series("Errors", "c5", errors),
        Series("Denied", "c4", denied),
    ]
    return charts.stacked_bars(window.starts, series, window.period.is_hourly)


def resources(key: SecretKey, kinds: Kinds) -> list[ResourceUse]:
    """Return what the key may do and did, by resource, in the order of the form."""
    reads, writes = Counter[str](), Counter[str]()
    for resource, access, outcome, count in kinds:
        if outcome is Outcome.ALLOWED:
            (writes if access is Access.WRITE else reads)[resource] += count
    granted = key.grant.matrix
    rows = [
        ResourceUse(
            row.value.title(), granted[row].name.title(), reads[row], writes[row]
        )
        for row in ROWS
    ]
    # Open to every key, so it is no right that could be left unused.
    if profile := reads[Resource.IDENTITY]:
        rows.append(ResourceUse("Profile and plans", "Read", profile, 0))
    return rows


def _period(text: str) -> Period:
    try:
        return Period(text)
    except ValueError:
        return Period.MONTH


def _by_outcome(
    by_time: Iterable[tuple[dt.datetime, Outcome, int]],
) -> Counter[Outcome]:
    outcomes: Counter[Outcome] = Counter()
    for _, outcome, count in by_time:
        outcomes[outcome] += count
    return outcomes


def _clients(key: SecretKey, at: dt.datetime) -> Clients:
    rows = list(KeyClient.objects.of_key(key))
    apart = [row for row in rows if not row.is_others]
    ended = ended_at(key, at)
    shown = [
        Client(
            row.address,
            row.user_agent,
            sdk_versions.parse(row.user_agent),
            row.first_seen,
            row.last_seen,
            row.count,
            is_late=ended is not None and row.last_seen > ended,
        )
        for row in apart[:_MOST_CLIENTS]
    ]
    total = sum(row.count for row in rows)
    others = len(apart) - len(shown)
    has_folded = len(rows) > len(apart)
    return Clients(
        shown, others, has_folded, total - sum(each.requests for each in shown)
    )


def _history(key: SecretKey) -> Sequence[AuditEvent]:
    events = AuditEvent.objects.of(key.organization).chained()
    return list(events.about_key(key.stem).latest_first()[:_LATEST_EVENTS])


def _loss(key: SecretKey, clients: Clients, at: dt.datetime) -> Loss | None:
    """Return what would stop if the key were removed now; None: nothing."""
    if ended_at(key, at):
        return None
    preview = previews.of_removal(key, at=at)
    if preview is None:
        return None
    counts: Counter[str] = Counter()
    for kind in preview.kinds:
        counts[kind.shown_address] += kind.requests
    addresses = [address for address, _ in counts.most_common() if address]
    programs = clients.seen_since(at - sdk_versions.LOOK_BACK)
    named = addresses[:_MOST_ADDRESSES]
    return Loss(preview, programs, named, len(addresses) - len(named))


def _sum(counts: Counter[Outcome], holds: Any) -> int:
    return sum(count for outcome, count in counts.items() if holds(outcome))
