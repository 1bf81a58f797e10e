"""What becomes of the keys of somebody who leaves an organization."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from orgs import actions as people
from orgs import audit
from orgs.audit import Actor, AuditAction
from orgs.models import Membership, Organization, User
from secretkeys import actions, kept_keys
from secretkeys.actions import KeyTerms
from secretkeys.models import SecretKey


class Fate(StrEnum):
    """What is decided about one key."""

    KEEP = "keep"
    HAND_OVER = "hand_over"
    DISABLE = "disable"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a key, with who takes it over or when it stops."""

    fate: Fate
    keeper_id: int | None = None
    ends_at: dt.datetime | None = None


class Overtaken(Exception):
    """Keys or people have changed since somebody decided, so it is asked again."""


def fingerprint(keys: Iterable[SecretKey]) -> str:
    """Return what a form remembers of the keys it was opened with."""
    names = ",".join(sorted(key.key_id for key in keys))
    return hashlib.sha256(names.encode()).hexdigest()[:32]


@transaction.atomic
def leave(
    organization: Organization, user: User, *, actor: Actor, at: dt.datetime
) -> None:
    """End somebody's own membership; keys they have taken over are with nobody then.

    Raises:
        orgs.refusals.Refused: they are no member any more, or the Owner.
    """
    people.remove_member(organization, user.pk, actor=actor, at=at)
    _let_go(organization, user.pk, actor=actor, at=at)


@transaction.atomic
def remove_member(
    organization: Organization,
    user_id: int,
    *,
    decisions: Mapping[str, Decision],
    others: Decision,
    seen: str,
    actor: Actor,
    at: dt.datetime,
) -> None:
    """Remove somebody and do with their keys what was decided, or nothing at all.

    Works in a locked organization too: no key gets more than it has.

    Args:
        organization: which they are removed from.
        user_id: who is removed.
        decisions: by key id; they go for the keys that it replaced and that work too.
        others: what becomes of keys that no decision names.
        seen: the fingerprint of the keys that were decided about.
        actor: who decided.
        at: now.

    Raises:
        Overtaken: they look after other keys by now, or who takes one over manages
            keys no longer.
        orgs.refusals.Refused: the person cannot be removed, or the actor may not.
    """
    people.remove_member(organization, user_id, actor=actor, at=at)
    keys = kept_keys.keys_left_by(organization, user_id, at=at)
    if fingerprint(keys) != seen:
        raise Overtaken
    managers = Membership.objects.who_manage(organization)
    keepers = {each.user_id: each.user for each in managers}
    for key in keys:
        decision = decisions.get(key.key_id, others)
        # What it replaced is the same key to whoever may have a copy.
        for each in (*key.predecessors, key):
            _settle(each, decision, keepers, actor=actor, at=at)
    _let_go(organization, user_id, actor=actor, at=at)


def _let_go(
    organization: Organization, user_id: int, *, actor: Actor, at: dt.datetime
) -> None:
    """Leave with nobody what nothing was decided about, such as rotated keys."""
    for key in SecretKey.objects.of(organization).kept_by(user_id):
        _settle(key, Decision(Fate.KEEP), {}, actor=actor, at=at)


def _settle(
    key: SecretKey,
    decision: Decision,
    keepers: Mapping[int, User],
    *,
    actor: Actor,
    at: dt.datetime,
) -> None:
    if decision.fate is Fate.REMOVE:
        actions.end_key(key, actor=actor, at=at)
        return
    before = _facts(key)
    key.keeper = None
    if decision.fate is Fate.HAND_OVER:
        key.keeper = keepers.get(decision.keeper_id or 0)
        if key.keeper is None:
            raise Overtaken
    if decision.fate is Fate.DISABLE:
        key.expires_at = min(filter(None, [key.expires_at, decision.ends_at]))
    changes = audit.differences(before, _facts(key))
    if not changes:
        return
    key.save(update_fields=["keeper", "expires_at"])
    audit.record(
        AuditAction.KEY_CHANGED,
        key.organization,
        actor=actor,
        subject=str(key),
        at=at,
        changes=changes,
    )


def _facts(key: SecretKey) -> dict[str, str]:
    return {
        "looked after by": key.keeper.email if key.keeper else "nobody",
        "expires": KeyTerms.of(key).facts["expires"],
    }
