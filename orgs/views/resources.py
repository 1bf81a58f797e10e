"""Settings → Resources: what an organization uses of what it may use."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgs.access import member_view
from orgs.http import MemberRequest
from orgs.resources import resources
from orgs.roles import Ability


@require_safe
@member_view(Ability.VIEW_ORGANIZATION)
def resource_list(request: MemberRequest) -> HttpResponse:
    """Show each kind with what is used, its limit and its renewal."""
    context = {"resources": resources(request.organization, at=timezone.now())}
    return render(request, "orgs/resources.html", context)
