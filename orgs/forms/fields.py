"""Fields that every form about people, organizations and keys shares."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from orgs import names


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
