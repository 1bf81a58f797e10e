"""The way into an organization."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgs.authority import may_create_organizations
from orgs.http import PersonRequest, is_htmx, sentence
from orgs.models import Invitation, Membership, OwnershipOffer


@require_safe
def home(request: PersonRequest) -> HttpResponse:
    """Go to the last organization used, or let people choose among theirs.

    An account manager belongs to none and goes where they work.
    """
    user = request.user
    memberships = list(Membership.objects.of(user))
    if user.is_staff and not memberships:
        return redirect("admin:index")
    last_used = request.session.get("organization_id")
    wanted = [each for each in memberships if str(each.organization_id) == last_used]
    if len(memberships) == 1:
        wanted = memberships
    now = timezone.now()
    invitations = Invitation.objects.open_to(user, now)
    offers = OwnershipOffer.objects.made_to(user).open_at(now)
    # What somebody is asked comes first, once for each time they sign in.
    asked = not last_used and (invitations.exists() or offers.exists())
    if wanted and not asked and "switch" not in request.GET:
        return redirect(wanted[0].organization)
    context = {
        "memberships": memberships,
        "invitations": invitations,
        "offers": offers,
        "may_create_organizations": may_create_organizations(user),
    }
    return render(request, "orgs/home.html", context)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old."""
    if is_htmx(request):
        return sentence(
            "This page is out of date, perhaps because you signed in again elsewhere. "
            "Reload it and try again.",
            403,
        )
    return render(request, "403_csrf.html", status=403)
