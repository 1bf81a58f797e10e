"""A presented key, from header strings to a decision.

Strings in, dataclass out; every door (the API, the gateway) asks here.
"""

import datetime as dt
import logging
import uuid
from typing import NamedTuple

from django.conf import settings
from django.db import Error

from secretkeys import hashing, keyformat, lookup, policy, recording
from secretkeys.explanations import explain
from secretkeys.grants import Barrier, Grant
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome

logger = logging.getLogger(__name__)

_SCHEME = "bearer "
# Of a refused request, while it waits to be written down: more than rows hold.
_LONGEST_METHOD, _LONGEST_PATH = 20, 2000


class AuthenticationFailed(Exception):
    """The request is refused.

    ``outcome`` says why; ``sentence`` says it to the holder of the key; ``methods`` are
    those that the path has, where only the method was unknown.
    """

    def __init__(
        self, outcome: Outcome, sentence: str = "", methods: tuple[str, ...] = ()
    ) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome
        self.sentence = sentence or outcome.sentence
        self.methods = methods


class PresentedRequest(NamedTuple):
    """What arrived, as strings; ``raw_path`` is the request line's, without query.

    ``reference`` names the request: under it members can look up why it was refused.
    """

    authorization: str | None
    organization_id: str | None
    method: str
    raw_path: str
    client: recording.Client
    reference: str


class AuthenticatedKey(NamedTuple):
    """Who asks, with what rights, for what."""

    key_id: str
    name: str
    organization_id: uuid.UUID
    expires_at: dt.datetime | None
    grant: Grant
    request: policy.Request

    @property
    def stem(self) -> str:
        """The key's visible form."""
        return keyformat.stem(self.key_id)


def authenticate(presented: PresentedRequest, *, at: dt.datetime) -> AuthenticatedKey:
    """Decide about one request and count it.

    One SELECT and no write for a key this process knows. The row is read every time,
    so whatever is done to the key acts on the next request everywhere.

    Raises:
        AuthenticationFailed: the request is refused; any trouble with the database or
            with hashing refuses it too.
    """
    key_id, stored = _recognized(presented, at)
    request: policy.Request | None = None
    outcome = Outcome.ALLOWED
    try:
        _check_standing(stored, presented, at)
        request = _resolve(presented)
        _check_request(presented, request, stored.grant)
    except AuthenticationFailed as refused:
        outcome = refused.outcome
        if outcome.is_explained:
            _remember(key_id, presented, request, refused, at)
        raise
    finally:
        recording.record(
            key_id,
            outcome,
            request=request,
            client=presented.client,
            last_used_at=stored.last_used_at,
            at=at,
        )
    return AuthenticatedKey(
        key_id,
        stored.name,
        stored.organization_id,
        stored.expires_at,
        stored.grant,
        request,
    )


def _recognized(
    presented: PresentedRequest, at: dt.datetime
) -> tuple[str, lookup.StoredKey]:
    """Return the id and row of a key whose secret is right; count any other."""
    try:
        return _verified_row(_bearer_token(presented.authorization))
    except AuthenticationFailed as refused:
        if refused.outcome is Outcome.UNKNOWN_KEY:
            recording.record_unknown(presented.organization_id, at=at)
        raise


def _remember(
    key_id: str,
    presented: PresentedRequest,
    request: policy.Request | None,
    refused: AuthenticationFailed,
    at: dt.datetime,
) -> None:
    """Keep why the holder of a genuine key is refused, under the reference they get."""
    denied = recording.Denied(
        reference=presented.reference,
        at=at,
        outcome=refused.outcome,
        sentence=refused.sentence,
        method=presented.method[:_LONGEST_METHOD],
        raw_path=_bounded(presented.raw_path),
        request=request,
        address=presented.client.address,
    )
    recording.remember(key_id, denied)


def _bounded(raw_path: str) -> str:
    """Cut a long path; the mark keeps what is left from being read as another one."""
    if len(raw_path) <= _LONGEST_PATH:
        return raw_path
    return f"{raw_path[:_LONGEST_PATH]}…"


