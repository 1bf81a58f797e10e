"""The forward-auth door: /auth/verify and /auth/whoami.

A reverse proxy asks /auth/verify about each request before it hands it on (nginx
``auth_request``, Traefik ``forwardAuth``, Caddy ``forward_auth``). The answer is 200,
401 or 403 with an empty body, because nginx turns every other status into 500; what the
API itself would have answered is in X-Vi-Status and X-Vi-Error.

Strings in, bytes out: the door stands in front of Django's request stack, which costs
more than the decision.
"""

import json
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone

from orgs import proxies
from orgs.categories import Category
from orgs.http import vouched_address
from secretkeys import hashing, recording
from secretkeys.api.errors import Refusal, describe
from secretkeys.authentication import (
    AuthenticatedKey,
    AuthenticationFailed,
    PresentedRequest,
    authenticate,
)
from secretkeys.grants import ROWS, Access
from secretkeys.outcomes import Outcome
from secretkeys.recording.rows import LONGEST_USER_AGENT

logger = logging.getLogger(__name__)

VERIFY = "/auth/verify"
WHOAMI = "/auth/whoami"
PATHS = frozenset({VERIFY, WHOAMI})

# How proxies name the request they ask about: nginx as deploy/nginx.conf sets it;
# Traefik and Caddy.
_CONVENTIONS = (
    ("x-original-method", "x-original-uri"),
    ("x-forwarded-method", "x-forwarded-uri"),
)
# The headers that name it: once each, or it is unclear which of them was judged.
NAMING = frozenset(name for names in _CONVENTIONS for name in names)
# Every header that the door reads.
HEADERS = frozenset(
    {"authorization", "organization-id", "user-agent", "x-forwarded-for", *NAMING}
)
_ENVIRON = {f"HTTP_{name.upper().replace('-', '_')}": name for name in HEADERS}

_COMMON = (
    (b"cache-control", b"no-store"),
    (b"vary", b"Authorization, Organization-Id"),
)
_EMPTY = (b"content-length", b"0")
_ACCESS_HEADERS = {
    access: (b"x-vi-access", access.name.lower().encode()) for access in Access
}
_SCOPE_HEADERS = [
    (category, f"x-vi-{category}-access".encode(), f"x-vi-{category}-ids".encode())
    for category in Category
]

Headers = list[tuple[bytes, bytes]]


class Call(NamedTuple):
    """A request to the door, as strings.

    ``headers`` are those of HEADERS that came, by lower-case name; of one that came
    twice the values are joined by a comma. ``repeats`` says that a naming one did.
    """

    method: str
    path: str
    peer: str | None
    headers: Mapping[str, str]
    repeats: bool


class Answer(NamedTuple):
    """What the door answers; headers are ASCII, their names in lower case."""

    status: int
    headers: Headers
    body: bytes = b""


