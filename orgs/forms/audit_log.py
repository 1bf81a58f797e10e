"""What the audit log can be asked for."""

import datetime as dt
import re

from django import forms

from orgs import audit_words
from orgs.forms.fields import SearchField, left_out

# Beyond it no database has a row.
_LAST_NUMBER = 2**63 - 1


# A key or its id, and the stem that names it in events.
_KEY = re.compile(r"(dtvi_[A-Za-z0-9]{6})[A-Za-z0-9]*…?")
# The same without the prefix, which can be a name, too.
_BARE_ID = re.compile(r"([A-Za-z0-9]{6})[A-Za-z0-9]{0,10}")
_FILTERS = ("q", "key", "event", "since", "until")


class AuditFilterForm(forms.Form):
    """Search, filters and place in the log; whatever is not understood is left out."""

    q = SearchField()
    # A key, its id or the first characters of it, or part of its name.
    key = SearchField(label="key")
    event = forms.ChoiceField(
        required=False, choices=audit_words.choices, label="event"
    )
    since = forms.DateField(required=False, label="first day")
    until = forms.DateField(required=False, label="last day")
    before = forms.IntegerField(required=False, min_value=1, max_value=_LAST_NUMBER)
    after = forms.IntegerField(required=False, min_value=1, max_value=_LAST_NUMBER)

    # The newest event that a page knows, which asks for later ones; and whether it shows
    # any.
    seen = forms.IntegerField(required=False, min_value=0, max_value=_LAST_NUMBER)
    empty = forms.BooleanField(required=False)

    def clean_q(self) -> str:
        return _KEY.sub(r"\1", self.cleaned_data["q"])

    def clean_key(self) -> str:
        return _KEY.sub(r"\1", self.cleaned_data["key"])

    @property
    def stem(self) -> str:
        """The stem of the key that was asked for; empty: none, or by its name."""
        found = _KEY.fullmatch(self.value("key"))
        return found[1] if found else ""

    @property
    def bare_stem(self) -> str:
        """The stem of the key whose id was asked for without its prefix, if it is one."""
        found = _BARE_ID.fullmatch(self.value("key"))
        return f"dtvi_{found[1]}" if found else ""

    @property
    def left_out(self) -> str:
        """The filters that are set and not understood, in words."""
        return left_out(self, _FILTERS)

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
        asked = {name: self.value(name) for name in _FILTERS}
        return {name: value for name, value in asked.items() if value}
