"""How the dialogs about members and invitations answer."""

from django.http import HttpResponse
from django.urls import reverse

from orgs import answers
from orgs.http import MemberRequest
from orgs.refusals import Refused


def done(request: MemberRequest, text: str) -> HttpResponse:
    """Close the dialog and say what happened to members or invitations."""
    return answers.done(request, text, back_url=members_url(request), changed="members")


def conflicted(request: MemberRequest, refused: Refused) -> HttpResponse:
    """Say why this cannot be done any more."""
    url = members_url(request)
    return answers.conflicted(
        request, refused.sentence, back_url=url, changed="members"
    )


def members_url(request: MemberRequest) -> str:
    """Return the page that shows the members again."""
    return reverse("orgs:members", args=[request.organization.pk])
