"""Inviting people, and what they do with an invitation."""

from enum import StrEnum
from typing import Any, cast

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)
from django.views.decorators.http import require_POST

from orgs import actions, answers, http
from orgs.access import member_view
from orgs.actions.invitations import INVITATION_LASTS
from orgs.forms.members import InviteForm, NewAccountForm
from orgs.http import MemberRequest, PersonRequest, form_view, posted
from orgs.models import Invitation, Membership, User
from orgs.reauthentication import confirm, hides_answer
from orgs.refusals import (
    AccountExists,
    AddressesRefused,
    CollaboratorLimitReached,
    InvitationGone,
    InvitedLately,
    InvitedTooOften,
    OrganizationLocked,
    Refused,
    WrongAccount,
)
from orgs.roles import Ability
from orgs.views.asking import Ask, asked
from orgs.views.member_answers import conflicted, done, members_url


class State(StrEnum):
    """What an invitation is to whoever has opened it."""

    LOCKED = "locked"
    NEW = "new"
    SIGN_IN = "sign_in"
    OTHER = "other"
    MEMBER = "member"
    JOIN = "join"


@form_view
@hides_answer
@member_view(Ability.MANAGE_MEMBERS)
def invite(request: MemberRequest) -> HttpResponse:
    """Send everybody an invitation, or nobody."""
    form = InviteForm(posted(request), initial={"role": "member"})
    question = None
    if form.is_valid() and not (question := confirm(request)):
        try:
            if not ratelimit.consume(request, action="invite"):
                raise InvitedTooOften
            sent = actions.invite(
                request.organization,
                form.cleaned_data["emails"],
                form.role_value,
                actor=http.actor(request),
                at=timezone.now(),
            )
        except (
            AddressesRefused,
            CollaboratorLimitReached,
            InvitedTooOften,
        ) as refused:
            form.add_error("emails", refused.sentence)
        except Refused as refused:
            return conflicted(request, refused)
        else:
            one = len(sent) == 1
            text = "1 invitation sent." if one else f"{len(sent)} invitations sent."
            return done(request, text)
    url = members_url(request)
    return answers.dialog(request, "orgs/invite", form, back_url=url, question=question)


@form_view
@hides_answer
@member_view(Ability.MANAGE_MEMBERS)
def invitation_resend(request: MemberRequest, pk: int) -> HttpResponse:
    """Send an invitation anew."""
    row = _find(request, pk)
    ask = Ask(
        title="Resend invitation?",
        text=f"{row.email} gets a new link, which works for "
        f"{INVITATION_LASTS.days} days. The link that was sent before stops "
        "working.",
        button="Resend",
        toast="Invitation sent again.",
        why="An invitation gives access to your organization.",
    )
    actor = http.actor(request)

    def resend() -> None:
        if not ratelimit.consume(request, action="invite_again", key=str(pk)):
            raise InvitedLately
        actions.resend_invitation(
            request.organization, pk, actor=actor, at=timezone.now()
        )

    return asked(request, ask, resend)


@form_view
@member_view(Ability.MANAGE_MEMBERS)
def invitation_withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """End an invitation."""
    row = _find(request, pk)
    ask = Ask(
        title="Withdraw invitation?",
        text=f"The link that was sent to {row.email} stops working.",
        button="Withdraw",
        toast="Invitation withdrawn.",
    )
    actor = http.actor(request)

    def withdraw() -> None:
        actions.withdraw_invitation(
            request.organization, pk, actor=actor, at=timezone.now()
        )

    return asked(request, ask, withdraw)


@require_POST
def invitation_accept(request: PersonRequest, pk: int) -> HttpResponse:
    """Accept an invitation to the own address, without its link."""
    try:
        membership = actions.accept_open_invitation(
            pk, request.user, origin=http.origin(request), at=timezone.now()
        )
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect(reverse("orgs:home") + "?switch=1")
    return redirect(membership.organization)


@form_view
@login_not_required
@sensitive_post_parameters("password1", "password2")
@sensitive_variables("token")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show what somebody is invited to; only a POST accepts.

    The address is a secret: it goes into no Referer. ``no-referrer`` would have
    browsers send forms without their origin, which CSRF protection refuses.
    """
    if request.method == "POST" and not ratelimit.consume(request, action="invitation"):
        response = render(request, "429.html", status=429)
    else:
        try:
            response = _invitation_page(request, token)
        except InvitationGone:
            response = render(request, "orgs/invitation_gone.html", status=404)
    response["Referrer-Policy"] = "strict-origin"
    response["Cache-Control"] = "no-store"
    return response


def _invitation_page(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    row = Invitation.objects.with_token(token).first()
    if row is None or not row.works(now):
        raise InvitationGone
    state = _state(request, row)
    if state is State.MEMBER:
        return redirect(row.organization)
    try:
        if state is State.NEW:
            return _new_account(request, token, row)
        if state is State.JOIN and request.method == "POST":
            user = cast(PersonRequest, request).user
            return redirect(
                actions.accept_invitation(
                    token, user, origin=http.origin(request), at=now
                ).organization
            )
    except OrganizationLocked:
        state = State.LOCKED
    except AccountExists:
        state = State.SIGN_IN
    except WrongAccount:
        state = State.OTHER
    status = 409 if state is State.LOCKED else 200
    return _show(request, row, state, status=status)


def _state(request: HttpRequest, row: Invitation) -> State:
    account = User.objects.with_email(row.email)
    if row.organization.is_locked:
        return State.LOCKED
    if not request.user.is_authenticated:
        return State.NEW if account is None else State.SIGN_IN
    if account is None or account != request.user:
        return State.OTHER
    present = Membership.objects.in_organization(row.organization, account.pk)
    return State.MEMBER if present else State.JOIN


@sensitive_variables("form", "token")
def _new_account(request: HttpRequest, token: str, row: Invitation) -> HttpResponse:
    """Make an account and sign in as any sign-in does, with whatever that asks."""
    form = NewAccountForm(posted(request), email=row.email)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return _show(request, row, State.NEW, status=status, form=form)
    user = actions.accept_with_new_account(
        token,
        form.cleaned_data["name"],
        form.cleaned_data["password1"],
        origin=http.origin(request),
        at=timezone.now(),
    )
    url = resolve_url(row.organization)
    login = Login(user=user, redirect_url=url, email=user.email, signup=True)
    return cast(
        HttpResponse, perform_password_login(request, {"email": user.email}, login)
    )


def _show(
    request: HttpRequest, row: Invitation, state: State, *, status: int, **context: Any
) -> HttpResponse:
    context |= {"invitation": row, "state": state, "path": request.path}
    return render(request, "orgs/invitation.html", context, status=status)


def _find(request: MemberRequest, pk: int) -> Invitation:
    found = Invitation.objects.with_pk(request.organization, pk)
    if found is None:
        raise Http404("No such invitation.")
    return found
