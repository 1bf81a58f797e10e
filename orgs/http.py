"""Requests and responses as this product uses them."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from orgs import proxies
from orgs.audit import Actor, Origin
from orgs.models import Membership, Organization, User

# A file that is sent while it is written is no HttpResponse.
View = Callable[..., HttpResponseBase]

# htmx's own code, at which an element asks no more.
STOP_POLLING = 286

# Shows a form and takes what is filled in.
form_view = require_http_methods(["GET", "HEAD", "POST"])


class Request(HttpRequest):
    """A request as the middleware leaves it."""

    htmx: HtmxDetails
    request_id: str


class PersonRequest(Request):
    """A request by somebody who is signed in."""

    user: User


class MemberRequest(PersonRequest):
    """A request by a member, on a page of their organization."""

    membership: Membership
    organization: Organization


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form is filled in with; None: it is opened."""
    return request.POST if request.method == "POST" else None


def client_address(request: HttpRequest) -> str | None:
    """Return where a request came from, as far as configured proxies vouch for it."""
    return vouched_address(
        request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_FORWARDED_FOR")
    )


def vouched_address(peer: str | None, forwarded_for: str | None) -> str | None:
    """Return the address that TRUSTED_PROXIES make of a peer and what it says."""
    return proxies.client_address(
        peer,
        forwarded_for,
        settings.TRUSTED_PROXIES,
        sockets=settings.TRUSTED_PROXY_SOCKETS,
    )


def origin(request: HttpRequest) -> Origin:
    """Return what the audit log keeps of where a request came from."""
    user_agent = request.META.get("HTTP_USER_AGENT", "")
    return Origin(client_address(request) or "", user_agent)


def actor(request: HttpRequest) -> Actor:
    """Return whoever asks, who is signed in, as the audit log names them."""
    return Actor.person(cast(PersonRequest, request).user, origin(request))


def is_htmx(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a fragment, rather than the browser for a page."""
    htmx = cast(Request, request).htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def is_poll(request: HttpRequest) -> bool:
    """Tell whether a page asks for itself anew, with nobody doing anything.

    See templates/ui/_freshness.html. Nothing that changes something is a poll, and
    nothing that does not say that it can be one: ``member_view(…, polled=True)``.
    """
    asks = request.method in {"GET", "HEAD"} and request.headers.get("X-Poll") == "1"
    return asks and _can_be_polled(request)


def _can_be_polled(request: HttpRequest) -> bool:
    """Judge the view, which middleware asks for before it is found."""
    try:
        found = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return False
    return bool(getattr(found.func, "is_polled", False))


def with_events(response: HttpResponse, **events: Mapping[str, Any]) -> HttpResponse:
    """Have htmx fire events on the page; ``_`` in their names becomes ``-``."""
    named = {name.replace("_", "-"): detail for name, detail in events.items()}
    response["HX-Trigger"] = json.dumps(named)
    return response


def sentence(text: str, status: int) -> HttpResponse:
    """Answer with one sentence of plain text, which the page shows as a callout."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
