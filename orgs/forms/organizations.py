"""What an organization is called, and what it asks of everybody in it."""

from typing import Any, cast

from django import forms
from django.http import QueryDict

from orgs.forms.fields import NameField
from orgs.rules import MOST_KEY_DAYS, Rules

_LIFETIMES = (30, 90, 180, 365)
_DAYS = f"Enter a number of days from 1 to {MOST_KEY_DAYS}."


class NameForm(forms.Form):
    """What an organization is called."""

    name = NameField()


class RulesForm(forms.Form):
    """The security rules of an organization."""

    lifetime = forms.ChoiceField(
        choices=[
            ("none", "No limit"),
            *((str(days), f"{days} days") for days in _LIFETIMES),
            ("custom", "Another number of days…"),
        ],
        error_messages=dict.fromkeys(
            ["required", "invalid_choice"], "Choose a lifetime from the list."
        ),
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_KEY_DAYS,
        error_messages=dict.fromkeys(["invalid", "min_value", "max_value"], _DAYS),
    )
    second_factor_required = forms.BooleanField(required=False)
    members_see_usage = forms.BooleanField(required=False)
    # What the page was opened with; newer rules are not overwritten.
    seen = forms.CharField(
        widget=forms.HiddenInput,
        error_messages={
            "required": "This form is incomplete. Reload the page and try again."
        },
    )

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        self.before = rules
        longest = rules.longest_key_days
        is_listed = longest in _LIFETIMES
        kwargs["initial"] = {
            "lifetime": str(longest) if is_listed else "custom" if longest else "none",
            "days": None if is_listed else longest,
            "second_factor_required": rules.second_factor_required,
            "members_see_usage": rules.members_see_usage,
            "seen": rules.fingerprint,
        }
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Ask for a number of days where none of the list is chosen."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("lifetime") != "custom":
            # Whatever was typed there is not what was chosen.
            self.errors.pop("days", None)
        elif not self.has_error("days") and cleaned.get("days") is None:
            self.add_error("days", _DAYS)
        return cleaned

    @property
    def rules(self) -> Rules:
        """What was chosen."""
        lifetime = self.cleaned_data["lifetime"]
        longest = {"none": None, "custom": self.cleaned_data.get("days")}
        return Rules(
            longest[lifetime] if lifetime in longest else int(lifetime),
            self.cleaned_data["second_factor_required"],
            self.cleaned_data["members_see_usage"],
        )

    def show_current(self) -> None:
        """Take the present rules as seen, so that saving again counts."""
        data = cast(QueryDict, self.data).copy()
        data["seen"] = self.before.fingerprint
        self.data = data
