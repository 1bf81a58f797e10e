"""Which requests a page or a file about usage counts."""

import datetime as dt
from dataclasses import dataclass

from orgs.models import Organization
from secretkeys.models import (
    KeyDayTotal,
    KeyUsage,
    KeyUsageDay,
    OrganizationUsage,
    OrganizationUsageDay,
    SecretKey,
    SecretKeyQuerySet,
)
from secretkeys.models.usage_reads import (
    CountQuerySet,
    KeyCountQuerySet,
    OrganizationCountQuerySet,
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
    def keys(self) -> SecretKeyQuerySet:
        """The organization's keys, removed ones too, as far as they are asked about."""
        keys = SecretKey.objects.of(self.organization)
        return keys.matching(self.search) if self.search else keys

    @property
    def key_counts(self) -> KeyCountQuerySet:
        """What was counted for keys, of any time."""
        return self._of_any_key.narrowed(self.resource, self.outcomes)

    @property
    def key_totals(self) -> KeyCountQuerySet:
        """The same, in as few rows as there are: good for sums alone."""
        if self.window.period.is_hourly or self.resource or self.outcomes is not None:
            return self.key_counts
        return KeyDayTotal.objects.all()

    @property
    def counts(self) -> CountQuerySet:
        """What was counted for the organization, or for the keys that are searched."""
        return self._of_any_kind.narrowed(self.resource, self.outcomes)

    def has_counts_before(self, moment: dt.datetime) -> bool:
        """Tell whether requests of any kind were counted before a moment."""
        return self._of_any_kind.until(moment).exists()

    @property
    def _of_any_key(self) -> KeyCountQuerySet:
        hourly = self.window.period.is_hourly
        return KeyUsage.objects.all() if hourly else KeyUsageDay.objects.all()

    @property
    def _of_any_kind(self) -> CountQuerySet:
        if self.search:
            return self._of_any_key.filter(key__in=self.keys.values("pk"))
        hourly = self.window.period.is_hourly
        table: OrganizationCountQuerySet = (
            OrganizationUsage.objects.all()
            if hourly
            else OrganizationUsageDay.objects.all()
        )
        return table.of(self.organization)
