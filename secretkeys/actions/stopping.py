"""Ends keys for good, and stops them until they are enabled again."""

import datetime as dt

from django.db import transaction

from orgs import audit
from orgs.audit import Actor, AuditAction
from orgs.authority import lock_for
from orgs.roles import Ability
from secretkeys.key_changes import lock_of, record_change, reread
from secretkeys.models import SecretKey
from secretkeys.refusals import check_disableable, check_enableable, check_removable

# What the audit log keeps of a key that got into wrong hands.
LEAKED = "leaked"


@transaction.atomic
def disable_key(
    key: SecretKey, *, actor: Actor, at: dt.datetime, reason: str = ""
) -> SecretKey:
    """Stop a key from its next request on, until somebody enables it.

    It keeps its name, and the limit of keys counts it.

    Raises:
        AlreadyDisabled, AlreadyRemoved, NotAllowed: see there.
    """
    lock_of(key, actor)
    key = reread(key)
    check_disableable(key)
    key.disabled_at, key.disabled_by = at, actor.user
    key.save(update_fields=["disabled_at", "disabled_by"])
    record_change(AuditAction.KEY_DISABLED, key, actor, _because(reason), at)
    return key


@transaction.atomic
def enable_key(
    key: SecretKey, *, actor: Actor, at: dt.datetime, reason: str = ""
) -> SecretKey:
    """Let a disabled key work again, as long as it was given to live.

    Raises:
        AlreadyEnabled, AlreadyRemoved, NotAllowed, OrganizationLocked, TimeIsOver: see
            there.
    """
    lock_for(key.organization, actor=actor, ability=Ability.MANAGE_KEYS)
    key = reread(key)
    check_enableable(key, at=at)
    key.disabled_at = key.disabled_by = None
    key.save(update_fields=["disabled_at", "disabled_by"])
    record_change(AuditAction.KEY_ENABLED, key, actor, _because(reason), at)
    return key


@transaction.atomic
def remove_key(
    key: SecretKey, *, actor: Actor, at: dt.datetime, leaked: bool = False
) -> SecretKey:
    """End a key for good; its next request is refused.

    Raises:
        AlreadyRemoved, NotAllowed: see there.
    """
    lock_of(key, actor)
    key = reread(key)
    check_removable(key)
    end_key(key, actor=actor, at=at, leaked=leaked)
    return key


@transaction.atomic(savepoint=False)
def end_key(
    key: SecretKey, *, actor: Actor, at: dt.datetime, leaked: bool = False
) -> None:
    """End a key for callers that hold its organization's lock and have read it since.

    remove_key() is for everybody else.
    """
    key.removed_at = at
    key.removed_by = actor.user
    key.save(update_fields=["removed_at", "removed_by"])
    record_change(
        AuditAction.KEY_REMOVED, key, actor, _because(LEAKED if leaked else ""), at
    )


def _because(reason: str) -> audit.Changes:
    return {"reason": (None, reason)} if reason else {}
