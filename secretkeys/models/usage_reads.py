"""How pages read counted requests."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from orgs.models import Organization
from secretkeys.grants import Access, Resource
from secretkeys.outcomes import Outcome
from secretkeys.periods import Window

# What tells requests apart, beside who made them and when.
KIND_FIELDS = ["resource", "access", "outcome"]

Sums = models.QuerySet[Any, Any]
# (key id, hour or day, resource, access, outcome, requests)
Count = tuple[str, dt.datetime | dt.date, str, int, str, int]

# Rows per query where all are read.
_BATCH = 2000


def begin_of(column: dt.datetime | dt.date) -> dt.datetime:
    """Return when the hour or day of a row begins."""
    if isinstance(column, dt.datetime):
        return column
    return dt.datetime.combine(column, dt.time(), tzinfo=dt.UTC)


def _later(order: Sequence[str], row: Sequence[Any]) -> Q:
    """Return what holds for the rows that come after one, in this order."""
    *before, last = zip(order, row, strict=False)
    later = Q(**{f"{last[0]}__gt": last[1]})
    for field, value in reversed(before):
        later = Q(**{f"{field}__gt": value}) | Q(later, **{field: value})
    # Named once more, for databases to begin their search there.
    return Q(later, **{f"{order[0]}__gte": row[0]})


class CountQuerySet(models.QuerySet[Any]):
    """Reads that all counts share; ``begin`` is the field of the hour or day."""

    @property
    def begin(self) -> str:
        """The field of the hour or day that a row counts."""
        return str(self.model.IDENTITY[1])

    def within(self, window: Window) -> Self:
        """Return the rows of a window."""
        return self.since(window.start).until(window.end)

    def since(self, moment: dt.datetime) -> Self:
        """Return the rows from the hour or day of ``moment`` on."""
        return self.filter(**{f"{self.begin}__gte": self._column_of(moment)})

    def until(self, moment: dt.datetime) -> Self:
        """Return the rows of the hours or days before the one of ``moment``."""
        return self.filter(**{f"{self.begin}__lt": self._column_of(moment)})

    def narrowed(
        self, resource: str = "", outcomes: Collection[Outcome] | None = None
    ) -> Self:
        """Return the rows of a resource and of these outcomes; without them, all."""
        rows = self.filter(resource=resource) if resource else self
        if outcomes is None:
            return rows
        return rows.filter(outcome__in=[each.value for each in outcomes])

    def by_outcome(self) -> dict[Outcome, int]:
        """Return requests by outcome."""
        return {Outcome(outcome): count for outcome, count in self._sums("outcome")}

    def by_time(self) -> list[tuple[dt.datetime, Outcome, int]]:
        """Return (begin of the hour or day, outcome, requests), oldest first."""
        sums = self._sums(self.begin, "outcome").order_by(self.begin)
        return [
            (begin_of(begin), Outcome(outcome), count) for begin, outcome, count in sums
        ]

    def total(self) -> int:
        """Return how many requests the rows count."""
        return self.aggregate(total=models.Sum("count"))["total"] or 0

    def _column_of(self, moment: dt.datetime) -> dt.datetime | dt.date:
        """Return the hour or day of a moment as its column has it."""
        moment = moment.astimezone(dt.UTC)
        if self.begin == "day":
            return moment.date()
        return moment.replace(minute=0, second=0, microsecond=0)

    def _sums(self, *fields: str) -> Sums:
        grouped: Sums = self.values(*fields).order_by()
        sums: Sums = grouped.annotate(sum=models.Sum("count"))
        return sums.values_list(*fields, "sum")


class KeyCountQuerySet(CountQuerySet):
    """Reads of the counts of keys."""

    def of_keys(self, key_ids: Collection[str]) -> Self:
        """Return the counts of these keys."""
        return self.filter(key__in=key_ids)

    def by_key(self) -> dict[str, dict[Outcome, int]]:
        """Return requests by outcome by key id."""
        found: dict[str, dict[Outcome, int]] = {}
        for key_id, outcome, count in self._sums("key", "outcome"):
            found.setdefault(key_id, {})[Outcome(outcome)] = count
        return found

    def by_key_and_time(self) -> list[tuple[str, dt.datetime, int]]:
        """Return (key id, begin of the hour or day, requests)."""
        return [
            (key_id, begin_of(begin), count)
            for key_id, begin, count in self._sums("key", self.begin)
        ]

    def in_batches(self) -> Iterator[Count]:
        """Yield (key id, begin, resource, access, outcome, requests), in this order.

        A batch at a time, each by a query of its own: memory stays as it is, and neither
        a cursor nor a transaction stays open while somebody downloads slowly.
        """
        order = ["key", self.begin, *KIND_FIELDS]
        rows = self.order_by(*order).values_list(*order, "count")
        batch: list[Count] = list(rows[:_BATCH])
        while batch:
            yield from batch
            later = _later(order, batch[-1])
            batch = list(rows.filter(later)[:_BATCH]) if len(batch) == _BATCH else []

    def by_kind(self) -> list[tuple[str, Access, Outcome, int]]:
        """Return (resource, access, outcome, requests)."""
        return [
            (resource, Access(access), Outcome(outcome), count)
            for resource, access, outcome, count in self._sums(*KIND_FIELDS)
        ]

    def counted_by_key_and_time(
        self, outcomes: Collection[Outcome]
    ) -> list[tuple[str, dt.datetime, int, int]]:
        """Return (key id, begin of the hour or day, requests, those that fared so)."""
        such = Q(outcome__in=[each.value for each in outcomes])
        sums: Sums = self._sums("key", self.begin).annotate(
            such=Coalesce(models.Sum("count", filter=such), 0)
        )
        return [
            (key_id, begin_of(begin), requests, number)
            for key_id, begin, requests, number in sums.values_list(
                "key", self.begin, "sum", "such"
            )
        ]

    def sum_of_key(self) -> models.Subquery:
        """Return the requests of the key of an outer query; none where there are none."""
        of_key = self.filter(key=models.OuterRef("pk")).order_by().values("key")
        return models.Subquery(of_key.annotate(sum=models.Sum("count")).values("sum"))

    def used_access(self) -> dict[Resource, Access]:
        """Return the widest access that was allowed, by resource of the matrix."""
        widest = (
            self.filter(outcome=Outcome.ALLOWED.value)
            .exclude(resource=Resource.IDENTITY.value)
            .values("resource")
            .annotate(widest=models.Max("access"))
            .values_list("resource", "widest")
        )
        return {Resource(resource): Access(access) for resource, access in widest}


class OrganizationCountQuerySet(CountQuerySet):
    """Reads of the counts of organizations."""

    def of(self, organization: Organization) -> Self:
        """Return the counts of one organization."""
        return self.filter(organization=organization)
