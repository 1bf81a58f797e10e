"""The table of keys: what the query string asks for, and what the page shows."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from orgs.models import Organization
from orgs.paging import pagination
from secretkeys import keyformat, reviews
from secretkeys.forms import KeyFilterForm
from secretkeys.found_keys import Identified, identified
from secretkeys.models import SORT_FIELDS, SecretKey, SecretKeyQuerySet
from secretkeys.requests_lately import SPARK_HOURS, show_badges, show_lately
from secretkeys.status import Review, Status

PAGE_SIZE = 50
DEFAULT_SORT = "-last_used"
_COLUMNS = [
    ("name", "Name"),
    ("last_used", "Last Used"),
    ("created", "Created"),
    ("created_by", "Created By"),
    ("access", "Access"),
    ("permission", "Permission"),
    ("action", "Action"),
]
# Times are read newest first, words from A to Z.
_DESCENDING_FIRST = {"last_used", "created"}


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; url sorts by it, or the other way round when it is sorted already."""

    name: str
    label: str
    url: str | None
    aria_sort: str | None


def key_table(
    organization: Organization, query: QueryDict, *, sees_usage: bool, at: dt.datetime
) -> dict[str, Any]:
    """Return the context of the table for a query string, however odd it is.

    A constant number of queries, however many keys there are: two counts; one page, who
    made its keys and who looks after them, and their requests; two more where the
    address names a key that somebody has found, and one for older clients.
    """
    filters = KeyFilterForm(query, sees_usage=sees_usage)
    sort, new_key_id = _sort(query), _new_key_id(query)
    found = identified(organization, query.get("key", ""), sees_usage=sees_usage, at=at)
    shown = _filtered(organization, filters, at=at)
    asked = {name: filters.value(name) for name in filters.fields}
    total = SecretKey.objects.of(organization).current().count()
    first = found.key.pk if found else new_key_id
    rows = _with_chosen(shown, organization, found, new_key_id).for_table()
    is_counted = not (any(asked.values()) or (found and found.key.is_removed))
    rows = rows.sorted_by(sort, first=first)
    page = _page(rows, query.get("page"), total if is_counted else None)
    kept = _kept(asked, sort)
    (show_lately if sees_usage else show_badges)(list(page.object_list), at=at)
    return {
        "now": at,
        "spark_hours": SPARK_HOURS if sees_usage else 0,
        "query": urlencode(kept),
        "filters": filters,
        "is_filtered": any(asked.values()),
        "search": asked["q"],
        "page": page,
        **pagination(page, kept),
        "columns": [_column(name, label, sort, kept) for name, label in _COLUMNS],
        "sort": sort,
        "total": total,
        "count_text": _count_text(page.paginator.count, total, asked),
        "new_key_id": new_key_id,
        "identified": found,
    }


def _sort(query: QueryDict) -> str:
    """Return the column to sort by, with ``-`` where it is reversed."""
    sort = query.get("sort", DEFAULT_SORT)
    return sort if sort.removeprefix("-") in SORT_FIELDS else DEFAULT_SORT


def _new_key_id(query: QueryDict) -> str:
    """Return which key was made a moment ago; empty: none, or none that could be."""
    new_key_id = query.get("new", "")
    return new_key_id if keyformat.is_key_id(new_key_id) else ""


def _kept(asked: dict[str, str], sort: str) -> dict[str, str]:
    """Return what addresses of the table repeat; nothing that says nothing."""
    kept = {name: value for name, value in asked.items() if value}
    return kept if sort == DEFAULT_SORT else kept | {"sort": sort}


def _page(
    rows: SecretKeyQuerySet, number: str | None, count: int | None
) -> Page[SecretKey]:
    """Return the page asked for, or one near it; a known count is not taken again."""
    paginator = Paginator(rows, PAGE_SIZE)
    if count is not None:
        paginator.count = count
    return paginator.get_page(number)


def _filtered(
    organization: Organization, filters: KeyFilterForm, *, at: dt.datetime
) -> SecretKeyQuerySet:
    if state := filters.state:
        keys = reviews.in_state(organization, state, at=at)
    else:
        keys = SecretKey.objects.of(organization).current()
    if permission := filters.value("permission"):
        keys = keys.with_permission(permission)
    if text := filters.value("q"):
        keys = keys.matching(text)
    return keys


def _with_chosen(
    shown: SecretKeyQuerySet,
    organization: Organization,
    found: Identified | None,
    new_key_id: str,
) -> SecretKeyQuerySet:
    """Add a key that was made or named a moment ago, whatever the filters say."""
    everything = SecretKey.objects.of(organization)
    if new_key_id:
        shown |= everything.current().with_id(new_key_id)
    return shown | everything.with_id(found.key.pk) if found else shown


def _column(name: str, label: str, sort: str, kept: dict[str, str]) -> Column:
    if name not in SORT_FIELDS:
        return Column(name, label, None, None)
    descending = name in _DESCENDING_FIRST
    aria_sort = None
    if sort.removeprefix("-") == name:
        aria_sort = "descending" if sort.startswith("-") else "ascending"
        descending = aria_sort == "ascending"
    target = f"-{name}" if descending else name
    return Column(name, label, "?" + urlencode(kept | {"sort": target}), aria_sort)


def _count_text(matching: int, total: int, asked: dict[str, str]) -> str:
    if asked["status"] == Status.REMOVED:
        return f"{matching} removed {_keys(matching)}"
    if asked["status"] == Review.STILL_PRESENTED:
        # Removed ones too, which are none of the total.
        return f"{matching} stopped {_keys(matching)}"
    if any(asked.values()):
        return f"{matching} of {total} {_keys(total)}"
    return f"{total} {_keys(total)}"


def _keys(count: int) -> str:
    return "key" if count == 1 else "keys"
