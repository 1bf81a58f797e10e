"""What access scopes choose from."""

from collections.abc import Iterable
from typing import Self

from django.db import models

from orgs import catalogue, names
from orgs.categories import Category
from orgs.models.folded import FoldedName
from orgs.models.organizations import Organization


class CatalogueEntryQuerySet(models.QuerySet["CatalogueEntry"]):
    """Reads of what access scopes choose from."""

    def of(self, organization: Organization) -> Self:
        """Return the entries of one organization."""
        return self.filter(organization=organization)

    def in_category(self, category: Category) -> Self:
        """Return the entries of one category."""
        return self.filter(category=category.value)

    def with_ids(self, ids: Iterable[str]) -> Self:
        """Return the entries that these external ids name."""
        return self.filter(external_id__in=list(ids))

    def named(
        self, organization: Organization, category: Category, ids: Iterable[str]
    ) -> dict[str, str]:
        """Return the names of those of ``ids`` that an organization has, by id."""
        entries = self.of(organization).in_category(category).with_ids(ids).by_name()
        return dict(entries.values_list("external_id", "name"))

    def named_by_category(
        self, organization: Organization, ids: Iterable[str]
    ) -> dict[Category, dict[str, str]]:
        """Return the same for ids of any category, by category; one query."""
        names: dict[Category, dict[str, str]] = {each: {} for each in Category}
        entries = self.of(organization).with_ids(ids).by_name()
        for category, external_id, name in entries.values_list(
            "category", "external_id", "name"
        ):
            names[Category(category)][external_id] = name
        return names

    def without_ids(self, ids: Iterable[str]) -> Self:
        """Leave out the entries that these external ids name."""
        return self.exclude(external_id__in=list(ids))

    def matching(self, text: str) -> Self:
        """Return entries whose name or external id contains ``text``, in any case."""
        text = text.strip()
        return self.filter(
            models.Q(name_folded__contains=names.fold(text))
            | models.Q(external_id__icontains=text)
        )

    def by_name(self) -> Self:
        """Order as people read: by category and name, whatever the case."""
        return self.order_by("category", "name_folded", "external_id")


class CatalogueEntry(models.Model):
    """A dataset, training or deployment that other services keep for an organization."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="catalogue"
    )
    category = models.CharField(
        max_length=10, choices=[(each.value, each.label) for each in Category]
    )
    # Without the organization's part; see catalogue.clean_id().
    external_id = models.CharField("external id", max_length=catalogue.MAX_ID_LENGTH)
    name = models.CharField(max_length=names.MAX_LENGTH)
    # What search and order compare. Folding can lengthen.
    name_folded = FoldedName(max_length=18 * names.MAX_LENGTH, editable=False)

    objects = CatalogueEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "catalogue entries"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "category", "external_id"],
                name="catalogue_entry_unique",
                violation_error_message="The catalogue has an entry with this id.",
            ),
            models.CheckConstraint(
                condition=models.Q(category__in=[each.value for each in Category]),
                name="catalogue_category_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "category", "name_folded"],
                name="catalogue_by_name",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.category} {self.external_id})"
