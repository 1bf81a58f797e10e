"""Dialogs that only ask whether to go on."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.http import HttpResponse

from orgs import answers
from orgs.http import MemberRequest, posted
from orgs.reauthentication import confirm
from orgs.refusals import Refused
from orgs.views.member_answers import conflicted, done, members_url


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked, and what is said once it is done.

    ``why`` is why a recent sign-in is needed; empty: it is not. ``reloads`` is for what
    changes more of the page than its part about members.
    """

    title: str
    text: str
    button: str
    toast: str
    why: str = ""
    reloads: bool = False


def asked(
    request: MemberRequest, ask: Ask, change: Callable[[], object]
) -> HttpResponse:
    """Ask, and on POST change what was asked about."""
    form, url = forms.Form(posted(request)), members_url(request)
    question = confirm(request) if form.is_valid() and ask.why else None
    if form.is_valid() and question is None:
        try:
            change()
        except Refused as refused:
            return conflicted(request, refused)
        if ask.reloads:
            return answers.go(request, url, ask.toast)
        return done(request, ask.toast)
    return answers.dialog(
        request, "orgs/ask", form, back_url=url, question=question, ask=ask
    )
