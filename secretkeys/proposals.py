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
# What a key has done says what it needs from this age or so many requests on.
_OLD_ENOUGH = dt.timedelta(days=14)
_ENOUGH_REQUESTS = 100


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


def advice(key: SecretKey, *, requests: int, at: dt.datetime) -> LeastPrivilege | None:
    """Return the same for who may act on it: the key can be edited, and has been used.

    Args:
        key: the key.
        requests: how many it has ever made.
        at: now.
    """
    if key.is_removed or key.is_replaced or key.organization.is_locked:
        return None
    is_new = key.created_at > at - _OLD_ENOUGH
    if is_new and requests < _ENOUGH_REQUESTS:
        return None
    return least_privilege(key, at=at)


class Remedy(StrEnum):
    """What would let a refused request pass now."""

    # The key itself is stopped, or was replaced and has stopped.
    REMOVED = "removed"
    DISABLED = "disabled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    LOCKED = "locked"
    # The program names another organization than that of the key.
    ORGANIZATION = "organization"
    GRANT = "grant"
    # Nothing has to be done: the key has been changed since.
    ALLOWED_NOW = "allowed_now"
    # A wider access scope, which the organization cannot choose, or not this object.
    SCOPE_LOCKED = "scope_locked"
    NOT_IN_CATALOGUE = "not_in_catalogue"
    # No right of a key is what the request failed at.
    NOTHING = "nothing"


def remedy(denial: Denial, *, at: dt.datetime) -> tuple[Remedy, Grant | None]:
    """Return what would let a request pass; with GRANT, the smallest one.

    The grant has what the key has now and allows what was denied.
    """
    outcome, stopped = Outcome(denial.outcome), _stopped(denial.key, at)
    if stopped is Remedy.REMOVED:
        return stopped, None
    if outcome is Outcome.ORGANIZATION_MISMATCH:
        return Remedy.ORGANIZATION, None
    if stopped and not outcome.is_error:
        return stopped, None
    if not denial.resource:
        return Remedy.NOTHING, None
    return _wider(denial)


def _stopped(key: SecretKey, at: dt.datetime) -> Remedy | None:
    """Return why the key is refused whatever it asks for, in the order of decisions."""
    if key.is_removed:
        return Remedy.REMOVED
    is_expired = key.is_expired(at)
    if is_expired and key.is_replaced:
        return Remedy.REPLACED
    if key.is_disabled:
        return Remedy.DISABLED
    if is_expired:
        return Remedy.EXPIRED
    return Remedy.LOCKED if key.organization.is_locked else None


def _wider(denial: Denial) -> tuple[Remedy, Grant | None]:
    """Return how the grant of a working key has to change."""
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
