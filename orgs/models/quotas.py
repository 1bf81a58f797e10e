"""What account managers let an organization use."""

from typing import Self

from django.db import models

from orgs.models.organizations import Organization
from orgs.quotas import Meter, QuotaKind


class QuotaQuerySet(models.QuerySet["Quota"]):
    """Reads of what is used and limited."""

    def of(self, organization: Organization) -> Self:
        """Return the quotas of one organization that somebody has set."""
        return self.filter(organization=organization)

    def limit_of(self, organization: Organization, kind: QuotaKind) -> int | None:
        """Return the limit of one kind; None: there is none."""
        found = self.of(organization).filter(kind=kind.value)
        return found.values_list("limit", flat=True).first()


class Quota(models.Model):
    """How much of one kind an organization has used and may use; no row: no limit."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="quotas"
    )
    kind = models.CharField(
        max_length=20, choices=[(each.value, each.label) for each in QuotaKind]
    )
    # Of collaborators always 0: those are counted (orgs/resources.py).
    used = models.BigIntegerField(default=0)
    limit = models.BigIntegerField(null=True, blank=True)
    renews_on = models.DateField(null=True, blank=True)

    objects = QuotaQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind"], name="quota_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[each.value for each in QuotaKind]),
                name="quota_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(used__gte=0)
                & (models.Q(limit__isnull=True) | models.Q(limit__gte=0)),
                name="quota_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.organization}"

    @property
    def meter(self) -> Meter:
        """What is used of the limit."""
        return Meter(self.used, self.limit)
