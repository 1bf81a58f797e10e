"""Rotate, Disable, Enable and Remove Key."""

import datetime as dt
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from orgs import times
from secretkeys import keyformat
from secretkeys.forms.fields import NonceField
from secretkeys.models import SecretKey

_LONGEST_REASON = 200
_OVERLAPS = {0: "Stop now", 1: "1 hour", 24: "24 hours", 168: "7 days"}


class RotateForm(forms.Form):
    """Rotate: how long the current key keeps working."""

    overlap = forms.ChoiceField(
        initial="24",
        error_messages={
            "required": "Choose how long the current key keeps working.",
            "invalid_choice": "Choose a time from the list.",
        },
    )
    nonce = NonceField()

    def __init__(self, *args: Any, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["overlap"]).choices = [
            (str(hours), _overlap(hours, at)) for hours in _OVERLAPS
        ]

    @property
    def overlap_value(self) -> dt.timedelta:
        """The chosen time."""
        return dt.timedelta(hours=int(self.cleaned_data["overlap"]))

    @property
    def toast(self) -> str:
        """What to say once it is done."""
        hours = int(self.cleaned_data["overlap"])
        if not hours:
            return "Secret key rotated. The old key has stopped."
        return f"Secret key rotated. The old key stops in {_OVERLAPS[hours]}."


class ReasonForm(forms.Form):
    """Disable and Enable: why, which the audit log keeps."""

    reason = forms.CharField(
        required=False,
        max_length=_LONGEST_REASON,
        error_messages={"max_length": f"Use {_LONGEST_REASON} characters or fewer."},
    )

    def clean_reason(self) -> str:
        """Keep one line of visible characters, and no key that was pasted by mistake."""
        typed = " ".join(str(self.cleaned_data["reason"]).split())
        return keyformat.redact("".join(filter(str.isprintable, typed)))


class RemoveForm(forms.Form):
    """Remove Key: the name is typed where the key is in use and has not leaked."""

    # Before the confirmation, which asks for it.
    leaked = forms.BooleanField(required=False)
    confirmation = forms.CharField(required=False, max_length=1000)

    def __init__(
        self, *args: Any, key: SecretKey, must_confirm: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        self.must_confirm = must_confirm

    def clean_confirmation(self) -> str:
        """Compare what was typed with the key's name."""
        typed = str(self.cleaned_data["confirmation"])
        is_asked = self.must_confirm and not self.cleaned_data["leaked"]
        if is_asked and typed.strip() != self.key.name:
            raise ValidationError(
                f"The name does not match. Type {self.key.name} exactly."
            )
        return typed


def _overlap(hours: int, at: dt.datetime) -> str:
    if not hours:
        return _OVERLAPS[hours]
    until = at + dt.timedelta(hours=hours)
    return f"{_OVERLAPS[hours]} (until {times.minute(until)})"
