"""How long keys may last: where nobody says otherwise, and in one organization."""

import datetime as dt

from orgs.models import Organization
from orgs.rules import MOST_KEY_DAYS
from secretkeys.models import SecretKey

# Later ends are a slip of the pen.
LONGEST_LIFETIME = dt.timedelta(days=MOST_KEY_DAYS)


def latest_end(organization: Organization, at: dt.datetime) -> dt.datetime | None:
    """Return when a key that is given its end now ends at the latest; None: never."""
    days = organization.longest_key_days
    return at + dt.timedelta(days=days) if days else None


def successor_end(key: SecretKey, at: dt.datetime) -> dt.datetime | None:
    """Return the end of a key that takes the place of ``key`` now.

    It lives as long as ``key`` was given to live, or as long as the organization
    allows.
    """
    same = None
    if key.expires_at is not None:
        same = at + min(key.expires_at - key.created_at, LONGEST_LIFETIME)
    ends = [each for each in (same, latest_end(key.organization, at)) if each]
    return min(ends, default=None)


def longest_words(organization: Organization) -> str:
    """Say how long the keys of an organization may last; empty: as long as they like."""
    days = organization.longest_key_days
    if not days:
        return ""
    unit = "day" if days == 1 else "days"
    return f"Your organization's keys last {days} {unit} at most."
