"""Grants that the product proposes: as small as what a key needs."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from orgs.categories import Category
from orgs.models import CatalogueEntry, Organization
from secretkeys.grants import (
    PRESETS,
    ROWS,
    Access,
    Grant,
    Permission,
    Resource,
    smallest,
)
from secretkeys.models import Denial, SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.policy import WIDEST
from secretkeys.scopes import Reach, Scope

# How far back use is looked at.
LOOK_BACK = dt.timedelta(days=60)


@dataclass(frozen=True, slots=True)
class LeastPrivilege:
    """How much of a key's matrix it uses; ``grant`` is None where none is smaller."""

    granted: int
    used: int
    grant: Grant | None


def offered(organization: Organization) -> list[Permission]:
    """Return the levels that an organization can choose from."""
    if organization.advanced_permissions:
        return list(Permission)
    return list(PRESETS)


def least_privilege(key: SecretKey, *, at: dt.datetime) -> LeastPrivilege | None:
    """Compare a key's rights with their use; None: it has not been used."""
    used = key.usage_days.since(at - LOOK_BACK).used_access()
    if not used:
        return None
    # Rights that were taken away meanwhile are neither counted nor given back.
    needed = {
        row: min(access, key.grant.matrix[row])
        for row, access in used.items()
        if key.grant.matrix[row]
    }
    grant = smallest(needed, offered(key.organization), key.grant.scopes)
    is_smaller = (
        bool(needed)
        and key.grant.includes(grant)
        and any(_usable(key.grant, row) > _usable(grant, row) for row in ROWS)
    )
    granted = sum(level > Access.NONE for level in key.grant.matrix.values())
    return LeastPrivilege(granted, len(needed), grant if is_smaller else None)


class Remedy(StrEnum):
    """What would have let a refused request pass."""

    GRANT = "grant"
    # Nothing has to be done: the key has been changed since.
    ALLOWED_NOW = "allowed_now"
    # A wider access scope, which the organization cannot choose, or not this object.
    SCOPE_LOCKED = "scope_locked"
    NOT_IN_CATALOGUE = "not_in_catalogue"
    # No right of a key is what the request failed at.
    NOTHING = "nothing"


def remedy(denial: Denial) -> tuple[Remedy, Grant | None]:
    """Return what would have let a request pass; with GRANT, the smallest one.

    The grant has what the key has now and allows what was denied.
    """
    if Outcome(denial.outcome) not in (
        Outcome.PERMISSION_DENIED,
        Outcome.OUTSIDE_SCOPE,
    ):
        return Remedy.NOTHING, None
    grant, object_id = denial.key.grant, denial.object_id or None
    resource, access = Resource(denial.resource), Access(denial.access)
    if grant.allows(resource, access, object_id):
        return Remedy.ALLOWED_NOW, None
    scopes = dict(grant.scopes)
    category = resource.category
    if category and grant.scope_barrier(resource, object_id):
        scopes[category] = _widened(scopes[category], object_id)
        if not denial.key.organization.access_scope:
            return Remedy.SCOPE_LOCKED, None
        if object_id and not _is_in_catalogue(denial, category):
            return Remedy.NOT_IN_CATALOGUE, None
    if grant.matrix[resource] >= access:
        return Remedy.GRANT, Grant(grant.permission, grant.matrix, scopes)
    needed = dict(grant.matrix) | {resource: access}
    levels = offered(denial.key.organization)
    return Remedy.GRANT, smallest(needed, levels, scopes)


def _usable(grant: Grant, row: Resource) -> Access:
    """Return how much of a row any request can make use of."""
    return min(grant.matrix[row], WIDEST[row])


def _widened(scope: Scope, object_id: str | None) -> Scope:
    return Scope(Reach.SELECTED, scope.ids | {object_id}) if object_id else Scope()


def _is_in_catalogue(denial: Denial, category: Category) -> bool:
    organization, ids = denial.key.organization, [denial.object_id]
    return bool(CatalogueEntry.objects.named(organization, category, ids))
