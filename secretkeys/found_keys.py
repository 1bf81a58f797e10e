"""A key that somebody has found somewhere: which one it is, and how it stands."""

import datetime as dt
from dataclasses import dataclass

from orgs.models import Organization
from secretkeys import keyformat
from secretkeys.key_endings import stop_reason
from secretkeys.models import SecretKey
from secretkeys.outcomes import STOPPED
from secretkeys.periods import Period, Window
from secretkeys.status import Status


@dataclass(frozen=True, slots=True)
class Identified:
    """A key of the organization, removed or not.

    ``reason`` is what was said when it was stopped. ``refused`` counts its requests of
    the last 7 days that were refused because it is stopped. Both are for those who may
    see how keys are used.
    """

    key: SecretKey
    status: Status
    reason: str = ""
    refused: int | None = None


def beginning_with(organization: Organization, begins: str) -> list[SecretKey]:
    """Return the organization's keys whose id begins so, removed ones too."""
    found = SecretKey.objects.of(organization).filter(key_id__startswith=begins)
    # SQLite takes no notice of the case.
    return [key for key in found if key.key_id.startswith(begins)]


def identified(
    organization: Organization, key_id: str, *, sees_usage: bool, at: dt.datetime
) -> Identified | None:
    """Return the key that an address names, and how it stands; others do not exist."""
    if not keyformat.is_key_id(key_id):
        return None
    keys = SecretKey.objects.of(organization).for_page().with_id(key_id)
    key = keys.first()
    if key is None:
        return None
    status = key.statuses_at(at)[0]
    if not sees_usage:
        return Identified(key, status)
    return Identified(key, status, stop_reason(key), _refused(key, at))


def _refused(key: SecretKey, at: dt.datetime) -> int:
    week = key.usage_days.within(Window.ending(Period.WEEK, at))
    return week.narrowed(outcomes=STOPPED).total()
