"""The access scope: how far a key reaches into each category of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orgs.categories import Category


class Reach(StrEnum):
    """How much of one category an access scope takes in."""

    ALL = "all"
    SELECTED = "selected"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Scope:
    """The reach into one category; ``ids`` are external ids, empty unless Selected."""

    reach: Reach = Reach.ALL
    ids: frozenset[str] = frozenset()

    def includes(self, other: "Scope") -> bool:
        """Tell whether whatever ``other`` reaches, this reaches too."""
        if self.reach is Reach.ALL or other.reach is Reach.NONE:
            return True
        return self.reach is other.reach is Reach.SELECTED and self.ids >= other.ids


Scopes = Mapping[Category, Scope]

EVERYWHERE: Scopes = dict.fromkeys(Category, Scope())


def reach_words(category: Category, scope: Scope) -> str:
    """Say how much of a category a scope takes in; empty for none of it."""
    if scope.reach is Reach.NONE:
        return ""
    if scope.reach is Reach.ALL:
        return f"all {category.label.lower()}"
    count = len(scope.ids)
    return f"{count} {category.one if count == 1 else category.many}"


def reach_facts(category: Category, scope: Scope) -> str:
    """Say the same with every selected id."""
    if scope.reach is not Reach.SELECTED:
        return f"{category.many}: {scope.reach.value}"
    return f"{category.many}: selected {', '.join(sorted(scope.ids))}"
