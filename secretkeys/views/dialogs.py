"""The dialogs that create, change and rotate keys."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from orgs import http
from orgs.access import member_view
from orgs.categories import Category
from orgs.http import MemberRequest, form_view, posted
from orgs.reauthentication import confirm, hides_answer
from orgs.refusals import Conflict
from orgs.roles import Ability
from secretkeys import actions, pickers, previews, proposals
from secretkeys.actions import KeyTerms
from secretkeys.forms import KeyEditForm, KeyForm, RotateForm
from secretkeys.grants import Grant
from secretkeys.lifetimes import longest_words
from secretkeys.models import SecretKey
from secretkeys.refusals import Refused, check_changeable
from secretkeys.requests_lately import requests_7_days
from secretkeys.views.answers import conflicted, dialog, done, reveal
from secretkeys.views.lookups import find_denial, find_key


@form_view
@hides_answer
@member_view(Ability.MANAGE_KEYS)
@sensitive_variables("plaintext")
def key_create(request: MemberRequest) -> HttpResponse:
    """Generate a key and reveal it in the response to this POST, nowhere else."""
    now = timezone.now()
    form = KeyForm(posted(request), organization=request.organization, at=now)
    question = None
    if form.is_ready() and not (question := confirm(request)):
        try:
            key, plaintext = actions.create_key(
                request.organization,
                form.terms,
                nonce=form.cleaned_data["nonce"],
                actor=http.actor(request),
                at=now,
            )
        except Conflict as conflict:
            return conflicted(request, conflict)
        except Refused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            return reveal(request, key, plaintext, "Secret key created.")
    return dialog(request, "create", form, question=question, scopes=_scopes(form))


@form_view
@hides_answer
@member_view(Ability.MANAGE_KEYS)
def key_edit(request: MemberRequest, key_id: str) -> HttpResponse:
    """Change a key's name, rights and expiration.

    A change that would have denied recent requests is saved once that was shown; one
    that gives rights, once whoever asks has signed in lately.
    """
    key, now = find_key(request, key_id), timezone.now()
    proposal = _proposal(request, key, now)
    form = KeyEditForm(posted(request), key=key, proposal=proposal, at=now)
    preview = question = None
    try:
        check_changeable(key)
        if form.is_ready():
            if not form.is_previewed:
                preview = previews.of_change(key, form.terms.grant, at=now)
            if widens := form.terms.widens(KeyTerms.of(key)):
                question = confirm(request)
            if not preview and not question:
                _save(request, key, form, confirmed=widens, at=now)
                return done(request, "Changes saved.")
    except Conflict as conflict:
        return conflicted(request, conflict)
    except Refused as refused:
        form.add_error(refused.field, refused.sentence)
        form.show_current()
    context = {"key": key, "proposal": proposal, "question": question}
    context |= {"preview": preview, "scopes": _scopes(form)}
    return dialog(request, "edit", form, **context)


def _save(
    request: MemberRequest,
    key: SecretKey,
    form: KeyEditForm,
    *,
    confirmed: bool,
    at: dt.datetime,
) -> None:
    actions.update_key(
        key,
        form.terms,
        seen=form.cleaned_data["seen"],
        confirmed=confirmed,
        actor=http.actor(request),
        at=at,
    )


@require_POST
@hides_answer
@member_view(Ability.MANAGE_KEYS)
def key_preview(request: MemberRequest, key_id: str) -> HttpResponse:
    """Say what the change in an open form would have denied."""
    key, now = find_key(request, key_id), timezone.now()
    form = KeyEditForm(request.POST, key=key, at=now)
    preview = None
    if form.is_ready():
        preview = previews.of_change(key, form.terms.grant, at=now)
    context = {"form": form, "preview": preview}
    return render(request, "secretkeys/_preview.html", context)


@require_POST
@member_view(Ability.MANAGE_KEYS)
def catalogue_picker(request: MemberRequest, category: Category) -> HttpResponse:
    """Return the entries of the catalogue that a filter leaves over."""
    picker = pickers.picker(
        request.organization,
        category,
        request.POST.getlist(f"{category}_ids"),
        request.POST.get(f"{category}_filter", ""),
    )
    context = {"picker": picker, "announced": True}
    return render(request, "secretkeys/_picker_options.html", context)


@form_view
@hides_answer
@member_view(Ability.MANAGE_KEYS)
@sensitive_variables("plaintext")
def key_rotate(request: MemberRequest, key_id: str) -> HttpResponse:
    """Generate a successor and reveal it; the old key stops after the chosen time."""
    key, now = find_key(request, key_id), timezone.now()
    form = RotateForm(posted(request), at=now)
    question = None
    try:
        check_changeable(key)
        if form.is_valid() and not (question := confirm(request)):
            successor, plaintext = actions.rotate_key(
                key,
                overlap=form.overlap_value,
                nonce=form.cleaned_data["nonce"],
                actor=http.actor(request),
                at=now,
            )
            return reveal(request, successor, plaintext, form.toast)
    except Conflict as conflict:
        return conflicted(request, conflict)
    except Refused as refused:
        form.add_error(refused.field, refused.sentence)
    context = {"key": key, "question": question}
    context["requests_7_days"] = requests_7_days(key, at=now)
    context["longest_words"] = longest_words(key.organization)
    return dialog(request, "rotate", form, **context)


def _scopes(form: KeyForm | KeyEditForm) -> list[pickers.ScopeRow]:
    """Return the access scope to choose or to show; a new key has all, if locked."""
    shown = form.organization.access_scope or form.start.is_scoped
    return list(pickers.scope_rows(form)) if shown else []


def _proposal(request: MemberRequest, key: SecretKey, now: dt.datetime) -> Grant | None:
    """Return what Edit Permission opens with when it comes from a suggestion."""
    if reference := request.GET.get("denial"):
        denial = find_denial(request, reference)
        if denial is None or denial.key_id != key.key_id:
            return None
        _, grant = proposals.remedy(denial, at=now)
        return grant
    if "least" in request.GET:
        found = proposals.least_privilege(key, at=now)
        return found.grant if found else None
    return None
