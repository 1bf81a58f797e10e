"""What becomes of the keys of somebody who is removed."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError

from orgs import times
from orgs.models import Membership
from secretkeys.leavers import Decision, Fate, fingerprint
from secretkeys.lifetimes import LONGEST_LIFETIME
from secretkeys.models import SecretKey

# More are decided about together.
LISTED = 50
_REST = "rest"
_HAND_OVER = "to-"
# Shows the field of a date, as the same choice does elsewhere.
_DISABLE = "custom"


class KeyRow(NamedTuple):
    """One key and the fields of what becomes of it."""

    key: SecretKey
    fate: forms.BoundField
    until: forms.BoundField


class LeaverForm(forms.Form):
    """One choice for each key that is listed, and one for the rest."""

    seen = forms.CharField(required=False, max_length=32)

    def __init__(
        self,
        *args: Any,
        keys: Sequence[SecretKey],
        keepers: Sequence[Membership],
        at: dt.datetime,
        **kwargs: Any,
    ) -> None:
        """Ask about ``keys``, the most important first."""
        super().__init__(*args, **kwargs)
        self.at = at
        self.fingerprint = fingerprint(keys)
        self.listed = self._listed(keys)
        self.rest = [key for key in keys if key not in self.listed]
        choices = [
            (Fate.KEEP.value, "Keep"),
            *((f"{_HAND_OVER}{each.user_id}", _to(each)) for each in keepers),
            (_DISABLE, "Stop on a date…"),
            (Fate.REMOVE.value, "Remove now"),
        ]
        names = [key.key_id for key in self.listed]
        for name in [*names, *([_REST] if self.rest else [])]:
            self.fields[f"fate_{name}"] = _fate_field(choices)
            self.fields[f"until_{name}"] = forms.DateField(
                required=False,
                error_messages={"invalid": "Enter a date such as 2027-02-21."},
            )

    @property
    def rows(self) -> list[KeyRow]:
        """The keys that are listed."""
        return [self._row(key, key.key_id) for key in self.listed]

    @property
    def rest_row(self) -> KeyRow | None:
        """What the keys that are not listed share."""
        return self._row(self.rest[0], _REST) if self.rest else None

    @property
    def rest_label(self) -> str:
        """What the keys that are not listed are called."""
        one = len(self.rest) == 1
        return "1 more key" if one else f"{len(self.rest)} more keys"

    @property
    def decisions(self) -> dict[str, Decision]:
        """What was chosen, by key id."""
        return {key.key_id: self._decision(key.key_id) for key in self.listed}

    @property
    def others(self) -> Decision:
        """What was chosen for the rest."""
        return self._decision(_REST) if self.rest else Decision(Fate.KEEP)

    def clean(self) -> dict[str, Any]:
        """Check dates, and that the keys are those that were shown."""
        cleaned = super().clean() or self.cleaned_data
        if self._is_outdated:
            raise ValidationError(
                "The keys of this person have changed while the form was open. Check "
                "what happens to each, then go on."
            )
        for key in self.listed:
            self._check_date(cleaned, key.key_id, key.expires_at)
        if self.rest:
            self._check_date(cleaned, _REST, None)
        return cleaned

    def _check_date(
        self, cleaned: dict[str, Any], name: str, ends_at: dt.datetime | None
    ) -> None:
        field = f"until_{name}"
        if cleaned.get(f"fate_{name}") != _DISABLE or self.has_error(field):
            return
        chosen = cleaned.get(field)
        if chosen is None or chosen <= times.date(self.at):
            self.add_error(field, "Choose a date after today.")
        elif ends_at and ends_at > self.at and chosen > times.date(ends_at):
            self.add_error(field, f"This key already stops on {times.day(ends_at)}.")
        elif chosen > times.date(self.at + LONGEST_LIFETIME):
            self.add_error(field, "Choose a date within the next 10 years.")

    @property
    def _is_outdated(self) -> bool:
        return self.is_bound and self.data.get("seen") != self.fingerprint

    def _listed(self, keys: Sequence[SecretKey]) -> list[SecretKey]:
        """Return the keys with a choice of their own: those that had one, when sent."""
        if not self.is_bound:
            return list(keys[:LISTED])
        asked = [key for key in keys if f"fate_{key.key_id}" in self.data][:LISTED]
        if self._is_outdated:
            fresh = [key for key in keys if key not in asked]
            asked += fresh[: LISTED - len(asked)]
        return asked

    def _row(self, key: SecretKey, name: str) -> KeyRow:
        return KeyRow(key, self[f"fate_{name}"], self[f"until_{name}"])

    def _decision(self, name: str) -> Decision:
        chosen = self.cleaned_data[f"fate_{name}"]
        if chosen == _DISABLE:
            ends_at = times.end_of_day(self.cleaned_data[f"until_{name}"])
            return Decision(Fate.DISABLE, ends_at=ends_at)
        if chosen.startswith(_HAND_OVER):
            keeper_id = int(chosen.removeprefix(_HAND_OVER))
            return Decision(Fate.HAND_OVER, keeper_id=keeper_id)
        return Decision(Fate(chosen))


def _fate_field(choices: list[tuple[str, str]]) -> forms.ChoiceField:
    sentence = "Choose what happens to this key."
    return forms.ChoiceField(
        choices=choices,
        initial=Fate.KEEP.value,
        error_messages={"required": sentence, "invalid_choice": sentence},
    )


def _to(membership: Membership) -> str:
    user = membership.user
    # Two people can have one name.
    who = f"{user.name}, {user.email}" if user.name else user.email
    return f"Hand over to {who}"
