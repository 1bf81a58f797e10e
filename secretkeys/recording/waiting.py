"""How keys are used: counted in memory, written in batches.

``record`` and ``remember`` only touch memory, so they can neither fail nor slow a
request: one request is one entry of a queue, and what it counts for is found later. A thread writes what has gathered every few seconds, at once for a key not seen
lately or a refusal, and at exit; a killed process loses at most one interval.
"""

import atexit
import datetime as dt
import logging
import os
import threading
import time
import uuid
from collections import Counter, deque
from typing import NamedTuple

from django.conf import settings
from django.db import Error, close_old_connections, transaction

from secretkeys.models import MANY
from secretkeys.outcomes import Outcome
from secretkeys.policy import Request
from secretkeys.recording.activity import write_activity
from secretkeys.recording.clients import fold_surplus, write_clients
from secretkeys.recording.counts import organizations_of, write_counts
from secretkeys.recording.denials import write_denials
from secretkeys.recording.last_uses import LAST_USED_RESOLUTION, write_last_uses
from secretkeys.recording.rows import (
    Client,
    Denied,
    LastUse,
    Row,
    Tally,
    counted,
)
from secretkeys.recording.tallying import Counted, tally_requests

logger = logging.getLogger(__name__)

# Requests that wait to be counted before somebody who makes one has to do it.
_MOST_REQUESTS_WAITING = 20_000
# While the database cannot be written, this many different rows are kept.
_MOST_ROWS_WAITING = 50_000
# And this many refusals, of as many keys: the newest of each.
_MOST_DENIALS_WAITING = 20
_MOST_DENIED_KEYS = 1000
# Organizations that unknown keys are counted for at a time.
_MOST_ORGANIZATIONS = 1000
# Seconds: what is urgent again and again is written together.
_LEAST_PAUSE = 0.25


