"""What was counted for each key in a period, as the rows of a file."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from secretkeys import keyformat
from secretkeys.grants import Access
from secretkeys.models.usage_reads import begin_of
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

# Keys per query: their counts are found and put in order together.
_KEYS = 20


def exported(query: UsageQuery) -> Iterator[Sequence[Any]]:
    """Yield the rows of a file, by key and time; few are in memory at a time."""
    counts = query.key_counts.within(query.window)
    for names in _names(query):
        for key_id, at, resource, access, outcome, count in counts.of_keys(
            names
        ).in_batches():
            yield (
                f"{keyformat.stem(key_id)}…",
                key_id,
                names[key_id],
                begin_of(at).astimezone(dt.UTC).isoformat(),
                resource,
                Access(access).name.lower(),
                outcome,
                Outcome(outcome).status,
                count,
            )


def _names(query: UsageQuery) -> Iterator[dict[str, str]]:
    """Yield the names of the keys asked about by id, in its order, some at a time."""
    keys = query.keys.order_by("pk")
    some = dict(keys.values_list("pk", "name")[:_KEYS])
    while some:
        yield some
        later = keys.filter(pk__gt=list(some)[-1])
        some = dict(later.values_list("pk", "name")[:_KEYS])
