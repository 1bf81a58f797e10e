"""Keys that this server never issued, made with what it signs with."""

from django.conf import settings

from secretkeys import keyformat
from secretkeys.keyformat import ID_LENGTH, PREFIX, Plaintext

_SECRET_START = len(PREFIX) + ID_LENGTH


def unknown_key() -> Plaintext:
    """Return a key whose tag is right and whose id nobody has."""
    return keyformat.generate(settings.SIGNING_KEYS[0]).plaintext


def with_another_secret(key: Plaintext) -> Plaintext:
    """Return a key with the id of ``key``, a right tag and a secret of its own."""
    secret = unknown_key()[_SECRET_START : _SECRET_START + keyformat.SECRET_LENGTH]
    tagged = key[:_SECRET_START] + secret
    checked = tagged + keyformat._tag(settings.SIGNING_KEYS[0], tagged)
    return Plaintext(checked + keyformat._check(checked))


def with_a_forged_tag(key: Plaintext) -> Plaintext:
    """Return ``key`` with another tag and a check that fits it."""
    tag = "0" * keyformat.TAG_LENGTH
    checked = key[: -keyformat.CHECK_LENGTH - keyformat.TAG_LENGTH] + tag
    return Plaintext(checked + keyformat._check(checked))
