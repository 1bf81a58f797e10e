"""The columns that a grant is stored in."""

from functools import lru_cache
from typing import Any

from django.db import models

from orgs.categories import Category
from secretkeys.grants import PRESETS, ROWS, Access, Grant, Permission
from secretkeys.scopes import Reach, Scope

LEVEL_FIELDS = [f"{row}_level" for row in ROWS]
REACH_FIELDS = [f"{category}_reach" for category in Category]
IDS_FIELDS = [f"{category}_ids" for category in Category]
# The columns that a grant is stored in, in the order of stored_grant().
GRANT_FIELDS = ["permission", *REACH_FIELDS, *IDS_FIELDS, *LEVEL_FIELDS]


@lru_cache(maxsize=4096)
def stored_grant(permission: str, *columns: Any) -> Grant:
    """Return the grant that a row's GRANT_FIELDS hold."""
    count = len(Category)
    reaches, ids, levels = (
        columns[:count],
        columns[count : 2 * count],
        columns[2 * count :],
    )
    scopes = {
        category: Scope(Reach(reach), frozenset(selected.split()))
        for category, reach, selected in zip(Category, reaches, ids, strict=True)
    }
    level = Permission(permission)
    if level in PRESETS:
        return Grant.preset(level, scopes)
    chosen = zip(ROWS, levels, strict=True)
    return Grant.restricted({row: Access(level) for row, level in chosen}, scopes)


def grant_columns(grant: Grant) -> dict[str, str | int]:
    """Return the columns that hold a grant."""
    columns: dict[str, str | int] = {"permission": grant.permission.value}
    for category, scope in grant.scopes.items():
        columns[f"{category}_reach"] = scope.reach.value
        columns[f"{category}_ids"] = " ".join(sorted(scope.ids))
    for row in ROWS:
        is_preset = grant.permission in PRESETS
        level = Access.NONE if is_preset else grant.matrix[row]
        columns[f"{row}_level"] = level.value
    return columns


def level_field() -> "models.PositiveSmallIntegerField[int, int]":
    """One row of a Restricted key's matrix; other levels have theirs in PRESETS."""
    return models.PositiveSmallIntegerField(
        default=Access.NONE.value,
        db_default=Access.NONE.value,
        choices=[(each.value, each.name.lower()) for each in Access],
    )


def reach_field() -> "models.CharField[str, str]":
    return models.CharField(
        max_length=10,
        default=Reach.ALL.value,
        db_default=Reach.ALL.value,
        choices=[(each.value, each.name.title()) for each in Reach],
    )


def ids_field() -> "models.TextField[str, str]":
    """The selected external ids, sorted, a space between two; none holds a space."""
    return models.TextField(default="", db_default="", blank=True)
