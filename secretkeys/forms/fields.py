"""Fields and words that several forms share."""

import uuid

from django import forms

from orgs import catalogue
from secretkeys.grants import Access
from secretkeys.scopes import Reach

_LEVELS = [(access.name.lower(), access.name.title()) for access in Access]

INCOMPLETE = "This form is incomplete. Reload the page and try again."


class NonceField(forms.UUIDField):
    """A value chosen with the form, so that sending it twice has one effect."""

    def __init__(self) -> None:
        super().__init__(
            initial=uuid.uuid4,
            widget=forms.HiddenInput,
            error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE},
        )


class LevelField(forms.ChoiceField):
    """None, Read or Write: one row of the matrix."""

    def __init__(self) -> None:
        super().__init__(
            choices=_LEVELS,
            required=False,
            error_messages={"invalid_choice": "Choose None, Read or Write."},
        )


class ReachField(forms.ChoiceField):
    """All, Selected or None of one category."""

    def __init__(self) -> None:
        super().__init__(
            choices=[(reach.value, reach.name.title()) for reach in Reach],
            required=False,
            error_messages={"invalid_choice": "Choose All, Selected or None."},
        )


class IdsField(forms.MultipleChoiceField):
    """Selected external ids; whether the catalogue has them is for the action."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            error_messages={"invalid_choice": "This is no entry of the catalogue."},
        )

    def valid_value(self, value: str) -> bool:
        return catalogue.is_id(value)
