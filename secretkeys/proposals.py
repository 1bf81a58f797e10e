"""Grants that the product proposes: as small as what a key needs."""

import datetime as dt
from dataclasses import dataclass

from orgs.models import Organization
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
    used = key.usage.since(at - LOOK_BACK).used_access()
    if not used:
        return None
    # Rights that were taken away meanwhile are not given back.
    needed = {row: min(access, key.grant.matrix[row]) for row, access in used.items()}
    grant = smallest(needed, offered(key.organization), key.grant.scopes)
    is_smaller = key.grant.includes(grant) and not grant.includes(key.grant)
    granted = sum(level > Access.NONE for level in key.grant.matrix.values())
    still_used = sum(level > Access.NONE for level in needed.values())
    return LeastPrivilege(granted, still_used, grant if is_smaller else None)


def allowing(denial: Denial) -> Grant | None:
    """Return the smallest grant that has what the key has and allows what was denied.

    None: no grant would have allowed it, or the key's grant does by now.
    """
    if not denial.resource:
        return None
    grant = denial.key.grant
    resource, access = Resource(denial.resource), Access(denial.access)
    if grant.allows(resource, access, denial.object_id or None):
        return None
    scopes = dict(grant.scopes)
    if resource.category and grant.scope_barrier(resource, denial.object_id or None):
        scope = scopes[resource.category]
        scopes[resource.category] = _widened(scope, denial.object_id)
    if grant.matrix[resource] >= access:
        return Grant(grant.permission, grant.matrix, scopes)
    needed = {row: grant.matrix[row] for row in ROWS} | {resource: access}
    return smallest(needed, offered(denial.key.organization), scopes)


def _widened(scope: Scope, object_id: str) -> Scope:
    return Scope(Reach.SELECTED, scope.ids | {object_id}) if object_id else Scope()
