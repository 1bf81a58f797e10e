"""The dialogs that remove, disable and enable keys."""

import datetime as dt

from django.http import HttpResponse
from django.utils import timezone

from orgs import http
from orgs.access import member_view
from orgs.http import MemberRequest, form_view, posted
from orgs.reauthentication import confirm, hides_answer
from orgs.refusals import Conflict
from orgs.roles import Ability
from secretkeys import actions, previews
from secretkeys.forms import ReasonForm, RemoveForm
from secretkeys.refusals import check_disableable, check_enableable, check_removable
from secretkeys.requests_lately import requests_7_days
from secretkeys.views.answers import conflicted, dialog, done
from secretkeys.views.lookups import find_key

# A key used this lately is probably still needed: its name is typed to remove it.
_IN_USE = dt.timedelta(days=30)


@form_view
@hides_answer
@member_view(Ability.MANAGE_KEYS)
def key_remove(request: MemberRequest, key_id: str) -> HttpResponse:
    """End a key; its very next request is refused.

    ``?leaked`` opens the form with that ticked: then nothing has to be typed.
    """
    key, now = find_key(request, key_id), timezone.now()
    must_confirm = key.last_used_at is not None and now - key.last_used_at <= _IN_USE
    start = {"leaked": "leaked" in request.GET}
    form = RemoveForm(
        posted(request), key=key, must_confirm=must_confirm, initial=start
    )
    question = None
    try:
        check_removable(key)
        if form.is_valid() and not (question := confirm(request)):
            leaked, actor = form.cleaned_data["leaked"], http.actor(request)
            actions.remove_key(key, leaked=leaked, actor=actor, at=now)
            return done(request, "Secret key removed.")
    except Conflict as conflict:
        return conflicted(request, conflict)
    context = {"key": key, "question": question, "must_confirm": must_confirm}
    context["requests_7_days"] = requests_7_days(key, at=now)
    context["preview"] = previews.of_removal(key, at=now)
    return dialog(request, "remove", form, **context)


@form_view
@member_view(Ability.MANAGE_KEYS)
def key_disable(request: MemberRequest, key_id: str) -> HttpResponse:
    """Stop a key from its very next request on, until somebody enables it."""
    key, now = find_key(request, key_id), timezone.now()
    form = ReasonForm(posted(request))
    try:
        check_disableable(key)
        if form.is_valid():
            reason, actor = form.cleaned_data["reason"], http.actor(request)
            actions.disable_key(key, reason=reason, actor=actor, at=now)
            return done(request, "Secret key disabled.")
    except Conflict as conflict:
        return conflicted(request, conflict)
    return dialog(
        request,
        "disable",
        form,
        key=key,
        requests_7_days=requests_7_days(key, at=now),
        preview=previews.of_removal(key, at=now),
    )


@form_view
@hides_answer
@member_view(Ability.MANAGE_KEYS)
def key_enable(request: MemberRequest, key_id: str) -> HttpResponse:
    """Let a disabled key work again, once whoever asks has signed in lately."""
    key, now = find_key(request, key_id), timezone.now()
    form, question = ReasonForm(posted(request)), None
    try:
        check_enableable(key, at=now)
        if form.is_valid() and not (question := confirm(request)):
            reason, actor = form.cleaned_data["reason"], http.actor(request)
            actions.enable_key(key, reason=reason, actor=actor, at=now)
            return done(request, "Secret key enabled.")
    except Conflict as conflict:
        return conflicted(request, conflict)
    return dialog(request, "enable", form, key=key, question=question)
