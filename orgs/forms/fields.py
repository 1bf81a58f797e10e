"""Fields that every form about people, organizations and keys shares."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from orgs import names, whole_keys

# Of what somebody searches for.
_LONGEST_SEARCH = 200


class NameField(forms.CharField):
    """A name that somebody chooses; see names.clean()."""

    def __init__(self) -> None:
        super().__init__(required=False, strip=False)

    def clean(self, value: Any) -> str:
        """Return the name as it is stored."""
        try:
            return names.clean(str(value or ""))
        except names.InvalidName as error:
            raise ValidationError(str(error)) from error


class SearchField(forms.CharField):
    """What somebody searches for; of a whole secret key nothing secret is kept."""

    def __init__(self, *, label: str = "search") -> None:
        super().__init__(required=False, max_length=_LONGEST_SEARCH, label=label)

    def to_python(self, value: Any) -> str:
        """Return the text, cut before it is measured."""
        return whole_keys.cut(str(super().to_python(value)))

    def prepare_value(self, value: Any) -> Any:
        """Return what the page shows again, cut too where it was not understood."""
        return whole_keys.cut(value) if isinstance(value, str) else value


def left_out(form: forms.Form, names_of_filters: Iterable[str]) -> str:
    """Name, for people, the filters that are set and not understood; empty: none."""
    labels = [str(form[name].label) for name in names_of_filters if name in form.errors]
    return ", ".join(labels)
