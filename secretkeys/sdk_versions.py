"""Which versions of the published client call, read from what they say of themselves.

Anybody can send any User-Agent. Whatever is not exactly what the client sends stays
text, and is shown as such.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from django.conf import settings
from packaging.version import InvalidVersion, Version

from orgs.models import Organization
from secretkeys.models import KeyClient

# Clients that were seen in this time are told of.
LOOK_BACK = dt.timedelta(days=30)
# Versions, and programs that are no client of ours, that are named one by one.
MOST_NAMED = 10
# Keys of an old version that are named.
MOST_KEYS = 5
# Programs that a page tells apart: those seen last. There are fewer, unless somebody
# makes up a name for every request.
MOST_PROGRAMS = 2000

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
    """One version of the client, or one other program, and how many keys it presents.

    ``named`` are some of its keys, (id, name), where its version is too old.
    """

    version: Version | None
    last_seen: dt.datetime
    keys: int = 0
    user_agents: list[str] = field(default_factory=list)
    pythons: set[str] = field(default_factory=set)
    named: list[tuple[str, str]] = field(default_factory=list)

    @property
    def user_agent(self) -> str:
        """What the program calls itself."""
        return self.user_agents[0]

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

    @property
    def unnamed(self) -> int:
        """How many of its keys are not named."""
        return self.keys - len(self.named)


@dataclass(frozen=True, slots=True)
class Callers:
    """Versions, newest first; other programs, the latest first, and the rest of them.

    ``outdated`` is how many keys are presented by versions that are too old. Where
    there are more programs than are told apart, ``told_apart`` says how many are.
    """

    versions: list[Caller]
    more_versions: int
    others: list[Caller]
    rest: int
    outdated: int
    told_apart: int | None

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.versions or self.others)


def callers(organization: Organization, *, at: dt.datetime) -> Callers:
    """Return what has presented an organization's keys in 30 days.

    Two queries; one more for each version that is too old and named, and one for all.
    """
    clients = KeyClient.objects.of(organization).kept_apart().seen_since(at - LOOK_BACK)
    rows = list(clients.by_program()[: MOST_PROGRAMS + 1])
    versions, others = _told_apart(rows[:MOST_PROGRAMS])
    old = [each for each in versions if each.badge]
    # What is too old is named first, where not all can be.
    named = sorted(versions, key=lambda each: not each.badge)[:MOST_NAMED]
    named = sorted(named, key=attrgetter("version"), reverse=True)
    keys = clients.keys_by_group([each.user_agents for each in named]) if named else {}
    for place, each in enumerate(named):
        each.keys = keys.get(place, 0)
        if each.badge:
            each.named = list(clients.keys_of_programs(each.user_agents)[:MOST_KEYS])
    agents = [name for each in old for name in each.user_agents]
    return Callers(
        named,
        len(versions) - len(named),
        others[:MOST_NAMED],
        max(0, len(others) - MOST_NAMED),
        clients.keys_of_programs(agents).count() if agents else 0,
        MOST_PROGRAMS if len(rows) > MOST_PROGRAMS else None,
    )


def _told_apart(
    rows: Iterable[tuple[str, int, dt.datetime]],
) -> tuple[list[Caller], list[Caller]]:
    """Return versions of the client, newest first, and other programs, as they come."""
    versions: dict[Version, Caller] = {}
    others = []
    for user_agent, keys, last_seen in rows:
        sdk = parse(user_agent)
        if sdk is None:
            others.append(Caller(None, last_seen, keys, [user_agent]))
            continue
        caller = versions.setdefault(sdk.version, Caller(sdk.version, last_seen))
        caller.user_agents.append(user_agent)
        caller.pythons.add(sdk.python)
        caller.last_seen = max(caller.last_seen, last_seen)
    newest = sorted(versions.values(), key=attrgetter("version"), reverse=True)
    return newest, others


def _python_order(python: str) -> tuple[list[int], str]:
    """Order 3.9.2 before 3.11.7; what is no number counts as none."""
    numbers = re.findall(r"[0-9]{1,6}", python)
    return [int(each) for each in numbers], python
