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
from secretkeys import sdk_versions
from secretkeys.models import SecretKey
from secretkeys.periods import Period, Window
from secretkeys.requests_lately import with_elevated_denials
from secretkeys.status import Review, Status
from secretkeys.usage_query import UsageQuery
from secretkeys.usage_report import usage_report

_LATEST_CHANGES = 5

State = Status | Review

# What may need somebody, and why; in the order of the page.
_WHY: Mapping[State, str] = {
    Status.DENIED: "10 or more denied requests in 24 hours, at least 5 % of all.",
    Status.EXPIRING: "Stops within 14 days. Rotate before applications fail.",
    Review.PEOPLE_LEFT: "Looked after by no member. Hand over, rotate or remove.",
    Status.UNUSED: "Not needed by any application, but it can still leak.",
    Review.NO_EXPIRATION: "A leaked key works until somebody removes it.",
    Review.WIDEST: "Full write access to everything. Grant what is used.",
    Status.DISABLED: "Refused until it is enabled. Remove what is not needed.",
}
# Shown where there is one.
_SELDOM = (Status.DISABLED,)


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
    counts = _counts(organization, sees_usage=sees_usage, at=at)
    cards = _cards(organization, counts)
    if sees_usage and settings.MINIMUM_SDK_VERSION:
        cards += _outdated_clients(organization, at=at)
    context: dict[str, Any] = {
        "now": at,
        "total": counts["all"],
        "cards": cards,
        "is_calm": not any(card.number for card in cards),
    }
    if sees_usage and counts["all"]:
        month = Window.ending(Period.MONTH, at)
        context["chart"] = usage_report(UsageQuery(organization, month)).chart
    if membership.can(Ability.VIEW_AUDIT_LOG):
        events = AuditEvent.objects.of(organization).chained().latest_first()
        context["changes"] = list(events[:_LATEST_CHANGES])
    return context


def _counts(
    organization: Organization, *, sees_usage: bool, at: dt.datetime
) -> dict[str, int]:
    """Return how many keys are in each state that cards tell of."""
    stored = [state for state in _WHY if state is not Status.DENIED]
    counts = SecretKey.objects.of(organization).count_states(stored, at)
    if sees_usage:
        denied = with_elevated_denials(organization, at=at)
        counts[Status.DENIED.value] = denied.count()
    return counts


def _cards(organization: Organization, counts: Mapping[str, int]) -> list[Card]:
    keys_url = reverse("secretkeys:list", args=[organization.pk])
    return [
        Card(
            name=state.value,
            label=state.label,
            why=why,
            number=counts[state.value],
            url=f"{keys_url}?{urlencode({'status': state.value})}",
        )
        for state, why in _WHY.items()
        if state.value in counts and (counts[state.value] or state not in _SELDOM)
    ]


def _outdated_clients(organization: Organization, *, at: dt.datetime) -> list[Card]:
    """Return the card of keys that clients older than the operator asks for present."""
    number = sdk_versions.callers(organization, at=at).outdated
    if not number:
        return []
    return [
        Card(
            name="outdated-clients",
            label="Older clients",
            why=f"Presented by a client older than {settings.MINIMUM_SDK_VERSION}.",
            number=number,
            url=reverse("secretkeys:usage", args=[organization.pk]) + "#sdk-versions",
        )
    ]
