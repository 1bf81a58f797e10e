"""What every page of an organization shows around its content."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from orgs.models import Membership
from orgs.roles import ABILITIES, Role


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A link in the sidebar."""

    label: str
    url: str
    current: bool


# Label and URL name of each settings page, in order.
_SETTINGS_PAGES = [("Secret Keys", "secretkeys:list")]


def member_pages(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the organization, who looks at it, and where they can go."""
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return {}
    organization = membership.organization
    return {
        "organization": organization,
        "membership": membership,
        "can": {ability.value: True for ability in ABILITIES[Role(membership.role)]},
        "nav": [
            NavigationItem(label, url, current=request.path.startswith(url))
            for label, name in _SETTINGS_PAGES
            for url in [reverse(name, args=[organization.pk])]
        ],
        "organization_count": Membership.objects.of(membership.user).count(),
    }
