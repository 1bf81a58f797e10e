"""Changes to secret keys; each is one transaction with its audit event."""

from secretkeys.actions.keys import create_key, rotate_key, update_key
from secretkeys.actions.stopping import disable_key, enable_key, end_key, remove_key
from secretkeys.key_terms import KeyTerms

__all__ = [
    "KeyTerms",
    "create_key",
    "disable_key",
    "enable_key",
    "end_key",
    "remove_key",
    "rotate_key",
    "update_key",
]
