"""The forms of django-allauth for codes, where a code of an app is good for one use."""

import time
from functools import wraps
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.http.response import HttpResponseBase

from orgs.actions import use_app_code
from orgs.http import PersonRequest, View


def uses_code_up(view: View) -> View:
    """Have the code that sets an app up do nothing else; the library knows no use of it.

    In the transaction of the view, so nobody can be faster with it.
    """

    @wraps(view)
    def wrapper(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        app = request.user.authenticator_set.filter(
            type=Authenticator.Type.TOTP
        ).first()
        if request.method == "POST" and app:
            secret, code = decrypt(app.data["secret"]), request.POST.get("code", "")
            use_app_code(app.pk, _period(secret, code))
        return response

    return wrapper


def _once(form: Any, code: str) -> str:
    """Use a code up for every process; the library knows what its own one has seen."""
    used = form.authenticator
    if used.type == Authenticator.Type.TOTP:
        period = _period(decrypt(used.data["secret"]), code)
        if not use_app_code(used.pk, period):
            raise get_adapter().validation_error("incorrect_code")
    return code


def _period(secret: str, code: str) -> int:
    """Return which period since 1970 a code is of that was right a moment ago."""
    now = int(time.time()) // int(app_settings.TOTP_PERIOD)
    # One earlier than the library takes: its period may have ended since.
    oldest = now - app_settings.TOTP_TOLERANCE - 1
    for period in range(oldest, now + app_settings.TOTP_TOLERANCE + 1):
        value = format_hotp_value(hotp_value(secret, period))
        if compare_user_code(actual=code, expected=value):
            return period
    return 0


# The library has no types, so to mypy its classes are Any.
class AuthenticateForm(forms.AuthenticateForm):  # type: ignore[misc]
    """A code as the second step."""

    def clean_code(self) -> str:
        """Return the code."""
        return _once(self, super().clean_code())


class ReauthenticateForm(forms.ReauthenticateForm):  # type: ignore[misc]
    """A code that confirms who somebody is."""

    def clean_code(self) -> str:
        """Return the code."""
        return _once(self, super().clean_code())
