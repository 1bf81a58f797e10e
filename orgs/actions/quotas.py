"""Changes to what an organization may use."""

import datetime as dt

from django.db import transaction

from orgs import audit
from orgs.audit import Actor, AuditAction
from orgs.authority import lock_for
from orgs.models import Organization, Quota
from orgs.quotas import Keep, QuotaKind


@transaction.atomic
def set_quota(
    organization: Organization,
    kind: QuotaKind,
    *,
    used: int | Keep = Keep.AS_IS,
    limit: int | Keep | None = Keep.AS_IS,
    renews_on: dt.date | Keep | None = Keep.AS_IS,
    actor: Actor,
    at: dt.datetime,
) -> Quota:
    """Set what is used of one kind, its limit (None: none) and its day of renewal.

    A limit below what is used takes nothing away; nothing can be added.

    Raises:
        ValueError: what is used of collaborators cannot be set: they are counted.
    """
    if used is not Keep.AS_IS and kind is QuotaKind.COLLABORATORS:
        raise ValueError("Collaborators are counted.")
    locked = lock_for(organization, actor=actor, even_while_locked=True)
    row, _ = Quota.objects.get_or_create(organization=locked, kind=kind.value)
    before = _words(row)
    if used is not Keep.AS_IS:
        row.used = used
    if limit is not Keep.AS_IS:
        row.limit = limit
    if renews_on is not Keep.AS_IS:
        row.renews_on = renews_on
    changes = audit.differences(before, _words(row))
    if not changes:
        return row
    row.save(update_fields=["used", "limit", "renews_on"])
    action = AuditAction.QUOTA_CHANGED
    audit.record(
        action, locked, actor=actor, at=at, subject=kind.label, changes=changes
    )
    return row


def _words(row: Quota) -> dict[str, str]:
    return {
        "used": str(row.used),
        "limit": "no limit" if row.limit is None else str(row.limit),
        "renews": row.renews_on.isoformat() if row.renews_on else "never",
    }
