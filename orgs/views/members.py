"""The members of an organization, and what they are to it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgs import actions, answers, http
from orgs.access import member_view
from orgs.forms.members import OfferForm, RoleForm
from orgs.http import MemberRequest, form_view, is_htmx, posted
from orgs.member_table import member_table
from orgs.models import Membership, OwnershipOffer
from orgs.reauthentication import confirm, hides_answer
from orgs.refusals import Refused
from orgs.roles import Ability, Role
from orgs.views.asking import Ask, asked
from orgs.views.member_answers import conflicted, done, members_url


@require_safe
@member_view(Ability.VIEW_ORGANIZATION)
def member_list(request: MemberRequest) -> HttpResponse:
    """Show who belongs to the organization; htmx gets the part that changes."""
    context = member_table(request.membership, request.GET, at=timezone.now())
    template = "_members_region" if is_htmx(request) else "members"
    return render(request, f"orgs/{template}.html", context)


@form_view
@hides_answer
@member_view(Ability.MANAGE_MEMBERS)
def member_role(request: MemberRequest, user_id: int) -> HttpResponse:
    """Make somebody an Admin or a Member."""
    member = _find(request, user_id)
    form = RoleForm(posted(request), initial={"role": member.role})
    question = None
    if form.is_valid() and not (question := confirm(request)):
        try:
            actions.change_role(
                request.organization,
                user_id,
                form.role_value,
                actor=http.actor(request),
                at=timezone.now(),
            )
        except Refused as refused:
            return conflicted(request, refused)
        if member.user == request.user and form.role_value is Role.MEMBER:
            # What the page offers has changed.
            url = members_url(request)
            return answers.go(request, url, "You are a Member now.")
        return done(request, "Role changed.")
    context: dict[str, Any] = {"member": member, "question": question}
    url = members_url(request)
    return answers.dialog(request, "orgs/role", form, back_url=url, **context)


@form_view
@hides_answer
@member_view(Ability.TRANSFER_OWNERSHIP)
def ownership_offer(request: MemberRequest, user_id: int) -> HttpResponse:
    """Ask a member to become the Owner."""
    member = _find(request, user_id)
    form = OfferForm(posted(request), organization=request.organization)
    question = None
    if form.is_valid() and not (question := confirm(request)):
        try:
            actions.offer_ownership(
                request.organization,
                user_id,
                actor=http.actor(request),
                at=timezone.now(),
            )
        except Refused as refused:
            return conflicted(request, refused)
        return done(request, "Ownership offered.")
    context: dict[str, Any] = {"member": member, "question": question}
    url = members_url(request)
    return answers.dialog(request, "orgs/ownership", form, back_url=url, **context)


@form_view
@hides_answer
@member_view(Ability.VIEW_ORGANIZATION)
def ownership_accept(request: MemberRequest) -> HttpResponse:
    """Become the Owner, as the Owner has asked."""
    owner = Membership.objects.owner_of(request.organization)
    before = owner.user.display_name if owner else "Whoever is the Owner now"
    ask = Ask(
        title="Become the Owner?",
        text=f"You become the Owner of {request.organization.name}. {before} becomes "
        "an Admin.",
        button="Accept ownership",
        toast="You are the Owner now.",
        why="The Owner can do everything in the organization.",
        reloads=True,
    )
    actor = http.actor(request)

    def accept() -> None:
        actions.accept_ownership(
            request.organization, request.user, actor=actor, at=timezone.now()
        )

    return asked(request, ask, accept)


@form_view
@member_view(Ability.VIEW_ORGANIZATION)
def ownership_end(request: MemberRequest) -> HttpResponse:
    """Withdraw the offer, as the Owner, or decline it, as the one who is asked."""
    withdraws = request.membership.can(Ability.TRANSFER_OWNERSHIP)
    offers = OwnershipOffer.objects.of(request.organization)
    if not withdraws and not offers.made_to(request.user).exists():
        raise Http404("No such offer.")
    ask = Ask(
        title="Withdraw the offer?" if withdraws else "Decline the ownership?",
        text="The organization keeps its Owner.",
        button="Withdraw offer" if withdraws else "Decline",
        toast="Offer withdrawn." if withdraws else "Ownership declined.",
    )
    actor = http.actor(request)

    def end() -> None:
        actions.end_ownership_offer(
            request.organization, actor=actor, at=timezone.now()
        )

    return asked(request, ask, end)


def _find(request: MemberRequest, user_id: int) -> Membership:
    found = Membership.objects.in_organization(request.organization, user_id)
    if found is None:
        raise Http404("No such member.")
    return found
