"""The audit log's rows."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Self

from django.db import models
from django.utils import timezone

from orgs.models.organizations import Organization
from orgs.models.people import Membership, User

# Rows per query where all are read.
_BATCH = 2000

# Days that every database and time zone can tell.
_FIRST_DAY, _LAST_DAY = dt.date(1970, 1, 2), dt.date(9998, 12, 30)


# "(dtvi_8Kq2mX…)", which the subject of a key's event ends with.
_MARK_LENGTH = 14


class KeyMark(models.Func):
    """What the subject of an event ends with, where it is about a key: its stem.

    Written without parameters, as the index of it is, or databases would not use that.
    Migration 0014 makes the index with this class, so what it writes stays as it is.
    """

    template = f"RIGHT(%(expressions)s, {_MARK_LENGTH})"
    output_field = models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Say it as SQLite does."""
        template = f"SUBSTR(%(expressions)s, -{_MARK_LENGTH})"
        return self.as_sql(compiler, connection, template=template, **context)


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Reads of what was changed."""

    def of(self, organization: Organization) -> Self:
        """Return the events of one organization."""
        return self.filter(organization=organization)

    def in_order(self) -> Self:
        """Order as they were written."""
        return self.order_by("sequence", "pk")

    def latest_first(self) -> Self:
        """Order as they are read, with who did it."""
        return self.order_by("-sequence").select_related("actor_user")

    def chained(self) -> Self:
        """Leave out what has no place in the chain."""
        return self.filter(sequence__gt=0)

    def with_actions(self, actions: Iterable[str]) -> Self:
        """Return the events of some kinds."""
        return self.filter(action__in=list(actions))

    def about_key(self, stem: str) -> Self:
        """Return the events of keys with a stem, such as "dtvi_8Kq2mX"; by an index."""
        marked = self.alias(mark=KeyMark("subject")).filter(mark=f"({stem}…)")
        return marked.filter(action__startswith="key.")

    def about_key_named(self, text: str, *, stem: str = "") -> Self:
        """Return the events of keys by part of the name that they had then.

        Where ``stem`` is given, those of keys with that stem, too.
        """
        named = models.Q(subject__icontains=text)
        if stem:
            named |= models.Q(subject__endswith=f"({stem}…)")
        return self.filter(named, action__startswith="key.")

    def newer_than(self, sequence: int) -> Self:
        """Return the events that were written after one."""
        return self.filter(sequence__gt=sequence)

    def matching(self, text: str) -> Self:
        """Return events by part of who did it or what it was done to, or an address.

        In any case, as far as the database knows letters: SQLite knows those of ASCII.
        """
        return self.filter(
            models.Q(actor__icontains=text)
            | models.Q(actor_user__name__icontains=text)
            | models.Q(subject__icontains=text)
            | models.Q(address__startswith=text)
        )

    def since(self, day: dt.date) -> Self:
        """Return the events of a day and later, in the time zone that is active."""
        return self.filter(at__gte=_beginning(day))

    def until(self, day: dt.date) -> Self:
        """Return the events of a day and earlier, in the time zone that is active."""
        return self.filter(
            at__lt=_beginning(min(day, _LAST_DAY) + dt.timedelta(days=1))
        )

    def in_batches(self) -> Iterator["AuditEvent"]:
        """Yield the events of one organization as they were written.

        A batch at a time, each by a query of its own: memory stays as it is, and neither
        a cursor nor a transaction stays open while somebody downloads slowly.
        """
        events = self
        while batch := list(events.in_order()[:_BATCH]):
            yield from batch
            last = batch[-1]
            # Named first, because SQLite begins its search at the first bound it reads.
            events = self.model.objects.filter(
                models.Q(sequence__gt=last.sequence) | models.Q(pk__gt=last.pk),
                sequence__gte=last.sequence,
            )
            events &= self

    def untold(self, membership: Membership) -> Self:
        """Return what mails about keys have not told a member yet."""
        later = (
            models.Q(at__gt=membership.key_mails_until)
            if membership.key_mails_told is None
            else models.Q(sequence__gt=membership.key_mails_told)
        )
        return self.of(membership.organization).filter(later)

    def up_to(self, sequence: int) -> Self:
        """Return the first so many events of a chain."""
        return self.filter(sequence__gt=0, sequence__lte=sequence)


class AuditEvent(models.Model):
    """One change, as it was made; rows are only ever added."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="audit_events"
    )
    at = models.DateTimeField()
    action = models.CharField(max_length=40)
    # Who did it, in words that outlive the account: an address, a key's stem, a command.
    actor = models.CharField(max_length=254)
    actor_user = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # What was changed: a key id, a member's address; its name at that time.
    subject = models.CharField(max_length=254)
    # {"field": [before, after]}; never a secret or a hash.
    changes = models.JSONField(default=dict)
    # Where a person's or a program's request came from.
    address = models.CharField(max_length=39, blank=True, db_default="")
    user_agent = models.CharField(max_length=200, blank=True, db_default="")
    # The place in the organization's chain, from 1, and the link to the place before:
    # see orgs/audit_chain.py. 0: written by a release without a chain.
    sequence = models.PositiveBigIntegerField(default=0, db_default=0)
    digest = models.CharField(max_length=64, blank=True, db_default="")

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "sequence"],
                condition=models.Q(sequence__gt=0),
                name="audit_sequence_unique",
            )
        ]
        # With the sequence, in which pages show them: rare ones are found as fast.
        indexes = [
            models.Index(fields=["organization", "-at"], name="audit_by_time"),
            models.Index(
                fields=["organization", "action", "sequence"], name="audit_by_action"
            ),
            models.Index(
                "organization", KeyMark("subject"), "sequence", name="audit_by_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.subject} by {self.actor}"


class AuditChain(models.Model):
    """Where an organization's audit log ends: see orgs/audit_chain.py."""

    organization = models.OneToOneField(
        Organization,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="audit_chain",
    )
    length = models.PositiveBigIntegerField(default=0)
    # The last event's digest.
    head = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.length} events, {self.head or 'none yet'}"


def _beginning(day: dt.date) -> dt.datetime:
    day = min(max(day, _FIRST_DAY), _LAST_DAY + dt.timedelta(days=1))
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
