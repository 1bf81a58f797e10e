"""Which browsers people have signed in from, as the browsers themselves remember it.

A cookie, signed here and hidden from scripts, lists who signed in from this browser,
the last one first. A browser without it, or with one that was tampered with, is new;
so is every browser after a change of the password or the email, since whoever knew the
old ones may have signed in from it.
"""

import datetime as dt

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from orgs.models import User

_SALT = "orgs.known_browsers"
_LASTS = dt.timedelta(days=365)
# On a browser that many share, the least recent is told again of signing in.
_MOST = 10


def is_known(request: HttpRequest, user: User) -> bool:
    """Tell whether somebody signed in from this browser before."""
    return _entry(user) in _entries(request)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Have the browser remember who signed in."""
    own = f"{user.pk}-"
    others = [entry for entry in _entries(request) if not entry.startswith(own)]
    entries = [_entry(user), *others][:_MOST]
    response.set_signed_cookie(
        _cookie(),
        ".".join(entries),
        salt=_SALT,
        max_age=_LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _entry(user: User) -> str:
    """Return what stands for somebody; 64 bits of the digest, which is signed."""
    return f"{user.pk}-{user.credentials[:16]}"


def _entries(request: HttpRequest) -> list[str]:
    signed = request.get_signed_cookie(_cookie(), "", salt=_SALT, max_age=_LASTS) or ""
    return signed.split(".")


def _cookie() -> str:
    return "__Host-browser" if settings.SESSION_COOKIE_SECURE else "browser"
