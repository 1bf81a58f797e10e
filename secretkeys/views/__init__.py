"""The secret keys pages and their dialogs."""

from secretkeys.views.dialogs import (
    catalogue_picker,
    key_create,
    key_edit,
    key_preview,
    key_remove,
    key_rotate,
)
from secretkeys.views.leavers import leave, member_remove
from secretkeys.views.pages import (
    denial_detail,
    key_detail,
    key_first_request,
    key_list,
)

__all__ = [
    "catalogue_picker",
    "denial_detail",
    "key_create",
    "key_detail",
    "key_edit",
    "key_first_request",
    "key_list",
    "key_preview",
    "key_remove",
    "key_rotate",
    "leave",
    "member_remove",
]
