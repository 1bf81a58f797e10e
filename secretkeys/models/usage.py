"""How many requests there were, by the hour and by the day, UTC.

Every request is counted in each of these tables in the one transaction of a flush: for
its key and for its organization, by the hour and by the day. So a page adds up few rows,
however many keys and hours there are. Requests with a key that nobody knows are counted for the
organization that they named.
"""

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import Q

from orgs.models import Organization
from secretkeys.grants import Access, Resource
from secretkeys.models.keys import SecretKey
from secretkeys.models.usage_reads import (
    KIND_FIELDS,
    KeyCountQuerySet,
    OrganizationCountQuerySet,
)
from secretkeys.outcomes import Outcome

# How long rows are kept; what looks back further than the first reads days.
HOURLY_LIFETIME = dt.timedelta(days=35)
DAILY_LIFETIME = dt.timedelta(days=400)


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


class InHours(models.Model):
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


class InDays(models.Model):
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


class KeyUsage(InHours, Count):
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
        # Holds all that an organization's keys are put in order by.
        indexes = [models.Index(fields=["key", "hour", "count"], name="usage_sum")]


class KeyUsageDay(InDays, Count):
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


class KeyDay(InDays):
    """How many requests a key made in one day, of whatever kind.

    An organization's keys are put in order by these: one row where KeyUsageDay has many.
    """

    key = models.ForeignKey(SecretKey, on_delete=models.CASCADE, related_name="+")
    count = models.PositiveBigIntegerField()

    objects = KeyCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "day"], name="key_day_unique")
        ]
        indexes = [models.Index(fields=["key", "day", "count"], name="key_day_sum")]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"


class OrganizationUsage(InHours, Count):
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


class OrganizationUsageDay(InDays, Count):
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
