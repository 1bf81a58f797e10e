"""How keys are used: counted in memory, written in batches.

``record`` and ``remember`` only touch memory, so they can neither fail nor slow a
request. A thread writes what has gathered every few seconds, at once for a key not seen
lately or a refusal, and at exit; a killed process loses at most one interval.
"""

import atexit
import datetime as dt
import logging
import os
import threading
import time
from collections import deque
from typing import NamedTuple

from django.conf import settings
from django.db import Error, close_old_connections, transaction

from secretkeys import usage_writes
from secretkeys.models import KeyActivity
from secretkeys.outcomes import Outcome
from secretkeys.policy import Request
from secretkeys.usage_writes import Client, Denied, LastUse, Row, Tally

__all__ = ["Client", "Denied", "flush", "forget_waiting", "record", "remember"]

logger = logging.getLogger(__name__)

# How exact "Last Used" is; more often is not written.
LAST_USED_RESOLUTION = usage_writes.LAST_USED_RESOLUTION
# While the database cannot be written, this many different rows are kept.
_MOST_ROWS_WAITING = 100_000
# And this many refusals, of as many keys: the newest of each.
_MOST_DENIALS_WAITING = 20
_MOST_DENIED_KEYS = 1000
_LONGEST_OBJECT_ID = 64
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
        self.clear()

    def clear(self) -> None:
        self.tallies: dict[Row, Tally] = {}
        self.last_uses: dict[str, LastUse] = {}
        self.denials: dict[str, deque[Denied]] = {}


class _Batch(NamedTuple):
    """What one flush writes."""

    tallies: dict[Row, Tally]
    last_uses: dict[str, LastUse]
    denials: dict[str, deque[Denied]]


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
    row = _row(key_id, outcome, request, client, at)
    with _waiting.lock:
        _add(row, 1, at)
        if last_used_at is None or at - last_used_at >= LAST_USED_RESOLUTION:
            if key_id not in _waiting.last_uses:
                _waiting.urgent.set()
            _waiting.last_uses[key_id] = LastUse(at, client)
    _start_writer()


def remember(key_id: str, denial: Denied) -> None:
    """Keep why a request was refused, for whoever looks its reference up."""
    with _waiting.lock:
        if len(_waiting.denials) < _MOST_DENIED_KEYS or key_id in _waiting.denials:
            newest: deque[Denied] = deque(maxlen=_MOST_DENIALS_WAITING)
            _waiting.denials.setdefault(key_id, newest).append(denial)
            _waiting.urgent.set()
    _start_writer()


def flush() -> None:
    """Write what has gathered, in one transaction; on failure keep it for later."""
    with _waiting.writing:
        with _waiting.lock:
            batch = _Batch(_waiting.tallies, _waiting.last_uses, _waiting.denials)
            _waiting.clear()
            _waiting.urgent.clear()
        if not any(batch):
            return
        written = False
        try:
            with transaction.atomic():
                usage_writes.write_counts(batch.tallies)
                usage_writes.write_activity(batch.tallies)
                usage_writes.write_last_uses(batch.last_uses)
                usage_writes.write_denials(batch.denials)
            written = True
        except Error:
            rows = len(batch.tallies)
            logger.exception("Usage of %d rows could not be written yet.", rows)
        finally:
            if not written:
                _put_back(batch)


def forget_waiting() -> None:
    """Drop what has not been written."""
    with _waiting.lock:
        _waiting.clear()


def _row(
    key_id: str,
    outcome: Outcome,
    request: Request | None,
    client: Client,
    at: dt.datetime,
) -> Row:
    hour = at.replace(minute=0, second=0, microsecond=0)
    if request is None:
        return Row(key_id, hour, "", 0, outcome.value, "", "")
    resource, access = request.resource.value, request.access.value
    if outcome is not Outcome.ALLOWED:
        return Row(key_id, hour, resource, access, outcome.value, "", "")
    object_id, address = _kept_apart(request.object_id), client.address or ""
    return Row(key_id, hour, resource, access, outcome.value, object_id, address)


def _add(row: Row, count: int, at: dt.datetime) -> None:
    """Count into a row; when too many wait, objects and addresses are not kept apart."""
    tallies = _waiting.tallies
    if row not in tallies and len(tallies) >= _MOST_ROWS_WAITING:
        if row.outcome == Outcome.ALLOWED:
            row = row._replace(object_id=KeyActivity.MANY, address=KeyActivity.MANY)
        if row not in tallies and len(tallies) >= 2 * _MOST_ROWS_WAITING:
            return
    tally = tallies.setdefault(row, Tally(at))
    tally.count += count
    tally.last_at = max(tally.last_at, at)


def _put_back(batch: _Batch) -> None:
    with _waiting.lock:
        for row, tally in batch.tallies.items():
            _add(row, tally.count, tally.last_at)
        _waiting.last_uses = batch.last_uses | _waiting.last_uses
        for key_id, older in batch.denials.items():
            newer = _waiting.denials.get(key_id, ())
            kept = deque([*older, *newer], maxlen=_MOST_DENIALS_WAITING)
            _waiting.denials[key_id] = kept


def _kept_apart(object_id: str | None) -> str:
    if object_id is None:
        return ""
    return object_id if len(object_id) <= _LONGEST_OBJECT_ID else KeyActivity.MANY


def _start_writer() -> None:
    """Start the writing thread of this process; settings can leave it out."""
    writer = _waiting.writer
    if (writer and writer.is_alive()) or not settings.USAGE_FLUSH_SECONDS:
        return
    with _waiting.lock:
        if _waiting.writer is writer:
            _waiting.writer = threading.Thread(target=_write_forever, daemon=True)
            _waiting.writer.start()


def _write_forever() -> None:
    while True:
        _waiting.urgent.wait(settings.USAGE_FLUSH_SECONDS)
        close_old_connections()
        flush()
        time.sleep(_LEAST_PAUSE)


def _forget_parent() -> None:
    """Start a forked child from zero; its parent's counts are its parent's."""
    _waiting.reset()


atexit.register(flush)
os.register_at_fork(after_in_child=_forget_parent)
