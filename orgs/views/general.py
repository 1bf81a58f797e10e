"""Settings → General: what an organization is called and asks of everybody in it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgs import actions, answers, http
from orgs.access import member_view
from orgs.forms.organizations import NameForm, RulesForm
from orgs.http import MemberRequest, form_view, is_htmx
from orgs.models import Membership
from orgs.reauthentication import confirm, hides_answer
from orgs.refusals import Refused, RulesChanged, SecondFactorMissing
from orgs.roles import Ability


@require_safe
@member_view(Ability.VIEW_ORGANIZATION)
def general(request: MemberRequest) -> HttpResponse:
    """Show the organization; who may not change it reads the same as text."""
    return _page(request)


@form_view
@member_view(Ability.MANAGE_ORGANIZATION)
def rename(request: MemberRequest) -> HttpResponse:
    """Give the organization another name."""
    if request.method != "POST":
        return _page(request)
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            actions.rename_organization(
                request.organization,
                form.cleaned_data["name"],
                actor=http.actor(request),
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return _saved(request)
    return _page(request, name_form=form)


@form_view
@hides_answer
@member_view(Ability.MANAGE_ORGANIZATION)
def change_rules(request: MemberRequest) -> HttpResponse:
    """Set the security rules.

    Loosening one asks for a recent sign-in, as whatever gives rights does; tightening
    takes rights away, and whoever finds an open browser gains nothing by it.
    """
    if request.method != "POST":
        return _page(request)
    form = RulesForm(request.POST, rules=request.organization.rules)
    question = None
    if form.is_valid():
        if form.rules.loosens(form.before):
            question = confirm(request)
        if not question and _change(request, form):
            return _saved(request)
    return _page(request, rules_form=form, question=question)


def _change(request: MemberRequest, form: RulesForm) -> bool:
    try:
        actions.change_rules(
            request.organization,
            form.rules,
            seen=form.cleaned_data["seen"],
            actor=http.actor(request),
            at=timezone.now(),
        )
    except SecondFactorMissing as refused:
        form.add_error("second_factor_required", refused.sentence)
    except RulesChanged as refused:
        form.add_error(None, refused.sentence)
        form.show_current()
    except Refused as refused:
        form.add_error(None, refused.sentence)
    else:
        return True
    return False


def _saved(request: MemberRequest) -> HttpResponse:
    if is_htmx(request):
        # The card alone is shown anew: what is typed into others stays.
        request.organization.refresh_from_db()
        return answers.said(_page(request, saved=True), "Changes saved.")
    messages.success(request, "Changes saved.")
    return redirect(reverse("orgs:general", args=[request.organization.pk]))


def _page(
    request: MemberRequest,
    *,
    name_form: NameForm | None = None,
    rules_form: RulesForm | None = None,
    question: Any = None,
    saved: bool = False,
) -> HttpResponse:
    organization = request.organization
    members = Membership.objects.of_organization(organization.pk)
    context = {
        "name_form": name_form or NameForm(initial={"name": organization.name}),
        "rules_form": rules_form or RulesForm(rules=organization.rules),
        "question": question,
        "saved": saved,
        "members": members.count(),
        "without_second_factor": members.without_second_factor().count(),
        "has_second_factor": request.user.has_second_factor,
    }
    # A form that was sent and comes back was refused, or asks for the password.
    status = 422 if name_form or rules_form else 200
    return render(request, "orgs/general.html", context, status=status)
