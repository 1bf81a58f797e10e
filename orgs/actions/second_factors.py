"""Second factors: codes that are used up, and changes with their audit events."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from allauth.mfa.models import Authenticator
from django.db import transaction

from orgs import audit
from orgs.audit import Actor, AuditAction, Origin
from orgs.authority import lock_each_of
from orgs.models import User
from orgs.sealing import InvalidToken, reseal

# What of a second factor's data is encrypted, by its type.
_SEALED = {"totp": "secret", "recovery_codes": "seed"}
_RECOVERY_CODES = "recovery_codes"
# What the audit log calls the others.
_WORDS = {"totp": "authenticator app", "webauthn": "passkey"}

Answer = TypeVar("Answer")


@transaction.atomic
def use_app_code(pk: int, period: int) -> bool:
    """Use up the code that an authenticator app shows in a period, and those before.

    Returns whether nobody had used it yet, in whatever process.
    """
    app = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if app is None or period <= app.data.get("last_period", 0):
        return False
    app.data["last_period"] = period
    app.save(update_fields=["data"])
    return True


@transaction.atomic
def change_second_factors(
    user: User, change: Callable[[], Answer], *, origin: Origin, at: dt.datetime
) -> Answer:
    """Make a change that the library makes, and record which factors came and went.

    Recovery codes that come or go with another factor are no event of their own; nor
    is a code of them that is used up.
    """
    organizations = lock_each_of(user.pk)
    before = _factors_of(user)
    answer = change()
    after = _factors_of(user)
    for action, changes in _differences(before, after):
        audit.record_in_each(
            organizations,
            action,
            actor=Actor.person(user, origin),
            subject=user.email,
            at=at,
            changes=changes,
        )
    return answer


@transaction.atomic
def remove_second_factors(user: User, *, actor: Actor, at: dt.datetime) -> int:
    """Let somebody who lost all of them sign in by the password alone again.

    The log of each of their organizations has it: whoever gets in then gets in there.
    Returns how many were removed, recovery codes included.
    """
    organizations = lock_each_of(user.pk)
    removed, _ = Authenticator.objects.filter(user=user).delete()
    audit.record_in_each(
        organizations if removed else (),
        AuditAction.MEMBER_SECOND_FACTORS_REMOVED,
        actor=actor,
        subject=user.email,
        at=at,
    )
    return int(removed)


@transaction.atomic
def reseal_second_factors() -> tuple[int, int]:
    """Encrypt every secret with the newest of SIGNING_KEYS.

    Returns how many were, and how many cannot be read because their key is gone.
    """
    rows = Authenticator.objects.select_for_update().filter(type__in=_SEALED)
    resealed = unreadable = 0
    for row in rows.order_by("pk"):
        field = _SEALED[row.type]
        try:
            row.data[field] = reseal(row.data[field])
        except InvalidToken:
            unreadable += 1
        else:
            row.save(update_fields=["data"])
            resealed += 1
    return resealed, unreadable


def _factors_of(user: User) -> dict[int, str]:
    return dict(Authenticator.objects.filter(user=user).values_list("pk", "type"))


def _differences(
    before: Mapping[int, str], after: Mapping[int, str]
) -> Iterator[tuple[AuditAction, audit.Changes]]:
    added = [kind for pk, kind in after.items() if pk not in before]
    removed = [kind for pk, kind in before.items() if pk not in after]
    for words in filter(None, map(_WORDS.get, added)):
        yield AuditAction.MEMBER_SECOND_FACTOR_ADDED, {"second factor": (None, words)}
    for words in filter(None, map(_WORDS.get, removed)):
        yield AuditAction.MEMBER_SECOND_FACTOR_REMOVED, {"second factor": (words, None)}
    if added == [_RECOVERY_CODES]:
        yield AuditAction.MEMBER_RECOVERY_CODES_MADE, {}
