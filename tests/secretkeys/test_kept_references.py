"""Which refusals are kept for looking up, how long, and what is never kept of them."""

import datetime as dt

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from secretkeys import recording
from secretkeys.grants import Grant, Permission
from secretkeys.models import Denial
from tests.secretkeys.browsing import text

pytestmark = pytest.mark.django_db

READ_ONLY = Permission.READ_ONLY
UNKNOWN = "References of refused requests are kept for 7 days, at most the newest 100 of each key."


@pytest.mark.parametrize(("days", "status"), [(6.99, 200), (7, 404), (8, 404)])
def test_a_reference_is_known_for_seven_days(make_key, refuse, look_up, days, status):
    at = timezone.now() - dt.timedelta(days=days)
    _, plaintext = make_key(permission=READ_ONLY, at=at)
    reference = refuse(plaintext)
    Denial.objects.update(at=at)
    page = look_up(reference)
    assert page.status_code == status
    assert (UNKNOWN in text(page)) is (status == 404)


def test_older_references_are_dropped(refuse, make_key):
    refuse(make_key(permission=READ_ONLY)[1])
    Denial.objects.update(at=timezone.now() - dt.timedelta(days=7))
    newer = refuse(make_key("other", permission=READ_ONLY)[1])
    assert [each.reference for each in Denial.objects.all()] == [newer]


def test_the_newest_hundred_of_each_key_are_kept(decide, acme, make_key):
    keys = [make_key(name, permission=READ_ONLY)[1] for name in ("one", "two")]
    start = timezone.now() - dt.timedelta(minutes=10)
    references = {key: [] for key in keys}
    for number in range(110):
        for key in keys:
            at = start + dt.timedelta(seconds=number)
            decided = decide(key, "PATCH", f"/workspaces/{acme.pk}", at=at)
            references[key].append(decided.reference)
        if number % 10 == 9:
            recording.flush()
    kept = set(Denial.objects.values_list("reference", flat=True))
    assert kept == {each for those in references.values() for each in those[10:]}


def test_a_flood_between_two_writes_keeps_the_newest(decide, acme, make_key):
    _, plaintext = make_key(permission=READ_ONLY)
    path = f"/workspaces/{acme.pk}"
    given = [decide(plaintext, "PATCH", path).reference for _ in range(500)]
    recording.flush()
    kept = set(Denial.objects.values_list("reference", flat=True))
    assert kept == set(given[-20:])


def test_every_refusal_of_a_genuine_key_is_kept_for_its_organization(
    decide, acme, make_key, globex
):
    path, now = f"/workspaces/{acme.pk}", timezone.now()
    _, removed = make_key("removed", removed_at=now)
    _, expired = make_key("expired", expires_at=now)
    _, disabled = make_key("disabled", disabled_at=now)
    _, foreign = make_key("foreign", organization=globex)
    _, plaintext = make_key()
    for key in (removed, expired, disabled, foreign, "dtvi_", plaintext[:-1] + "!"):
        decide(key, "GET", path)
    decide(plaintext, "GET", f"/workspaces/{globex.pk}")
    decide(plaintext, "GET", path)
    recording.flush()
    kept = Denial.objects.values_list("key__name", "outcome")
    assert sorted(kept.filter(key__organization=acme)) == [
        ("disabled", "disabled"),
        ("expired", "expired"),
        ("pipeline", "organization_mismatch"),
        ("removed", "removed"),
    ]
    assert list(kept.filter(key__organization=globex)) == [
        ("foreign", "organization_mismatch")
    ]


def test_what_a_stopped_key_asked_for_is_kept_without_its_secret(
    decide, acme, make_key
):
    _, plaintext = make_key(disabled_at=timezone.now())
    decide(plaintext, "DELETE", f"/workspaces/{acme.pk}/deployments/edge")
    decide(plaintext, "GET", f"/nothing/{plaintext}")
    recording.flush()
    known, unknown = Denial.objects.order_by("-resource")
    assert (known.resource, known.object_id) == ("deployments", "edge")
    assert (unknown.resource, unknown.object_id) == ("", "")
    assert plaintext[21:85] not in unknown.path


@pytest.mark.parametrize(
    "path",
    [
        "/{key}",
        "/plans/a/{key}",
        "//plans/{key}",
        "/plans/../{key}",
        "/workspaces/{org}/runs/{key}",
        "/workspaces/{org}/deployments/x-{key}",
        "/workspaces/{org}/datasets/{org}_{key}/assets/{key}",
        "/workspaces/{org}?key={key}",
        "/Bearer%20{key}",
        "/" + "x" * 150 + "{key}",
    ],
)
def test_no_part_of_a_secret_is_kept(acme, make_key, decide, look_up, path):
    nothing = Grant.restricted({})
    _, plaintext = make_key(grant=nothing)
    sent = path.format(key=plaintext, org=acme.pk)
    reference = decide(plaintext, "GET", sent).reference
    recording.flush()
    kept = repr(Denial.objects.values().get()) + look_up(reference).content.decode()
    secret = plaintext[21:85]
    assert not any(secret[at : at + 8] in kept for at in range(0, 56, 8))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET\0", "/plans"),
        ("G" * 1000, "/plans"),
        ("\u202e", "/plans\0"),
        ("GET", "/" + "a" * 10_000),
        ("GET", "/workspaces/{org}/runs/" + "a" * 10_000),
        ("GET", "/workspaces/{org}/runs/%F0%9F%A4%96%E2%80%AE"),
    ],
)
def test_any_request_can_be_kept_and_shown(make_key, refuse, look_up, method, path):
    _, plaintext = make_key(grant=Grant.restricted({}))
    assert look_up(refuse(plaintext, method, path)).status_code == 200


def test_a_failing_database_only_delays_an_explanation(decide, acme, make_key, look_up):
    _, plaintext = make_key(permission=READ_ONLY)
    reference = decide(plaintext, "PATCH", f"/workspaces/{acme.pk}").reference

    def fail(execute, sql, params, many, context):
        if sql.startswith("INSERT") and "secretkeys_denial" in sql:
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        recording.flush()
    assert look_up(reference).status_code == 404
    recording.flush()
    assert look_up(reference).status_code == 200
