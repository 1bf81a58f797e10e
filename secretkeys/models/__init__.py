"""Secret keys and what they were used for."""

from secretkeys.models.grant_fields import GRANT_FIELDS, grant_columns, stored_grant
from secretkeys.models.key_reads import SORT_FIELDS, SecretKeyQuerySet
from secretkeys.models.keys import SecretKey
from secretkeys.models.usage import (
    ACTIVITY_DAYS,
    DENIAL_LIFETIME,
    Denial,
    KeyActivity,
    KeyUsage,
)

__all__ = [
    "ACTIVITY_DAYS",
    "DENIAL_LIFETIME",
    "GRANT_FIELDS",
    "SORT_FIELDS",
    "Denial",
    "KeyActivity",
    "KeyUsage",
    "SecretKey",
    "SecretKeyQuerySet",
    "grant_columns",
    "stored_grant",
]
