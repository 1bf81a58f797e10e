"""The promises and how each is measured."""

import datetime as dt
import gzip
import re
import statistics
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.utils import timezone

from secretkeys import keyformat, lookup, recording
from secretkeys.authentication import (
    AuthenticationFailed,
    PresentedRequest,
    authenticate,
)
from secretkeys.grants import Permission
from secretkeys.models import SecretKey
from tests.benchmarks.making import (
    in_turn,
    new_key,
    new_organization,
    request_with,
    seconds_of,
)
from tests.benchmarks.results import Result


def warm_verification() -> Result:
    """A verification of a known key against the one SELECT it needs."""
    organization, owner = new_organization("Verification")
    plaintext = new_key(organization, owner)
    presented = request_with(plaintext, organization)
    key_id = plaintext[len(keyformat.PREFIX) :][: keyformat.ID_LENGTH]
    sql = lookup._statement().sql

    def select() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [key_id])
            cursor.fetchone()

    def verify() -> None:
        authenticate(presented, at=timezone.now())

    # The first verification runs argon2, and is written as the key's first use.
    verify()
    recording.flush()
    bare, ours = in_turn(select, verify, times=1000)
    recording.forget_waiting()
    return Result(
        "A warm verification costs, in SELECTs",
        ours / bare,
        1.5,
        "times",
        f"{ours * 1e6:.0f} against {bare * 1e6:.0f} µs",
    )


def page_of_many_keys() -> Result:
    """The keys page of 10 000 keys against the page of 50."""
    few, many = (_page_of(count) for count in (50, 10_000))
    short, long = in_turn(few, many, times=5)
    return Result(
        "The page of 10 000 keys costs, in pages of 50",
        long / short,
        1.3,
        "times",
        f"{long * 1e3:.1f} against {short * 1e3:.1f} ms",
    )


def page_weight() -> Result:
    """Everything a browser loads for the page of 50 keys, compressed."""
    body = _page_of(50)().decode()
    assets = set(re.findall(r'(?:href|src)="/static/([^"#]+)', body))
    weights = {name: _compressed(_static(name)) for name in assets}
    weights["page"] = _compressed(body.encode())
    parts = ", ".join(f"{name} {size}" for name, size in sorted(weights.items()))
    return Result(
        "The keys page weighs", sum(weights.values()) / 1000, 60, "kB gzip", parts
    )


def refusals_take_the_same_time() -> Result:
    """Medians of 200 interleaved: an unknown, a removed and a foreign key."""
    organization, owner = new_organization("Refusals")
    other, _ = new_organization("Elsewhere")
    presented = {
        "unknown": request_with(
            keyformat.generate(settings.SIGNING_KEYS[0]).plaintext, other
        ),
        "removed": request_with(
            new_key(organization, owner, removed=True), organization
        ),
        "foreign": request_with(new_key(organization, owner), other),
    }
    seconds: dict[str, list[float]] = {name: [] for name in presented}
    for _ in range(200):
        for name, request in presented.items():
            seconds[name].append(seconds_of(lambda each=request: _refuse(each), 1))
    recording.forget_waiting()
    medians = {name: statistics.median(taken) * 1e3 for name, taken in seconds.items()}
    return Result(
        "Refusals of unknown, removed and foreign keys differ by",
        max(medians.values()) - min(medians.values()),
        1,
        "ms",
        ", ".join(f"{name} {taken:.2f}" for name, taken in medians.items()),
    )


def _refuse(presented: PresentedRequest) -> None:
    with suppress(AuthenticationFailed):
        authenticate(presented, at=timezone.now())


ALL: list[Callable[[], Result]] = [
    warm_verification,
    refusals_take_the_same_time,
    page_of_many_keys,
    page_weight,
]


def _page_of(count: int) -> Callable[[], bytes]:
    organization, owner = new_organization(f"{count} keys")
    now = timezone.now()
    SecretKey.objects.bulk_create(
        SecretKey(
            key_id=f"{uuid.uuid4().hex[:16]}",
            organization=organization,
            name=f"key {number:05}",
            name_folded=f"key {number:05}",
            digest="none",
            permission=Permission.FULL.value,
            created_by=owner,
            creation_nonce=uuid.uuid4(),
            last_used_at=now - dt.timedelta(minutes=number),
        )
        for number in range(count)
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(owner)
    url = f"/org/{organization.pk}/settings/secret-keys"
    return lambda: bytes(client.get(url).content)


def _static(name: str) -> bytes:
    path = finders.find(name)
    assert path, name
    return Path(str(path)).read_bytes()


def _compressed(content: bytes) -> int:
    return len(gzip.compress(content, 6))
