"""A recent sign-in, asked for before a change that gives rights away or ends them.

The question stands in the form of the change itself, so nothing typed is lost.
"""

import time
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.base.forms import ReauthenticateForm as CodeForm
from allauth.utils import get_form_class
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from orgs.http import PersonRequest, View
from orgs.models import User
from orgs.sessions import renew

_TOO_MANY = "Too many attempts. Wait a minute, then try again."

# On every view that calls confirm(): no report of an error shows what it reads.
hides_answer = sensitive_post_parameters("password", "code")


def confirm(request: PersonRequest) -> Any:
    """Return the question that confirms who asks; None: there is nothing to ask.

    It has a field ``password``; for an account without one the field ``code`` of an
    authenticator app; and none where only a page of its own can ask, for a passkey or
    for another sign-in.

    Effects: a right answer in the request counts as a sign-in for
    ACCOUNT_REAUTHENTICATION_TIMEOUT seconds, and gives the session another id.
    """
    user = request.user
    if is_recent(request, user):
        return None
    if user.has_usable_password():
        return _ask(request, PasswordForm, "password", "Enter your password.")
    if has_app(user):
        form = get_form_class(mfa_settings.FORMS, "reauthenticate", CodeForm)
        return _ask(request, form, "code", "Enter the code.")
    return forms.Form()


def is_recent(request: HttpRequest, user: User) -> bool:
    """Whether somebody has proved lately, in this session, who they are."""
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, user)
    return any(record["at"] > oldest for record in records)


def has_app(user: User) -> bool:
    """Whether an authenticator app makes codes for this account."""
    return bool(user.authenticator_set.filter(type="totp").exists())


def renews_session(view: View) -> View:
    """Give the session another id when a view has recorded a proof of identity."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        before = get_authentication_records(request, request.user)
        response = view(request, *args, **kwargs)
        after = get_authentication_records(request, request.user)
        if request.user.is_authenticated and after != before:
            renew(request)
        return response

    return wrapper


def needs_recent_sign_in(view: View) -> View:
    """Lead to a page that asks, and from there to the view's own; keep nothing typed.

    The library would keep a form in the session until then, the new password in it.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_recent(request, cast(PersonRequest, request).user):
            return view(request, *args, **kwargs)
        query = urlencode({"next": request.path})
        return redirect(f"{reverse('account_reauthenticate')}?{query}")

    return wrapper


def _ask(request: PersonRequest, question: Any, field: str, required: str) -> Any:
    if field not in request.POST:
        return _form(question, None, request.user, field, required)
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        # Right and wrong answers fare the same: neither is looked at.
        return _form(question, {}, request.user, field, _TOO_MANY)
    form = _form(question, request.POST, request.user, field, required)
    if not form.is_valid():
        return form
    if field == "password":
        reauthenticate_by_password(request)
    else:
        form.save()
    renew(request)
    return None


def _form(question: Any, data: Any, user: User, field: str, required: str) -> Any:
    form = question(data, user=user)
    form.fields[field].error_messages["required"] = required
    return form
