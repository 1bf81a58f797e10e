"""The one badge a key can have in lists, by urgency."""

import datetime as dt
import math
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
    if replaced:
        return Badge("warn", f"Stops in {_rounded_up(left)}")
    # By the calendar, as people count: chosen for 7 days, it expires in 7 days.
    days = (expires_at.date() - at.date()).days
    return Badge(
        "warn", f"Expires in {_count(days, 'day')}" if days else "Expires today"
    )


def idle_badge(active_at: dt.datetime, *, at: dt.datetime) -> Badge | None:
    """Return the badge of a key that was last used or created at ``active_at``."""
    idle = at - active_at
    if idle < UNUSED_AFTER:
        return None
    return Badge("neutral", f"Unused for {idle.days} days")


def _rounded_up(left: dt.timedelta) -> str:
    """Say how long is left, in minutes, then hours, then days."""
    for unit, length, most in (
        ("minute", dt.timedelta(minutes=1), 59),
        ("hour", dt.timedelta(hours=1), 48),
    ):
        count = math.ceil(left / length)
        if count <= most:
            return _count(count, unit)
    return _count(math.ceil(left / dt.timedelta(days=1)), "day")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
