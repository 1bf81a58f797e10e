"""What state a key is in: the one rule for rows, filters, the overview and its page.

Pure, about one key in memory; models/conditions.py says the same to the database.
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
# one of so many requests: 5 %.
FEWEST_DENIALS = 10
REQUESTS_PER_DENIAL = 20


class Status(StrEnum):
    """One state of a key, the most urgent first; the value is what addresses say."""

    REMOVED = "removed"
    DISABLED = "disabled"
    EXPIRED = "expired"
    DENIED = "denied"
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
    """What is worth a second look about working keys, whatever their state."""

    NO_EXPIRATION = "no-expiration"
    PEOPLE_LEFT = "people-left"
    WIDEST = "widest"

    @property
    def label(self) -> str:
        """What the filter calls it."""
        return _REVIEW_LABELS[self]


_LABELS = {
    Status.REMOVED: "Removed",
    Status.DISABLED: "Disabled",
    Status.EXPIRED: "Expired",
    Status.DENIED: "Elevated denials",
    Status.EXPIRING: "Expiring soon",
    Status.STOPPING: "Stopping",
    Status.UNUSED: "Unused 90+ days",
    Status.NEVER_USED: "Never used",
    Status.IDLE: "Idle",
    Status.ACTIVE: "Active",
}
_REVIEW_LABELS = {
    Review.NO_EXPIRATION: "Never expires",
    Review.PEOPLE_LEFT: "Made by people who left",
    Review.WIDEST: "Widest grants",
}


@dataclass(frozen=True, slots=True)
class Lately:
    """A key's requests by the hour, the oldest first, and those of 24 hours."""

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
    has_elevated_denials: bool


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
    denied = [Status.DENIED] if life.has_elevated_denials else []
    return stopped + denied if stopped else denied + list(_of_working(life, at))


def badge(life: Life, *, at: dt.datetime) -> Badge | None:
    """Return what a row says loudly about the key's state; calm states say nothing."""
    status = statuses(life, at=at)[0]
    if status in (Status.EXPIRED, Status.EXPIRING, Status.STOPPING):
        if life.expires_at is None:
            return None
        return badges.expiry_badge(life.expires_at, replaced=life.is_replaced, at=at)
    if status is Status.UNUSED:
        return badges.idle_badge(life.last_used_at or life.created_at, at=at)
    kind = _KINDS.get(status)
    return Badge(kind, status.label) if kind else None


_KINDS = {
    Status.REMOVED: "neutral",
    Status.DISABLED: "neutral",
    Status.DENIED: "warn",
}


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
