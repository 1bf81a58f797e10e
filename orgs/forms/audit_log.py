"""What the audit log can be asked for."""

import datetime as dt

from django import forms

from orgs import audit_words

# Beyond it no database has a row.
_LAST_NUMBER = 2**63 - 1


class AuditFilterForm(forms.Form):
    """Search, filters and place in the log; whatever is not understood is left out."""

    q = forms.CharField(required=False, max_length=200)
    event = forms.ChoiceField(required=False, choices=audit_words.choices)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=_LAST_NUMBER)
    after = forms.IntegerField(required=False, min_value=1, max_value=_LAST_NUMBER)

    def value(self, name: str) -> str:
        """Return a filter's value, empty when it is unset or not understood."""
        self.is_valid()
        value = self.cleaned_data.get(name)
        return "" if value is None else str(value)

    def date(self, name: str) -> dt.date | None:
        """Return a day, if one was asked for."""
        self.is_valid()
        found: dt.date | None = self.cleaned_data.get(name)
        return found

    def kept(self) -> dict[str, str]:
        """Return what other pages of the same log are asked for."""
        asked = {name: self.value(name) for name in ("q", "event", "since", "until")}
        return {name: value for name, value in asked.items() if value}
