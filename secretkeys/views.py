"""The secret keys pages and their dialogs."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from orgs.access import member_view
from orgs.audit import Actor
from orgs.http import MemberRequest, is_htmx, sentence, with_events
from orgs.roles import Ability
from secretkeys import actions, reports
from secretkeys.forms import KeyEditForm, KeyForm, RemoveForm, RotateForm
from secretkeys.keyformat import Plaintext
from secretkeys.models import SecretKey
from secretkeys.refusals import Conflict, Refused, check_changeable, check_removable
from secretkeys.table import key_table

# A key used this lately is probably still needed: its name is typed to remove it.
_IN_USE = dt.timedelta(days=30)
# How long an open reveal asks whether the key has been used.
_WATCH_FIRST_REQUEST = dt.timedelta(minutes=30)
# htmx stops polling when it is answered with this.
_STOP_POLLING = 286


@require_safe
@member_view(Ability.VIEW_KEYS)
def key_list(request: MemberRequest) -> HttpResponse:
    """Show the table; htmx gets the part of the page that changes."""
    template = "secretkeys/_region.html" if is_htmx(request) else "secretkeys/list.html"
    context = key_table(request.organization, request.GET, at=timezone.now())
    return render(request, template, context)


@require_safe
@member_view(Ability.VIEW_KEYS)
def key_detail(request: MemberRequest, key_id: str) -> HttpResponse:
    """Show one key and how it is used."""
    key = _key(request, key_id)
    report = reports.last_30_days(key, at=timezone.now())
    return render(request, "secretkeys/detail.html", {"key": key, **report})


@require_safe
@member_view(Ability.MANAGE_KEYS)
def key_first_request(request: MemberRequest, key_id: str) -> HttpResponse:
    """Tell an open reveal whether its key has been used yet."""
    key = _key(request, key_id)
    state, status = "waiting", 200
    if key.is_removed:
        state, status = "removed", _STOP_POLLING
    elif key.last_used_at:
        state, status = "seen", _STOP_POLLING
    elif timezone.now() - key.created_at > _WATCH_FIRST_REQUEST:
        state, status = "stopped", _STOP_POLLING
    context = {"key": key, "state": state}
    template = "secretkeys/_first_request.html"
    response = render(request, template, context, status=status)
    # The table behind the dialog has something to show, too.
    return response if state == "waiting" else with_events(response, keys_changed={})


@require_http_methods(["GET", "HEAD", "POST"])
@member_view(Ability.MANAGE_KEYS)
@sensitive_variables("plaintext")
def key_create(request: MemberRequest) -> HttpResponse:
    """Generate a key and reveal it in the response to this POST, nowhere else."""
    now = timezone.now()
    form = KeyForm(_posted(request), at=now)
    if form.is_valid():
        try:
            key, plaintext = actions.create_key(
                request.organization,
                form.terms,
                nonce=form.cleaned_data["nonce"],
                actor=Actor.person(request.user),
                at=now,
            )
        except Conflict as conflict:
            return _conflict(request, conflict)
        except Refused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            return _reveal(request, key, plaintext, "Secret key created.")
    return _dialog(request, "create", form)


@require_http_methods(["GET", "HEAD", "POST"])
@member_view(Ability.MANAGE_KEYS)
def key_edit(request: MemberRequest, key_id: str) -> HttpResponse:
    """Change a key's name, permission and expiration."""
    key = _key(request, key_id)
    now = timezone.now()
    form = KeyEditForm(_posted(request), key=key, at=now)
    try:
        check_changeable(key)
        if form.is_valid():
            actions.update_key(
                key,
                form.terms,
                seen=form.cleaned_data["seen"],
                actor=Actor.person(request.user),
                at=now,
            )
            return _done(request, "Changes saved.")
    except Conflict as conflict:
        return _conflict(request, conflict)
    except Refused as refused:
        form.add_error(refused.field, refused.sentence)
        form.show_current()
    return _dialog(request, "edit", form, key=key)


