"""What people can ask for on the secret keys pages, and how it is checked."""

from secretkeys.forms.ending import RemoveForm, RotateForm
from secretkeys.forms.filters import KeyFilterForm
from secretkeys.forms.grant import KeyEditForm, KeyForm
from secretkeys.forms.leaver import LeaverForm

__all__ = [
    "KeyEditForm",
    "KeyFilterForm",
    "KeyForm",
    "LeaverForm",
    "RemoveForm",
    "RotateForm",
]
