"""What every change to a key begins and ends with: locked, read again, recorded."""

import datetime as dt

from orgs import audit
from orgs.audit import Actor, AuditAction
from orgs.authority import lock_for
from orgs.models import Organization
from orgs.roles import Ability
from secretkeys.models import SecretKey


def record_change(
    action: AuditAction,
    key: SecretKey,
    actor: Actor,
    changes: audit.Changes,
    at: dt.datetime,
) -> None:
    """Add the audit event of a change to a key; last in its transaction."""
    audit.record(
        action, key.organization, actor=actor, subject=str(key), at=at, changes=changes
    )


def lock_of(key: SecretKey, actor: Actor) -> Organization:
    """Lock the organization of a key; that it is locked itself is judged later."""
    return lock_for(
        key.organization,
        actor=actor,
        ability=Ability.MANAGE_KEYS,
        even_while_locked=True,
    )


def reread(key: SecretKey) -> SecretKey:
    """Read the key again, under the organization's lock."""
    return SecretKey.objects.select_related("organization").get(pk=key.pk)
