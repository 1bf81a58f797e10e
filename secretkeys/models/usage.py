"""How many requests there were, by the hour and by the day, UTC.

Every request is counted in each of these tables in the one transaction of a flush: for
its key and for its organization, by the hour and by the day. So a page adds up few rows,
however many keys and hours there are. Requests with a key that nobody knows are counted for the
organization that they named.
"""

import datetime as dt

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


def _resource() -> "models.CharField[str, str]":
    """Make a column that is empty where nobody asked yet what a request was."""
    choices = [(each.value, each.value) for each in Resource]
    return models.CharField(max_length=20, blank=True, choices=choices)


def _access() -> "models.PositiveSmallIntegerField[int, int]":
    return models.PositiveSmallIntegerField(
        choices=[(each.value, each.name.lower()) for each in Access]
    )


def _outcome() -> "models.CharField[str, str]":
    choices = [(each.value, each.label) for each in Outcome]
    return models.CharField(max_length=30, choices=choices)


def _one_row(identity: list[str], name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(fields=identity, name=name)


def _known_outcome(name: str) -> models.CheckConstraint:
    known = [each.value for each in Outcome]
    return models.CheckConstraint(condition=Q(outcome__in=known), name=name)


class KeyUsage(models.Model):
    """How many requests of one kind a key made in one hour."""

    IDENTITY = ["key", "hour", *KIND_FIELDS]

    key = models.ForeignKey(SecretKey, on_delete=models.CASCADE, related_name="usage")
    hour = models.DateTimeField()
    resource = _resource()
    access = _access()
    outcome = _outcome()
    count = models.PositiveBigIntegerField()

    objects = KeyCountQuerySet.as_manager()

    class Meta:
        constraints = [
            _one_row(["key", "hour", *KIND_FIELDS], "usage_unique"),
            _known_outcome("usage_outcome_known"),
        ]
        # Holds all that an organization's keys are put in order by.
        indexes = [models.Index(fields=["key", "hour", "count"], name="usage_sum")]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} at {self.hour:%Y-%m-%d %H}:00"


class KeyUsageDay(models.Model):
    """How many requests of one kind a key made in one day."""

    IDENTITY = ["key", "day", *KIND_FIELDS]

    key = models.ForeignKey(
        SecretKey, on_delete=models.CASCADE, related_name="usage_days"
    )
    day = models.DateField()
    resource = _resource()
    access = _access()
    outcome = _outcome()
    count = models.PositiveBigIntegerField()

    objects = KeyCountQuerySet.as_manager()

    class Meta:
        constraints = [
            _one_row(["key", "day", *KIND_FIELDS], "usage_day_unique"),
            _known_outcome("usage_day_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} on {self.day}"


class KeyDayTotal(models.Model):
    """How many requests a key made in one day, of whatever kind.

    An organization's keys are put in order by these: one row where KeyUsageDay has many.
    """

    IDENTITY = ["key", "day"]

    key = models.ForeignKey(SecretKey, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    count = models.PositiveBigIntegerField()

    objects = KeyCountQuerySet.as_manager()

    class Meta:
        constraints = [_one_row(["key", "day"], "key_day_unique")]
        indexes = [models.Index(fields=["key", "day", "count"], name="key_day_sum")]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"


class OrganizationUsage(models.Model):
    """How many requests of one kind an organization's keys made in one hour."""

    IDENTITY = ["organization", "hour", *KIND_FIELDS]

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+"
    )
    hour = models.DateTimeField()
    resource = _resource()
    access = _access()
    outcome = _outcome()
    count = models.PositiveBigIntegerField()

    objects = OrganizationCountQuerySet.as_manager()

    class Meta:
        constraints = [
            _one_row(
                ["organization", "hour", *KIND_FIELDS], "organization_usage_unique"
            ),
            _known_outcome("organization_usage_known"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} at {self.hour:%Y-%m-%d %H}:00"


class OrganizationUsageDay(models.Model):
    """How many requests of one kind an organization's keys made in one day."""

    IDENTITY = ["organization", "day", *KIND_FIELDS]

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+"
    )
    day = models.DateField()
    resource = _resource()
    access = _access()
    outcome = _outcome()
    count = models.PositiveBigIntegerField()

    objects = OrganizationCountQuerySet.as_manager()

    class Meta:
        constraints = [
            _one_row(["organization", "day", *KIND_FIELDS], "organization_day_unique"),
            _known_outcome("organization_day_known"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} on {self.day}"
