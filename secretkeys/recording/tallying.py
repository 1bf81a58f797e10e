"""Requests become rows: those of one hour that are alike are one."""

import datetime as dt
from collections import deque

from secretkeys.outcomes import Outcome
from secretkeys.periods import HOUR
from secretkeys.policy import Request
from secretkeys.recording.rows import LONGEST_USER_AGENT, Client, Row, Tally

# A request: its key, how it fared, what it asked for, who sent it; and when (UTC).
Kind = tuple[str, Outcome, Request | None, Client]
Counted = tuple[Kind, dt.datetime]

_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


def tally_requests(requests: deque[Counted]) -> dict[Row, Tally]:
    """Take the requests out of a queue that others append to, and count them."""
    tallies: dict[Row, Tally] = {}
    alike: dict[Kind, Tally] = {}
    hour = end = _EARLIEST
    # Once for every request that there is: written for speed.
    for _ in range(len(requests)):
        kind, at = requests.popleft()
        if not hour <= at < end:
            _add_rows(tallies, hour, alike)
            alike = {}
            hour = at.replace(minute=0, second=0, microsecond=0)
            end = hour + HOUR
        tally = alike.get(kind)
        if tally is None:
            alike[kind] = Tally(at, at, 1)
            continue
        tally.count += 1
        if at > tally.last_at:
            tally.last_at = at
        elif at < tally.first_at:
            tally.first_at = at
    _add_rows(tallies, hour, alike)
    return tallies


def _add_rows(
    tallies: dict[Row, Tally], hour: dt.datetime, alike: dict[Kind, Tally]
) -> None:
    for kind, tally in alike.items():
        tallies.setdefault(_row(hour, *kind), Tally.none(tally.last_at)).add(tally)


def _row(
    hour: dt.datetime,
    key_id: str,
    outcome: Outcome,
    request: Request | None,
    client: Client,
) -> Row:
    sender = client.address or "", client.user_agent[:LONGEST_USER_AGENT]
    if request is None:
        return Row(key_id, hour, "", 0, outcome.value, "", *sender)
    kind = request.resource.value, request.access.value, outcome.value
    object_id = ""
    if outcome is Outcome.ALLOWED:
        object_id = request.object_id or ""
    return Row(key_id, hour, *kind, object_id, *sender)
