"""What is kept of the mails about keys: up to which event each person was told."""

import datetime as dt

from django.db import transaction
from django.db.models import Q

from orgs.models import AuditEvent, Membership

# Longer than handing one mail over can take; whoever died at it is followed then.
CLAIM_LASTS = dt.timedelta(minutes=10)


@transaction.atomic
def claim_key_mails(membership: Membership, *, at: dt.datetime) -> bool:
    """Reserve the next mail to somebody; False: another process is at it.

    A mark in the row and no lock on it: the mail server can take long, and pages write
    to the same row.
    """
    free = Q(key_mails_claimed_at=None) | Q(key_mails_claimed_at__lt=at - CLAIM_LASTS)
    found = Membership.objects.filter(free, pk=membership.pk)
    return bool(found.update(key_mails_claimed_at=at))


@transaction.atomic
def end_key_mails_claim(membership: Membership, *, claimed_at: dt.datetime) -> None:
    """Leave a mail that was not handed over to the next run."""
    found = Membership.objects.filter(pk=membership.pk, key_mails_claimed_at=claimed_at)
    found.update(key_mails_claimed_at=None)


@transaction.atomic
def mark_key_mails_sent(
    membership: Membership, last: AuditEvent, *, claimed_at: dt.datetime
) -> None:
    """Keep up to which event somebody was told, and end the claim."""
    found = Membership.objects.filter(pk=membership.pk, key_mails_claimed_at=claimed_at)
    found.update(
        key_mails_until=last.at,
        key_mails_told=last.sequence,
        key_mails_claimed_at=None,
    )
