"""Since when a key has ended, and why somebody stopped it."""

import datetime as dt

from orgs.audit import AuditAction
from orgs.models import AuditEvent
from secretkeys.models import SecretKey


def ended_at(key: SecretKey, at: dt.datetime) -> dt.datetime | None:
    """Return since when the key is removed or expired; None: it is neither.

    A removed key has ended for good; an expired one can be given a later end.
    """
    ends = [key.removed_at, key.expires_at if key.is_expired(at) else None]
    return min((end for end in ends if end), default=None)


def stop_reason(key: SecretKey) -> str:
    """Return what was said when the key was removed or disabled; empty: nothing.

    Only the audit log keeps it: one query for a key that is stopped, none for others.
    """
    if not key.is_removed and not key.is_disabled:
        return ""
    action = AuditAction.KEY_REMOVED if key.is_removed else AuditAction.KEY_DISABLED
    events = AuditEvent.objects.of(key.organization).about_key(key.stem)
    latest_first = events.with_actions([action]).order_by("-sequence")
    changes = latest_first.values_list("changes", flat=True).first() or {}
    _, reason = changes.get("reason", (None, None))
    return reason or ""
