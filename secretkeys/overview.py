"""The overview: what an organization's keys need, how they are used, what changed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from orgs.models import AuditEvent, Membership, Organization
from orgs.roles import Ability
from secretkeys import reviews
from secretkeys.badges import EXPIRES_SOON
from secretkeys.periods import Period, Window
from secretkeys.status import (
    FEWEST_DENIALS,
    FROM_USAGE,
    REQUESTS_PER_DENIAL,
    STOPPED_WITHIN,
    Review,
    State,
    Status,
)
from secretkeys.usage_query import UsageQuery
from secretkeys.usage_report import totals, usage_chart

_LATEST_CHANGES = 5

# What may need somebody, and why; in the order of the page.
_WHY: Mapping[State, str] = {
    Review.NOT_SWITCHED: "Rotated keys that stop soon. Nothing uses the new one yet.",
    Review.DENIED: (
        f"{FEWEST_DENIALS} or more denied requests in {Period.DAY.label}, at least "
        f"{100 // REQUESTS_PER_DENIAL}% of all."
    ),
    Review.STILL_PRESENTED: (
        f"Removed, disabled or expired in the last {STOPPED_WITHIN.days} days, and "
        f"presented in the last {Period.WEEK.buckets}."
    ),
    Status.EXPIRING: (
        f"Stops within {EXPIRES_SOON.days} days. Rotate before applications fail."
    ),
    Review.PEOPLE_LEFT: "Looked after by no member. Hand over, rotate or remove.",
    Status.UNUSED: "Not needed by any application, but it can still leak.",
    Review.NO_EXPIRATION: "A leaked key works until somebody removes it.",
    Review.WIDEST: "Full write access to everything. Grant what is used.",
    Review.OLDER_CLIENTS: "Presented by a client older than {minimum}.",
    Status.DISABLED: "Refused until it is enabled. Remove what is not needed.",
}
# Shown where there is one.
_SELDOM = frozenset(
    {
        Review.NOT_SWITCHED,
        Review.STILL_PRESENTED,
        Review.OLDER_CLIENTS,
        Status.DISABLED,
    }
)


@dataclass(frozen=True, slots=True)
class Card:
    """How many keys are in a state, and where they are listed."""

    name: str
    label: str
    why: str
    number: int
    url: str


def overview_page(membership: Membership, *, at: dt.datetime) -> dict[str, Any]:
    """Return the context of the overview, as far as a member may see it.

    Few queries, however many keys there are.
    """
    organization = membership.organization
    sees_usage = membership.can(Ability.VIEW_KEY_USAGE)
    total, counts = _counts(organization, sees_usage=sees_usage, at=at)
    cards = _cards(organization, counts)
    context: dict[str, Any] = {
        "now": at,
        "total": total,
        "cards": cards,
        "is_calm": not any(card.number for card in cards),
    }
    if sees_usage and total:
        month = UsageQuery(organization, Window.ending(Period.MONTH, at))
        context |= {"chart": usage_chart(month), "totals": totals(month)}
    if membership.can(Ability.VIEW_AUDIT_LOG):
        events = AuditEvent.objects.of(organization).chained().latest_first()
        context["changes"] = list(events[:_LATEST_CHANGES])
    return context


def _counts(
    organization: Organization, *, sees_usage: bool, at: dt.datetime
) -> tuple[int, dict[State, int]]:
    """Return how many keys there are, and how many in each state that cards tell of."""
    told = [state for state in _WHY if sees_usage or state not in FROM_USAGE]
    if settings.MINIMUM_SDK_VERSION is None:
        told = [state for state in told if state is not Review.OLDER_CLIENTS]
    return reviews.count_states(organization, told, at=at)


def _cards(organization: Organization, counts: Mapping[State, int]) -> list[Card]:
    keys_url = reverse("secretkeys:list", args=[organization.pk])
    return [
        Card(
            name=state.value,
            label=state.label,
            why=_WHY[state].format(minimum=settings.MINIMUM_SDK_VERSION),
            number=number,
            url=f"{keys_url}?{urlencode({'status': state.value})}",
        )
        for state, number in counts.items()
        if number or state not in _SELDOM
    ]
