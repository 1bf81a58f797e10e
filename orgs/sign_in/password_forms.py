"""The forms of django-allauth that set a password, in the product's own words."""

from typing import Any

from allauth.account import forms

_REQUIRED = {
    "oldpassword": "Enter your current password.",
    "password1": "Enter a password.",
    "password2": "Enter the password again.",
}


# Stands before a form of the library, which has the fields; mypy sees this class alone.
class _OwnWords:
    """Says what is wrong as the form for joining does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.error_messages["required"] = _REQUIRED[name]

    def clean(self) -> Any:
        cleaned = super().clean()  # type: ignore[misc]
        form: Any = self
        wrong = form.has_error("password2")
        if wrong and not form.has_error("password2", "required"):
            form.errors["password2"] = form.error_class(["The passwords do not match."])
        return cleaned


# The library has no types, so to mypy its classes are Any.
class ChangePasswordForm(_OwnWords, forms.ChangePasswordForm):  # type: ignore[misc]
    """Another password, for whoever knows the present one."""


class SetPasswordForm(_OwnWords, forms.SetPasswordForm):  # type: ignore[misc]
    """A password for an account that has none."""


class ResetPasswordForm(_OwnWords, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A password for whoever opens the link of a mail."""
