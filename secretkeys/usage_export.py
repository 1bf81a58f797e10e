"""What was counted for each key in a period, as the rows of a file."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from secretkeys import keyformat
from secretkeys.grants import Access
from secretkeys.models.usage_reads import KIND_FIELDS, begin_of
from secretkeys.outcomes import Outcome
from secretkeys.usage_query import UsageQuery

COLUMNS = (
    "key",
    "key_id",
    "name",
    "start",
    "resource",
    "access",
    "outcome",
    "status",
    "requests",
)


def exported(query: UsageQuery) -> Iterator[Sequence[Any]]:
    """Return the rows of a file, by key and time; none is kept in memory."""
    keys = query.keys.values("pk")
    counts = query.key_counts.within(query.window).filter(key__in=keys)
    begin = counts.begin
    order = ["key", begin, *KIND_FIELDS]
    rows = counts.order_by(*order).values_list(*order, "key__name", "count")
    return (
        (
            f"{keyformat.stem(key_id)}…",
            key_id,
            name,
            begin_of(at).astimezone(dt.UTC).isoformat(),
            resource,
            Access(access).name.lower(),
            outcome,
            Outcome(outcome).status,
            count,
        )
        for key_id, at, resource, access, outcome, name, count in rows.iterator(
            chunk_size=2000
        )
    )
