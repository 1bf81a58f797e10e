"""When each key was last used, and by whom."""

import datetime as dt
from collections.abc import Mapping

from django.db.models import Q

from secretkeys.models import SecretKey
from secretkeys.recording.rows import (
    LONGEST_USER_AGENT,
    LastUse,
    clean_address,
    printable,
)

LAST_USED_RESOLUTION = dt.timedelta(minutes=1)


def write_last_uses(last_uses: Mapping[str, LastUse]) -> None:
    """Move "Last Used" on, at most once per LAST_USED_RESOLUTION."""
    for key_id, (at, client) in sorted(last_uses.items()):
        stale = Q(last_used_at=None) | Q(last_used_at__lte=at - LAST_USED_RESOLUTION)
        SecretKey.objects.filter(stale, key_id=key_id).update(
            last_used_at=at,
            last_used_address=clean_address(client.address) or None,
            last_used_client=printable(client.user_agent)[:LONGEST_USER_AGENT],
        )
