"""Who may open an organization's pages."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from orgs.http import MemberRequest
from orgs.models import Membership
from orgs.roles import Ability

View = Callable[..., HttpResponse]


def member_view(ability: Ability) -> Callable[[View], View]:
    """Open a view to members of the organization in its URL whose role suffices.

    The view gets ``request.membership`` and ``request.organization`` instead of the
    id. Everybody else gets the answer of an organization that does not exist: 404; a
    member without ``ability`` gets 403. Anonymous people never come this far
    (LoginRequiredMiddleware).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(
            request: HttpRequest, organization_id: uuid.UUID, **kwargs: Any
        ) -> HttpResponse:
            member_request = cast(MemberRequest, request)
            membership = _membership(member_request, organization_id)
            if not membership.can(ability):
                raise PermissionDenied
            # The start page leads back here.
            if request.session.get("organization_id") != str(organization_id):
                request.session["organization_id"] = str(organization_id)
            member_request.membership = membership
            member_request.organization = membership.organization
            return view(member_request, **kwargs)

        return wrapper

    return decorate


def _membership(request: MemberRequest, organization_id: uuid.UUID) -> Membership:
    found = (
        Membership.objects.of(request.user)
        .filter(organization_id=organization_id)
        .first()
    )
    if found is None:
        raise Http404("No such organization.")
    return found