@require_http_methods(["GET", "HEAD", "POST"])
@member_view(Ability.MANAGE_KEYS)
@sensitive_variables("plaintext")
def key_rotate(request: MemberRequest, key_id: str) -> HttpResponse:
    """Generate a successor and reveal it; the old key stops after the chosen time."""
    key = _key(request, key_id)
    now = timezone.now()
    form = RotateForm(_posted(request), at=now)
    try:
        check_changeable(key)
        if form.is_valid():
            successor, plaintext = actions.rotate_key(
                key,
                overlap=form.overlap_value,
                nonce=form.cleaned_data["nonce"],
                actor=Actor.person(request.user),
                at=now,
            )
            return _reveal(request, successor, plaintext, form.toast)
    except Conflict as conflict:
        return _conflict(request, conflict)
    except Refused as refused:
        form.add_error(refused.field, refused.sentence)
    requests = reports.requests_7_days(key, at=now)
    return _dialog(request, "rotate", form, key=key, requests_7_days=requests)


@require_http_methods(["GET", "HEAD", "POST"])
@member_view(Ability.MANAGE_KEYS)
def key_remove(request: MemberRequest, key_id: str) -> HttpResponse:
    """End a key; its very next request is refused."""
    key = _key(request, key_id)
    now = timezone.now()
    must_confirm = key.last_used_at is not None and now - key.last_used_at <= _IN_USE
    form = RemoveForm(_posted(request), key=key, must_confirm=must_confirm)
    try:
        check_removable(key)
        if form.is_valid():
            actions.remove_key(key, actor=Actor.person(request.user), at=now)
            return _done(request, "Secret key removed.")
    except Conflict as conflict:
        return _conflict(request, conflict)
    return _dialog(
        request,
        "remove",
        form,
        key=key,
        must_confirm=must_confirm,
        requests_7_days=reports.requests_7_days(key, at=now),
    )


def _key(request: MemberRequest, key_id: str) -> SecretKey:
    """Return a key of the request's organization; others do not exist."""
    try:
        return SecretKey.objects.of(request.organization).for_page().get(key_id=key_id)
    except SecretKey.DoesNotExist:
        raise Http404("No such key.") from None


def _posted(request: MemberRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _dialog(
    request: MemberRequest, name: str, form: Form, **context: Any
) -> HttpResponse:
    """Render a form, as a dialog for htmx and as a page for everybody else."""
    template = f"_{name}_dialog" if is_htmx(request) else name
    context |= {"form": form, "list_url": _list_url(request)}
    status = 422 if form.is_bound else 200
    return render(request, f"secretkeys/{template}.html", context, status=status)


@sensitive_variables("plaintext", "context")
def _reveal(
    request: MemberRequest,
    key: SecretKey,
    plaintext: Plaintext,
    toast: str,
) -> HttpResponse:
    """Show a new key. Not a redirect: the plaintext exists in this response only."""
    context = {
        "key": key,
        "plaintext": plaintext,
        "toast": toast,
        "state": "waiting",
        "api_origin": settings.PUBLIC_ORIGIN,
        "list_url": _list_url(request),
    }
    template = "_reveal_dialog" if is_htmx(request) else "reveal"
    response = render(request, f"secretkeys/{template}.html", context)
    response["Cache-Control"] = "no-store"
    return with_events(response, keys_changed={})


def _done(request: MemberRequest, text: str) -> HttpResponse:
    """Close the dialog and say what happened."""
    if is_htmx(request):
        return with_events(HttpResponse(), dialog_done={"toast": text}, keys_changed={})
    messages.success(request, text)
    return redirect(_list_url(request))


def _conflict(request: MemberRequest, conflict: Conflict) -> HttpResponse:
    """Say why this cannot be done any more."""
    if is_htmx(request):
        return with_events(sentence(conflict.sentence, 409), keys_changed={})
    messages.error(request, conflict.sentence)
    return redirect(_list_url(request))


def _list_url(request: MemberRequest) -> str:
    return reverse("secretkeys:list", args=[request.organization.pk])
