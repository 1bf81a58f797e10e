"""The programs that present a key."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models.functions import Coalesce

from orgs.models import Organization
from secretkeys.models.activity import MANY
from secretkeys.models.keys import SecretKey


class ClientTotals(NamedTuple):
    """What all clients are together; ``apart`` counts those that are kept apart."""

    requests: int
    apart: int
    has_folded: bool
    first_seen: dt.datetime | None
    last_seen: dt.datetime | None


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

    def totals(self) -> ClientTotals:
        """Add all clients up; one query."""
        sums = self.aggregate(
            requests=Coalesce(models.Sum("count"), 0),
            apart=models.Count("pk", filter=~models.Q(address=MANY)),
            folded=models.Count("pk", filter=models.Q(address=MANY)),
            first_seen=models.Min("first_seen"),
            last_seen=models.Max("last_seen"),
        )
        has_folded = sums.pop("folded") > 0
        return ClientTotals(**sums, has_folded=has_folded)

    def seen_since(self, moment: dt.datetime) -> Self:
        """Return the clients that sent a request at or after ``moment``."""
        return self.filter(last_seen__gte=moment)

    def of_programs(self, user_agents: Collection[str]) -> Self:
        """Return the clients that call themselves one of these."""
        return self.filter(user_agent__in=user_agents)

    def by_program(self) -> models.QuerySet["KeyClient", Any]:
        """Return (user agent, keys, last seen), the latest first."""
        sums = self.values("user_agent").annotate(
            keys=models.Count("key", distinct=True),
            last=models.Max("last_seen"),
        )
        latest_first = sums.order_by("-last", "user_agent")
        return latest_first.values_list("user_agent", "keys", "last")

    def keys_by_group(self, groups: Sequence[Collection[str]]) -> dict[int, int]:
        """Return how many keys each group of user agents presents, by its place."""
        cases = [
            models.When(user_agent__in=each, then=models.Value(place))
            for place, each in enumerate(groups)
        ]
        place = models.Case(*cases, output_field=models.IntegerField())
        sums = self.of_programs([name for each in groups for name in each])
        counted = sums.values(place=place).order_by()
        keys = counted.annotate(keys=models.Count("key", distinct=True))
        return dict(keys.values_list("place", "keys"))

    def keys_of_programs(
        self, user_agents: Collection[str]
    ) -> models.QuerySet["KeyClient", Any]:
        """Return (key id, name) of the keys that these present, by name."""
        keys = self.of_programs(user_agents).order_by("key__name", "key")
        return keys.values_list("key", "key__name").distinct()


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
