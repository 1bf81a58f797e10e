"""The programs that present a key."""

import datetime as dt
from typing import Any, Self

from django.db import models

from orgs.models import Organization
from secretkeys.models.activity import MANY
from secretkeys.models.keys import SecretKey


class KeyClientQuerySet(models.QuerySet["KeyClient"]):
    """Reads of clients."""

    def of(self, organization: Organization) -> Self:
        """Return the clients of an organization's keys."""
        return self.filter(key__organization=organization)

    def of_key(self, key: SecretKey) -> Self:
        """Return the clients of one key, the latest first."""
        return self.filter(key=key).order_by("-last_seen", "pk")

    def kept_apart(self) -> Self:
        """Leave out the row that stands for the clients beyond as many as are kept."""
        return self.exclude(address=MANY)

    def seen_since(self, moment: dt.datetime) -> Self:
        """Return the clients that sent a request at or after ``moment``."""
        return self.filter(last_seen__gte=moment)

    def by_program_and_key(self) -> models.QuerySet["KeyClient", Any]:
        """Return (user agent, key id, requests, last seen), the latest first."""
        sums = self.values("user_agent", "key").annotate(
            requests=models.Sum("count"), last=models.Max("last_seen")
        )
        latest_first = sums.order_by("-last", "key", "user_agent")
        return latest_first.values_list("user_agent", "key", "requests", "last")


class KeyClient(models.Model):
    """How often one program, at one address, presented a key whose secret was right.

    Per key the MOST_CLIENTS seen last are kept apart (recording/clients.py); the others are
    one row, in which address and user agent are MANY.
    """

    key = models.ForeignKey(SecretKey, on_delete=models.CASCADE, related_name="clients")
    # Empty where the client has none, as behind a socket file.
    address = models.CharField(max_length=39, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    count = models.PositiveBigIntegerField()

    objects = KeyClientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "address", "user_agent"], name="client_unique"
            )
        ]
        indexes = [models.Index(fields=["key", "last_seen"], name="client_by_time")]

    def __str__(self) -> str:
        return f"{self.user_agent} at {self.address}"

    @property
    def is_others(self) -> bool:
        """Whether the row stands for many clients."""
        return self.address == MANY
