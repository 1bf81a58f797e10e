"""Access scope in the form: how far each category reaches, and what can be selected."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from orgs import catalogue
from orgs.categories import Category
from orgs.models import CatalogueEntry, Organization
from secretkeys.forms import KeyEditForm, KeyForm
from secretkeys.scopes import Reach

# Entries that are shown; beyond them, the filter finds more.
MOST_SHOWN = 50
_LONGEST_QUERY = 100


@dataclass(frozen=True, slots=True)
class Option:
    """One entry; ``name`` is empty where the catalogue does not have it any more."""

    external_id: str
    name: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Picker:
    """The entries to select from, selected ones first; ``hidden`` ones did not fit."""

    category: Category
    options: list[Option]
    query: str
    hidden: int
    is_empty: bool

    @property
    def found(self) -> int:
        """How many entries match."""
        return self.hidden + sum(not each.selected for each in self.options)


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One category of the access scope."""

    category: Category
    title: str
    icon: str
    reach: str
    choices: list[tuple[str, str]]
    errors: list[str]
    picker: Picker

    @property
    def words(self) -> str:
        """What is chosen, where it cannot be changed."""
        if self.reach != Reach.SELECTED:
            how_many = "No" if self.reach == Reach.NONE else "All"
            return f"{how_many} {self.category.label.lower()}"
        names = [each.name or each.external_id for each in self.picker.options]
        return ", ".join(names[: sum(each.selected for each in self.picker.options)])


_ICONS = {
    Category.DATASET: "database",
    Category.TRAINING: "training",
    Category.DEPLOYMENT: "cube",
}


def scope_rows(form: KeyForm | KeyEditForm) -> Iterator[ScopeRow]:
    """Return the access scope as the form has it; at most three queries per category."""
    for category in Category:
        reach, ids = form[f"{category}_reach"], form[f"{category}_ids"]
        kept = form.start.scopes[category]
        yield ScopeRow(
            category,
            category.access_label,
            _ICONS[category],
            # A locked form does not send it.
            str(reach.value() or kept.reach.value),
            [
                (Reach.ALL.value, f"All {category.label.lower()}"),
                (Reach.SELECTED.value, "Selected"),
                (Reach.NONE.value, "None"),
            ],
            [*reach.errors, *ids.errors],
            picker(
                form.organization,
                category,
                (ids.value() if reach.value() else kept.ids) or [],
                str(form.data.get(f"{category}_filter", "")),
            ),
        )


def picker(
    organization: Organization,
    category: Category,
    selected: Collection[Any],
    query: str,
) -> Picker:
    """Return the entries that match ``query``, and those selected whether or not."""
    entries = CatalogueEntry.objects.of(organization).in_category(category)
    chosen = {str(each) for each in selected if catalogue.is_id(str(each))}
    names = CatalogueEntry.objects.named(organization, category, chosen)
    gone = [Option(each, "", selected=True) for each in sorted(chosen - names.keys())]
    kept = [Option(each, name, selected=True) for each, name in names.items()]
    # PostgreSQL refuses a NUL; no name has one.
    query = query.replace("\0", "").strip()[:_LONGEST_QUERY]
    found = entries.without_ids(chosen).matching(query).by_name()
    shown = found.values_list("external_id", "name")[:MOST_SHOWN]
    others = [Option(each, name, selected=False) for each, name in shown]
    return Picker(
        category,
        [*kept, *gone, *others],
        query,
        hidden=found.count() - len(others) if len(others) == MOST_SHOWN else 0,
        is_empty=not (chosen or query or others),
    )
