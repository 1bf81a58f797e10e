"""A key that somebody has found somewhere: which one it is, and how it stands."""

import datetime as dt
from dataclasses import dataclass

from orgs.models import Organization
from secretkeys import keyformat
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.periods import Period, Window
from secretkeys.status import Status

_STOPPED = (Outcome.REMOVED, Outcome.DISABLED, Outcome.EXPIRED)


@dataclass(frozen=True, slots=True)
class Identified:
    """A key of the organization, removed or not.

    ``refused`` counts its requests of the last 7 days that were refused because it is
    stopped; None where nobody may see how keys are used.
    """

    key: SecretKey
    status: Status
    refused: int | None


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
    key = keys.select_related("removed_by", "disabled_by").first()
    if key is None:
        return None
    status = key.statuses_at(at)[0]
    return Identified(key, status, _refused(key, at) if sees_usage else None)


def _refused(key: SecretKey, at: dt.datetime) -> int:
    week = key.usage_days.within(Window.ending(Period.WEEK, at))
    return week.narrowed(outcomes=_STOPPED).total()
