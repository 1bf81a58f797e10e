"""What state a key is in: the one rule for rows, filters, the overview and its page.

Pure, about one key in memory; models/conditions.py says the same to the database.
What is worth a second look is no state: a key that is denied often stays active.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from secretkeys import badges
from secretkeys.badges import Badge

# A key used within this time is active.
ACTIVE_WITHIN = dt.timedelta(days=7)
# Denials of the last 24 hours are elevated from so many on, where they are at least
# one of so many requests.
FEWEST_DENIALS = 10
REQUESTS_PER_DENIAL = 20
# Whoever presents a stopped key this long after is told of.
STOPPED_WITHIN = dt.timedelta(days=30)


class Status(StrEnum):
    """One state of a key, the most urgent first; the value is what addresses say."""

    REMOVED = "removed"
    DISABLED = "disabled"
    EXPIRED = "expired"
    EXPIRING = "expiring"
    # Rotated, and still working for its overlap.
    STOPPING = "stopping"
    UNUSED = "unused"
    NEVER_USED = "never-used"
    IDLE = "idle"
    ACTIVE = "active"

    @property
    def label(self) -> str:
        """What the filter and the text beside a row's requests call it."""
        return _LABELS[self]


class Review(StrEnum):
    """What is worth a second look about keys, whatever their state."""

    NOT_SWITCHED = "replacement-not-used"
    DENIED = "denied"
    STILL_PRESENTED = "still-presented"
    OLDER_CLIENTS = "older-clients"
    NO_EXPIRATION = "no-expiration"
    PEOPLE_LEFT = "people-left"
    WIDEST = "widest"

    @property
    def label(self) -> str:
        """What the filter calls it."""
        return _REVIEW_LABELS[self]


State = Status | Review

# Told from requests, to those who may see them.
FROM_USAGE = frozenset({Review.DENIED, Review.STILL_PRESENTED, Review.OLDER_CLIENTS})
_LABELS = {
    Status.REMOVED: "Removed",
    Status.DISABLED: "Disabled",
    Status.EXPIRED: "Expired",
    Status.EXPIRING: "Expiring soon",
    Status.STOPPING: "Stopping",
    Status.UNUSED: f"Unused {badges.UNUSED_AFTER.days}+ days",
    Status.NEVER_USED: "Never used",
    Status.IDLE: "Idle",
    Status.ACTIVE: "Active",
}
_REVIEW_LABELS = {
    Review.NOT_SWITCHED: "Replacement not in use",
    Review.DENIED: "Elevated denials",
    Review.STILL_PRESENTED: "Still presented",
    Review.OLDER_CLIENTS: "Older clients",
    Review.NO_EXPIRATION: "Never expires",
    Review.PEOPLE_LEFT: "Made by people who left",
    Review.WIDEST: "Widest grants",
}


@dataclass(frozen=True, slots=True)
class Lately:
    """A key's requests by the hour, the oldest first, and those of 24 hours.

    ``denied`` leaves out what was refused because the key, or all, had been stopped.
    """

    hours: Sequence[int]
    requests: int = 0
    denied: int = 0

    @property
    def has_elevated_denials(self) -> bool:
        """Whether so many requests were denied that somebody should look."""
        return (
            self.denied >= FEWEST_DENIALS
            and self.denied * REQUESTS_PER_DENIAL >= self.requests
        )


@dataclass(frozen=True, slots=True)
class Life:
    """What decides about the state of a key."""

    created_at: dt.datetime
    last_used_at: dt.datetime | None
    expires_at: dt.datetime | None
    is_removed: bool
    is_disabled: bool
    is_replaced: bool


def statuses(life: Life, *, at: dt.datetime) -> list[Status]:
    """Return every state that a key is in, the most urgent first; at least one."""
    if life.is_removed:
        return [Status.REMOVED]
    is_expired = life.expires_at is not None and life.expires_at <= at
    stopped = [
        status
        for status, holds in (
            (Status.DISABLED, life.is_disabled),
            (Status.EXPIRED, is_expired),
        )
        if holds
    ]
    return stopped or list(_of_working(life, at))


def badge(life: Life, *, at: dt.datetime, lately: Lately | None = None) -> Badge | None:
    """Return what a row says loudly about the key; calm states say nothing.

    Args:
        life: what decides about its state.
        at: now.
        lately: its requests; None: whoever looks may not see them.
    """
    status = statuses(life, at=at)[0]
    is_denied = lately is not None and lately.has_elevated_denials
    if is_denied and status not in _STOPPED:
        return Badge("warn", Review.DENIED.label)
    if status in (Status.EXPIRED, Status.EXPIRING, Status.STOPPING):
        if life.expires_at is None:
            return None
        return badges.expiry_badge(life.expires_at, replaced=life.is_replaced, at=at)
    if status is Status.UNUSED:
        return badges.idle_badge(life.last_used_at or life.created_at, at=at)
    return Badge("neutral", status.label) if status in _STOPPED else None


_STOPPED = (Status.REMOVED, Status.DISABLED, Status.EXPIRED)


def _of_working(life: Life, at: dt.datetime) -> Iterator[Status]:
    """Yield the states of a key that can be used."""
    if life.is_replaced:
        yield Status.STOPPING
    elif life.expires_at and life.expires_at <= at + badges.EXPIRES_SOON:
        yield Status.EXPIRING
    active_at = life.last_used_at or life.created_at
    is_unused = active_at <= at - badges.UNUSED_AFTER
    if is_unused and not life.is_replaced:
        yield Status.UNUSED
    if life.last_used_at is None:
        yield Status.NEVER_USED
    elif life.last_used_at > at - ACTIVE_WITHIN:
        yield Status.ACTIVE
    elif not is_unused:
        yield Status.IDLE
