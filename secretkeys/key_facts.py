"""What pages about one key say first: its state, its use, its rights and its kin."""

import datetime as dt
from dataclasses import dataclass

from secretkeys import badges, keyformat
from secretkeys.catalogue_words import ScopeWords, scope_words
from secretkeys.key_endings import stop_reason
from secretkeys.models import SecretKey
from secretkeys.status import Status


@dataclass(frozen=True, slots=True)
class Kin:
    """The key before or after a key that was rotated; ``stops`` is when, in words."""

    key_id: str
    stops: str = ""

    @property
    def stem(self) -> str:
        """The first characters of the key."""
        return keyformat.stem(self.key_id)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a key, however it is used.

    ``reason`` is what was said when it was stopped. ``predecessor`` is the key that it
    replaces, ``successor`` the one that replaces it; ``stops`` is empty for a key that
    no longer works.
    """

    state: Status
    reason: str
    last_used_at: dt.datetime | None
    scopes: list[ScopeWords]
    predecessor: Kin | None
    successor: Kin | None


def key_facts(
    key: SecretKey, *, at: dt.datetime, last_seen: dt.datetime | None = None
) -> KeyFacts:
    """Return the facts of a key.

    Args:
        key: the key, as for_page() loads it.
        at: now.
        last_seen: when a client presented it, as far as that is known: the key's own
            column is written less often.
    """
    moments = [moment for moment in (key.last_used_at, last_seen) if moment]
    return KeyFacts(
        state=key.statuses_at(at)[0],
        reason=stop_reason(key),
        last_used_at=max(moments, default=None),
        scopes=scope_words(key),
        predecessor=_predecessor(key, at),
        successor=Kin(key.replaced_by_id) if key.replaced_by_id else None,
    )


def _predecessor(key: SecretKey, at: dt.datetime) -> Kin | None:
    before: SecretKey | None = getattr(key, "replaces", None)
    if before is None:
        return None
    works = not before.is_removed and not before.is_disabled
    if not works or before.expires_at is None or before.is_expired(at):
        return Kin(before.key_id)
    badge = badges.expiry_badge(before.expires_at, replaced=True, at=at)
    return Kin(before.key_id, badge.text.lower() if badge else "")
