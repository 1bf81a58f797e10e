"""Secret keys and what they were used for."""

from secretkeys.models.activity import ACTIVITY_DAYS, MANY, KeyActivity
from secretkeys.models.clients import KeyClient
from secretkeys.models.denials import DENIAL_LIFETIME, Denial
from secretkeys.models.grant_fields import GRANT_FIELDS, grant_columns, stored_grant
from secretkeys.models.key_reads import SORT_FIELDS, SecretKeyQuerySet
from secretkeys.models.keys import SecretKey
from secretkeys.models.usage import (
    DAILY_LIFETIME,
    HOURLY_LIFETIME,
    KeyDayTotal,
    KeyUsage,
    KeyUsageDay,
    OrganizationUsage,
    OrganizationUsageDay,
)

__all__ = [
    "ACTIVITY_DAYS",
    "DAILY_LIFETIME",
    "DENIAL_LIFETIME",
    "GRANT_FIELDS",
    "HOURLY_LIFETIME",
    "MANY",
    "SORT_FIELDS",
    "Denial",
    "KeyActivity",
    "KeyClient",
    "KeyDayTotal",
    "KeyUsage",
    "KeyUsageDay",
    "OrganizationUsage",
    "OrganizationUsageDay",
    "SecretKey",
    "SecretKeyQuerySet",
    "grant_columns",
    "stored_grant",
]
