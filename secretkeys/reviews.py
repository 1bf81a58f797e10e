"""Which keys are in a state, also where only their requests tell."""

import datetime as dt
from collections.abc import Collection

from django.db.models import Exists, F, OuterRef, Q

from orgs.models import Organization
from secretkeys import sdk_versions
from secretkeys.models import (
    KeyClient,
    KeyUsage,
    KeyUsageDay,
    SecretKey,
    SecretKeyQuerySet,
)
from secretkeys.models.conditions import conditions
from secretkeys.outcomes import GRANT_DENIALS, STOPPED
from secretkeys.periods import Period, Window
from secretkeys.status import (
    FEWEST_DENIALS,
    REQUESTS_PER_DENIAL,
    STOPPED_WITHIN,
    Review,
    State,
)

_NOT_REMOVED = Q(removed_at=None)


def in_state(
    organization: Organization, state: State, *, at: dt.datetime
) -> SecretKeyQuerySet:
    """Return the organization's keys that are in a state."""
    return SecretKey.objects.of(organization).filter(_held(organization, state, at))


def count_states(
    organization: Organization, states: Collection[State], *, at: dt.datetime
) -> tuple[int, dict[State, int]]:
    """Return how many current keys there are, and how many are in each of these states.

    One query, and another one where older clients are asked about.
    """
    held = {state: _held(organization, state, at) for state in states}
    return SecretKey.objects.of(organization).count_states(held)


def _held(organization: Organization, state: State, at: dt.datetime) -> Q:
    """Return what holds of an organization's keys in a state."""
    match state:
        case Review.DENIED:
            return Q(pk__in=_often_denied(organization, at).values("pk"))
        case Review.STILL_PRESENTED:
            return _stopped_lately(at) & Q(_presented_in_vain(at))
        case Review.OLDER_CLIENTS:
            return _NOT_REMOVED & Q(_presented_by_older(organization, at))
        case _:
            return conditions(at)[state]


def _often_denied(organization: Organization, at: dt.datetime) -> SecretKeyQuerySet:
    """Return working keys that were denied too often in the last day."""
    day = KeyUsage.objects.within(Window.ending(Period.DAY, at))
    denied = day.narrowed(outcomes=GRANT_DENIALS)
    # Key by key: the database finds the hours of one key at once, and those of an
    # organization among everybody's.
    keys = SecretKey.objects.of(organization).working(at)
    often = keys.alias(denied=denied.sum_of_key()).filter(denied__gte=FEWEST_DENIALS)
    return often.alias(requests=day.sum_of_key()).filter(
        requests__lte=F("denied") * REQUESTS_PER_DENIAL
    )


def _presented_by_older(organization: Organization, at: dt.datetime) -> Exists:
    """Say that a client older than the operator asks for has presented a key."""
    clients = KeyClient.objects.of(organization).kept_apart()
    lately = clients.seen_since(at - sdk_versions.LOOK_BACK)
    programs = lately.by_program()[: sdk_versions.MOST_PROGRAMS]
    told = {program: sdk_versions.parse(program) for program, *_ in programs}
    old = [program for program, sdk in told.items() if sdk and sdk.is_outdated]
    return Exists(lately.filter(user_agent__in=old, key=OuterRef("pk")))


def _stopped_lately(at: dt.datetime) -> Q:
    since = at - STOPPED_WITHIN
    return (
        Q(removed_at__gt=since)
        | _NOT_REMOVED & Q(disabled_at__gt=since)
        | _NOT_REMOVED & Q(expires_at__gt=since, expires_at__lte=at)
    )


def _presented_in_vain(at: dt.datetime) -> Exists:
    week = KeyUsageDay.objects.within(Window.ending(Period.WEEK, at))
    return Exists(week.narrowed(outcomes=STOPPED).filter(key=OuterRef("pk")))
