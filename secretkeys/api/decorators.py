"""How an API view gets at the key that asks."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from orgs.http import Request, client_address
from secretkeys import recording
from secretkeys.api import errors
from secretkeys.authentication import (
    AuthenticatedKey,
    AuthenticationFailed,
    PresentedRequest,
    authenticate,
)
from secretkeys.recording.rows import LONGEST_USER_AGENT

P = ParamSpec("P")


class KeyRequest(Request):
    """A request by a program, with the key it presented."""

    key: AuthenticatedKey


KeyView = Callable[Concatenate[KeyRequest, P], HttpResponse]


def requires_key(view: KeyView[P]) -> Callable[..., HttpResponse]:
    """Let in requests whose key may do what they ask for; no session, no cookie."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key_request = cast(KeyRequest, request)
        try:
            key_request.key = authenticate(_presented(request), at=timezone.now())
        except AuthenticationFailed as refused:
            return errors.refusal(request, refused)
        return errors.mark(request, view(key_request, *args, **kwargs))

    return wrapper


def _presented(request: HttpRequest) -> PresentedRequest:
    return PresentedRequest(
        authorization=request.META.get("HTTP_AUTHORIZATION"),
        organization_id=request.META.get("HTTP_ORGANIZATION_ID"),
        method=request.method or "",
        raw_path=_raw_path(request),
        client=recording.Client(
            client_address(request),
            request.META.get("HTTP_USER_AGENT", "")[:LONGEST_USER_AGENT],
        ),
        reference=cast(Request, request).request_id,
    )


def _raw_path(request: HttpRequest) -> str:
    """Return the path of the request line.

    gunicorn hands it over as RAW_URI. Where a server does not, the decoded path is
    encoded again, which can only lose a route, not gain one.
    """
    raw_uri = request.META.get("RAW_URI")
    if raw_uri is None:
        return quote(request.path, safe="/!$&'()*+,=:@~")
    return str(raw_uri).split("?", 1)[0]
