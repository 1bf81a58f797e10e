"""Turns text from the environment into settings, or says in one sentence why not."""

import ipaddress
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import dj_email_url
from django.core.exceptions import ImproperlyConfigured

# More would be refused when the digest is read back (secretkeys/hashing.py).
MOST_MEMORY_KIB = 256 * 1024
MOST_TIME_COST = 10

# What Django's own deployment check asks of a secret key.
_SECRET_KEY_LENGTH = 50
_SIGNING_KEY_BYTES = 32
_LEAST_DIFFERENT = 8
_MAIL_SCHEMES = {"console", "smtp", "smtp+tls", "smtp+ssl"}
_HOW_TO_MAKE_ONE = "make one with `openssl rand -hex 32`."

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def secret_files(environment: dict[str, str]) -> None:
    """Check that every file a ``<NAME>_FILE`` variable points to can be read."""
    for name in (
        "SECRET_KEY",
        "SIGNING_KEYS",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_URL",
    ):
        path = environment.get(f"{name}_FILE")
        if path and not Path(path).is_file():
            raise ImproperlyConfigured(
                f"{name}_FILE points to {path}, which is no file."
            )


def secret_key(text: str) -> str:
    """Return Django's secret key."""
    if not text:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set; set it to 50 random characters."
        )
    if len(text) < _SECRET_KEY_LENGTH or len(set(text)) < _LEAST_DIFFERENT:
        raise ImproperlyConfigured(
            "SECRET_KEY is too weak; set it to at least 50 random characters."
        )
    return text


def signing_keys(texts: Sequence[str]) -> list[bytes]:
    """Return the ring: hex, newest first; the first signs new keys, all verify."""
    if not texts:
        raise ImproperlyConfigured(f"SIGNING_KEYS is not set; {_HOW_TO_MAKE_ONE}")
    return [_signing_key(text, position) for position, text in enumerate(texts, 1)]


def _signing_key(text: str, position: int) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise ImproperlyConfigured(
            f"SIGNING_KEYS is not hexadecimal in entry {position}; {_HOW_TO_MAKE_ONE}"
        ) from None
    if len(key) < _SIGNING_KEY_BYTES or len(set(key)) < _LEAST_DIFFERENT:
        raise ImproperlyConfigured(
            f"SIGNING_KEYS is too weak in entry {position}; {_HOW_TO_MAKE_ONE}"
        )
    return key


def origin(text: str, *, insecure_allowed: bool) -> SplitResult:
    """Return scheme, host and port; plain http only to this very machine."""
    parts = urlsplit(text)
    try:
        complete = parts.scheme in {"http", "https"} and bool(parts.hostname)
        complete = complete and (parts.port or 1) > 0
    except ValueError:
        complete = False
    if not complete or "@" in text or text != f"{parts.scheme}://{parts.netloc}":
        raise ImproperlyConfigured(
            "PUBLIC_ORIGIN must be a scheme and a host, such as "
            "https://keys.example.com."
        )
    # Keys and passwords would cross the network in the clear; somebody must want that.
    if parts.scheme == "http" and not (is_loopback(parts) or insecure_allowed):
        raise ImproperlyConfigured(
            "PUBLIC_ORIGIN must begin with https://, or set INSECURE_HTTP=true to send "
            "keys and passwords in the clear."
        )
    return parts


def is_loopback(parts: SplitResult) -> bool:
    """Tell whether an origin is this machine."""
    return parts.hostname in {"127.0.0.1", "localhost", "::1"}


def log_level(text: str) -> str:
    """Return the name of a level, in any case."""
    if text.upper() not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured("LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
    return text.upper()


def redis_url(text: str) -> str:
    """Return the address of a Redis server."""
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(
            "REDIS_URL must begin with redis://, rediss:// or unix://."
        )
    return text


def networks(name: str, texts: Sequence[str]) -> tuple[Network, ...]:
    """Return addresses and networks; an address is a network of one."""
    try:
        return tuple(ipaddress.ip_network(text.strip()) for text in texts)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be addresses or networks, such as 10.0.0.7 or 10.0.0.0/24."
        ) from None


def email(url: str) -> dict[str, Any]:
    """Return Django's mail settings for a mail server's address."""
    try:
        if urlsplit(url).scheme not in _MAIL_SCHEMES:
            raise ValueError(url)
        return dict(dj_email_url.parse(url))
    except ValueError:
        raise ImproperlyConfigured(
            "EMAIL_URL must be console: or an address such as "
            "smtp+tls://user:password@mail.example.com:587."
        ) from None


Number = TypeVar("Number", int, float)


def not_negative(name: str, number: Number) -> Number:
    """Return a count or a time."""
    if number < 0:
        raise ImproperlyConfigured(f"{name} must not be negative.")
    return number


def argon2_cost(memory_kib: int, time_cost: int) -> tuple[int, int]:
    """Return the cost of a stored digest, within what a server can bear."""
    if not (8 <= memory_kib <= MOST_MEMORY_KIB and 1 <= time_cost <= MOST_TIME_COST):
        raise ImproperlyConfigured(
            f"KEY_ARGON2_MEMORY_KIB must be 8 to {MOST_MEMORY_KIB} and "
            f"KEY_ARGON2_TIME_COST 1 to {MOST_TIME_COST}."
        )
    return memory_kib, time_cost
