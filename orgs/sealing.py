"""Secrets that have to be read again: stored so that a copy of the database is no use.

Passwords and keys are only ever compared and are stored as digests; what an
authenticator app shares with the server has to be known to check its codes.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

__all__ = ["InvalidToken", "reseal", "seal", "unseal"]

# Keeps these keys apart from any other use of SIGNING_KEYS.
_PURPOSE = b"secret-keys: secrets of second factors"


def seal(text: str) -> str:
    """Encrypt with the newest of SIGNING_KEYS."""
    return _ring().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt with whichever of SIGNING_KEYS sealed it.

    Raises:
        InvalidToken: the key was removed, or this is no sealed text.
    """
    return _ring().decrypt(sealed.encode()).decode()


def reseal(sealed: str) -> str:
    """Encrypt anew with the newest key, so that the older ones can be removed.

    Raises:
        InvalidToken: see unseal().
    """
    return _ring().rotate(sealed.encode()).decode()


def _ring() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in settings.SIGNING_KEYS])


def _fernet(signing_key: bytes) -> Fernet:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE)
    return Fernet(base64.urlsafe_b64encode(kdf.derive(signing_key)))
