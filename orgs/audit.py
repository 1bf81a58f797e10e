"""What changed, and who did it: written in the transaction of the change itself."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orgs.models import AuditEvent, Organization, User


class AuditAction(StrEnum):
    """Every audited change of the product."""

    ORGANIZATION_CREATED = "organization.created"
    ORGANIZATION_RENAMED = "organization.renamed"
    ORGANIZATION_CHANGED = "organization.changed"
    CATALOGUE_IMPORTED = "catalogue.imported"
    CATALOGUE_ENTRY_ADDED = "catalogue_entry.added"
    CATALOGUE_ENTRY_RENAMED = "catalogue_entry.renamed"
    CATALOGUE_ENTRY_REMOVED = "catalogue_entry.removed"
    MEMBER_REMOVED = "member.removed"
    KEY_CREATED = "key.created"
    KEY_CHANGED = "key.changed"
    KEY_ROTATED = "key.rotated"
    KEY_REMOVED = "key.removed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change; the label outlives the account."""

    label: str
    user: User | None = None

    @classmethod
    def person(cls, user: User) -> "Actor":
        """Return the actor for somebody who is signed in."""
        return cls(user.email, user)


COMMAND_LINE = Actor("Command line")

Changes = Mapping[str, tuple[str | None, str | None]]


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """Return what differs between two states in words, field by field."""
    return {
        field: (before[field], value)
        for field, value in after.items()
        if before[field] != value
    }


def record(
    action: AuditAction,
    organization: Organization,
    *,
    actor: Actor,
    subject: str,
    at: dt.datetime,
    changes: Changes | None = None,
) -> None:
    """Add one event. Call it last inside the transaction of the change.

    Args:
        action: what happened.
        organization: where.
        actor: who did it.
        subject: what was changed, by name.
        at: when.
        changes: field to (before, after), as people read them.
    """
    AuditEvent.objects.create(
        organization=organization,
        at=at,
        action=action.value,
        actor=actor.label,
        actor_user=actor.user,
        subject=subject,
        changes={field: list(values) for field, values in (changes or {}).items()},
    )
