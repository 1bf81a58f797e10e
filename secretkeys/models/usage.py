"""What keys were used for: counted, and refused."""

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import TruncDate

from orgs.models import Organization
from secretkeys.grants import Access, Resource
from secretkeys.models.keys import SecretKey
from secretkeys.outcomes import Outcome

# How long the row of a day is kept; previews look back this far.
ACTIVITY_DAYS = 30
# How long a reference can be looked up.
DENIAL_LIFETIME = dt.timedelta(days=7)


class KeyUsageQuerySet(models.QuerySet["KeyUsage"]):
    """Reads of counted requests."""

    def since(self, moment: dt.datetime) -> Self:
        """Return the rows of hours that began at or after ``moment``."""
        return self.filter(hour__gte=moment)

    def by_day(self) -> models.QuerySet["KeyUsage", tuple[dt.date, str, int]]:
        """Return (day, outcome, requests)."""
        return (
            self.annotate(day=TruncDate("hour", tzinfo=dt.UTC))
            .values("day", "outcome")
            .annotate(total=models.Sum("count"))
            .values_list("day", "outcome", "total")
        )

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

    def total(self) -> int:
        """Return how many requests the rows count."""
        return self.aggregate(total=models.Sum("count"))["total"] or 0


class KeyUsage(models.Model):
    """How many requests of one kind a key made in one hour (UTC)."""

    key = models.ForeignKey(SecretKey, on_delete=models.CASCADE, related_name="usage")
    hour = models.DateTimeField()
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

    objects = KeyUsageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "hour", "resource", "access", "outcome"],
                name="usage_unique",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[each.value for each in Outcome]),
                name="usage_outcome_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} at {self.hour:%Y-%m-%d %H}:00"


class KeyActivityQuerySet(models.QuerySet["KeyActivity"]):
    """Reads of what keys did."""

    def of(self, key: SecretKey) -> Self:
        """Return what one key did."""
        return self.filter(key=key)

    def since(self, day: dt.date) -> Self:
        """Return the rows of ``day`` and later."""
        return self.filter(day__gte=day)

    def by_kind(self) -> models.QuerySet["KeyActivity", Any]:
        """Return requests and the last moment by what was asked for and from where."""
        return self.values("resource", "access", "object_id", "address").annotate(
            requests=models.Sum("count"), last=models.Max("last_at")
        )


class KeyActivity(models.Model):
    """What a key was allowed to do on one day (UTC): to which object, from where.

    What a narrower grant would have denied is counted from these rows.
    """

    # Stands for objects and addresses beyond as many as are kept apart in a day.
    MANY = "*"

    key = models.ForeignKey(
        SecretKey, on_delete=models.CASCADE, related_name="activity"
    )
    day = models.DateField()
    resource = models.CharField(
        max_length=20, choices=[(each.value, each.value) for each in Resource]
    )
    access = models.PositiveSmallIntegerField(
        choices=[(each.value, each.name.lower()) for each in Access]
    )
    # Empty where the request named no object; see policy.Request.
    object_id = models.CharField(max_length=64, blank=True)
    # Empty where the client has none, as behind a socket file.
    address = models.CharField(max_length=39, blank=True)
    count = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()

    objects = KeyActivityQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "day", "resource", "access", "object_id", "address"],
                name="activity_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.resource} on {self.day}"


class DenialQuerySet(models.QuerySet["Denial"]):
    """Reads of refused requests."""

    def of(self, organization: Organization) -> Self:
        """Return the denials of an organization's keys, with their keys."""
        return self.filter(key__organization=organization).select_related(
            "key__organization", "key__created_by"
        )

    def with_reference(self, reference: str) -> Self:
        """Return the one denial that this reference names, if it is kept."""
        return self.filter(reference=reference)

    def latest_of(self, key: SecretKey) -> Self:
        """Return what one key was refused, newest first."""
        return self.filter(key=key).order_by("-at")

    def kept(self, at: dt.datetime) -> Self:
        """Return the denials whose reference can still be looked up."""
        return self.filter(at__gt=at - DENIAL_LIFETIME)


class Denial(models.Model):
    """A request that was refused although the key is genuine; holds no secret."""

    # The request id, which the program got as "reference".
    reference = models.CharField(primary_key=True, max_length=32)
    key = models.ForeignKey(SecretKey, on_delete=models.CASCADE, related_name="denials")
    at = models.DateTimeField(db_index=True)
    outcome = models.CharField(
        max_length=30, choices=[(each.value, each.label) for each in Outcome]
    )
    # What the program was told.
    sentence = models.CharField(max_length=400)
    method = models.CharField(max_length=20)
    # With placeholders where the route is known.
    path = models.CharField(max_length=200)
    # Empty where the route is not known.
    resource = models.CharField(max_length=20, blank=True)
    access = models.PositiveSmallIntegerField()
    object_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=39, blank=True)

    objects = DenialQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["key", "-at"], name="denial_by_time")]

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.outcome}"

    @property
    def access_word(self) -> str:
        """Whether the request reads or writes."""
        return Access(self.access).name.lower()
