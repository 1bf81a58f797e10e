"""What keys were allowed to do, by object and address."""

import datetime as dt
from typing import Any, Self

from django.db import models

from secretkeys.grants import Access, Resource
from secretkeys.models.keys import SecretKey

# How long the row of a day is kept; previews look back this far.
ACTIVITY_DAYS = 30
# Stands for everything beyond as many rows as are kept apart.
MANY = "*"


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
