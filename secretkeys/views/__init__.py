"""The secret keys pages and their dialogs."""

from secretkeys.views.dialogs import (
    catalogue_picker,
    key_create,
    key_edit,
    key_preview,
    key_rotate,
)
from secretkeys.views.identify import key_identify
from secretkeys.views.leavers import leave, member_remove
from secretkeys.views.overview import overview
from secretkeys.views.pages import (
    denial_detail,
    key_detail,
    key_first_request,
    key_list,
)
from secretkeys.views.stopping import key_disable, key_enable, key_remove
from secretkeys.views.usage import usage, usage_file

__all__ = [
    "catalogue_picker",
    "denial_detail",
    "key_create",
    "key_detail",
    "key_disable",
    "key_edit",
    "key_enable",
    "key_first_request",
    "key_identify",
    "key_list",
    "key_preview",
    "key_remove",
    "key_rotate",
    "leave",
    "member_remove",
    "overview",
    "usage",
    "usage_file",
]
