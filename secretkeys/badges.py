"""The one badge a key can have in lists, by urgency."""

import datetime as dt
from dataclasses import dataclass

EXPIRES_SOON = dt.timedelta(days=14)
UNUSED_AFTER = dt.timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Badge:
    """What wants attention; kind is its colour: danger, warn or neutral."""

    kind: str
    text: str


def expiry_badge(
    expires_at: dt.datetime, *, replaced: bool, at: dt.datetime
) -> Badge | None:
    """Return the badge of an end that has come or is near.

    Args:
        expires_at: when the key stops.
        replaced: whether rotation has put another key in its place.
        at: now.
    """
    left = expires_at - at
    if left <= dt.timedelta():
        return Badge("neutral", "Replaced") if replaced else Badge("danger", "Expired")
    if left > EXPIRES_SOON:
        return None
    verb = "Stops" if replaced else "Expires"
    return Badge("warn", f"{verb} {_until(left, exact=replaced)}")


def idle_badge(active_at: dt.datetime, *, at: dt.datetime) -> Badge | None:
    """Return the badge of a key that was last used or created at ``active_at``."""
    idle = at - active_at
    if idle < UNUSED_AFTER:
        return None
    return Badge("neutral", f"Unused for {idle.days} days")


def _until(left: dt.timedelta, *, exact: bool) -> str:
    """Say how long is left: in days, and on the last day in hours where it matters."""
    if left.days:
        return f"in {_count(left.days, 'day')}"
    if not exact:
        return "today"
    hours, minutes = left.seconds // 3600, left.seconds // 60
    return f"in {_count(hours, 'hour') if hours else _count(max(minutes, 1), 'minute')}"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