class _Waiting:
    """What this process has counted and not yet written."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.lock = threading.Lock()
        # Held while a batch is written: whoever stops the process waits for it.
        self.writing = threading.Lock()
        self.urgent = threading.Event()
        self.writer: threading.Thread | None = None
        # Appended to without the lock, and never replaced while the process lives.
        self.requests: deque[Counted] = deque()
        self.dropped = 0
        self.clear()

    def clear(self) -> None:
        """Drop what is counted; the queue stays, because others append to it."""
        self.tallies: dict[Row, Tally] = {}
        self.last_uses: dict[str, LastUse] = {}
        self.denials: dict[str, deque[Denied]] = {}
        self.unknown: Counter[tuple[uuid.UUID, dt.datetime]] = Counter()
        self.urgent.clear()

    def take(self) -> "_Batch":
        """Return what is counted and start over."""
        taken = _Batch(self.tallies, self.last_uses, self.denials, self.unknown)
        self.clear()
        return taken


class _Batch(NamedTuple):
    """What one flush writes."""

    tallies: dict[Row, Tally]
    last_uses: dict[str, LastUse]
    denials: dict[str, deque[Denied]]
    unknown: Counter[tuple[uuid.UUID, dt.datetime]]


_waiting = _Waiting()


def record(
    key_id: str,
    outcome: Outcome,
    *,
    request: Request | None,
    client: Client,
    last_used_at: dt.datetime | None,
    at: dt.datetime,
) -> None:
    """Count one request of a key whose secret was verified.

    Args:
        key_id: the key.
        outcome: how it fared.
        request: what it asked for; None where it was refused before that was read.
        client: who sent it.
        last_used_at: what the key's row says now.
        at: the moment of the request, UTC.
    """
    requests = _waiting.requests
    if request is not None:
        request = counted(request, outcome)
    requests.append(((key_id, outcome, request, client), at))
    if last_used_at is None or at - last_used_at >= LAST_USED_RESOLUTION:
        with _waiting.lock:
            if key_id not in _waiting.last_uses:
                _waiting.urgent.set()
            _waiting.last_uses[key_id] = LastUse(at, client)
    if len(requests) > _MOST_REQUESTS_WAITING:
        with _waiting.lock:
            _count_requests()
    if _waiting.writer is None:
        _start_writer()


def record_unknown(organization_id: str | None, *, at: dt.datetime) -> None:
    """Count one request with a key that nobody knows, for the organization it names.

    Anybody can send such requests, so they are kept apart from those of keys.
    """
    try:
        named = uuid.UUID(organization_id)
    except (TypeError, ValueError):
        return
    hour = at.replace(minute=0, second=0, microsecond=0)
    with _waiting.lock:
        _add_unknown((named, hour), 1)
    if _waiting.writer is None:
        _start_writer()


def remember(key_id: str, denial: Denied) -> None:
    """Keep why a request was refused, for whoever looks its reference up."""
    with _waiting.lock:
        if len(_waiting.denials) < _MOST_DENIED_KEYS or key_id in _waiting.denials:
            newest: deque[Denied] = deque(maxlen=_MOST_DENIALS_WAITING)
            _waiting.denials.setdefault(key_id, newest).append(denial)
            # What its holder is not told waits: nothing about it differs from an
            # unknown key, and a removed one cannot have the database written at will.
            if denial.outcome.is_told:
                _waiting.urgent.set()
    if _waiting.writer is None:
        _start_writer()


def flush() -> None:
    """Write what has gathered, in one transaction; on failure keep it for later."""
    with _waiting.writing:
        with _waiting.lock:
            _count_requests()
            batch = _waiting.take()
        if not any(batch):
            return
        written = False
        try:
            with transaction.atomic():
                _write(batch)
            written = True
        except Error:
            rows = len(batch.tallies)
            logger.exception("Usage of %d rows could not be written yet.", rows)
        finally:
            if not written:
                _put_back(batch)
        if written:
            _tidy({row.key_id for row in batch.tallies})


def _tidy(key_ids: set[str]) -> None:
    """Do what can wait until the next flush."""
    try:
        fold_surplus(key_ids)
    except Error:
        logger.exception("Clients beyond those kept apart were not counted as one yet.")
    if _waiting.dropped:
        dropped, _waiting.dropped = _waiting.dropped, 0
        logger.error("%d requests were not counted: too many waited.", dropped)


def _write(batch: _Batch) -> None:
    key_ids = {row.key_id for row in batch.tallies} | batch.denials.keys()
    owners = organizations_of(key_ids)
    # A database that was restored may not have the newest keys.
    tallies = {
        row: tally for row, tally in batch.tallies.items() if row.key_id in owners
    }
    write_counts(tallies, owners, batch.unknown)
    write_clients(tallies)
    write_activity(tallies)
    write_last_uses(batch.last_uses)
    write_denials({k: those for k, those in batch.denials.items() if k in owners})


def forget_waiting() -> None:
    """Drop what has not been written."""
    with _waiting.lock:
        _waiting.requests.clear()
        _waiting.clear()


def _count_requests() -> None:
    """Count the requests of the queue; callers hold the lock."""
    for row, tally in tally_requests(_waiting.requests).items():
        _add(row, tally)


def _add(row: Row, tally: Tally) -> None:
    """Count into a row; when too many wait, objects and clients are not kept apart."""
    tallies = _waiting.tallies
    if row not in tallies and len(tallies) >= _MOST_ROWS_WAITING:
        object_id = MANY if row.outcome == Outcome.ALLOWED else ""
        row = row._replace(object_id=object_id, address=MANY, user_agent=MANY)
        if row not in tallies and len(tallies) >= 2 * _MOST_ROWS_WAITING:
            _waiting.dropped += tally.count
            return
    waiting = tallies.get(row)
    if waiting is None:
        tallies[row] = tally
    else:
        waiting.add(tally)


def _put_back(batch: _Batch) -> None:
    """Keep for later what could not be written, within the limits of what waits."""
    with _waiting.lock:
        for row, tally in batch.tallies.items():
            _add(row, tally)
        _waiting.last_uses = batch.last_uses | _waiting.last_uses
        for key_id, older in batch.denials.items():
            newer = _waiting.denials.get(key_id, ())
            if newer or len(_waiting.denials) < _MOST_DENIED_KEYS:
                kept = deque([*older, *newer], maxlen=_MOST_DENIALS_WAITING)
                _waiting.denials[key_id] = kept
        for named, count in batch.unknown.items():
            _add_unknown(named, count)


def _add_unknown(named: tuple[uuid.UUID, dt.datetime], count: int) -> None:
    unknown = _waiting.unknown
    if len(unknown) < _MOST_ORGANIZATIONS or named in unknown:
        unknown[named] += count


def _start_writer() -> None:
    """Start the writing thread of this process, once; settings can leave it out."""
    if not settings.USAGE_FLUSH_SECONDS:
        return
    with _waiting.lock:
        if _waiting.writer is None:
            _waiting.writer = threading.Thread(target=_write_forever, daemon=True)
            _waiting.writer.start()


def _write_forever() -> None:
    while True:
        _waiting.urgent.wait(settings.USAGE_FLUSH_SECONDS)
        try:
            close_old_connections()
            flush()
        except Exception:
            # What has gathered was put back, and nobody else would write it.
            logger.exception("Usage could not be written.")
        time.sleep(_LEAST_PAUSE)


def _forget_parent() -> None:
    """Start a forked child from zero; its parent's counts are its parent's."""
    _waiting.reset()


atexit.register(flush)
os.register_at_fork(after_in_child=_forget_parent)
