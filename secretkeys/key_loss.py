"""What would stop if a key were removed now, or that nothing would."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from secretkeys import previews
from secretkeys.key_endings import ended_at
from secretkeys.models import ACTIVITY_DAYS, SecretKey
from secretkeys.previews import Preview

# Without a request for so long, nobody seems to need a key.
_SILENT = dt.timedelta(days=ACTIVITY_DAYS)
# Addresses that a sentence names.
_MOST_ADDRESSES = 3


@dataclass(frozen=True, slots=True)
class Loss:
    """What would have been denied in 30 days without the key, and to whom.

    ``words`` say how the key stands where nothing would have been, without
    ``preview``.
    """

    preview: Preview | None = None
    words: str = ""
    programs: list[str] = field(default_factory=list)
    # Where most of the requests came from, and how many other addresses there are.
    addresses: list[str] = field(default_factory=list)
    more_addresses: int = 0


def key_loss(key: SecretKey, programs: list[str], *, at: dt.datetime) -> Loss | None:
    """Return what removing a key would stop; None: it is stopped already.

    Args:
        key: the key.
        programs: what presented it in these days, in words.
        at: now.
    """
    if ended_at(key, at) or key.is_disabled:
        return None
    preview = previews.of_removal(key, at=at)
    if preview is None:
        return Loss(words=_nothing_words(key, at))
    counts: Counter[str] = Counter()
    for kind in preview.kinds:
        counts[kind.shown_address] += kind.requests
    addresses = [address for address, _ in counts.most_common() if address]
    named = addresses[:_MOST_ADDRESSES]
    more = len(addresses) - len(named)
    return Loss(preview, programs=programs, addresses=named, more_addresses=more)


def _nothing_words(key: SecretKey, at: dt.datetime) -> str:
    """Say that nothing would stop; only a key that was silent for long is of no use."""
    used_at, long_ago = key.last_used_at, at - _SILENT
    if used_at is None and key.created_at > long_ago:
        return "It has not been used yet."
    if used_at is None:
        return "Nothing would stop: it has never been used. It can be removed."
    if used_at > long_ago:
        return (
            "Nothing would stop: none of its requests of the last "
            f"{ACTIVITY_DAYS} days was allowed."
        )
    return (
        f"Nothing would stop: it has not been used in {ACTIVITY_DAYS} days. "
        "It can be removed."
    )
