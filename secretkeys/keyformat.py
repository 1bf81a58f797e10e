"""The text of a secret key: how one is made, recognized and shown.

Shape, 103 characters, after the prefix only ``0-9A-Za-z``::

    dtvi_ | key id 16 | secret 64 | tag 12 | check 6

The key id is public and finds the row. The secret carries 381 bits. The tag is an
HMAC under a signing key of this server, so a forged key is refused before any I/O.
The check is a CRC-32 that anybody can compute, so typos and leaks are recognized
offline.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from typing import NamedTuple

PREFIX = "dtvi_"
ID_LENGTH = 16
SECRET_LENGTH = 64
TAG_LENGTH = 12
CHECK_LENGTH = 6
LENGTH = len(PREFIX) + ID_LENGTH + SECRET_LENGTH + TAG_LENGTH + CHECK_LENGTH
# The client prints the first 11 characters of a key in its own repr
# (vi-sdk, vi/client/auth.py), so lists show the same ones.
STEM_LENGTH = len(PREFIX) + 6

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase

_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]

_ID_END = len(PREFIX) + ID_LENGTH
_TAGGED_END = _ID_END + SECRET_LENGTH
_CHECKED_END = _TAGGED_END + TAG_LENGTH
_SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{LENGTH - len(PREFIX)}}}", re.ASCII)
_KEY_ID = re.compile(rf"[0-9A-Za-z]{{{ID_LENGTH}}}", re.ASCII)
_PUBLIC = re.compile(rf"{PREFIX}[0-9A-Za-z]{{6,{ID_LENGTH}}}", re.ASCII)
# A key inside other text. Shorter runs count too: a cut-off key still holds secret
# characters, and anything longer than the public part is one. So does the long rest of
# a key that a line break or an escape has torn apart.
_LEAK = re.compile(
    rf"({PREFIX}[0-9A-Za-z]{{6}})(?:(?!{PREFIX})[0-9A-Za-z])*"
    rf"(?:(?<=[0-9A-Za-z]{{{ID_LENGTH + 1}}})|(?:\\n|[^0-9A-Za-z]{{1,2}})[0-9A-Za-z]{{30,}})"
)


class MalformedKey(ValueError):
    """The presented text is not a key that this server can have issued."""


class Plaintext(str):
    """A whole secret key; its repr shows the stem only."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<secret key {self[:STEM_LENGTH]}…>"


class ParsedKey(NamedTuple):
    """A well-formed key whose tag is ours; the secret itself is not verified yet."""

    key_id: str
    plaintext: Plaintext


def generate(signing_key: bytes) -> ParsedKey:
    """Make a new key, signed with ``signing_key``."""
    key_id = _random_text(ID_LENGTH)
    tagged = PREFIX + key_id + _random_text(SECRET_LENGTH)
    checked = tagged + _tag(signing_key, tagged)
    return ParsedKey(key_id, Plaintext(checked + _check(checked)))


def parse(text: str, signing_keys: Sequence[bytes]) -> ParsedKey:
    """Take a presented key apart.

    Pure and without I/O; the tag is compared in constant time.

    Raises:
        MalformedKey: wrong prefix, length, alphabet or check, or a tag that none of
            ``signing_keys`` made.
    """
    if not _SHAPE.fullmatch(text):
        raise MalformedKey
    if _check(text[:_CHECKED_END]) != text[_CHECKED_END:]:
        raise MalformedKey
    tagged, tag = text[:_TAGGED_END], text[_TAGGED_END:_CHECKED_END]
    if not any(hmac.compare_digest(_tag(key, tagged), tag) for key in signing_keys):
        raise MalformedKey
    return ParsedKey(text[len(PREFIX) : _ID_END], Plaintext(text))


def is_key_id(text: str) -> bool:
    """Tell whether ``text`` has the shape of a key id."""
    return _KEY_ID.fullmatch(text) is not None


def stem(key_id: str) -> str:
    """Return what lists show of a key: the prefix and the first six characters."""
    return (PREFIX + key_id)[:STEM_LENGTH]


def public_part(text: str) -> str:
    """Return what is public of the first key in ``text``, empty where there is none.

    That is the prefix and as much of the key id as there is, a stem at least.
    """
    found = _PUBLIC.search(text)
    return found[0] if found else ""


def redact(text: str) -> str:
    """Replace every secret key in ``text``, whole or cut off, by its stem."""
    return _LEAK.sub(r"\1…", text) if PREFIX in text else text


def _random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _tag(signing_key: bytes, tagged: str) -> str:
    mac = hmac.digest(signing_key, tagged.encode(), hashlib.sha256)
    return _base62(int.from_bytes(mac[:16]), TAG_LENGTH)


def _check(checked: str) -> str:
    return _base62(zlib.crc32(checked.encode()), CHECK_LENGTH)


def _base62(number: int, length: int) -> str:
    """Return the last ``length`` base62 digits of ``number``, padded with ``0``.

    ``length`` is even: two digits at a time halve the divisions.
    """
    pairs = []
    for _ in range(length // 2):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))
