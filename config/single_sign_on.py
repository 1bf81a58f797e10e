"""The identity provider that people may sign in with, from the environment."""

import hashlib
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.values import is_loopback

_LONGEST_NAME = 40


class SingleSignOn(NamedTuple):
    """An OpenID Connect provider."""

    # What the button says.
    name: str
    # Who somebody is at one provider says nothing about another.
    provider_id: str
    # Where its sign-in page is, for the Content-Security-Policy.
    origin: str
    # What django-allauth asks for.
    providers: dict[str, Any]


def single_sign_on(
    server_url: str, client_id: str, client_secret: str, name: str
) -> SingleSignOn | None:
    """Return the provider; None: people sign in here alone.

    Args:
        server_url: its issuer, below which ``/.well-known/openid-configuration`` is.
        client_id: what it calls this server.
        client_secret: what this server proves that with.
        name: what people call it.
    """
    if not server_url:
        if client_id or client_secret:
            raise ImproperlyConfigured(
                "OIDC_SERVER_URL is not set, but OIDC_CLIENT_ID or OIDC_CLIENT_SECRET "
                "is."
            )
        return None
    origin = _origin(server_url)
    if not client_id or not client_secret:
        raise ImproperlyConfigured(
            "OIDC_SERVER_URL needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET."
        )
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise ImproperlyConfigured(
            f"OIDC_NAME must be 1 to {_LONGEST_NAME} printable characters."
        )
    server_url = server_url.rstrip("/")
    provider_id = f"oidc-{hashlib.sha256(server_url.encode()).hexdigest()[:12]}"
    app = {
        "provider_id": provider_id,
        "name": name.strip(),
        "client_id": client_id,
        "secret": client_secret,
        "settings": {"server_url": server_url, "oauth_pkce_enabled": True},
    }
    providers = {"openid_connect": {"APPS": [app]}}
    return SingleSignOn(name.strip(), provider_id, origin, providers)


def _origin(server_url: str) -> str:
    parts = urlsplit(server_url)
    try:
        complete = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        complete = False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts))
    # What ends a directive of the Content-Security-Policy must not get into one.
    is_plain = server_url.isprintable() and not set(server_url) & set(" ,;?#@'\"")
    if not (complete and is_safe and is_plain):
        raise ImproperlyConfigured(
            "OIDC_SERVER_URL must be the https:// address of an identity provider, "
            "such as https://login.example.com/realms/acme."
        )
    return f"{parts.scheme}://{parts.netloc}"
