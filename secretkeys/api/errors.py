"""One JSON shape for every error under the API's prefixes.

Keys: ``message``, a sentence for a person and the only field the client reads
(vi-sdk, vi/client/errors.py); ``code``, a stable word; ``reference``, the request id.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from orgs.http import is_htmx, sentence
from secretkeys.authentication import AuthenticationFailed
from secretkeys.outcomes import Outcome
from secretkeys.policy import API_ROOTS

REALM = "Datature Vi"
_TOO_LITTLE = frozenset({Outcome.PERMISSION_DENIED, Outcome.OUTSIDE_SCOPE})


class Refusal(NamedTuple):
    """A refusal as every door words it; the headers are those that only it has."""

    status: int
    code: str
    message: str
    headers: dict[str, str]

    def body(self, reference: str) -> dict[str, str]:
        """Return the JSON body."""
        return {"message": self.message, "code": self.code, "reference": reference}


def error(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    """Return an error in the one shape."""
    return _respond(request, Refusal(status, code, message, {}))


def _respond(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    body = refusal.body(getattr(request, "request_id", ""))
    response = JsonResponse(body, status=refusal.status, headers=refusal.headers)
    # A request refused by the middleware never meets the one that adds this.
    response["Content-Length"] = str(len(response.content))
    return mark(request, response)


def mark(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Add what every API answer carries: the request id where the client reads it."""
    response["x-cloud-trace-context"] = getattr(request, "request_id", "")
    return response


def refusal(request: HttpRequest, refused: AuthenticationFailed) -> HttpResponse:
    """Return the answer to a request that was refused."""
    return _respond(request, describe(refused))


def describe(refused: AuthenticationFailed) -> Refusal:
    """Say why a request was refused, with RFC 6750's challenge; the same at every door."""
    outcome = refused.outcome
    if refused.methods:
        allow = {"Allow": ", ".join(refused.methods)}
        return Refusal(405, "method_not_allowed", refused.sentence, allow)
    headers = {}
    if challenge := _challenge(outcome):
        headers["WWW-Authenticate"] = challenge
    if outcome is Outcome.UNAVAILABLE:
        headers["Retry-After"] = "1"
    return Refusal(outcome.status, outcome.code, refused.sentence, headers)


def is_api(request: HttpRequest) -> bool:
    """Tell whether a path is under one of the API's prefixes."""
    return request.path.removeprefix("/").split("/", 1)[0] in API_ROOTS


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400."""
    return _answer(
        request,
        400,
        "bad_request",
        "This request is malformed.",
        defaults.bad_request,
        exception=exception,
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    return _answer(
        request,
        403,
        "permission_denied",
        "Your role in this organization does not allow this.",
        defaults.permission_denied,
        exception=exception,
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404."""
    return _answer(
        request,
        404,
        "not_found",
        "This does not exist, or you have no access to it.",
        defaults.page_not_found,
        exception=exception,
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500."""
    return _answer(
        request,
        500,
        "server_error",
        "Something went wrong on the server. Try again shortly.",
        defaults.server_error,
    )


def _answer(
    request: HttpRequest,
    status: int,
    code: str,
    message: str,
    page: Callable[..., HttpResponse],
    **kwargs: Any,
) -> HttpResponse:
    """Say the same as JSON, as one line for htmx, or as a page."""
    if is_api(request):
        return error(request, status, code, message)
    if getattr(request, "htmx", None) and is_htmx(request):
        return sentence(message, status)
    return page(request, **kwargs)


def _challenge(outcome: Outcome) -> str:
    challenge = f'Bearer realm="{REALM}"'
    if outcome is Outcome.NO_CREDENTIALS:
        return challenge
    if outcome.status == 401:
        return f'{challenge}, error="invalid_token"'
    if outcome in _TOO_LITTLE:
        return f'{challenge}, error="insufficient_scope"'
    return ""
