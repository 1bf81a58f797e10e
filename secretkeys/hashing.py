"""Keys at rest: argon2id digests, and the memory of keys already verified.

The only module that knows argon2 and its parameters. A process runs argon2 once per
key: later presentations of the same key against the same stored digest are recognized
by a keyed hash.
"""

import hashlib
import os
import secrets
import threading
from collections import OrderedDict
from typing import NamedTuple

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from django.conf import settings

from secretkeys.keyformat import ParsedKey

# What a stored row may ask of this server; above it the row counts as corrupt.
MOST_MEMORY_KIB = 256 * 1024
MOST_TIME_COST = 10
_MOST_PARALLELISM = 8

# Enough for every key that one process meets, at about 300 bytes each.
_REMEMBERED_KEYS = 50_000
# A burst of cold keys may wait this long, in seconds, for a free core.
_SLOT_TIMEOUT = 2.0

_slots = threading.BoundedSemaphore(os.cpu_count() or 1)


class HashingBusy(Exception):
    """Every core was verifying for as long as a request may wait."""


class NotHere(Exception):
    """argon2 would hold up everybody who shares this thread: ask from another."""


class CorruptDigest(Exception):
    """The stored digest is not an argon2id digest within bounds."""


class VerifiedKey(NamedTuple):
    """A key that argon2 has verified in this process, and the digest it matched."""

    key_id: str
    digest: str


class _VerifiedKeys:
    """A bounded map from a keyed hash of a presented key to what it proved to be.

    Only keys that verified get in, so wrong ones cannot push right ones out.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._secret = secrets.token_bytes(32)
        self._keys: OrderedDict[bytes, VerifiedKey] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, plaintext: str) -> VerifiedKey | None:
        mark = self._mark(plaintext)
        with self._lock:
            found = self._keys.get(mark)
            if found is not None:
                self._keys.move_to_end(mark)
        return found

    def add(self, plaintext: str, key: VerifiedKey) -> None:
        mark = self._mark(plaintext)
        with self._lock:
            self._keys[mark] = key
            self._keys.move_to_end(mark)
            while len(self._keys) > self._size:
                self._keys.popitem(last=False)

    def remove(self, plaintext: str) -> None:
        with self._lock:
            self._keys.pop(self._mark(plaintext), None)

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()

    def _mark(self, plaintext: str) -> bytes:
        # Keyed BLAKE2 (RFC 7693) takes a third of the time of an HMAC.
        return hashlib.blake2b(plaintext.encode(), key=self._secret).digest()


_verified = _VerifiedKeys(_REMEMBERED_KEYS)


class _Thread(threading.local):
    """Whether the present thread may run argon2."""

    is_shared = False


_thread = _Thread()


def share_thread() -> None:
    """Keep argon2 off the present thread from now on."""
    _thread.is_shared = True


def digest(plaintext: str) -> str:
    """Return the argon2id digest to store for a key, salted and self-describing."""
    return _hasher().hash(plaintext)


def recall(plaintext: str) -> VerifiedKey | None:
    """Return what this process has verified ``plaintext`` to be, if it has.

    It still has to be compared with the digest that is stored now.
    """
    return _verified.get(plaintext)


def matches(key: ParsedKey, stored: str) -> bool:
    """Run argon2: tell whether ``stored`` was made of this very key.

    Raises:
        HashingBusy: no core was free in time.
        NotHere: the present thread is not to run argon2.
        CorruptDigest: ``stored`` is not a digest this server would verify.
    """
    if _thread.is_shared:
        raise NotHere
    _check_bounds(stored)
    verified = VerifiedKey(key.key_id, stored)
    if not _slots.acquire(timeout=_SLOT_TIMEOUT):
        raise HashingBusy
    try:
        # Whoever waited for a slot may have waited for this very key.
        if _verified.get(key.plaintext) != verified:
            _hasher().verify(stored, key.plaintext)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError) as error:
        raise CorruptDigest from error
    finally:
        _slots.release()
    _verified.add(key.plaintext, verified)
    return True


def remember(key: ParsedKey, stored: str) -> None:
    """Take it as verified that ``stored`` was made of this very key: it just was."""
    _verified.add(key.plaintext, VerifiedKey(key.key_id, stored))


def forget(plaintext: str) -> None:
    """Have argon2 look at a key again."""
    _verified.remove(plaintext)


def is_outdated(stored: str) -> bool:
    """Tell whether ``stored`` was made with other parameters than today's."""
    return _hasher().check_needs_rehash(stored)


def forget_verified() -> None:
    """Empty this process's memory of verified keys."""
    _verified.clear()


def _hasher() -> PasswordHasher:
    return PasswordHasher(
        time_cost=settings.KEY_ARGON2_TIME_COST,
        memory_cost=settings.KEY_ARGON2_MEMORY_KIB,
        parallelism=1,
    )


def _check_bounds(stored: str) -> None:
    try:
        parameters = extract_parameters(stored)
    except InvalidHashError as error:
        raise CorruptDigest from error
    if (
        parameters.memory_cost > MOST_MEMORY_KIB
        or parameters.time_cost > MOST_TIME_COST
        or parameters.parallelism > _MOST_PARALLELISM
    ):
        raise CorruptDigest
