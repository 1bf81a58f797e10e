"""Changes to what access scopes choose from."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from orgs import audit, names
from orgs.audit import Actor, AuditAction
from orgs.authority import lock_for
from orgs.catalogue import Entry
from orgs.models import CatalogueEntry, Organization

# Rows per statement: PostgreSQL takes 65,535 parameters.
_BATCH = 2000


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
    locked = lock_for(organization, actor=actor, even_while_locked=True)
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
    locked = lock_for(organization, actor=actor, even_while_locked=True)
    row = _row(locked, entry)
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
    lock_for(entry.organization, actor=actor, even_while_locked=True)
    row = CatalogueEntry.objects.select_related("organization").get(pk=entry.pk)
    if row.name == name:
        return row
    before, row.name = row.name, name
    row.save(update_fields=["name", "name_folded"])
    _record_entry(AuditAction.CATALOGUE_ENTRY_RENAMED, row, (before, name), actor, at)
    return row


@transaction.atomic
def remove_entries(
    entries: Iterable[CatalogueEntry], *, actor: Actor, at: dt.datetime
) -> None:
    """Take entries out of their catalogues; one that is gone already is passed over."""
    rows = CatalogueEntry.objects.filter(pk__in=[entry.pk for entry in entries])
    # In one order, so that two who take from the same catalogues do not wait in a ring.
    involved = Organization.objects.filter(pk__in=rows.values("organization"))
    for organization in involved.order_by("pk"):
        lock_for(organization, actor=actor, even_while_locked=True)
    present = list(rows.select_related("organization"))
    rows.delete()
    for row in present:
        _record_entry(
            AuditAction.CATALOGUE_ENTRY_REMOVED, row, (row.name, None), actor, at
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
