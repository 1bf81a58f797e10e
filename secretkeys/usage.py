"""How keys are used: counted in memory, written in batches.

``record`` only touches memory, so it can neither fail nor slow a request. A thread
writes what has gathered every few seconds, at once for a key not seen lately, and at
exit; a killed process loses at most one interval.
"""

import atexit
import datetime as dt
import ipaddress
import logging
import os
import threading
from collections import Counter
from typing import NamedTuple

from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction
from django.db.models import Q

from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.policy import Request

logger = logging.getLogger(__name__)

# How exact "Last Used" is; more often is not written.
LAST_USED_RESOLUTION = dt.timedelta(minutes=1)
# While the database cannot be written, this many different rows are kept.
_MOST_ROWS_WAITING = 100_000


class Client(NamedTuple):
    """Who sent a request: its network address and its User-Agent."""

    address: str | None
    user_agent: str


class _Row(NamedTuple):
    """One counter; the columns that identify a KeyUsage."""

    key_id: str
    hour: dt.datetime
    resource: str
    access: int
    outcome: str


class _LastUse(NamedTuple):
    at: dt.datetime
    client: Client


class _Waiting:
    """What this process has counted and not yet written."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.lock = threading.Lock()
        # Held while a batch is written: whoever stops the process waits for it.
        self.writing = threading.Lock()
        self.counts: Counter[_Row] = Counter()
        self.last_uses: dict[str, _LastUse] = {}
        self.urgent = threading.Event()
        self.writer: threading.Thread | None = None


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
    row = _Row(
        key_id,
        at.replace(minute=0, second=0, microsecond=0),
        request.resource.value if request else "",
        request.access.value if request else 0,
        outcome.value,
    )
    with _waiting.lock:
        if row in _waiting.counts or len(_waiting.counts) < _MOST_ROWS_WAITING:
            _waiting.counts[row] += 1
        if last_used_at is None or at - last_used_at >= LAST_USED_RESOLUTION:
            if key_id not in _waiting.last_uses:
                _waiting.urgent.set()
            _waiting.last_uses[key_id] = _LastUse(at, client)
    _start_writer()


def flush() -> None:
    """Write what has gathered, in one transaction; on failure keep it for later."""
    with _waiting.writing:
        with _waiting.lock:
            counts, _waiting.counts = _waiting.counts, Counter()
            last_uses, _waiting.last_uses = _waiting.last_uses, {}
            _waiting.urgent.clear()
        if not counts and not last_uses:
            return
        try:
            with transaction.atomic():
                _write_counts(counts)
                _write_last_uses(last_uses)
        except Error:
            logger.exception("Usage of %d rows could not be written yet.", len(counts))
            with _waiting.lock:
                _waiting.counts.update(counts)
                _waiting.last_uses = last_uses | _waiting.last_uses


def forget_waiting() -> None:
    """Drop what has not been written."""
    with _waiting.lock:
        _waiting.counts.clear()
        _waiting.last_uses.clear()


def _write_counts(counts: Counter[_Row]) -> None:
    # Sorted, so that two processes lock shared rows in the same order.
    to_column = connection.ops.adapt_datetimefield_value
    rows = [
        (row.key_id, to_column(row.hour), row.resource, row.access, row.outcome, count)
        for row, count in sorted(counts.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO secretkeys_keyusage"
            " (key_id, hour, resource, access, outcome, count)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (key_id, hour, resource, access, outcome) DO UPDATE"
            " SET count = secretkeys_keyusage.count + excluded.count",
            rows,
        )


def _write_last_uses(last_uses: dict[str, _LastUse]) -> None:
    for key_id, (at, client) in sorted(last_uses.items()):
        stale = Q(last_used_at=None) | Q(last_used_at__lte=at - LAST_USED_RESOLUTION)
        SecretKey.objects.filter(stale, key_id=key_id).update(
            last_used_at=at,
            last_used_address=_address(client.address),
            last_used_client=_printable(client.user_agent)[:200],
        )


def _address(text: str | None) -> str | None:
    """Return a network address, or None: behind a socket file a client has none."""
    try:
        return str(ipaddress.ip_address(text or ""))
    except ValueError:
        return None


def _printable(text: str) -> str:
    """Leave out what a database refuses: one odd client must not stop the batch."""
    return "".join(character for character in text if character.isprintable())


def _start_writer() -> None:
    """Start the writing thread of this process; settings can leave it out."""
    if _waiting.writer is not None or not settings.USAGE_FLUSH_SECONDS:
        return
    with _waiting.lock:
        if _waiting.writer is None:
            _waiting.writer = threading.Thread(target=_write_forever, daemon=True)
            _waiting.writer.start()


def _write_forever() -> None:
    while True:
        _waiting.urgent.wait(settings.USAGE_FLUSH_SECONDS)
        close_old_connections()
        flush()


def _forget_parent() -> None:
    """Start a forked child from zero; its parent's counts are its parent's."""
    _waiting.reset()


atexit.register(flush)
os.register_at_fork(after_in_child=_forget_parent)
