"""What every response of the dashboard and the API has in common."""

import uuid
from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers

from orgs.http import Request, is_htmx, sentence

Handler = Callable[[HttpRequest], HttpResponse]

_HEADERS = {
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), "
        "publickey-credentials-get=(self), usb=()"
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


def htmx_responses(get_response: Handler) -> Handler:
    """Make answers to htmx safe to cache apart, and never a page inside a page.

    Somebody whose session ended would otherwise find the sign-in page swapped into the
    dialog they are typing in; one sentence leaves what they typed where it is.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if is_htmx(request) and _leads_to_sign_in(response):
            return sentence("Your session has ended. Sign in again to continue.", 401)
        return response

    return middleware


def _leads_to_sign_in(response: HttpResponse) -> bool:
    return isinstance(response, HttpResponseRedirect) and response.url.startswith(
        resolve_url("account_login")
    )
