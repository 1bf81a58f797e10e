"""The table of keys: what the query string asks for, and what the page shows."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from orgs.models import Organization
from orgs.paging import pagination
from secretkeys import keyformat
from secretkeys.badges import UNUSED_AFTER
from secretkeys.forms import KeyFilterForm
from secretkeys.models import SORT_FIELDS, SecretKey, SecretKeyQuerySet

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
    organization: Organization, query: QueryDict, *, at: dt.datetime
) -> dict[str, Any]:
    """Return the context of the table for a query string, however odd it is.

    Constant in the number of keys: two counts and one page.
    """
    filters = KeyFilterForm(query)
    sort = query.get("sort", DEFAULT_SORT)
    if sort.removeprefix("-") not in SORT_FIELDS:
        sort = DEFAULT_SORT
    everything = SecretKey.objects.of(organization)
    shown = _filtered(everything, filters, at)
    new_key_id = query.get("new", "")
    if keyformat.is_key_id(new_key_id):
        # A key made a moment ago is shown whatever the filters say.
        shown |= everything.current().with_id(new_key_id)
    else:
        new_key_id = ""
    asked = {name: filters.value(name) for name in filters.fields}
    total = everything.current().count()
    rows = shown.for_table().sorted_by(sort, first=new_key_id)
    page = _page(rows, query.get("page"), None if any(asked.values()) else total)
    kept = {name: value for name, value in asked.items() if value}
    if sort != DEFAULT_SORT:
        kept["sort"] = sort
    return {
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
    }


def _page(
    rows: SecretKeyQuerySet, number: str | None, count: int | None
) -> Page[SecretKey]:
    """Return the page asked for, or one near it; a known count is not taken again."""
    paginator = Paginator(rows, PAGE_SIZE)
    if count is not None:
        paginator.count = count
    return paginator.get_page(number)


def _filtered(
    keys: SecretKeyQuerySet, filters: KeyFilterForm, at: dt.datetime
) -> SecretKeyQuerySet:
    match filters.value("status"):
        case "active":
            keys = keys.unexpired(at)
        case "expiring":
            keys = keys.expiring_soon(at)
        case "unused":
            keys = keys.unused_since(at - UNUSED_AFTER)
        case "expired":
            keys = keys.expired(at)
        case "removed":
            keys = keys.removed()
        case _:
            keys = keys.current()
    if permission := filters.value("permission"):
        keys = keys.with_permission(permission)
    if text := filters.value("q"):
        keys = keys.matching(text)
    return keys


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
    if asked["status"] == "removed":
        return f"{matching} removed {_keys(matching)}"
    if any(asked.values()):
        return f"{matching} of {total} {_keys(total)}"
    return f"{total} {_keys(total)}"


def _keys(count: int) -> str:
    return "key" if count == 1 else "keys"
