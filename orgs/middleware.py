"""What every response of the dashboard and the API has in common."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import cast

from allauth.core.internal.httpkit import HTTP_USER_AGENT_MAX_LENGTH
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from orgs import actions, sessions, times
from orgs.http import (
    STOP_POLLING,
    PersonRequest,
    Request,
    client_address,
    is_htmx,
    is_poll,
    sentence,
)

Handler = Callable[[HttpRequest], HttpResponse]

# How exactly the list of sessions knows when each was last used.
_SEEN_RESOLUTION = 5 * 60  # seconds
_SEEN_AT = "seen_at"
_SEEN_FROM = "seen_from"

_HEADERS = {
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), "
        "publickey-credentials-create=(self), publickey-credentials-get=(self), usb=()"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    # Pages show who has which keys: nothing may stay in a cache or come back from the
    # browser's back-forward cache after signing out.
    "Cache-Control": "no-store",
}


def request_id(get_response: Handler) -> Handler:
    """Name every request, so that an error on a screen finds its line in the log."""

    def middleware(request: HttpRequest) -> HttpResponse:
        cast(Request, request).request_id = name = uuid.uuid4().hex
        response = get_response(request)
        response["X-Request-Id"] = name
        return response

    return middleware


def response_headers(get_response: Handler) -> Handler:
    """Add the security headers that Django has no setting for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


def session_activity(get_response: Handler) -> Handler:
    """Keep when and from where each session was last used; end those of nobody.

    Nothing is written or read for most requests: SQLite would queue them behind every
    writer. A suspended person's session does not come back with their account.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        session, now = request.session, timezone.now()
        if not request.user.is_authenticated:
            if SESSION_KEY in session:
                session.flush()
        elif now.timestamp() - session.get(_SEEN_AT, 0) >= _SEEN_RESOLUTION:
            _record_session(cast(PersonRequest, request), now)
        return get_response(request)

    return middleware


def _record_session(request: PersonRequest, now: dt.datetime) -> None:
    """Keep from where a session is used; a page that is just open there uses none.

    Anywhere else even that counts: whoever stole a session could read on, unseen.
    """
    address = sessions.clean_address(client_address(request))
    user_agent = request.headers.get("User-Agent", "")[:HTTP_USER_AGENT_MAX_LENGTH]
    session, here = request.session, [address, user_agent]
    if is_poll(request) and session.get(_SEEN_FROM) == here:
        return
    actions.record_session(
        request.user,
        session.session_key or "",
        address=address,
        user_agent=user_agent,
        at=now,
    )
    session[_SEEN_AT] = int(now.timestamp())
    session[_SEEN_FROM] = here


def local_times(get_response: Handler) -> Handler:
    """Have pages say times in the zone of whoever is signed in."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        zone = times.zone(user.time_zone) if user.is_authenticated else dt.UTC
        with timezone.override(zone):
            return get_response(request)

    return middleware


def htmx_responses(get_response: Handler) -> Handler:
    """Make answers to htmx safe to cache apart, and never a page inside a page.

    Somebody whose session ended would otherwise find the sign-in page swapped into the
    dialog they are typing in; one sentence leaves what they typed where it is. A page
    that asks for itself and may not be shown any more is told to stop asking.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if is_poll(request) and _ends_polls(response):
            return HttpResponse(status=STOP_POLLING, reason="No More Polls")
        if is_htmx(request) and _leads_to_sign_in(response):
            return sentence("Your session has ended. Sign in again to continue.", 401)
        return response

    return middleware


def _ends_polls(response: HttpResponse) -> bool:
    return response.status_code in {403, 404} or _leads_to_sign_in(response)


def _leads_to_sign_in(response: HttpResponse) -> bool:
    return isinstance(response, HttpResponseRedirect) and response.url.startswith(
        resolve_url("account_login")
    )
