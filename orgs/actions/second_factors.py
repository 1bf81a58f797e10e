"""Codes that are used up, and what only the operator can do about second factors."""

import datetime as dt

from allauth.mfa.models import Authenticator
from django.db import transaction

from orgs import audit
from orgs.audit import Actor, AuditAction
from orgs.authority import lock_for
from orgs.models import Organization, User
from orgs.sealing import InvalidToken, reseal

# What of a second factor's data is encrypted, by its type.
_SEALED = {"totp": "secret", "recovery_codes": "seed"}


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
def remove_second_factors(user: User, *, actor: Actor, at: dt.datetime) -> int:
    """Let somebody who lost all of them sign in by the password alone again.

    The log of each of their organizations has it: whoever gets in then gets in there.
    Returns how many were removed, recovery codes included.
    """
    removed, _ = Authenticator.objects.filter(user=user).delete()
    joined = Organization.objects.filter(memberships__user=user).order_by("pk")
    for organization in joined if removed else ():
        locked = lock_for(organization, actor=actor, even_while_locked=True)
        audit.record(
            AuditAction.MEMBER_SECOND_FACTORS_REMOVED,
            locked,
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
