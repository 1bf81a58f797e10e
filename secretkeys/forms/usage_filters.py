"""What the usage page can be asked for."""

from collections.abc import Mapping

from django import forms

from orgs.forms.fields import SearchField
from secretkeys.grants import ROWS, Resource
from secretkeys.outcomes import Outcome
from secretkeys.periods import Period

# What is asked for, what its requests are called, and which they are.
_GROUPS: Mapping[str, tuple[str, str, frozenset[Outcome]]] = {
    "allowed": ("Allowed", "Allowed requests", frozenset({Outcome.ALLOWED})),
    "errors": (
        "Errors",
        "Requests with errors",
        frozenset(each for each in Outcome if each.is_error and each.is_counted),
    ),
    "denied": (
        "Denied",
        "Denied requests",
        frozenset(each for each in Outcome if each.is_denied),
    ),
}
# One by one: whatever is counted for a key. Without one there is nothing to filter.
_REASONS = [each for each in Outcome if each.is_counted and each is not Outcome.ALLOWED]


class UsageFilterForm(forms.Form):
    """Period and filters of the page; whatever is not understood is left out."""

    period = forms.ChoiceField(
        required=False, choices=[(each.value, each.label) for each in Period]
    )
    q = SearchField()
    resource = forms.ChoiceField(
        required=False,
        choices=[
            ("", "All resources"),
            *((each.value, each.label) for each in (*ROWS, Resource.IDENTITY)),
        ],
    )
    outcome = forms.ChoiceField(
        required=False,
        choices=[
            ("", "All outcomes"),
            *((name, label) for name, (label, *_) in _GROUPS.items()),
            *((each.value, f"{each.label} ({each.status})") for each in _REASONS),
        ],
    )

    def value(self, name: str) -> str:
        """Return a filter's value, empty when it is unset or not understood."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))

    @property
    def chosen_period(self) -> Period:
        """The period to show; 30 days where nothing else is asked."""
        return Period(self.value("period") or Period.MONTH)

    @property
    def outcomes(self) -> frozenset[Outcome] | None:
        """The outcomes to count; None: all."""
        chosen = self.value("outcome")
        if chosen in _GROUPS:
            return _GROUPS[chosen][2]
        return frozenset({Outcome(chosen)}) if chosen else None

    @property
    def requests_label(self) -> str:
        """What the requests that are counted are called."""
        chosen = self.value("outcome")
        if chosen in _GROUPS:
            return _GROUPS[chosen][1]
        return f"Requests: {Outcome(chosen).label.lower()}" if chosen else "Requests"

    def kept(self) -> dict[str, str]:
        """Return the filters that are set, without the period."""
        asked = {name: self.value(name) for name in ("q", "resource", "outcome")}
        return {name: value for name, value in asked.items() if value}
