"""The states of keys as the database sees them: status.py says the same of one key.

What is told from requests is no condition on a key's own row: see reviews.py.
"""

import datetime as dt
from collections.abc import Mapping

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from orgs.models import Membership
from secretkeys import badges, status
from secretkeys.grants import Access, Permission
from secretkeys.models.grant_fields import LEVEL_FIELDS, REACH_FIELDS
from secretkeys.scopes import Reach
from secretkeys.status import Review, State, Status

_EVERYWHERE = Q(*((name, Reach.ALL.value) for name in REACH_FIELDS))
_WRITES_EVERYTHING = Q(permission=Permission.FULL.value) | Q(
    *((name, Access.WRITE.value) for name in LEVEL_FIELDS),
    permission=Permission.RESTRICTED.value,
)
# A command is nobody who could leave.
_MADE_BY_SOMEBODY = Q(created_by__isnull=False) | Q(keeper__isnull=False)


def conditions(at: dt.datetime) -> Mapping[State, Q]:
    """Return what holds of the keys that are in each state at a moment."""
    current = Q(removed_at=None)
    endless = Q(expires_at=None)
    working = current & Q(disabled_at=None) & (endless | Q(expires_at__gt=at))
    # What a rotation has replaced is seen to already.
    staying = working & Q(replaced_by=None)
    stopping = working & Q(replaced_by__isnull=False)
    active = Q(last_used_at__gt=at - status.ACTIVE_WITHIN)
    long_ago = at - badges.UNUSED_AFTER
    never = Q(last_used_at=None)
    return {
        Status.REMOVED: ~current,
        Status.DISABLED: current & Q(disabled_at__isnull=False),
        Status.EXPIRED: current & Q(expires_at__lte=at),
        Status.EXPIRING: staying & Q(expires_at__lte=at + badges.EXPIRES_SOON),
        Status.STOPPING: stopping,
        Status.UNUSED: staying
        & (Q(last_used_at__lte=long_ago) | never & Q(created_at__lte=long_ago)),
        Status.NEVER_USED: working & never,
        Status.IDLE: working & Q(last_used_at__gt=long_ago) & ~active,
        Status.ACTIVE: working & active,
        Review.NOT_SWITCHED: stopping & Q(replaced_by__last_used_at=None),
        Review.NO_EXPIRATION: staying & endless,
        Review.PEOPLE_LEFT: staying & _MADE_BY_SOMEBODY & ~Q(_looked_after()),
        Review.WIDEST: staying & _EVERYWHERE & _WRITES_EVERYTHING,
    }


def _looked_after() -> Exists:
    """Say that whoever looks after a key is a member; who is suspended is none."""
    person = Coalesce(OuterRef("keeper"), OuterRef("created_by"))
    members = Membership.objects.filter(
        organization=OuterRef("organization"), user=person, user__is_active=True
    )
    return Exists(members)
