"""Sessions in the database, whatever a cookie says, and each one's row in the list.

The list people see of their sessions has one row of django-allauth for each.
"""

import datetime as dt
import ipaddress
import re
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from orgs import devices
from orgs.models import User

# Stands for an address that is none: what a proxy says can be any text.
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing is bound to it
_SESSION_KEY = re.compile(r"[a-z0-9]{32}", re.ASCII)


class SessionStore(db.SessionStore):
    """Looks up only what this server can have issued: PostgreSQL refuses a NUL."""

    def cycle_key(self) -> None:
        """Give the session another id, under which it stays in its owner's list.

        Raises:
            SessionInterrupted: it was ended after the request had begun.
        """
        # Loads it, which forgets an id that is no session's.
        self.keys()
        before = self.session_key
        with transaction.atomic():
            # In the order in which end_sessions() takes them.
            rows = UserSession.objects.filter(session_key=before or "")
            rows.select_for_update().first()
            present = Session.objects.filter(session_key=before or "")
            is_there = present.select_for_update().first() is not None
            if is_there or not before:
                super().cycle_key()
                rows.update(session_key=self.session_key)
                return
        self.flush()
        raise SessionInterrupted("The session was ended while it was in use.")

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and _SESSION_KEY.fullmatch(str(key)) is not None


def clean_address(text: str | None) -> str:
    """Return a client's address as the list can keep it, or UNKNOWN_ADDRESS."""
    try:
        # A zone (fe80::1%eth0) means something on one machine only.
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return UNKNOWN_ADDRESS


def renew(request: HttpRequest) -> None:
    """Give a session another id once somebody has proved who they are."""
    request.session.cycle_key()


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that somebody is signed in with."""

    pk: int
    key: str
    device: str
    address: str
    signed_in_at: dt.datetime
    last_seen_at: dt.datetime
    is_current: bool


def open_sessions(user: User, current_key: str) -> list[OpenSession]:
    """Return where somebody is signed in: this browser, then the last used first.

    Two queries. Sessions that have expired or were signed out, or whose password has
    been changed since, are not open, although their rows may still be there.
    """
    rows = UserSession.objects.filter(user=user).order_by("-last_seen_at", "-pk")
    found = {row.session_key: row for row in rows}
    live = Session.objects.filter(session_key__in=found, expire_date__gt=timezone.now())
    store, digest = SessionStore(), user.get_session_auth_hash()
    keys = {
        each.session_key
        for each in live
        if constant_time_compare(
            store.decode(each.session_data).get(HASH_SESSION_KEY, ""), digest
        )
    }
    shown = [
        OpenSession(
            row.pk,
            key,
            devices.device(row.user_agent),
            "" if row.ip == UNKNOWN_ADDRESS else row.ip,
            row.created_at,
            row.last_seen_at,
            key == current_key,
        )
        for key, row in found.items()
        if key in keys
    ]
    return sorted(shown, key=lambda each: not each.is_current)
