"""Usage that was counted at a moment of a test's choosing, and who sent it."""

import datetime as dt

from secretkeys.grants import Access, Resource
from secretkeys.models import KeyClient, SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.recording.counts import write_counts
from secretkeys.recording.rows import Row, Tally

SDK = "vi/0.1.0b7 (Python/3.11.7; Linux/6.1)"


def count_requests(
    key: SecretKey,
    at: dt.datetime,
    number: int = 1,
    *,
    resource: Resource | None = Resource.ASSETS,
    access: Access = Access.READ,
    outcome: Outcome = Outcome.ALLOWED,
) -> None:
    """Count requests of a key as if they had been made at a moment."""
    hour = at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    asked = (resource.value, access.value) if resource else ("", 0)
    row = Row(key.pk, hour, *asked, outcome.value, "", "", "")
    owners = {key.pk: key.organization_id}
    write_counts({row: Tally(at, at, number)}, owners, {})


def seen_client(
    key: SecretKey,
    at: dt.datetime,
    *,
    address: str = "10.2.0.7",
    user_agent: str = SDK,
    first: dt.datetime | None = None,
    number: int = 1,
) -> KeyClient:
    """Store a client that sent requests between ``first`` and a moment."""
    return KeyClient.objects.create(
        key=key,
        address=address,
        user_agent=user_agent,
        first_seen=first or at,
        last_seen=at,
        count=number,
    )
