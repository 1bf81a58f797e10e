"""Identify a key by what is public of it."""

from typing import Self

from django import forms
from django.http import QueryDict

from secretkeys import keyformat

_SHORTEST = keyformat.STEM_LENGTH - len(keyformat.PREFIX)
_NONE_FOUND = (
    f"No key found. A key starts with {keyformat.PREFIX} and {_SHORTEST} more "
    "characters."
)


class IdentifyForm(forms.Form):
    """The first characters of a key; nothing behind its key id gets in here."""

    # What a page says by itself where there is none.
    none_found = (_NONE_FOUND,)

    key = forms.CharField(
        max_length=len(keyformat.PREFIX) + keyformat.ID_LENGTH,
        error_messages={"required": _NONE_FOUND},
    )

    @classmethod
    def of(cls, posted: QueryDict | None) -> Self:
        """Return the form for what was posted, cut before anything else sees it."""
        if posted is None:
            return cls()
        return cls({"key": keyformat.public_part(posted.get("key", ""))})

    @property
    def begins(self) -> str:
        """The key as far as it is known, without its prefix."""
        return str(self.cleaned_data["key"]).removeprefix(keyformat.PREFIX)

    def refuse_unknown(self) -> None:
        """Say that no key of the organization begins so."""
        begins = self.cleaned_data["key"]
        self.add_error("key", f"No key of this organization begins with {begins}.")
