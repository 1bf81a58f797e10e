"""What people choose about their own account."""

from typing import Any, cast

from django import forms
from django.utils import timezone

from orgs import times
from orgs.models import User

THEMES = {"light": "Light", "dark": "Dark", "system": "System"}


class EmailForm(forms.Form):
    """Another email to sign in with."""

    email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": "Enter an email address.",
            "invalid": "Enter an email address such as name@example.com.",
            "max_length": "Use 254 characters or fewer.",
        },
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        """Return the address in lower case, as all are kept."""
        email = str(self.cleaned_data["email"]).lower()
        if email == self.user.email.lower():
            raise forms.ValidationError("You sign in with this email already.")
        return email


class TimeZoneForm(forms.Form):
    """Where somebody is."""

    time_zone = forms.ChoiceField(
        error_messages=dict.fromkeys(
            ["required", "invalid_choice"], "Choose a time zone from the list."
        )
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offer every zone, and the one somebody has, if that is not among them."""
        kwargs["initial"] = {"time_zone": user.time_zone}
        super().__init__(*args, **kwargs)
        plain = dict.fromkeys([times.UTC, user.time_zone])
        self.regions = times.zones(timezone.now())
        listed = {name for _, places in self.regions for name, _ in places}
        self.plain_zones = [(name, name) for name in plain if name not in listed]
        field = cast(forms.ChoiceField, self.fields["time_zone"])
        field.choices = [*self.plain_zones, *self.regions]


class AppearanceForm(forms.Form):
    """Light, dark, or what the browser asks for."""

    theme = forms.ChoiceField(
        choices=list(THEMES.items()),
        error_messages=dict.fromkeys(
            ["required", "invalid_choice"], "Choose Light, Dark or System."
        ),
    )
