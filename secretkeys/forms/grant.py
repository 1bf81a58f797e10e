"""Generate Secret Key and Edit Permission: a name, an end, and what the key may do."""

import datetime as dt
from typing import Any, NamedTuple, cast

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict

from orgs import times
from orgs.categories import Category
from orgs.forms.fields import NameField
from orgs.models import Organization
from secretkeys import actions, proposals
from secretkeys.forms.fields import (
    INCOMPLETE,
    IdsField,
    LevelField,
    NonceField,
    ReachField,
)
from secretkeys.grants import PRESETS, ROWS, Access, Grant, Matrix, Permission, Resource
from secretkeys.lifetimes import LONGEST_LIFETIME, latest_end, longest_words
from secretkeys.models import SecretKey
from secretkeys.scopes import Reach, Scope

DEFAULT_LIFETIME_DAYS = 90
_LIFETIMES = {7: "7 days", 30: "30 days", 90: "90 days", 365: "1 year"}
_NEW_KEY = Grant.preset(Permission.FULL)


class MatrixRow(NamedTuple):
    """One resource of the matrix and its None, Read or Write."""

    label: str
    hint: str
    field: forms.BoundField


_HINTS = {
    Resource.ASSETS: "images and videos",
    Resource.TRAINING: "projects, flows and runs",
    Resource.ORGANIZATION: "members, quota, settings",
}


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
        error_messages={
            "required": "Choose a permission.",
            "invalid_choice": "This permission is not available to your organization.",
        },
    )

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        grant: Grant,
        at: dt.datetime,
        **kwargs: Any,
    ) -> None:
        """Start from ``grant``; what is not sent stays as it is there."""
        self.organization = organization
        self.at = at
        self.start = grant
        kwargs["initial"] = _grant_initial(grant) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.latest_end = latest_end(organization, at)
        self.longest_words = longest_words(organization)
        if self.longest_words:
            # The rule may be newer than the page.
            messages = self.fields["expiration"].error_messages
            messages["invalid_choice"] = f"{self.longest_words} Choose from the list."
        self._choose("expiration", self.expirations())
        self._choose("permission", [(each.value, each.label) for each in self.offered])
        for row in ROWS:
            self.fields[f"{row}_level"] = LevelField()
        for category in Category:
            self.fields[f"{category}_reach"] = ReachField()
            self.fields[f"{category}_ids"] = IdsField()

    @property
    def offered(self) -> list[Permission]:
        """The levels to choose from; a Restricted key may stay what it is."""
        kept = self.start.permission
        levels = proposals.offered(self.organization)
        return levels if kept in levels else [*levels, kept]

    @property
    def offers_restricted(self) -> bool:
        """Whether Restricted can be chosen, if only because the key is."""
        return Permission.RESTRICTED in self.offered

    def expirations(self) -> list[tuple[str, str]]:
        """Return the presets, each with the date it leads to, that are not too long."""
        longest = self.organization.longest_key_days
        presets = {
            days: label
            for days, label in _LIFETIMES.items()
            if longest is None or days <= longest
        }
        if longest is not None and longest not in presets:
            presets[longest] = f"{longest} day{'' if longest == 1 else 's'}"
        return [
            *(
                (str(days), f"{label} ({times.day(self.at + dt.timedelta(days=days))})")
                for days, label in presets.items()
            ),
            ("custom", "Custom date…"),
            *([] if longest else [("never", "No expiration")]),
        ]

    @property
    def is_refining(self) -> bool:
        """Whether a picker is filtered without a script: nothing is asked for yet."""
        return self.is_bound and "refine" in self.data

    def is_ready(self) -> bool:
        """Tell whether what was sent can be saved."""
        return not self.is_refining and self.is_valid()

    def full_clean(self) -> None:
        """Check what was sent, unless it is not meant to be saved yet."""
        if not self.is_refining:
            return super().full_clean()
        self._errors, self.cleaned_data = ErrorDict(), {}
        return None

    def clean(self) -> dict[str, Any]:
        """Check a custom date, which has to be a day after today, and selections."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("expiration") == "custom" and not self.has_error("expires_on"):
            chosen = cleaned.get("expires_on")
            if chosen is None or chosen <= times.date(self.at):
                self.add_error("expires_on", "Choose a date after today.")
            elif self.latest_end and chosen > times.date(self.latest_end):
                self.add_error("expires_on", self.longest_words)
            elif chosen > times.date(self.at + LONGEST_LIFETIME):
                self.add_error("expires_on", "Choose a date within the next 10 years.")
        for category in Category:
            selected = cleaned.get(f"{category}_reach") == Reach.SELECTED
            if selected and not cleaned.get(f"{category}_ids"):
                sentence = f"Select at least one {category.one}, or choose All or None."
                self.add_error(f"{category}_reach", sentence)
            if cleaned.get(f"{category}_ids") and not cleaned.get(f"{category}_reach"):
                self.add_error(f"{category}_reach", "Choose All, Selected or None.")
        return cleaned

    @property
    def matrix_rows(self) -> list[MatrixRow]:
        """The rows of the matrix, with what they take in."""
        return [
            MatrixRow(row.label, _HINTS.get(row, ""), self[f"{row}_level"])
            for row in ROWS
        ]

    @property
    def terms(self) -> actions.KeyTerms:
        """What was chosen."""
        return actions.KeyTerms(self.cleaned_data["name"], self.grant, self.expires_at)

    @property
    def grant(self) -> Grant:
        """The chosen rights."""
        permission = Permission(self.cleaned_data["permission"])
        scopes = {category: self._scope(category) for category in Category}
        if permission in PRESETS:
            return Grant.preset(permission, scopes)
        return Grant.restricted(self._matrix(), scopes)

    @property
    def expires_at(self) -> dt.datetime | None:
        """The chosen end: a custom date counts to its last second."""
        chosen = self.cleaned_data["expiration"]
        if chosen == "never":
            return None
        if chosen == "custom":
            end = times.end_of_day(self.cleaned_data["expires_on"])
            # On the latest day that is allowed, the hour of now.
            return min(filter(None, [end, self.latest_end]))
        return self.at + dt.timedelta(days=int(chosen))

    def _matrix(self) -> Matrix:
        start = self.start.matrix
        if self.start.permission is not Permission.RESTRICTED:
            start = {}
        chosen = {row: self.cleaned_data[f"{row}_level"] for row in ROWS}
        return {
            row: Access[level.upper()] if level else start.get(row, Access.NONE)
            for row, level in chosen.items()
        }

    def _scope(self, category: Category) -> Scope:
        reach = self.cleaned_data[f"{category}_reach"]
        if not reach:
            return self.start.scopes[category]
        if reach != Reach.SELECTED:
            return Scope(Reach(reach))
        selected = frozenset(self.cleaned_data[f"{category}_ids"])
        return Scope(Reach.SELECTED, selected)

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices


class KeyForm(GrantForm):
    """Generate Secret Key."""

    nonce = NonceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        longest = kwargs["organization"].longest_key_days
        days = min(filter(None, [DEFAULT_LIFETIME_DAYS, longest]))
        kwargs["initial"] = {"expiration": str(days)}
        super().__init__(*args, grant=_NEW_KEY, **kwargs)


class KeyEditForm(GrantForm):
    """Edit Permission; ``proposal`` is what the form opens with instead of what is."""

    # What the form was opened with; a newer state of the key is not overwritten.
    seen = forms.CharField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE}
    )
    # The narrower grant whose consequences were shown.
    previewed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, key: SecretKey, proposal: Grant | None = None, **kwargs: Any
    ) -> None:
        self.key = key
        kwargs["initial"] = {
            "seen": actions.KeyTerms.of(key).fingerprint,
            "name": key.name,
            "expiration": "keep",
            **(_grant_initial(proposal) if proposal else {}),
        }
        super().__init__(
            *args, organization=key.organization, grant=key.grant, **kwargs
        )

    def expirations(self) -> list[tuple[str, str]]:
        """Return what the key has now, then the presets."""
        offered = super().expirations()
        if self.key.expires_at is None:
            kept = [each for each in offered if each[0] != "never"]
            return [("keep", "No expiration"), *kept]
        verb = "Expired" if self.key.is_expired(self.at) else "Expires"
        current = f"{verb} {times.day(self.key.expires_at)}"
        return [("keep", current), *offered]

    @property
    def is_previewed(self) -> bool:
        """Whether the consequences of this very grant have been shown."""
        return bool(self.cleaned_data["previewed"] == self.terms.grant.fingerprint)

    def show_current(self) -> None:
        """Take the key's present state as seen, so that saving again counts."""
        data = cast(QueryDict, self.data).copy()
        data["seen"] = self.initial["seen"]
        self.data = data

    @property
    def expires_at(self) -> dt.datetime | None:
        """The chosen end, which may be the one the key has."""
        if self.cleaned_data["expiration"] == "keep":
            return self.key.expires_at
        return super().expires_at


def _grant_initial(grant: Grant) -> dict[str, Any]:
    """Return what the fields of a grant show; presets leave the matrix empty."""
    is_preset = grant.permission in PRESETS
    initial: dict[str, Any] = {"permission": grant.permission.value}
    for row in ROWS:
        level = Access.NONE if is_preset else grant.matrix[row]
        initial[f"{row}_level"] = level.name.lower()
    for category, scope in grant.scopes.items():
        initial[f"{category}_reach"] = scope.reach.value
        initial[f"{category}_ids"] = sorted(scope.ids)
    return initial
