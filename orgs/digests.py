"""Mails that tell Owners and Admins which keys came, and which were stopped.

One for each person and organization, whatever runs at the same time: a run claims the
mail, sends it, and then keeps up to which event the person was told. A mail that was
not handed over is due again; only a process that dies between the two sends one twice.

What is told goes by the numbers of events, not by their times: an event gets the next
number while it holds the end of its organization's chain, so none appears before one
that was told. Its time is when its change began, which can be before.
"""

import datetime as dt
import logging

from orgs import mails, outbox
from orgs.actions import claim_key_mails, end_key_mails_claim, mark_key_mails_sent
from orgs.audit import AuditAction
from orgs.models import AuditEvent, Membership
from orgs.models.events import AuditEventQuerySet

logger = logging.getLogger(__name__)

ABOUT = (
    AuditAction.KEY_CREATED,
    AuditAction.KEY_ROTATED,
    AuditAction.KEY_DISABLED,
    AuditAction.KEY_ENABLED,
    AuditAction.KEY_REMOVED,
)
MOST_LISTED = 50


def owed() -> list[Membership]:
    """Return who has not been told everything."""
    return list(Membership.objects.owed_key_mails(ABOUT))


def send(membership: Membership, *, at: dt.datetime) -> bool | None:
    """Send one person the mail that is due and wait for the mail server.

    Returns whether it took the mail; None when there was none to send after all.
    """
    if not claim_key_mails(membership, at=at):
        return None
    sent, last = None, None
    try:
        # Read again: another process may just have told them, or an Admin removed them.
        found = Membership.objects.owed_key_mails(ABOUT)
        if current := found.filter(pk=membership.pk).first():
            events = AuditEvent.objects.with_actions(ABOUT).untold(current)
            last = events.latest_first().first()
            sent = last is not None and _hand_over(current, events.up_to(last.sequence))
    finally:
        if not sent:
            end_key_mails_claim(membership, claimed_at=at)
    if sent and last:
        mark_key_mails_sent(membership, last, claimed_at=at)
    return sent


def _hand_over(membership: Membership, events: AuditEventQuerySet) -> bool:
    listed = list(events.latest_first()[:MOST_LISTED])
    more = events.count() - len(listed)
    try:
        outbox.send_now(mails.key_digest(membership, listed, more=more))
    except Exception as error:  # noqa: BLE001 - one bad mail must not stop the others
        # Without the traceback, whose last line can quote the mail.
        kind = type(error).__name__
        logger.error("A mail about keys was not sent (%s).", kind)
        return False
    return True
