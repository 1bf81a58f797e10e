"""Who may open an organization's pages."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from orgs import actions, whole_keys
from orgs.http import MemberRequest, View, is_htmx, is_poll, sentence
from orgs.models import Membership
from orgs.roles import Ability


def member_view(
    ability: Ability, *, second_factor: bool = True, polled: bool = False
) -> Callable[[View], View]:
    """Open a view to members of the organization in its URL whose role suffices.

    The view gets ``request.membership`` and ``request.organization`` instead of the
    id. Everybody else gets the answer of an organization that does not exist: 404; a
    member without ``ability`` gets 403. Anonymous people never come this far
    (LoginRequiredMiddleware).

    Where the organization asks for a second factor, only a view that takes rights from
    whoever opens it does not wait for one: ``second_factor=False``. Open pages ask by
    themselves for what is ``polled``: see http.is_poll.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(
            request: HttpRequest, organization_id: uuid.UUID, **kwargs: Any
        ) -> HttpResponseBase:
            member_request = cast(MemberRequest, request)
            membership = _membership(member_request, organization_id)
            if not membership.can(ability):
                raise PermissionDenied
            if not is_poll(request):
                _remember_organization(request, organization_id)
            if second_factor and (shut_out := _shut_out(member_request, membership)):
                return shut_out
            if address := _without_whole_keys(request):
                return redirect(address)
            if not is_poll(request):
                _record_activity(membership)
            member_request.membership = membership
            member_request.organization = membership.organization
            return view(member_request, **kwargs)

        wrapper.__dict__["is_polled"] = polled
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


def _remember_organization(request: HttpRequest, organization_id: uuid.UUID) -> None:
    """Have the start page lead back here, as does setting up a second factor."""
    if request.session.get("organization_id") != str(organization_id):
        request.session["organization_id"] = str(organization_id)


def _record_activity(membership: Membership) -> None:
    now = timezone.now()
    # A transaction would queue behind every writer of SQLite.
    if not membership.was_active_lately(now):
        actions.record_activity(membership, at=now)


def _without_whole_keys(request: HttpRequest) -> str:
    """Return the address without a whole key in it; empty where there is none.

    The browser then shows and keeps that one, and no link repeats the key.
    """
    if request.method not in {"GET", "HEAD"}:
        return ""
    asked, kept = request.GET, QueryDict(mutable=True)
    for name, values in asked.lists():
        kept.setlist(whole_keys.cut(name), [whole_keys.cut(each) for each in values])
    return "" if kept == asked else f"{request.path}?{kept.urlencode()}"


def _shut_out(request: MemberRequest, membership: Membership) -> HttpResponse | None:
    """Lead somebody to set up what the organization asks of everybody in it."""
    organization = membership.organization
    if not organization.second_factor_required or request.user.has_second_factor:
        return None
    text = "This organization asks for a second factor. Set one up, then come back."
    if is_htmx(request):
        return sentence(text, 403)
    context = {"organization": organization}
    template = "orgs/second_factor_required.html"
    return render(request, template, context, status=403)
