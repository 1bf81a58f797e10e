"""How keys are used: counted in memory, written in batches."""

from secretkeys.recording.last_uses import LAST_USED_RESOLUTION
from secretkeys.recording.rows import Client, Denied
from secretkeys.recording.waiting import (
    flush,
    forget_waiting,
    record,
    record_unknown,
    remember,
)

__all__ = [
    "LAST_USED_RESOLUTION",
    "Client",
    "Denied",
    "flush",
    "forget_waiting",
    "record",
    "record_unknown",
    "remember",
]
