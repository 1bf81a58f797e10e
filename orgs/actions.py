"""Changes to people and organizations; each is one transaction with its audit event."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from orgs import audit, names
from orgs.audit import Actor, AuditAction
from orgs.catalogue import Entry
from orgs.models import CatalogueEntry, Membership, Organization, User
from orgs.roles import Role

# Rows per statement: PostgreSQL takes 65,535 parameters.
_BATCH = 2000


class OwnerRequired(Exception):
    """The change would leave an organization without its Owner."""


@transaction.atomic
def create_organization(name: str, *, owner: User, actor: Actor) -> Organization:
    """Store an organization and make ``owner`` its Owner.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
    """
    organization = Organization.objects.create(name=names.clean(name))
    Membership.objects.create(
        organization=organization, user=owner, role=Role.OWNER.value
    )
    audit.record(
        AuditAction.ORGANIZATION_CREATED,
        organization,
        actor=actor,
        at=timezone.now(),
        subject=organization.name,
        changes={"owner": (None, owner.email)},
    )
    return organization


@transaction.atomic
def rename_organization(
    organization: Organization, name: str, *, actor: Actor
) -> Organization:
    """Give the organization another name; the same name changes nothing.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
    """
    name = names.clean(name)
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    if locked.name == name:
        return locked
    before, locked.name = locked.name, name
    locked.save(update_fields=["name", "updated_at"])
    audit.record(
        AuditAction.ORGANIZATION_RENAMED,
        locked,
        actor=actor,
        at=timezone.now(),
        subject=name,
        changes={"name": (before, name)},
    )
    return locked


@transaction.atomic
def change_terms(
    organization: Organization,
    *,
    key_limit: int | None = None,
    account_manager_email: str | None = None,
    locked: bool | None = None,
    access_scope: bool | None = None,
    advanced_permissions: bool | None = None,
    actor: Actor,
    at: dt.datetime,
) -> Organization:
    """Change what an account manager decides about an organization; None is left alone.

    While it is locked, its keys are refused; members can look and remove keys.
    """
    current = Organization.objects.select_for_update().get(pk=organization.pk)
    before = _terms(current)
    if locked is not None and locked != current.is_locked:
        current.locked_at = at if locked else None
    for field, value in {
        "key_limit": key_limit,
        "account_manager_email": account_manager_email,
        "access_scope": access_scope,
        "advanced_permissions": advanced_permissions,
    }.items():
        if value is not None:
            setattr(current, field, value)
    changes = audit.differences(before, _terms(current))
    if not changes:
        return current
    current.save()
    audit.record(
        AuditAction.ORGANIZATION_CHANGED,
        current,
        actor=actor,
        subject=current.name,
        at=at,
        changes=changes,
    )
    return current


@transaction.atomic
def import_catalogue(
    organization: Organization,
    entries: Iterable[Entry],
    *,
    actor: Actor,
    at: dt.datetime,
) -> tuple[int, int]:
    """Add entries and rename those that are there; return how many of each.

    Entries that are not mentioned stay, and what changes nothing is not audited.
    """
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    present = _names_by_id(locked)
    ids = {(each.category.value, each.external_id): each for each in entries}
    changed = {key: each for key, each in ids.items() if present.get(key) != each.name}
    if not changed:
        return 0, 0
    renamed = len(changed.keys() & present.keys())
    added = len(changed) - renamed
    CatalogueEntry.objects.bulk_create(
        (_row(locked, entry) for entry in changed.values()),
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["organization", "category", "external_id"],
        update_fields=["name", "name_folded"],
    )
    audit.record(
        AuditAction.CATALOGUE_IMPORTED,
        locked,
        actor=actor,
        subject=locked.name,
        at=at,
        changes={"added": (None, str(added)), "renamed": (None, str(renamed))},
    )
    return added, renamed


@transaction.atomic
def add_entry(
    organization: Organization, entry: Entry, *, actor: Actor, at: dt.datetime
) -> CatalogueEntry:
    """Add one entry to an organization's catalogue.

    Raises:
        IntegrityError: the catalogue has an entry of the category with this id.
    """
    row = _row(organization, entry)
    row.save(force_insert=True)
    _record_entry(AuditAction.CATALOGUE_ENTRY_ADDED, row, (None, row.name), actor, at)
    return row


@transaction.atomic
def rename_entry(
    entry: CatalogueEntry, name: str, *, actor: Actor, at: dt.datetime
) -> CatalogueEntry:
    """Give an entry of a catalogue another name; the same name changes nothing.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
    """
    name = names.clean(name)
    locked = CatalogueEntry.objects.select_for_update().get(pk=entry.pk)
    if locked.name == name:
        return locked
    before, locked.name = locked.name, name
    locked.save(update_fields=["name", "name_folded"])
    _record_entry(
        AuditAction.CATALOGUE_ENTRY_RENAMED, locked, (before, name), actor, at
    )
    return locked


@transaction.atomic
def remove_entries(
    entries: Iterable[CatalogueEntry], *, actor: Actor, at: dt.datetime
) -> None:
    """Take entries out of their catalogues; one that is gone already is passed over."""
    rows = CatalogueEntry.objects.filter(pk__in=[entry.pk for entry in entries])
    locked = list(rows.select_for_update(of=("self",)).select_related("organization"))
    rows.delete()
    for row in locked:
        _record_entry(
            AuditAction.CATALOGUE_ENTRY_REMOVED, row, (row.name, None), actor, at
        )


@transaction.atomic
def remove_member(organization: Organization, user_id: int, *, actor: Actor) -> None:
    """End somebody's membership; the keys they made stay with the organization.

    Raises:
        Membership.DoesNotExist: they are not a member.
        OwnerRequired: they are the Owner.
    """
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user")
        .get(organization=organization, user_id=user_id)
    )
    if membership.role == Role.OWNER:
        raise OwnerRequired
    membership.delete()
    audit.record(
        AuditAction.MEMBER_REMOVED,
        organization,
        actor=actor,
        at=timezone.now(),
        subject=membership.user.email,
        changes={"role": (membership.get_role_display(), None)},
    )


def _names_by_id(organization: Organization) -> dict[tuple[str, str], str]:
    rows = CatalogueEntry.objects.of(organization)
    return {
        (category, external_id): name
        for category, external_id, name in rows.values_list(
            "category", "external_id", "name"
        )
    }


def _row(organization: Organization, entry: Entry) -> CatalogueEntry:
    return CatalogueEntry(
        organization=organization,
        category=entry.category.value,
        external_id=entry.external_id,
        name=entry.name,
    )


def _record_entry(
    action: AuditAction,
    entry: CatalogueEntry,
    name: tuple[str | None, str | None],
    actor: Actor,
    at: dt.datetime,
) -> None:
    audit.record(
        action,
        entry.organization,
        actor=actor,
        subject=f"{entry.category} {entry.external_id}",
        at=at,
        changes={"name": name},
    )


def _terms(organization: Organization) -> dict[str, str]:
    return {
        "key limit": str(organization.key_limit),
        "account manager": organization.account_manager_email or "nobody",
        "locked": "yes" if organization.is_locked else "no",
        "access scope": "on" if organization.access_scope else "off",
        "advanced permissions": "on" if organization.advanced_permissions else "off",
    }
