"""What every page of an organization shows around its content."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from orgs.authority import may_create_organizations
from orgs.models import Membership, Organization
from orgs.names import fold
from orgs.roles import Ability


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """A link in the sidebar."""

    label: str
    url: str
    current: bool


# Label and URL name of each page, in order, and what it takes to open it.
_PAGES = [("Overview", "secretkeys:overview", Ability.VIEW_KEYS)]
_SETTINGS_PAGES = [
    ("General", "orgs:general", Ability.VIEW_ORGANIZATION),
    ("Members", "orgs:members", Ability.VIEW_ORGANIZATION),
    ("Secret Keys", settings.ORGANIZATION_HOME, Ability.VIEW_KEYS),
    ("Usage", "secretkeys:usage", Ability.VIEW_KEY_USAGE),
    ("Resources", "orgs:resources", Ability.VIEW_ORGANIZATION),
    ("Audit log", "orgs:audit_log", Ability.VIEW_AUDIT_LOG),
]
_ACCOUNT_PAGES = [
    ("Profile", "account_profile"),
    ("Security", "mfa_index"),
    ("Sessions", "usersessions_list"),
]
# In the switcher; whoever has more finds them on the start page.
_MOST_LISTED = 20


def member_pages(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the organization, who looks at it, and where they can go.

    Without an organization, where they can go in their account.
    """
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return {"nav": partial(_account_pages, request.path)}
    organization = membership.organization
    return {
        "organization": organization,
        "membership": membership,
        "can": {ability.value: True for ability in membership.abilities},
        "top_nav": _items(_PAGES, membership, request.path),
        "nav": _items(_SETTINGS_PAGES, membership, request.path),
        # Asked for by pages alone, not by the parts that htmx gets.
        "switchable": partial(_switchable, membership),
        "may_create_organizations": may_create_organizations(membership.user),
    }


def _items(
    pages: list[tuple[str, str, Ability]], membership: Membership, path: str
) -> list[NavigationItem]:
    return [
        NavigationItem(label, url, current=path.startswith(url))
        for label, name, ability in pages
        if membership.can(ability)
        for url in [reverse(name, args=[membership.organization_id])]
    ]


def _account_pages(path: str) -> list[NavigationItem]:
    pages = [(label, reverse(name)) for label, name in _ACCOUNT_PAGES]
    return [
        NavigationItem(label, url, current=path == url or path.startswith(f"{url}/"))
        for label, url in pages
    ]


def _switchable(membership: Membership) -> list[Organization]:
    """Return somebody's organizations by name, the one they look at in any case."""
    others = Membership.objects.of(membership.user).exclude(pk=membership.pk)
    shown = [membership, *others[: _MOST_LISTED - 1]]
    return sorted((each.organization for each in shown), key=lambda o: fold(o.name))
