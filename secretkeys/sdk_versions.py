"""Which versions of the published client call, read from what they say of themselves.

Anybody can send any User-Agent. Whatever is not exactly what the client sends stays
text, and is shown as such.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from django.conf import settings
from packaging.version import InvalidVersion, Version

from orgs.models import Organization
from secretkeys.models import KeyClient

# Clients that were seen in this time are told of.
LOOK_BACK = dt.timedelta(days=30)
# Programs that are no client of ours and are named one by one: the latest.
MOST_NAMED = 10
# Rows, of one program with one key each, that a page adds up: those seen last. A
# thousand keys have fewer, unless programs make up a name for every request.
_MOST_ROWS = 30_000

# vi/version.py of the client: vi/0.1.0b7 (Python/3.11.7; Linux/6.1.0-18-amd64)
_USER_AGENT = re.compile(
    r"vi/(?P<version>[0-9][0-9A-Za-z.+!_-]{0,39})"
    r" \(Python/(?P<python>[0-9][0-9A-Za-z.+]{0,19}); (?P<system>[^()]{1,100})\)"
)


@dataclass(frozen=True, slots=True)
class Sdk:
    """What the client says of itself."""

    version: Version
    python: str
    system: str

    @property
    def is_outdated(self) -> bool:
        """Whether it is older than the operator asks for."""
        return is_outdated(self.version)


def parse(user_agent: str) -> Sdk | None:
    """Return what the client says of itself; None: it is not the client."""
    found = _USER_AGENT.fullmatch(user_agent)
    if found is None:
        return None
    try:
        version = Version(found["version"])
    except InvalidVersion:
        return None
    # Such as Linux/6.1; where the release is not known, nothing stands behind it.
    return Sdk(version, found["python"], found["system"].replace("/", " ").strip())


def is_outdated(version: Version) -> bool:
    """Tell whether a version is older than MINIMUM_SDK_VERSION, by PEP 440."""
    minimum: Version | None = settings.MINIMUM_SDK_VERSION
    return minimum is not None and version < minimum


def outdated_words() -> str:
    """Return what the badge of an old version says."""
    return f"Older than {settings.MINIMUM_SDK_VERSION}"


@dataclass(slots=True)
class Caller:
    """One version of the client, or one other program, and how much it calls.

    ``requests`` are those since it was first seen.
    """

    version: Version | None
    user_agent: str
    last_seen: dt.datetime
    requests: int = 0
    key_ids: set[str] = field(default_factory=set)
    pythons: set[str] = field(default_factory=set)

    @property
    def keys(self) -> int:
        """How many keys it presents."""
        return len(self.key_ids)

    @property
    def badge(self) -> str:
        """What wants attention about it; empty: nothing."""
        if self.version is None or not is_outdated(self.version):
            return ""
        return outdated_words()

    @property
    def python_words(self) -> str:
        """The versions of Python that it runs on, oldest first."""
        return ", ".join(sorted(self.pythons, key=_python_order))


@dataclass(frozen=True, slots=True)
class Callers:
    """Versions, newest first; other programs, the latest first, and the rest of them."""

    versions: list[Caller]
    others: list[Caller]
    rest: int

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.versions or self.others)

    @property
    def outdated(self) -> int:
        """How many keys are presented by a version that is too old."""
        old = (each.key_ids for each in self.versions if each.badge)
        return len(set().union(*old))


def callers(organization: Organization, *, at: dt.datetime) -> Callers:
    """Return what has presented an organization's keys in 30 days; one query."""
    clients = KeyClient.objects.of(organization).kept_apart()
    lately = clients.seen_since(at - LOOK_BACK)
    return _added_up(lately.by_program_and_key()[:_MOST_ROWS])


def _added_up(rows: Iterable[tuple[str, str, int, dt.datetime]]) -> Callers:
    versions: dict[Version, Caller] = {}
    others: dict[str, Caller] = {}
    parsed: dict[str, Sdk | None] = {}
    for user_agent, key_id, requests, last_seen in rows:
        if user_agent not in parsed:
            parsed[user_agent] = parse(user_agent)
        sdk = parsed[user_agent]
        if sdk:
            blank = Caller(sdk.version, "", last_seen)
            caller = versions.setdefault(sdk.version, blank)
            caller.pythons.add(sdk.python)
        else:
            blank = Caller(None, user_agent, last_seen)
            caller = others.setdefault(user_agent, blank)
        caller.requests += requests
        caller.key_ids.add(key_id)
        caller.last_seen = max(caller.last_seen, last_seen)
    newest_first = sorted(versions.values(), key=attrgetter("version"), reverse=True)
    latest: Sequence[Caller] = sorted(
        others.values(), key=attrgetter("last_seen"), reverse=True
    )
    rest = max(0, len(latest) - MOST_NAMED)
    return Callers(newest_first, list(latest[:MOST_NAMED]), rest)


def _python_order(python: str) -> tuple[list[int], str]:
    """Order 3.9.2 before 3.11.7; what is no number counts as none."""
    numbers = re.findall(r"[0-9]{1,6}", python)
    return [int(each) for each in numbers], python
