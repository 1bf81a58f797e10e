"""How keys are used: counted in memory, written in batches."""

from secretkeys.usage.last_uses import LAST_USED_RESOLUTION
from secretkeys.usage.recording import (
    flush,
    forget_waiting,
    record,
    record_unknown,
    remember,
)
from secretkeys.usage.rows import Client, Denied

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