class _NotVouched(Exception):
    """Nobody who is trusted says, clearly, which request is meant."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(403, code, message, {})


def answer(call: Call) -> Answer:
    """Answer one request. Whatever goes wrong refuses it.

    Raises:
        hashing.NotHere: where the thread is not to run argon2, for a key not met before.
    """
    reference = secrets.token_hex(16)
    try:
        if call.path == VERIFY:
            method, path = _named_request(call)
            key = _decide(call, method, path, reference)
            return Answer(200, _identity(key, reference))
        if call.path == WHOAMI:
            key = _decide(call, call.method, WHOAMI, reference)
            return _json(200, _profile(key), reference)
        refusal = Refusal(404, "not_found", "There is no such endpoint.", {})
    except AuthenticationFailed as refused:
        refusal = describe(refused)
    except _NotVouched as unclear:
        refusal = unclear.refusal
    except hashing.NotHere:
        raise
    except Exception:
        logger.exception("Request %s could not be decided.", reference)
        refusal = describe(AuthenticationFailed(Outcome.UNAVAILABLE))
    return _refuse(call, refusal, reference)


def unavailable(call: Call) -> Answer:
    """Refuse a request without deciding about it."""
    refusal = describe(AuthenticationFailed(Outcome.UNAVAILABLE))
    return _refuse(call, refusal, secrets.token_hex(16))


def wsgi(application: Callable[..., Any]) -> Callable[..., Any]:
    """Put the door in front of a WSGI application, which gets every other path."""

    def door(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        # The path as it was sent, where the server tells (gunicorn): another spelling
        # of the door's is not the door.
        path = environ.get("RAW_URI", environ.get("PATH_INFO", "")).partition("?")[0]
        if path not in PATHS:
            return application(environ, start_response)
        answered = answer(_wsgi_call(environ, path))
        status = f"{answered.status} {HTTPStatus(answered.status).phrase}"
        start_response(
            status,
            [(name.decode(), value.decode()) for name, value in answered.headers],
        )
        return [answered.body]

    return door


def _wsgi_call(environ: Mapping[str, Any], path: str) -> Call:
    headers = {name: environ[key] for key, name in _ENVIRON.items() if key in environ}
    # Repeated headers arrive joined by a comma. A method has none, and behind one in a
    # path a second path would begin with a slash.
    repeats = any(re.search(r",\s*/", headers.get(uri, "")) for _, uri in _CONVENTIONS)
    peer = environ.get("REMOTE_ADDR")
    return Call(environ["REQUEST_METHOD"], path, peer, headers, repeats)


def _named_request(call: Call) -> tuple[str, str]:
    """Return method and path of the request that a trusted proxy asks about.

    A client can send the headers of the convention that its proxy does not set, so
    both may be there only when they say the same.
    """
    if not proxies.is_among(call.peer, settings.GATEWAY_PROXIES):
        raise _NotVouched(
            "untrusted_proxy",
            "Only a reverse proxy that GATEWAY_PROXIES lists may ask this.",
        )
    read = call.headers.get
    named = {(read(method), read(uri)) for method, uri in _CONVENTIONS}
    named.discard((None, None))
    method, uri = named.pop() if len(named) == 1 else (None, None)
    if not method or not uri or call.repeats:
        raise _NotVouched(
            "unclear_request",
            "The reverse proxy does not say, or not clearly, which request it means.",
        )
    return method, uri.partition("?")[0]


def _decide(call: Call, method: str, path: str, reference: str) -> AuthenticatedKey:
    read = call.headers.get
    address = vouched_address(call.peer, read("x-forwarded-for"))
    presented = PresentedRequest(
        read("authorization"),
        read("organization-id"),
        method,
        path,
        recording.Client(address, read("user-agent", "")[:LONGEST_USER_AGENT]),
        reference,
    )
    return authenticate(presented, at=timezone.now())


def _identity(key: AuthenticatedKey, reference: str) -> Headers:
    """Return every identity header, empty ones too: a client's own never survives."""
    grant, request = key.grant, key.request
    headers = [
        *_COMMON,
        _EMPTY,
        (b"x-vi-request-id", reference.encode()),
        (b"x-vi-key-id", key.key_id.encode()),
        (b"x-vi-organization-id", str(key.organization_id).encode()),
        (b"x-vi-permission", grant.permission.encode()),
        (b"x-vi-resource", request.resource.encode()),
        _ACCESS_HEADERS[request.access],
    ]
    for category, access, ids in _SCOPE_HEADERS:
        scope = grant.scopes[category]
        headers.append((access, scope.reach.encode()))
        headers.append((ids, _joined(scope.ids) if scope.ids else b""))
    return headers


def _joined(ids: frozenset[str]) -> bytes:
    # The ids of a catalogue need no escape (orgs/catalogue.py); any other could pass
    # for two.
    return ",".join(quote(each, safe=":@") for each in sorted(ids)).encode()


def _profile(key: AuthenticatedKey) -> dict[str, Any]:
    """Return what the holder of a key may know about it."""
    grant = key.grant
    return {
        "keyId": key.key_id,
        "name": key.name,
        "organizationId": str(key.organization_id),
        "permission": grant.permission.value,
        "grant": {row.value: grant.matrix[row].name.lower() for row in ROWS},
        "accessScope": {
            category.value: {"access": scope.reach.value, "ids": sorted(scope.ids)}
            for category, scope in grant.scopes.items()
        },
        "words": grant.words,
        "expiresAt": key.expires_at.isoformat() if key.expires_at else None,
    }


def _refuse(call: Call, refusal: Refusal, reference: str) -> Answer:
    """Word a refusal: at /auth/verify in headers, elsewhere as the API would."""
    body = refusal.body(reference)
    if call.path != VERIFY:
        return _json(refusal.status, body, reference, refusal.headers)
    headers = [
        *_COMMON,
        _EMPTY,
        (b"x-vi-request-id", reference.encode()),
        (b"x-vi-status", str(refusal.status).encode()),
        (b"x-vi-error", json.dumps(body).encode()),
        *_encoded(refusal.headers),
    ]
    return Answer(401 if refusal.status == 401 else 403, headers)


def _json(
    status: int,
    content: Mapping[str, Any],
    reference: str,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    body = json.dumps(content).encode()
    all_headers = [
        *_COMMON,
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", reference.encode()),
        (b"x-cloud-trace-context", reference.encode()),
        *_encoded(headers),
    ]
    return Answer(status, all_headers, body)


def _encoded(headers: Mapping[str, str]) -> Headers:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
