"""The page of members: what the query string asks for, and what is shown."""

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict

from orgs import resources
from orgs.forms.members import MemberFilterForm
from orgs.models import Invitation, Membership, Organization, OwnershipOffer, Quota
from orgs.paging import pagination
from orgs.quotas import QuotaKind
from orgs.roles import Ability

PAGE_SIZE = 50


def member_table(
    membership: Membership, query: QueryDict, *, at: dt.datetime
) -> dict[str, Any]:
    """Return the context of the page for a query string, however odd it is.

    Constant in the number of members. Invitations and second factors are for those
    who manage them.
    """
    organization = membership.organization
    manages = membership.can(Ability.MANAGE_MEMBERS)
    members = Membership.objects.of_organization(organization.pk)
    search = MemberFilterForm(query).text
    shown = members.matching(search) if search else members
    if manages:
        shown = shown.with_second_factor()
    offer = OwnershipOffer.objects.of(organization).open_at(at).first()
    total = members.count()
    page = Paginator(shown.by_name(), PAGE_SIZE).get_page(query.get("page"))
    return {
        "page": page,
        **pagination(page, {"q": search} if search else {}),
        "search": search,
        "count_text": _count_text(page.paginator.count, total, search),
        "offer": offer,
        "owner": Membership.objects.owner_of(organization) if offer else None,
        **(_invitations(organization, query, at=at) if manages and not search else {}),
    }


def _invitations(
    organization: Organization, query: QueryDict, *, at: dt.datetime
) -> dict[str, Any]:
    rows = Invitation.objects.of(organization)
    page = Paginator(rows, PAGE_SIZE).get_page(query.get("invitations"))
    limit = Quota.objects.limit_of(organization, QuotaKind.COLLABORATORS)
    used = resources.collaborators(organization, at=at)
    return {
        # An expired one can be sent again.
        "invitations": [(row, row.is_expired(at)) for row in page],
        "invitations_page": page,
        "collaborators": None if limit is None else {"used": used, "limit": limit},
    }


def _count_text(matching: int, total: int, search: str) -> str:
    members = "member" if total == 1 else "members"
    return f"{matching} of {total} {members}" if search else f"{total} {members}"
