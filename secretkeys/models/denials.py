"""Refused requests that members can look up."""

import datetime as dt
from typing import Self

from django.db import models

from orgs.models import Organization
from secretkeys.grants import Access, Resource
from secretkeys.models.keys import SecretKey
from secretkeys.outcomes import Outcome

# How long a reference can be looked up.
DENIAL_LIFETIME = dt.timedelta(days=7)


class DenialQuerySet(models.QuerySet["Denial"]):
    """Reads of refused requests."""

    def of(self, organization: Organization) -> Self:
        """Return the denials of an organization's keys, with their keys."""
        return self.filter(key__organization=organization).select_related(
            "key__organization",
            "key__created_by",
            "key__keeper",
            "key__removed_by",
            "key__disabled_by",
        )

    def with_reference(self, reference: str) -> Self:
        """Return the one denial that this reference names, if it is kept."""
        return self.filter(reference=reference)

    def of_key(self, key: SecretKey) -> Self:
        """Return what one key was refused."""
        return self.filter(key=key)

    def kept(self, at: dt.datetime) -> Self:
        """Return the denials whose reference can still be looked up."""
        return self.filter(at__gt=at - DENIAL_LIFETIME)

    def lately(self, at: dt.datetime) -> Self:
        """Return those that pages list, whatever the reason; newest first."""
        return self.kept(at).order_by("-at")


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
    def resource_label(self) -> str:
        """What the request touches, by its name; empty where that is not known."""
        return Resource(self.resource).label if self.resource else ""

    @property
    def access_word(self) -> str:
        """Whether the request reads or writes."""
        return Access(self.access).name.lower()
