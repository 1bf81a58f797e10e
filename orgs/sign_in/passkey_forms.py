"""The forms of django-allauth for passkeys, which take whatever a browser sends."""

from collections.abc import Callable
from typing import Any, TypeVar

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from django.core.exceptions import ValidationError

from orgs import names

Result = TypeVar("Result")

# What the library lets through of JSON that is no passkey.
_ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def _clean(read: Callable[[], Result]) -> Result:
    try:
        return read()
    except ValidationError as error:
        # The library speaks of codes.
        if error.code != "incorrect_code":
            raise
    except _ODD:
        pass
    raise get_adapter().validation_error("incorrect_passkey")


# The library has no types, so to mypy its classes are Any.
class AuthenticatePasskeyForm(forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step."""

    def clean_credential(self) -> Any:
        """Return the passkey."""
        return _clean(super().clean_credential)


class LoginPasskeyForm(forms.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of the password."""

    def clean_credential(self) -> Any:
        """Return the passkey."""
        return _clean(super().clean_credential)


class ReauthenticatePasskeyForm(forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey that confirms who somebody is."""

    def clean_credential(self) -> Any:
        """Return the passkey."""
        return _clean(super().clean_credential)


class AddPasskeyForm(forms.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey: the browser has made it already, so any name must do."""

    def clean_name(self) -> str:
        """Return the name, or one of ours where it cannot be one."""
        try:
            return names.clean(self.cleaned_data["name"])
        except names.InvalidName:
            self.cleaned_data["name"] = ""
            return str(super().clean_name())

    def clean(self) -> Any:
        """Check the passkey."""
        return _clean(super().clean)


class RenamePasskeyForm(forms.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].error_messages["required"] = "Enter a name."

    def clean_name(self) -> str:
        """Return the name as it is stored."""
        try:
            return names.clean(self.cleaned_data["name"])
        except names.InvalidName as error:
            raise ValidationError(str(error)) from error
