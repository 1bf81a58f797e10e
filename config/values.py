"""Turns text from the environment into settings, or says in one sentence why not."""

import ipaddress
import logging
from collections.abc import Iterable, Mapping, Sequence
from email.utils import parseaddr
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from packaging.version import InvalidVersion, Version

# More would be refused when the digest is read back (secretkeys/hashing.py).
MOST_MEMORY_KIB = 256 * 1024
MOST_TIME_COST = 10

# What Django's own deployment check asks of a secret key.
_SECRET_KEY_LENGTH = 50
_SIGNING_KEY_BYTES = 32
_LEAST_DIFFERENT = 8
_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
_HOW_TO_MAKE_ONE = "make one with `openssl rand -hex 32`."

# IPv4 addresses as IPv6 begin with this many bits.
_MAPPED_BITS = 96
# Stands for whoever connects to a socket file.
_SOCKETS = "unix"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def secret_files(environment: dict[str, str]) -> None:
    """Check that every file a ``<NAME>_FILE`` variable points to can be read."""
    for name in (
        "SECRET_KEY",
        "SIGNING_KEYS",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_URL",
        "OIDC_CLIENT_SECRET",
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


def one_of(name: str, text: str, choices: Sequence[str]) -> str:
    """Return one of a few words."""
    if text not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}.")
    return text


def redis_url(text: str) -> str:
    """Return the address of a Redis server."""
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(
            "REDIS_URL must begin with redis://, rediss:// or unix://."
        )
    return text


def networks(name: str, texts: Sequence[str]) -> frozenset[Network]:
    """Return addresses and networks; an address is a network of one."""
    try:
        return frozenset(_network(text.strip()) for text in texts)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be addresses or networks, such as 10.0.0.7 or 10.0.0.0/24."
        ) from None


def _network(text: str) -> Network:
    network = ipaddress.ip_network(text)
    # IPv4 addresses that are written as IPv6 are read as what they are.
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.ip_network((mapped, network.prefixlen - _MAPPED_BITS))


def trusted_proxies(
    name: str, texts: Sequence[str], environment: Mapping[str, str]
) -> tuple[frozenset[Network], bool]:
    """Return the networks of proxies, and whether peers behind a socket file are one."""
    if environment.get("TRUSTED_PROXY_COUNT"):
        raise ImproperlyConfigured(
            f"TRUSTED_PROXY_COUNT is gone: remove it and set {name} to the addresses of "
            "your proxies, such as 127.0.0.1 or 10.0.0.0/24."
        )
    words = [text.strip() for text in texts]
    found = networks(name, [word for word in words if word != _SOCKETS])
    if any(network.prefixlen == 0 for network in _joined(found)):
        raise ImproperlyConfigured(
            f"{name} must not be every address: anybody could claim any address."
        )
    return found, _SOCKETS in words


def _joined(found: Iterable[Network]) -> list[Network]:
    """Return the networks with halves put together to the whole that they are."""
    found = list(found)
    fours = [each for each in found if isinstance(each, ipaddress.IPv4Network)]
    sixes = [each for each in found if isinstance(each, ipaddress.IPv6Network)]
    return [
        *ipaddress.collapse_addresses(fours),
        *ipaddress.collapse_addresses(sixes),
    ]


def email(url: str) -> dict[str, Any]:
    """Return Django's mail settings for a mail server's address.

    ``smtp`` is in the clear, ``smtp+tls`` begins TLS by STARTTLS or fails, ``smtp+ssl``
    is TLS from the first byte.
    """
    try:
        parts = urlsplit(url)
        is_server = parts.scheme in _MAIL_PORTS and bool(parts.hostname)
        port = parts.port or _MAIL_PORTS.get(parts.scheme, 0)
    except ValueError:
        is_server = False
    # What stands behind the host, such as ?tls=true, must not be passed over silently.
    if url.rstrip("/") != "console:" and (
        not is_server or parts.path.strip("/") or parts.query or parts.fragment
    ):
        raise ImproperlyConfigured(
            "EMAIL_URL must be console: or an address such as "
            "smtp+tls://user:password@mail.example.com:587, with special characters in "
            "the password as %23."
        )
    transport = "smtp" if is_server else "console"
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{transport}.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtp+ssl",
    }


def sender(text: str) -> str:
    """Return whom mails come from: an address, or ``Name <address>``."""
    address = parseaddr(text)[1]
    if not text.isprintable() or address.count("@") != 1 or " " in address:
        raise ImproperlyConfigured(
            "DEFAULT_FROM_EMAIL must be an address such as keys@example.com or "
            "Secret keys <keys@example.com>."
        )
    return text


def sdk_version(text: str) -> Version | None:
    """Return a version as PEP 440 orders them; None: not set."""
    try:
        return Version(text) if text.strip() else None
    except InvalidVersion:
        raise ImproperlyConfigured(
            "MINIMUM_SDK_VERSION must be a version such as 0.1.0b7, or empty."
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
