"""What people can ask for on the secret keys pages, and how it is checked."""

from secretkeys.forms.ending import ReasonForm, RemoveForm, RotateForm
from secretkeys.forms.filters import KeyFilterForm
from secretkeys.forms.grant import KeyEditForm, KeyForm
from secretkeys.forms.identify import IdentifyForm
from secretkeys.forms.leaver import LeaverForm
from secretkeys.forms.usage_filters import UsageFilterForm

__all__ = [
    "IdentifyForm",
    "KeyEditForm",
    "KeyFilterForm",
    "KeyForm",
    "LeaverForm",
    "ReasonForm",
    "RemoveForm",
    "RotateForm",
    "UsageFilterForm",
]
