"""How many requests there were, by the hour and by the day, UTC.

Every request is counted four times in the one transaction of a flush: for its key and
for its organization, by the hour and by the day. So a page adds up few rows, however
many keys and hours there are. Requests with a key that nobody knows are counted for the
organization that they named.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from orgs.models import Organization
from secretkeys.grants import Access, Resource
from secretkeys.models.keys import SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.periods import Window

# How long rows are kept; what looks back further than the first reads days.
HOURLY_LIFETIME = dt.timedelta(days=35)
DAILY_LIFETIME = dt.timedelta(days=400)

KIND_FIELDS = ["resource", "access", "outcome"]


class CountQuerySet(models.QuerySet[Any]):
    """Reads that all counts share; ``begin`` is the field of the hour or day."""

    @property
    def begin(self) -> str:
        """The field that says which hour or day a row counts."""
        return str(self.model.BEGIN)

    def within(self, window: Window) -> Self:
        """Return the rows of a window."""
        end = self.model.column_of(window.end)
        return self.since(window.start).filter(**{f"{self.begin}__lt": end})

    def since(self, moment: dt.datetime) -> Self:
        """Return the rows from the hour or day of ``moment`` on."""
        return self.filter(**{f"{self.begin}__gte": self.model.column_of(moment)})

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
            (self.model.begin_of(begin), Outcome(outcome), count)
            for begin, outcome, count in sums
        ]

    def total(self) -> int:
        """Return how many requests the rows count."""
        return self.aggregate(total=models.Sum("count"))["total"] or 0

    def _sums(self, *fields: str) -> models.QuerySet[Any, Any]:
        grouped: models.QuerySet[Any, Any] = self.values(*fields).order_by()
        sums: models.QuerySet[Any, Any] = grouped.annotate(sum=models.Sum("count"))
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
            (key_id, self.model.begin_of(begin), count)
            for key_id, begin, count in self._sums("key", self.begin)
        ]

    def by_kind(self) -> list[tuple[str, Access, Outcome, int]]:
        """Return (resource, access, outcome, requests)."""
        return [
            (resource, Access(access), Outcome(outcome), count)
            for resource, access, outcome, count in self._sums(*KIND_FIELDS)
        ]

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


class Count(models.Model):
    """How many requests of one kind there were."""

    BEGIN: ClassVar[str]

    # Empty where a request was refused before anybody asked what it was.
    resource = models.CharField(
        max_length=20,
        blank=True,
        choices=[(each.value, each.value) for each in Resource],
    )
    access = models.PositiveSmallIntegerField(
        choices=[(each.value, each.name.lower()) for each in Access]
    )
    outcome = models.CharField(
        max_length=30, choices=[(each.value, each.label) for each in Outcome]
    )
    count = models.PositiveBigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} at {getattr(self, self.BEGIN)}"


class Hourly(Count):
    """Counted by the hour."""

    BEGIN = "hour"

    hour = models.DateTimeField()

    class Meta:
        abstract = True

    @staticmethod
    def column_of(moment: dt.datetime) -> dt.datetime:
        """Return the hour of a moment as the column has it."""
        return moment.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)

    @staticmethod
    def begin_of(hour: dt.datetime) -> dt.datetime:
        """Return when the hour of a row begins."""
        return hour


class Daily(Count):
    """Counted by the day."""

    BEGIN = "day"

    day = models.DateField()

    class Meta:
        abstract = True

    @staticmethod
    def column_of(moment: dt.datetime) -> dt.date:
        """Return the day of a moment as the column has it."""
        return moment.astimezone(dt.UTC).date()

    @staticmethod
    def begin_of(day: dt.date) -> dt.datetime:
        """Return when the day of a row begins."""
        return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)


def _known_outcome(name: str) -> models.CheckConstraint:
    known = [each.value for each in Outcome]
    return models.CheckConstraint(condition=Q(outcome__in=known), name=name)


class KeyUsage(Hourly):
    """How many requests of one kind a key made in one hour."""

    key = models.ForeignKey(SecretKey, on_delete=models.CASCADE, related_name="usage")

    objects = KeyCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "hour", *KIND_FIELDS], name="usage_unique"
            ),
            _known_outcome("usage_outcome_known"),
        ]


class KeyUsageDay(Daily):
    """How many requests of one kind a key made in one day."""

    key = models.ForeignKey(
        SecretKey, on_delete=models.CASCADE, related_name="usage_days"
    )

    objects = KeyCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "day", *KIND_FIELDS], name="usage_day_unique"
            ),
            _known_outcome("usage_day_outcome_known"),
        ]
        # Holds all that the order of an organization's keys is made of.
        indexes = [
            models.Index(
                fields=["key", "day", "outcome", "count"], name="usage_day_sum"
            )
        ]


class OrganizationUsage(Hourly):
    """How many requests of one kind an organization's keys made in one hour."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+"
    )

    objects = OrganizationCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "hour", *KIND_FIELDS],
                name="organization_usage_unique",
            ),
            _known_outcome("organization_usage_known"),
        ]


class OrganizationUsageDay(Daily):
    """How many requests of one kind an organization's keys made in one day."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+"
    )

    objects = OrganizationCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "day", *KIND_FIELDS],
                name="organization_day_unique",
            ),
            _known_outcome("organization_day_known"),
        ]
