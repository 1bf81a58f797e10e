"""Leaving, and removing a member, with what becomes of the keys they leave."""

from django.forms import Form
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone

from orgs import answers, http
from orgs.access import member_view
from orgs.http import MemberRequest, form_view, posted
from orgs.models import Invitation, Membership
from orgs.reauthentication import confirm, hides_answer
from orgs.refusals import OwnerRequired, Refused
from orgs.roles import Ability, Role
from orgs.views.member_answers import conflicted, done, members_url
from secretkeys import leavers
from secretkeys.forms import LeaverForm
from secretkeys.kept_keys import keys_left_by


@form_view
@hides_answer
@member_view(Ability.VIEW_ORGANIZATION, second_factor=False)
def leave(request: MemberRequest) -> HttpResponse:
    """End one's own membership; the Owner hands the organization over first."""
    back_url = reverse("orgs:general", args=[request.organization.pk])
    form, question = Form(posted(request)), None
    try:
        if request.membership.role_value is Role.OWNER:
            raise OwnerRequired
        if form.is_valid() and not (question := confirm(request)):
            organization, actor = request.organization, http.actor(request)
            leavers.leave(organization, request.user, actor=actor, at=timezone.now())
            text = f"You left {organization.name}."
            return answers.go(request, reverse("orgs:home"), text)
    except Refused as refused:
        text = refused.sentence
        return answers.conflicted(
            request, text, back_url=back_url, changed="organization"
        )
    context = {"question": question, "invitations": _invitations_of(request.membership)}
    return answers.dialog(
        request, "secretkeys/leave", form, back_url=back_url, **context
    )


@form_view
@hides_answer
@member_view(Ability.MANAGE_MEMBERS)
def member_remove(request: MemberRequest, user_id: int) -> HttpResponse:
    """Remove somebody else; nothing happens to a key that was not asked about."""
    member = _find(request, user_id)
    form, question = _form(request, member), None
    if form.is_valid() and not (question := confirm(request)):
        try:
            _remove(request, member, form)
        except leavers.Overtaken:
            form = _form(request, member)
        except Refused as refused:
            return conflicted(request, refused)
        else:
            return done(request, "Member removed.")
    context = {"member": member, "question": question}
    context |= {"invitations": _invitations_of(member)}
    url = members_url(request)
    return answers.dialog(request, "secretkeys/leaver", form, back_url=url, **context)


def _remove(request: MemberRequest, member: Membership, form: LeaverForm) -> None:
    leavers.remove_member(
        request.organization,
        member.user_id,
        decisions=form.decisions,
        others=form.others,
        seen=form.fingerprint,
        actor=http.actor(request),
        at=form.at,
    )


def _form(request: MemberRequest, member: Membership) -> LeaverForm:
    now = timezone.now()
    managers = Membership.objects.who_manage(request.organization)
    return LeaverForm(
        posted(request),
        keys=keys_left_by(request.organization, member.user_id, at=now),
        keepers=[each for each in managers if each.user_id != member.user_id],
        at=now,
    )


def _invitations_of(member: Membership) -> int:
    """Count what ends with somebody's membership besides it."""
    sent = Invitation.objects.of(member.organization).sent_by(member.user_id)
    return sent.open_at(timezone.now()).count()


def _find(request: MemberRequest, user_id: int) -> Membership:
    """Return somebody else who can be removed; who leaves has a page of their own."""
    found = Membership.objects.in_organization(request.organization, user_id)
    if (
        found is None
        or found.user_id == request.user.pk
        or found.role_value is Role.OWNER
    ):
        raise Http404("No such member.")
    return found
