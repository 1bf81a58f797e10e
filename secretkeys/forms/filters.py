"""What the table of keys can be asked for."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms

from secretkeys.grants import Permission
from secretkeys.status import Review, Status

Choices = list[tuple[str, str]]


def _choices(states: Sequence[Status | Review]) -> Choices:
    return [(each.value, each.label) for each in states]


class KeyFilterForm(forms.Form):
    """Search and filters of the table; whatever is not understood is left out.

    Elevated denials are offered to those who may see how keys are used.
    """

    STATUSES = [
        ("", "All statuses"),
        *_choices([Status.ACTIVE, Status.EXPIRING, Status.UNUSED, Status.EXPIRED]),
    ]
    MORE_STATUSES = _choices(
        [Status.DENIED, Status.IDLE, Status.NEVER_USED, Status.DISABLED, Status.REMOVED]
    )
    REVIEWS = _choices(list(Review))
    PERMISSIONS = [
        ("", "All permissions"),
        *((level.value, level.label) for level in Permission),
    ]

    q = forms.CharField(required=False, max_length=200)
    status = forms.ChoiceField(required=False)
    permission = forms.ChoiceField(required=False, choices=PERMISSIONS)

    def __init__(self, query: Mapping[str, Any], *, sees_usage: bool) -> None:
        super().__init__(query)
        more = self.MORE_STATUSES if sees_usage else self.MORE_STATUSES[1:]
        self.status_groups = [("More statuses", more), ("To review", self.REVIEWS)]
        status = cast(forms.ChoiceField, self.fields["status"])
        status.choices = [*self.STATUSES, *more, *self.REVIEWS]

    def value(self, name: str) -> str:
        """Return a filter's value, empty when it is unset or not understood."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))

    @property
    def state(self) -> Status | Review | None:
        """The state that the keys are filtered by."""
        value = self.value("status")
        known = {each.value: each for each in (*Status, *Review)}
        return known[value] if value else None
