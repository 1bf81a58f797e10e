"""What people can ask for on the secret keys pages, and how it is checked."""

import datetime as dt
import uuid
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from orgs.forms import NameField
from secretkeys import actions
from secretkeys.grants import OFFERED, Permission
from secretkeys.models import SecretKey

DEFAULT_LIFETIME_DAYS = 90
_LIFETIMES = {7: "7 days", 30: "30 days", 90: "90 days", 365: "1 year"}
_OVERLAPS = {0: "Stop now", 1: "1 hour", 24: "24 hours", 168: "7 days"}

_INCOMPLETE = "This form is incomplete. Reload the page and try again."


class KeyFilterForm(forms.Form):
    """Search and filters of the table; whatever is not understood is left out."""

    STATUSES = [
        ("", "All statuses"),
        ("active", "Active"),
        ("expiring", "Expiring soon"),
        ("unused", "Unused 90+ days"),
        ("expired", "Expired"),
        ("removed", "Removed"),
    ]
    PERMISSIONS = [
        ("", "All permissions"),
        *((level.value, level.label) for level in Permission),
    ]

    q = forms.CharField(required=False, max_length=200)
    status = forms.ChoiceField(required=False, choices=STATUSES)
    permission = forms.ChoiceField(required=False, choices=PERMISSIONS)

    def value(self, name: str) -> str:
        """Return a filter's value, empty when it is unset or not understood."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))


class GrantForm(forms.Form):
    """The fields that creating and editing a key share."""

    name = NameField()
    expiration = forms.ChoiceField(
        error_messages={"required": "Choose an expiration."}
        | dict.fromkeys(["invalid_choice"], "Choose an expiration from the list.")
    )
    expires_on = forms.DateField(
        required=False,
        error_messages={"invalid": "Enter a date such as 2027-02-21."},
    )
    permission = forms.ChoiceField(
        choices=[(level.value, level.label) for level in OFFERED],
        error_messages={
            "required": "Choose a permission.",
            "invalid_choice": "This permission is not available to your organization.",
        },
    )

    def __init__(self, *args: Any, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        cast(forms.ChoiceField, self.fields["expiration"]).choices = self.expirations()

    def expirations(self) -> list[tuple[str, str]]:
        """Return the presets, each with the date it leads to."""
        return [
            *(
                (str(days), f"{label} ({_day(self.at + dt.timedelta(days=days))})")
                for days, label in _LIFETIMES.items()
            ),
            ("custom", "Custom date…"),
            ("never", "No expiration"),
        ]

    def clean(self) -> dict[str, Any]:
        """Check a custom date, which has to be a day after today."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("expiration") == "custom" and not self.has_error("expires_on"):
            day = cleaned.get("expires_on")
            if day is None or day <= self.at.date():
                self.add_error("expires_on", "Choose a date after today.")
            elif day > (self.at + actions.LONGEST_LIFETIME).date():
                self.add_error("expires_on", "Choose a date within the next 10 years.")
        return cleaned

    @property
    def terms(self) -> actions.KeyTerms:
        """What was chosen."""
        return actions.KeyTerms(
            self.cleaned_data["name"],
            Permission(self.cleaned_data["permission"]),
            self.expires_at,
        )

    @property
    def expires_at(self) -> dt.datetime | None:
        """The chosen end: a custom date counts to its last second, UTC."""
        chosen = self.cleaned_data["expiration"]
        if chosen == "never":
            return None
        if chosen == "custom":
            end_of_day = dt.time(23, 59, 59, tzinfo=dt.UTC)
            return dt.datetime.combine(self.cleaned_data["expires_on"], end_of_day)
        return self.at + dt.timedelta(days=int(chosen))


class NonceField(forms.UUIDField):
    """A value chosen with the form, so that sending it twice has one effect."""

    def __init__(self) -> None:
        super().__init__(
            initial=uuid.uuid4,
            widget=forms.HiddenInput,
            error_messages={"required": _INCOMPLETE, "invalid": _INCOMPLETE},
        )


class KeyForm(GrantForm):
    """Generate Secret Key."""

    nonce = NonceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "expiration": str(DEFAULT_LIFETIME_DAYS),
            "permission": Permission.FULL.value,
        }
        super().__init__(*args, **kwargs)


class KeyEditForm(GrantForm):
    """Edit Permission."""

    # What the form was opened with; a newer state of the key is not overwritten.
    seen = forms.CharField(
        widget=forms.HiddenInput, error_messages={"required": _INCOMPLETE}
    )

    def __init__(self, *args: Any, key: SecretKey, **kwargs: Any) -> None:
        self.key = key
        kwargs["initial"] = {
            "seen": actions.KeyTerms.of(key).fingerprint,
            "name": key.name,
            "expiration": "keep",
            "permission": key.permission,
        }
        super().__init__(*args, **kwargs)

    def expirations(self) -> list[tuple[str, str]]:
        """Return what the key has now, then the presets."""
        if self.key.expires_at is None:
            return [("keep", "No expiration"), *super().expirations()[:-1]]
        verb = "Expired" if self.key.is_expired(self.at) else "Expires"
        current = f"{verb} {_day(self.key.expires_at)}"
        return [("keep", current), *super().expirations()]

    def show_current(self) -> None:
        """Take the key's present state as seen, so that saving again counts."""
        self.data = {**self.data, "seen": self.initial["seen"]}

    @property
    def expires_at(self) -> dt.datetime | None:
        """The chosen end, which may be the one the key has."""
        if self.cleaned_data["expiration"] == "keep":
            return self.key.expires_at
        return super().expires_at


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


class RemoveForm(forms.Form):
    """Remove Key: the name is typed where the key is in use."""

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
        if self.must_confirm and typed.strip() != self.key.name:
            raise ValidationError(
                f"The name does not match. Type {self.key.name} exactly."
            )
        return typed


def _overlap(hours: int, at: dt.datetime) -> str:
    if not hours:
        return _OVERLAPS[hours]
    until = at + dt.timedelta(hours=hours)
    return f"{_OVERLAPS[hours]} (until {_day(until)}, {until:%H:%M} UTC)"


def _day(at: dt.datetime) -> str:
    return f"{at.day} {at:%b %Y}"
