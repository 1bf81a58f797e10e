"""Making an organization."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from orgs import actions, http
from orgs.authority import may_create_organizations
from orgs.forms.organizations import NameForm
from orgs.http import PersonRequest, form_view, posted
from orgs.refusals import Refused


@form_view
def organization_create(request: PersonRequest) -> HttpResponse:
    """Make an organization whose Owner is whoever makes it."""
    user = request.user
    if not may_create_organizations(user):
        return render(request, "orgs/organization_closed.html", status=403)
    form = NameForm(posted(request))
    if form.is_valid():
        name, actor = form.cleaned_data["name"], http.actor(request)
        try:
            made = actions.create_own_organization(
                name, user=user, actor=actor, at=timezone.now()
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, "Organization created.")
            return redirect(made)
    status = 422 if form.is_bound else 200
    context = {"form": form}
    return render(request, "orgs/organization_create.html", context, status=status)
