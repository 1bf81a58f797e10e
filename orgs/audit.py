"""What changed, and who did it: written in the transaction of the change itself."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from django.db import transaction

from orgs import audit_chain
from orgs.models import AuditChain, AuditEvent, Organization, User

# Of the columns.
_LONGEST_NAME = 254


class AuditAction(StrEnum):
    """Every audited change of the product."""

    ORGANIZATION_CREATED = "organization.created"
    ORGANIZATION_RENAMED = "organization.renamed"
    ORGANIZATION_CHANGED = "organization.changed"
    RULES_CHANGED = "organization.rules_changed"
    QUOTA_CHANGED = "organization.quota_changed"
    OWNER_CHANGED = "organization.owner_changed"
    OWNERSHIP_OFFERED = "organization.ownership_offered"
    OWNERSHIP_OFFER_ENDED = "organization.ownership_offer_ended"
    CATALOGUE_IMPORTED = "catalogue.imported"
    CATALOGUE_ENTRY_ADDED = "catalogue_entry.added"
    CATALOGUE_ENTRY_RENAMED = "catalogue_entry.renamed"
    CATALOGUE_ENTRY_REMOVED = "catalogue_entry.removed"
    INVITATION_SENT = "invitation.sent"
    INVITATION_RESENT = "invitation.resent"
    INVITATION_WITHDRAWN = "invitation.withdrawn"
    INVITATION_ACCEPTED = "invitation.accepted"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_LEFT = "member.left"
    MEMBER_REMOVED = "member.removed"
    MEMBER_RENAMED = "member.renamed"
    MEMBER_EMAIL_CHANGED = "member.email_changed"
    MEMBER_PASSWORD_CHANGED = "member.password_changed"  # noqa: S105 - an event
    MEMBER_SECOND_FACTOR_ADDED = "member.second_factor_added"
    MEMBER_SECOND_FACTOR_REMOVED = "member.second_factor_removed"
    MEMBER_RECOVERY_CODES_MADE = "member.recovery_codes_made"
    MEMBER_SECOND_FACTORS_REMOVED = "member.second_factors_removed"
    KEY_CREATED = "key.created"
    KEY_CHANGED = "key.changed"
    KEY_ROTATED = "key.rotated"
    KEY_DISABLED = "key.disabled"
    KEY_ENABLED = "key.enabled"
    KEY_REMOVED = "key.removed"


class Origin(NamedTuple):
    """Where a request came from: its network address and its User-Agent."""

    address: str = ""
    user_agent: str = ""


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change, and from where; the label outlives the account."""

    label: str
    user: User | None = None
    origin: Origin = NOWHERE

    @classmethod
    def person(cls, user: User, origin: Origin = NOWHERE) -> "Actor":
        """Return the actor for somebody who is signed in."""
        return cls(user.email, user, origin)


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

    Effects: locks the end of the organization's chain until the transaction ends, adds
    a row and moves the end on.

    Args:
        action: what happened.
        organization: where.
        actor: who did it.
        subject: what was changed, by name.
        at: when.
        changes: field to (before, after), as people read them.
    """
    event = AuditEvent(
        organization=organization,
        at=at,
        action=action.value,
        actor=actor.label[:_LONGEST_NAME],
        actor_user=actor.user,
        subject=subject[:_LONGEST_NAME],
        changes={field: list(values) for field, values in (changes or {}).items()},
        address=_kept(actor.origin.address, 39),
        user_agent=_kept(actor.origin.user_agent, 200),
    )
    _append(organization, event)


def record_in_each(
    organizations: Iterable[Organization],
    action: AuditAction,
    *,
    actor: Actor,
    subject: str,
    at: dt.datetime,
    changes: Changes | None = None,
) -> None:
    """Add the same event to several logs, in the order in which they are locked."""
    for organization in organizations:
        record(
            action, organization, actor=actor, subject=subject, at=at, changes=changes
        )


@transaction.atomic
def adopt_late_events(organization: Organization) -> list[AuditEvent]:
    """Give a place at the end of the chain to events that have none; return them.

    A release without a chain wrote them while this one was already there; whoever runs
    this has judged that nobody else did.
    """
    late = AuditEvent.objects.of(organization).filter(sequence=0).order_by("at", "pk")
    adopted = list(late.select_for_update())
    for event in adopted:
        _append(organization, event)
    return adopted


def _append(organization: Organization, event: AuditEvent) -> None:
    """Link an event to the one before; whoever adds the next waits for this one."""
    ends = AuditChain.objects.select_for_update()
    chain = ends.filter(organization=organization).first()
    if chain is None:
        AuditChain.objects.get_or_create(organization=organization)
        chain = ends.get(organization=organization)
    event.sequence = chain.length + 1
    event.digest = audit_chain.link(chain.head, event)
    event.save()
    chain.length, chain.head = event.sequence, event.digest
    chain.save(update_fields=["length", "head"])


def _kept(text: str, length: int) -> str:
    """Leave out what a column refuses."""
    return "".join(each for each in text if each.isprintable())[:length]
