"""The programs that present one key: those seen last, and all others together."""

import datetime as dt
from dataclasses import dataclass

from secretkeys import sdk_versions
from secretkeys.key_endings import ended_at
from secretkeys.models import KeyClient, SecretKey
from secretkeys.sdk_versions import Sdk

# Those that are shown one by one.
_MOST_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Client:
    """One program at one address; ``sdk`` is None where it is not the client."""

    address: str
    user_agent: str
    sdk: Sdk | None
    first_seen: dt.datetime
    last_seen: dt.datetime
    requests: int
    # Whether it presents a key that has ended.
    is_late: bool

    @property
    def badge(self) -> str:
        """What wants attention about its version; empty: nothing."""
        if self.sdk is None or not self.sdk.is_outdated:
            return ""
        return sdk_versions.outdated_words()

    @property
    def words(self) -> str:
        """What it is, in a sentence."""
        return f"vi-sdk {self.sdk.version}" if self.sdk else self.user_agent


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients seen last, and what is known of all others together."""

    shown: list[Client]
    # How many others are kept apart, and whether there are more than those.
    others: int
    has_folded: bool
    other_requests: int
    requests: int
    first_seen: dt.datetime | None
    last_seen: dt.datetime | None

    def __bool__(self) -> bool:
        """Tell whether any was ever seen."""
        return bool(self.shown or self.has_folded)

    @property
    def others_words(self) -> str:
        """How many others there are; empty: none."""
        if self.has_folded:
            return f"more than {self.others} others" if self.others else "others"
        count = f"{self.others} other{'' if self.others == 1 else 's'}"
        return count if self.others else ""

    def programs_since(self, moment: dt.datetime) -> list[str]:
        """Return what the clients seen since a moment are, each once."""
        words = [each.words for each in self.shown if each.last_seen >= moment]
        return [each for each in dict.fromkeys(words) if each]


def key_clients(key: SecretKey, *, at: dt.datetime) -> Clients:
    """Return who presents a key; two queries, however many there are."""
    rows = KeyClient.objects.of_key(key)
    totals = rows.totals()
    ended = ended_at(key, at)
    shown = [_client(row, ended) for row in rows.kept_apart()[:_MOST_SHOWN]]
    return Clients(
        shown,
        # One may have come between the two queries.
        others=max(0, totals.apart - len(shown)),
        has_folded=totals.has_folded,
        other_requests=max(0, totals.requests - sum(one.requests for one in shown)),
        requests=totals.requests,
        first_seen=totals.first_seen,
        last_seen=totals.last_seen,
    )


def _client(row: KeyClient, ended: dt.datetime | None) -> Client:
    return Client(
        row.address,
        row.user_agent,
        sdk_versions.parse(row.user_agent),
        row.first_seen,
        row.last_seen,
        row.count,
        is_late=ended is not None and row.last_seen > ended,
    )
