"""What a change would have denied, had it been made before the last 30 days."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from secretkeys.grants import Access, Grant, Resource
from secretkeys.models import ACTIVITY_DAYS, MANY, KeyActivity, SecretKey


@dataclass(frozen=True, slots=True)
class DeniedKind:
    """Requests of one kind from one address that would have been denied."""

    resource: Resource
    access: Access
    object_id: str
    address: str
    requests: int
    last: dt.datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the kind that a row of KeyActivityQuerySet.by_kind tells of."""
        resource, access = Resource(row["resource"]), Access(row["access"])
        where = row["object_id"], row["address"]
        return cls(resource, access, *where, row["requests"], row["last"])

    @property
    def words(self) -> str:
        """What was asked for, such as ``annotations write``."""
        return f"{self.resource.label} {self.access.name}".lower()

    @property
    def shown_address(self) -> str:
        """Where it came from; empty where that is not known, or many."""
        return "" if self.address == MANY else self.address

    def fits(self, grant: Grant) -> bool:
        """Tell whether a grant allows it, as far as is known of the objects."""
        return grant.allows(self.resource, self.access, self.object_id or None)


@dataclass(frozen=True, slots=True)
class Preview:
    """All of them; the kinds with most requests first."""

    kinds: list[DeniedKind]

    @property
    def requests(self) -> int:
        """How many requests would have been denied."""
        return sum(kind.requests for kind in self.kinds)

    @property
    def last(self) -> dt.datetime:
        """When the last of them was made."""
        return max(kind.last for kind in self.kinds)

    @property
    def main(self) -> DeniedKind:
        """The kind that would have been denied most often."""
        return self.kinds[0]

    @property
    def by_words(self) -> list[tuple[str, int]]:
        """What was asked for and how often, wherever from; most often first."""
        counts: Counter[str] = Counter()
        for kind in self.kinds:
            counts[kind.words] += kind.requests
        return counts.most_common()


def of_change(key: SecretKey, grant: Grant, *, at: dt.datetime) -> Preview | None:
    """Return what ``grant`` would have denied this key; None: nothing."""
    if grant.includes(key.grant):
        return None

    def is_denied(kind: DeniedKind) -> bool:
        return kind.fits(key.grant) and not kind.fits(grant)

    return _preview(key, is_denied, at)


def of_removal(key: SecretKey, *, at: dt.datetime) -> Preview | None:
    """Return what would have been denied without this key; None: nothing."""
    return _preview(key, lambda kind: True, at)


def _preview(
    key: SecretKey, is_denied: Callable[[DeniedKind], bool], at: dt.datetime
) -> Preview | None:
    first = at.date() - dt.timedelta(days=ACTIVITY_DAYS - 1)
    rows = KeyActivity.objects.of(key).since(first).by_kind()
    kinds = list(filter(is_denied, map(DeniedKind.of, rows)))
    kinds.sort(key=lambda kind: kind.requests, reverse=True)
    return Preview(kinds) if kinds else None
