"""Mails wait here for a thread that hands them to the mail server.

No page waits for that server, and how long a page takes does not tell whether an
address has an account. What waits is lost with a killed process, so there is little of
it for long: the thread starts at once, tries again after growing pauses, and at exit
gets a few seconds. Lines in the log hold no address and no word of a mail, since mails
hold links that are secrets.
"""

import atexit
import heapq
import logging
import os
import threading
import time
from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

logger = logging.getLogger(__name__)

# Beyond it the mail server has been away for long or somebody floods it.
MOST_WAITING = 1000
# Seconds before each new try; the last ones outlast a restart and greylisting.
PAUSES = (1, 10, 60, 300, 900)
# Seconds: how long the end of a process waits for its mails.
_LAST_CHANCE = 8.0


class _Entry(NamedTuple):
    """A mail, when it is due (monotonic seconds), and how often it was tried."""

    due: float
    order: int
    tries: int
    message: EmailMessage


class _Waiting:
    """What this process has been given and not yet handed over."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.changed = threading.Condition()
        self.entries: list[_Entry] = []
        self.order = count()
        self.sender: threading.Thread | None = None
        self.ending = False
        # One is with the mail server.
        self.busy = False


_waiting = _Waiting()


class EmailBackend(BaseEmailBackend):
    """Takes mails without delay; MAIL_TRANSPORT names the backend that sends them."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Take mails once the transaction around has been committed, if there is one.

        Returns how many; none of them is refused.
        """
        messages = list(email_messages)
        transaction.on_commit(partial(_take, messages))
        return len(messages)


def send_now(message: EmailMessage) -> None:
    """Hand a mail to the mail server, and wait for it.

    Raises:
        OSError: the server cannot be reached or refuses it.
    """
    get_connection(settings.MAIL_TRANSPORT).send_messages([message])


def drain(seconds: float = _LAST_CHANCE) -> None:
    """Wait until every mail has been handed over, at most so long."""
    with _waiting.changed:
        _waiting.ending = True
        # At the end there is no time for long pauses.
        now = time.monotonic()
        _waiting.entries = [entry._replace(due=now) for entry in _waiting.entries]
        heapq.heapify(_waiting.entries)
        _waiting.changed.notify_all()
        done = _waiting.changed.wait_for(_is_idle, timeout=seconds)
        _waiting.ending = False
        if not done:
            left = len(_waiting.entries) + _waiting.busy
            logger.error("%d mails were not sent before the process ended.", left)
            _waiting.entries.clear()


def _take(messages: Sequence[EmailMessage]) -> None:
    with _waiting.changed:
        for message in messages:
            _put(_Entry(time.monotonic(), next(_waiting.order), 0, message))
        if _waiting.sender is None or not _waiting.sender.is_alive():
            _waiting.sender = threading.Thread(target=_send_forever, daemon=True)
            _waiting.sender.start()
        _waiting.changed.notify_all()


def _put(entry: _Entry) -> None:
    if len(_waiting.entries) >= MOST_WAITING:
        recipients = len(entry.message.recipients())
        sentence = "%d mails wait; one to %d recipients is dropped."
        logger.error(sentence, MOST_WAITING, recipients)
        return
    heapq.heappush(_waiting.entries, entry)


def _send_forever() -> None:
    while True:
        entry = _next()
        again = _try(entry)
        with _waiting.changed:
            _waiting.busy = False
            if again is not None:
                _put(again)
            _waiting.changed.notify_all()


def _next() -> _Entry:
    """Wait for the next mail that is due."""
    with _waiting.changed:
        while True:
            pause = _pause(time.monotonic())
            if pause is not None and pause <= 0:
                _waiting.busy = True
                return heapq.heappop(_waiting.entries)
            _waiting.changed.wait(pause)


def _pause(now: float) -> float | None:
    """Return the seconds until a mail is due; None: nothing waits."""
    if not _waiting.entries:
        return None
    return _waiting.entries[0].due - now


def _try(entry: _Entry) -> _Entry | None:
    """Hand one mail over; return what to try again, and when."""
    recipients = len(entry.message.recipients())
    if not recipients:
        # Written so that a page takes as long for strangers; see orgs/sign_in/adapter.py.
        return None
    try:
        send_now(entry.message)
    except Exception as error:  # noqa: BLE001 - one bad mail must not stop the others
        kind = type(error).__name__
        # Other errors are about the mail itself and would only come again.
        if isinstance(error, OSError) and entry.tries < len(PAUSES):
            pause = PAUSES[0 if _waiting.ending else entry.tries]
            logger.warning(
                "A mail to %d recipients was not sent (%s); next try in %d s.",
                *(recipients, kind, pause),
            )
            due = time.monotonic() + pause
            return entry._replace(due=due, tries=entry.tries + 1)
        # Without the traceback, whose last line can quote the mail.
        sentence = "A mail to %d recipients was not sent (%s); it is dropped."
        logger.error(sentence, recipients, kind)
    return None


def _is_idle() -> bool:
    return not _waiting.entries and not _waiting.busy


def _forget_parent() -> None:
    """Start a forked child from zero; its parent sends its parent's mails."""
    _waiting.reset()


atexit.register(drain)
os.register_at_fork(after_in_child=_forget_parent)
