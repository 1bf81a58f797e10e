"""What people can ask for on the secret keys pages, and how it is checked."""

from secretkeys.forms.ending import RemoveForm, RotateForm
from secretkeys.forms.filters import KeyFilterForm
from secretkeys.forms.grant import KeyEditForm, KeyForm

__all__ = ["KeyEditForm", "KeyFilterForm", "KeyForm", "RemoveForm", "RotateForm"]
