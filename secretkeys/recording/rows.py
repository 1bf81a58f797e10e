"""What is counted: the rows of a batch, and values as columns hold them."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import NamedTuple

from secretkeys.models import MANY
from secretkeys.outcomes import Outcome
from secretkeys.policy import Request

# Characters of a User-Agent that are kept.
LONGEST_USER_AGENT = 200
# Objects whose ids are longer are not kept apart.
_LONGEST_OBJECT_ID = 64


class Client(NamedTuple):
    """Who sent a request: its network address and its User-Agent."""

    address: str | None
    user_agent: str


class Row(NamedTuple):
    """One kind of request from one client; its object only where it was allowed."""

    key_id: str
    hour: dt.datetime
    resource: str
    access: int
    outcome: str
    object_id: str
    address: str
    user_agent: str


@dataclass(slots=True)
class Tally:
    """How many there were, and when the first and the last one was."""

    first_at: dt.datetime
    last_at: dt.datetime
    count: int = 0

    @classmethod
    def none(cls, at: dt.datetime) -> "Tally":
        """Return a tally to add requests of about this moment to."""
        return cls(at, at)

    def add(self, other: "Tally") -> None:
        """Count what another tally has counted, too."""
        self.count += other.count
        self.first_at = min(self.first_at, other.first_at)
        self.last_at = max(self.last_at, other.last_at)


class LastUse(NamedTuple):
    """When a key was last used, and by whom."""

    at: dt.datetime
    client: Client


class Denied(NamedTuple):
    """A refused request; ``request`` is None where it was refused unread."""

    reference: str
    at: dt.datetime
    outcome: Outcome
    sentence: str
    method: str
    raw_path: str
    request: Request | None
    address: str | None


def counted(request: Request, outcome: Outcome) -> Request:
    """Return of a request what is counted: no text that a client can make long waits.

    Objects count only where the request was allowed.
    """
    if outcome is not Outcome.ALLOWED:
        return request._replace(organizations=(), object_id=None)
    if len(request.object_id or "") > _LONGEST_OBJECT_ID:
        return request._replace(object_id=MANY)
    return request


def clean_object_id(text: str) -> str:
    """Return an id as a column holds it; what it cannot hold still names an object."""
    return printable(text)[:_LONGEST_OBJECT_ID] or (text and MANY)


def clean_address(text: str | None) -> str:
    """Return a network address, or "": behind a socket file a client has none."""
    if text == MANY:
        return MANY
    try:
        # Without the name of an interface, which no column holds.
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return ""


def printable(text: str) -> str:
    """Leave out what a database refuses: one odd client must not stop the batch."""
    return "".join(character for character in text if character.isprintable())
