"""What benchmarks measure with: organizations, keys, and two things in turn."""

import statistics
import time
import uuid
from collections.abc import Callable

from django.utils import timezone

from orgs.actions import create_organization
from orgs.audit import COMMAND_LINE, Actor
from orgs.models import Organization, User
from secretkeys import recording
from secretkeys.actions import KeyTerms, create_key, remove_key
from secretkeys.authentication import PresentedRequest
from secretkeys.grants import Grant, Permission

ROUNDS = 15


def new_organization(name: str) -> tuple[Organization, User]:
    owner = User.objects.create_user(f"{uuid.uuid4()}@example.com", name="Ada Owner")
    return create_organization(
        name, owner=owner, actor=COMMAND_LINE, at=timezone.now()
    ), owner


def new_key(organization: Organization, owner: User, *, removed: bool = False) -> str:
    actor, now = Actor.person(owner), timezone.now()
    terms = KeyTerms(uuid.uuid4().hex, Grant.preset(Permission.FULL), None)
    key, plaintext = create_key(
        organization, terms, nonce=uuid.uuid4(), actor=actor, at=now
    )
    if removed:
        remove_key(key, actor=actor, at=now)
    return plaintext


def request_with(plaintext: str, organization: Organization) -> PresentedRequest:
    return PresentedRequest(
        authorization=f"Bearer {plaintext}",
        organization_id=str(organization.pk),
        method="GET",
        raw_path=f"/workspaces/{organization.pk}",
        client=recording.Client("127.0.0.1", "vi/0.1.0b7"),
        reference=uuid.uuid4().hex,
    )


def in_turn(
    first: Callable[[], object], second: Callable[[], object], *, times: int
) -> tuple[float, float]:
    """Return the median seconds of each, taken A B A B after a warm-up."""
    rounds = [
        (seconds_of(first, times), seconds_of(second, times)) for _ in range(ROUNDS + 1)
    ]
    firsts, seconds = zip(*rounds[1:], strict=True)
    return statistics.median(firsts), statistics.median(seconds)


def seconds_of(call: Callable[[], object], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times
