"""Which requests a page or a file about usage counts."""

from dataclasses import dataclass
from typing import Any

from orgs.models import Organization
from secretkeys.models import (
    KeyDayTotal,
    KeyUsage,
    KeyUsageDay,
    OrganizationUsage,
    OrganizationUsageDay,
    SecretKey,
)
from secretkeys.outcomes import Outcome
from secretkeys.periods import Window


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """Which requests are asked about; what is empty narrows nothing."""

    organization: Organization
    window: Window
    search: str = ""
    resource: str = ""
    outcomes: frozenset[Outcome] | None = None

    @property
    def keys(self) -> Any:
        """The organization's keys, removed ones too, as far as they are asked about."""
        keys = SecretKey.objects.of(self.organization)
        return keys.matching(self.search) if self.search else keys

    @property
    def key_counts(self) -> Any:
        """What was counted for keys, of any time."""
        table = KeyUsage if self.window.period.is_hourly else KeyUsageDay
        return table.objects.narrowed(self.resource, self.outcomes)

    @property
    def key_totals(self) -> Any:
        """The same, in as few rows as there are: good for sums alone."""
        if self.window.period.is_hourly or self.resource or self.outcomes is not None:
            return self.key_counts
        return KeyDayTotal.objects.all()

    @property
    def counts(self) -> Any:
        """What was counted for the organization, or for the keys that are searched."""
        if self.search:
            return self.key_counts.filter(key__in=self.keys.values("pk"))
        hourly = self.window.period.is_hourly
        table = OrganizationUsage if hourly else OrganizationUsageDay
        counts = table.objects.of(self.organization)
        return counts.narrowed(self.resource, self.outcomes)
