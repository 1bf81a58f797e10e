"""The audit log's page and files: what the query string asks for, and the answer."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from orgs import audit_words
from orgs.audit_chain import end_of
from orgs.forms.audit_log import AuditFilterForm
from orgs.models import AuditEvent, Organization
from orgs.models.events import AuditEventQuerySet

PAGE_SIZE = 50

COLUMNS = (
    "number",
    "time",
    "actor",
    "event",
    "subject",
    "changes",
    "address",
    "user_agent",
    "digest",
)


def audit_page(organization: Organization, query: QueryDict) -> dict[str, Any]:
    """Return the context of a page of the log, newest first; two queries.

    Pages are found by the number of the event that they begin behind, so the last is
    as fast as the first, and an event that is added moves none.
    """
    filters = AuditFilterForm(query)
    before, after = filters.value("before"), filters.value("after")
    shown = _filtered(organization, filters)
    # Before the rows are read: what is written meanwhile comes with the next news.
    length = end_of(organization).length
    if after:
        rows = list(shown.newer_than(int(after)).in_order()[: PAGE_SIZE + 1])
        has_newer, has_older = len(rows) > PAGE_SIZE, True
        rows = rows[:PAGE_SIZE][::-1]
    else:
        shown = shown.filter(sequence__lt=before) if before else shown
        rows = list(shown.latest_first()[: PAGE_SIZE + 1])
        has_newer, has_older = bool(before), len(rows) > PAGE_SIZE
        rows = rows[:PAGE_SIZE]
    kept = filters.kept()
    newest, oldest = (rows[0], rows[-1]) if rows else (None, None)
    return {
        "filters": filters,
        "asked": kept,
        "left_out": filters.left_out,
        "events": rows,
        "newer_url": _url(kept, after=newest.sequence) if newest and has_newer else "",
        "older_url": _url(kept, before=oldest.sequence) if oldest and has_older else "",
        "export_query": urlencode(kept),
        "seen": _newest(rows, length),
        "is_first": not has_newer,
        "found_text": _found_text(len(rows), is_all=not (has_newer or has_older)),
        "now": timezone.now(),
    }


def audit_news(organization: Organization, query: QueryDict) -> dict[str, Any]:
    """Return the context of what was added to a first page that is open; two queries.

    ``is_anew``: it is to be shown whole, because it shows nothing yet, or because more
    was added than fits on it.
    """
    filters = AuditFilterForm(query)
    length = end_of(organization).length
    seen = int(filters.value("seen") or length)
    added = _filtered(organization, filters).newer_than(seen)
    rows = list(added.latest_first()[: PAGE_SIZE + 1])
    is_empty = filters.value("empty") == "True"
    return {
        "events": rows,
        "seen": _newest(rows, length),
        "is_anew": len(rows) > PAGE_SIZE or (is_empty and bool(rows)),
        "now": timezone.now(),
    }


def exported(organization: Organization, query: QueryDict) -> Iterator[dict[str, Any]]:
    """Return what a file holds of each event that the filters leave, oldest first.

    The filters are read now, in the time zone that is active now; the rows later, when
    the file is sent.
    """
    shown = _filtered(organization, AuditFilterForm(query))
    # What is written while somebody downloads is not in the file.
    until = shown.up_to(end_of(organization).length)
    return map(_exported, until.in_batches())


def _exported(event: AuditEvent) -> dict[str, Any]:
    values = (
        event.sequence,
        event.at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        event.actor,
        event.action,
        event.subject,
        event.changes,
        event.address,
        event.user_agent,
        event.digest,
    )
    return dict(zip(COLUMNS, values, strict=True))


def as_cells(row: dict[str, Any]) -> list[Any]:
    """Return an exported event as a row of a table; its changes in words."""
    changes = "; ".join(
        f"{field}: {before or 'none'} → {after or 'none'}"
        for field, (before, after) in row["changes"].items()
    )
    return [*(row | {"changes": changes}).values()]


def _filtered(
    organization: Organization, filters: AuditFilterForm
) -> AuditEventQuerySet:
    shown = AuditEvent.objects.of(organization).chained()
    if actions := audit_words.actions_of(filters.value("event")):
        shown = shown.with_actions(actions)
    if stem := filters.stem:
        shown = shown.about_key(stem)
    elif name := filters.value("key"):
        shown = shown.about_key_named(name, stem=filters.bare_stem)
    if text := filters.value("q"):
        shown = shown.matching(text)
    if first := filters.date("since"):
        shown = shown.since(first)
    if last := filters.date("until"):
        shown = shown.until(last)
    return shown


def _found_text(count: int, *, is_all: bool) -> str:
    """Say what a page shows, for those who do not see it."""
    if not count:
        return "No events match."
    events = "event" if count == 1 else "events"
    return f"{count} {events} found." if is_all else f"{count} {events} on this page."


def _newest(rows: Sequence[AuditEvent], length: int) -> int:
    """Return the number of the newest event that a page takes account of."""
    return max(length, rows[0].sequence if rows else 0)


def _url(kept: dict[str, str], **place: int) -> str:
    return "?" + urlencode({**kept, **place})
