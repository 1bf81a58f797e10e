"""The forms of django-allauth for codes, where a code of an app is good for one use."""

import time
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt

from orgs.actions import use_app_code


def _once(form: Any, code: str) -> str:
    """Use a code up for every process; the library knows what its own one has seen."""
    used = form.authenticator
    if used.type == Authenticator.Type.TOTP and not use_app_code(
        used.pk, _period(used, code)
    ):
        raise get_adapter().validation_error("incorrect_code")
    return code


def _period(app: Authenticator, code: str) -> int:
    """Return which period since 1970 a code is of that was right a moment ago."""
    secret = decrypt(app.data["secret"])
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