def _bearer_token(authorization: str | None) -> str:
    """Take the header apart: one scheme, one space, as many characters as a key has."""
    if not authorization:
        raise AuthenticationFailed(Outcome.NO_CREDENTIALS)
    scheme, token = authorization[: len(_SCHEME)], authorization[len(_SCHEME) :]
    if scheme.lower() != _SCHEME or len(token) != keyformat.LENGTH:
        raise AuthenticationFailed(Outcome.UNKNOWN_KEY)
    if not token.isascii():
        raise AuthenticationFailed(Outcome.UNKNOWN_KEY)
    return token


def _verified_row(token: str) -> tuple[str, lookup.StoredKey]:
    """Return a key's id and row; trouble on the way to them refuses the key."""
    try:
        return _recalled(token) or _verified(token)
    except (Error, hashing.HashingBusy) as error:
        logger.warning("A secret key could not be verified: %s", type(error).__name__)
        raise AuthenticationFailed(Outcome.UNAVAILABLE) from error


def _recalled(token: str) -> tuple[str, lookup.StoredKey] | None:
    """Recognize a key this process has verified; its row is read all the same."""
    known = hashing.recall(token)
    if known is None:
        return None
    stored = lookup.find(known.key_id)
    if stored is None or stored.digest != known.digest:
        return None
    return known.key_id, stored


def _verified(token: str) -> tuple[str, lookup.StoredKey]:
    """Check a key from its first character to its secret."""
    try:
        parsed = keyformat.parse(token, settings.SIGNING_KEYS)
        stored = lookup.find(parsed.key_id)
        if stored is None or not hashing.matches(parsed, stored.digest):
            raise AuthenticationFailed(Outcome.UNKNOWN_KEY)
    except keyformat.MalformedKey:
        raise AuthenticationFailed(Outcome.UNKNOWN_KEY) from None
    except hashing.CorruptDigest:
        logger.error("The stored digest of key %s… is corrupt.", parsed.key_id[:6])
        raise AuthenticationFailed(Outcome.UNKNOWN_KEY) from None
    if hashing.is_outdated(stored.digest):
        _rehash(parsed, stored)
    return parsed.key_id, stored


def _rehash(parsed: keyformat.ParsedKey, stored: lookup.StoredKey) -> None:
    """Store a digest with today's parameters, unless another process just did."""
    same_row = SecretKey.objects.filter(key_id=parsed.key_id, digest=stored.digest)
    renewed = hashing.digest(parsed.plaintext)
    try:
        if same_row.update(digest=renewed):
            hashing.remember(parsed, renewed)
        else:
            hashing.forget(parsed.plaintext)
    except Error:
        # The key is verified; the next cold process tries again.
        logger.exception("A digest could not be renewed.")


def _check_standing(
    stored: lookup.StoredKey, presented: PresentedRequest, at: dt.datetime
) -> None:
    """Check what does not depend on what is asked for."""
    if presented.organization_id != str(stored.organization_id):
        raise AuthenticationFailed(Outcome.ORGANIZATION_MISMATCH)
    if stored.removed_at is not None:
        raise AuthenticationFailed(Outcome.REMOVED)
    if stored.disabled_at is not None:
        raise AuthenticationFailed(Outcome.DISABLED)
    if stored.expires_at is not None and stored.expires_at <= at:
        raise AuthenticationFailed(Outcome.EXPIRED)
    if stored.organization_locked_at is not None:
        raise AuthenticationFailed(Outcome.ORGANIZATION_LOCKED)


def _resolve(presented: PresentedRequest) -> policy.Request:
    try:
        return policy.resolve(presented.method, presented.raw_path)
    except policy.NotCanonical:
        raise AuthenticationFailed(Outcome.NOT_CANONICAL) from None
    except policy.UnknownRoute as unknown:
        methods = tuple(sorted(unknown.methods))
        only = f"This endpoint answers {', '.join(methods)} only." if methods else ""
        raise AuthenticationFailed(Outcome.UNKNOWN_ROUTE, only, methods) from None


def _check_request(
    presented: PresentedRequest, request: policy.Request, grant: Grant
) -> None:
    """Check the organization in the path, then the grant."""
    if any(named != presented.organization_id for named in request.organizations):
        raise AuthenticationFailed(Outcome.ORGANIZATION_MISMATCH)
    barrier = grant.barrier(request.resource, request.access, request.object_id)
    if barrier is None:
        return
    outcome = Outcome.OUTSIDE_SCOPE
    if barrier is Barrier.MATRIX:
        outcome = Outcome.PERMISSION_DENIED
    raise AuthenticationFailed(outcome, explain(grant, request, barrier))
