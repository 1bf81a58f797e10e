"""How django-allauth asks for more than a password."""

import base64
import ipaddress
import logging
import secrets
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from qrcode import make
from qrcode.image.svg import SvgPathFillImage

from orgs.actions import change_second_factors, end_sessions
from orgs.http import PersonRequest, View, origin
from orgs.models import User
from orgs.sealing import InvalidToken, seal, unseal
from orgs.sessions import open_sessions

logger = logging.getLogger(__name__)

_LOOPBACK = {"127.0.0.1", "::1"}


def passkey_origin() -> str:
    """Return where passkeys work, such as https://keys.example.com; empty: nowhere.

    Browsers bind a passkey to a host name and want https for it; the one exception is
    http://localhost, and an address such as 127.0.0.1 is no name.
    """
    parts = urlsplit(settings.PUBLIC_ORIGIN)
    host = parts.hostname or ""
    if host in _LOOPBACK:
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://localhost{port}"
    if _is_address(host) or (parts.scheme != "https" and host != "localhost"):
        return ""
    return str(settings.PUBLIC_ORIGIN)


def passkeys_work(request: HttpRequest) -> bool:
    """Whether the page that somebody sees is where passkeys work."""
    here = urlsplit(f"//{request.get_host()}").hostname
    return bool(here) and here == urlsplit(passkey_origin()).hostname


def ends_other_sessions(view: View) -> View:
    """End somebody's other sessions when a view sets up their first second factor.

    A password alone opened those. All that are opened from then on ask for more, so
    an account with a second factor has no session without one.
    """

    @wraps(view)
    def wrapper(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        had_one = user.has_second_factor
        response = view(request, *args, **kwargs)
        if not had_one and user.has_second_factor:
            found = open_sessions(user, request.session.session_key or "")
            end_sessions(user, [each.pk for each in found if not each.is_current])
        return response

    return wrapper


def audited(view: View) -> View:
    """Record which second factors a view adds and removes, in the view's transaction."""

    @wraps(view)
    def wrapper(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        return change_second_factors(
            request.user,
            lambda: view(request, *args, **kwargs),
            origin=origin(request),
            at=timezone.now(),
        )

    return wrapper


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# The library has no types, so to mypy its class is Any.
class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors bound to the configured origin, their secrets encrypted."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": (
            "This code is not correct, or it was used before. Enter the current one."
        ),
        "incorrect_passkey": "This passkey is not known here, or it was not accepted.",
        "cannot_generate_recovery_codes": (
            "Recovery codes need an authenticator app or a passkey. Set one up first."
        ),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret, or where it cannot be read one that nobody knows.

        The answer to every code is then "not correct" rather than an error page.
        """
        try:
            return unseal(encrypted_text)
        except InvalidToken:
            logger.warning("A second factor cannot be read: its signing key is gone.")
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the configured host, whatever Host header a request came with."""
        host = urlsplit(passkey_origin() or settings.PUBLIC_ORIGIN).hostname
        return {"id": host or "", "name": "Datature Vi"}

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002 - as called
        """Return what a passkey is called whose owner gave it no name."""
        count = user.authenticator_set.filter(type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def build_totp_svg(self, url: str) -> str:
        """Draw the QR code on white, so that cameras see it on a dark page too."""
        return str(
            make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode")
        )
