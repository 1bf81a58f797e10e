"""The way into an organization."""

from typing import cast

from allauth.account import views as account_views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from orgs.http import MemberRequest, is_htmx, sentence
from orgs.models import Membership


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Go to the last organization used, or let people choose among theirs.

    An account manager belongs to none and goes where they work.
    """
    user = cast(MemberRequest, request).user
    memberships = list(Membership.objects.of(user))
    if user.is_staff and not memberships:
        return redirect("admin:index")
    last_used = request.session.get("organization_id")
    wanted = [each for each in memberships if str(each.organization_id) == last_used]
    if len(memberships) == 1:
        wanted = memberships
    if wanted and "switch" not in request.GET:
        return redirect(wanted[0].organization)
    return render(request, "orgs/home.html", {"memberships": memberships})


def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Ask for the password; a session that has proved it gets another id."""
    response: HttpResponse = account_views.reauthenticate(request)
    if request.method == "POST" and response.status_code == 302:
        request.session.cycle_key()
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old."""
    if is_htmx(request):
        return sentence(
            "This page is out of date, perhaps because you signed in again elsewhere. "
            "Reload it and try again.",
            403,
        )
    return render(request, "403_csrf.html", status=403)
