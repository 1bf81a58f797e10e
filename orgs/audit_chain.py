"""The chain that makes changes to the audit log show.

Each event's digest covers its own words and the digest of the event before; the
organization keeps the last digest and how many there are. Whoever edits, removes or
inserts a row without rewriting everything after it, and the organization, is found out;
against somebody who rewrites it all, compare the head with one kept elsewhere.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator

from django.db.models import OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from orgs.models import AuditChain, AuditEvent, Organization


def link(before: str, event: AuditEvent) -> str:
    """Return an event's digest: SHA-256 in hex, over the digest before and its words.

    The account that the event leads to may go; who did it is kept in words.
    """
    words = [
        before,
        str(event.organization_id),
        event.sequence,
        event.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        event.action,
        event.actor,
        event.subject,
        event.changes,
        event.address,
        event.user_agent,
    ]
    text = json.dumps(words, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def faults(organization: Organization) -> Iterator[str]:
    """Yield a sentence for each place where the log is not what was written."""
    chain = end_of(organization)
    events = AuditEvent.objects.of(organization)
    before, expected = "", 1
    for event in events.up_to(chain.length).in_batches():
        yield from _missing(expected, event.sequence - 1)
        if link(before, event) != event.digest:
            yield f"{_named(event)} was edited, or replaced."
        # The next event is judged by what this row says of itself: one finding each.
        before, expected = event.digest, event.sequence + 1
    yield from _missing(expected, chain.length)
    if expected == chain.length + 1 and before != chain.head:
        yield "The last event was replaced: it is not the one that the chain ends with."
    yield from _beside_the_chain(organization, chain.length)


def end_of(organization: Organization) -> AuditChain:
    """Return where a log ends; one without events ends where it begins."""
    found = AuditChain.objects.filter(organization=organization).first()
    return found or AuditChain(organization=organization)


def ends() -> Combinable:
    """Return where the log of a row's organization ends, for updates of many rows."""
    chains = AuditChain.objects.filter(organization=OuterRef("organization"))
    return Coalesce(Subquery(chains.values("length")), 0)


def _beside_the_chain(organization: Organization, length: int) -> Iterator[str]:
    events = AuditEvent.objects.of(organization).in_order()
    for event in events.filter(sequence=0).in_batches():
        yield f"{_named(event)} was inserted: it has no place in the chain."
    later = list(events.filter(sequence__gt=length)[:1000])
    # Some may have been written since: where the log ends is read after them.
    length = end_of(organization).length
    for event in later:
        if event.sequence > length:
            yield f"{_named(event)} was inserted after the end of the chain."


def _missing(first: int, last: int) -> Iterator[str]:
    if first == last:
        yield f"Event {first} is missing."
    elif first < last:
        yield f"Events {first} to {last} are missing."


def _named(event: AuditEvent) -> str:
    at = event.at.astimezone(dt.UTC)
    number = f" {event.sequence}" if event.sequence else ""
    return f"Event{number} (row {event.pk}, {event.action}, {at:%Y-%m-%d %H:%M} UTC)"
