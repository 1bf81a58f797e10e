"""What the table of keys can be asked for."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.conf import settings

from orgs.forms.fields import SearchField, left_out
from secretkeys.grants import Permission
from secretkeys.status import FROM_USAGE, Review, State, Status

Choices = list[tuple[str, str]]


def _choices(states: Iterable[State]) -> Choices:
    return [(each.value, each.label) for each in states]


class KeyFilterForm(forms.Form):
    """Search and filters of the table; whatever is not understood is left out.

    What requests tell is offered to those who may see how keys are used.
    """

    STATUSES = [
        ("", "All statuses"),
        *_choices([Status.ACTIVE, Status.EXPIRING, Status.UNUSED, Status.EXPIRED]),
    ]
    MORE_STATUSES = _choices(
        [
            Status.STOPPING,
            Status.IDLE,
            Status.NEVER_USED,
            Status.DISABLED,
            Status.REMOVED,
        ]
    )
    PERMISSIONS = [
        ("", "All permissions"),
        *((level.value, level.label) for level in Permission),
    ]

    q = SearchField()
    status = forms.ChoiceField(required=False)
    permission = forms.ChoiceField(required=False, choices=PERMISSIONS)

    def __init__(self, query: Mapping[str, Any], *, sees_usage: bool) -> None:
        super().__init__(query)
        reviews = _choices(each for each in Review if _is_offered(each, sees_usage))
        self.status_groups = [
            ("More statuses", self.MORE_STATUSES),
            ("To review", reviews),
        ]
        status = cast(forms.ChoiceField, self.fields["status"])
        status.choices = [*self.STATUSES, *self.MORE_STATUSES, *reviews]

    def value(self, name: str) -> str:
        """Return a filter's value, empty when it is unset or not understood."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))

    @property
    def state(self) -> State | None:
        """The state that the keys are filtered by."""
        value = self.value("status")
        known: dict[str, State] = {each.value: each for each in (*Status, *Review)}
        return known[value] if value else None

    @property
    def left_out(self) -> str:
        """The filters that are set and not understood, in words; empty: none."""
        return left_out(self, self.fields)


def _is_offered(review: Review, sees_usage: bool) -> bool:
    if review is Review.OLDER_CLIENTS and settings.MINIMUM_SDK_VERSION is None:
        return False
    return sees_usage or review not in FROM_USAGE
