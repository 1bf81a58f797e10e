"""The overview of an organization's keys."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgs.access import member_view
from orgs.http import MemberRequest
from orgs.roles import Ability
from secretkeys.overview import overview_page


@require_safe
@member_view(Ability.VIEW_KEYS, polled=True)
def overview(request: MemberRequest) -> HttpResponse:
    """Show what the keys need, how they are used and what was changed."""
    context = overview_page(request.membership, at=timezone.now())
    return render(request, "secretkeys/overview.html", context)
