"""A presented key: who is let in, what a refusal says, and what it costs."""

import datetime as dt
import os
import re

import argon2
import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orgs.audit import COMMAND_LINE
from secretkeys import authentication, hashing, keyformat
from secretkeys.actions import remove_key
from secretkeys.grants import Permission
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.recording import Client
from tests.api.forging import unknown_key, with_a_forged_tag, with_another_secret

pytestmark = pytest.mark.django_db

# How a right key can be sent wrongly, or something else in its place.
MALFORMED = {
    "scheme only": lambda key: "Bearer",
    "scheme and space": lambda key: "Bearer ",
    "one character": lambda key: "Bearer d",
    "102 characters": lambda key: f"Bearer {key[:-1]}",
    "104 characters": lambda key: f"Bearer {key}0",
    "a million characters": lambda key: "Bearer dtvi_" + "0" * 1_000_000,
    "key alone": lambda key: key,
    "two spaces": lambda key: f"Bearer  {key}",
    "tab": lambda key: f"Bearer\t{key}",
    "no space": lambda key: f"Bearer{key}",
    "colon": lambda key: f"Bearer: {key}",
    "leading space": lambda key: f" Bearer {key}",
    "trailing space": lambda key: f"Bearer {key} ",
    "trailing tab": lambda key: f"Bearer {key}\t",
    "trailing newline": lambda key: f"Bearer {key}\n",
    "newline in place of the last": lambda key: f"Bearer {key[:-1]}\n",
    "quoted": lambda key: f'Bearer "{key}"',
    "twice": lambda key: f"Bearer {key} {key}",
    "two headers": lambda key: f"Bearer {key},Bearer {key}",
    "NUL": lambda key: f"Bearer {key[:50]}\0{key[51:]}",
    "Latin-1": lambda key: f"Bearer {key[:50]}\xe9{key[51:]}",
    "UTF-8": lambda key: f"Bearer {key[:50]}{'é'.encode().decode('latin-1')}{key[52:]}",
    "full-width digits": lambda key: f"Bearer {key[:50]}\uff10{key[51:]}",
    "upper case prefix": lambda key: f"Bearer DTVI_{key[5:]}",
    "swapped case": lambda key: f"Bearer {key.swapcase()}",
    "other prefix": lambda key: f"Bearer dtvx_{key[5:]}",
    "punctuation": lambda key: f"Bearer dtvi_{'~' * 98}",
    "wrong check": lambda key: f"Bearer {key[:-1]}{'0' if key[-1] != '0' else '1'}",
    "forged tag": lambda key: f"Bearer {with_a_forged_tag(key)}",
    "foreign key": lambda key: f"Bearer {keyformat.generate(bytes(32)).plaintext}",
    "Basic": lambda key: f"Basic {key}",
    "Token": lambda key: f"Token {key}",
    "Bearerx": lambda key: f"Bearerx {key}",
}
# Where a key is not looked for.
MISPLACED = {
    "query": lambda key: {"path": f"/plans?access_token={key}"},
    "cookie": lambda key: {"path": "/plans", "headers": {"Cookie": f"session={key}"}},
    "X-Secret-Key": lambda key: {"path": "/plans", "headers": {"X-Secret-Key": key}},
    "X-Authorization": lambda key: {
        "path": "/plans",
        "headers": {"X-Authorization": f"Bearer {key}"},
    },
    "JSON": lambda key: {"path": "/plans", "body": {"secret_key": key}},
    "form": lambda key: {"path": "/plans", "body": f"access_token={key}"},
}
CORRUPT = {
    "empty": "",
    "text": "not a digest",
    "another kind": "pbkdf2_sha256$1000000$salt$hash",
    "cut off": "$argon2id$v=19$m=1024,t=1,p=1",
    "no numbers": "$argon2id$v=19$m=a,t=b,p=c$c2FsdHNhbHRzYWx0$aGFzaGhhc2g",
    "no parameters": "$argon2id$v=19$$c2FsdHNhbHRzYWx0$aGFzaGhhc2g",
    "another argon2": "$argon2x$v=19$m=1024,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2g",
    "not base64": "$argon2id$v=19$m=1024,t=1,p=1$!!!!!!!!!!!$????????????????",
    "no hash": "$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHRzYWx0$",
    "zero": "$argon2id$v=19$m=0,t=0,p=0$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
    "negative": "$argon2id$v=19$m=-1,t=-1,p=-1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNo",
}
# Each would take minutes or gigabytes.
ABSURD = {
    "4 GiB": "m=4194304,t=1,p=1",
    "just too much memory": "m=262145,t=1,p=1",
    "a million rounds": "m=1024,t=1000000,p=1",
    "a thousand lanes": "m=8192,t=1,p=1000",
}


def answer(response):
    """Return an answer without what differs between any two requests."""
    reference = response["X-Request-Id"]
    headers = {name: value for name, value in response.items() if value != reference}
    text = response.content.decode().replace(reference, "")
    return response.status_code, text, headers


def broken(error, only=""):
    """Return a wrapper that makes queries fail, all or those that begin so."""

    def fail(execute, sql, params, many, context):
        if sql.startswith(only):
            raise error
        return execute(sql, params, many, context)

    return connection.execute_wrapper(fail)


def test_a_right_key_is_let_in(send, make_key):
    assert send("GET", "/plans", make_key()[1]).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_may_be_written_in_any_case(send, make_key, scheme):
    headers = {"Authorization": f"{scheme} {make_key()[1]}"}
    assert send("GET", "/plans", headers=headers).status_code == 200


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_credential_is_refused_before_any_work(
    send, make_key, argon2_runs, log, django_assert_num_queries, kind
):
    _, plaintext = make_key()
    log.clear()
    with django_assert_num_queries(0):
        headers = {"Authorization": MALFORMED[kind](plaintext)}
        response = send("GET", "/plans", headers=headers)
    assert response.status_code == 401
    assert response.json()["code"] == "invalid_key"
    assert 'error="invalid_token"' in response["WWW-Authenticate"]
    assert not argon2_runs
    assert plaintext[21:85] not in log.text


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}])
def test_without_a_credential_the_challenge_names_no_error(
    send, django_assert_num_queries, headers
):
    with django_assert_num_queries(0):
        response = send("GET", "/plans", headers=headers)
    assert response.status_code == 401
    assert response.json()["code"] == "no_credentials"
    assert response["WWW-Authenticate"] == 'Bearer realm="Datature Vi"'


def test_a_refused_key_is_an_invalid_token(send, make_key):
    make_key()
    response = send("GET", "/plans", unknown_key())
    assert response.status_code == 401
    challenge = 'Bearer realm="Datature Vi", error="invalid_token"'
    assert response["WWW-Authenticate"] == challenge


def test_an_expired_key_is_an_invalid_token(send, make_key):
    response = send("GET", "/plans", make_key(expires_at=timezone.now())[1])
    assert response.status_code == 401
    assert response.json()["code"] == "expired"
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_too_little_right_is_an_insufficient_scope(send, make_key, acme):
    _, plaintext = make_key(permission=Permission.LABELER_ONLY)
    response = send("GET", f"/workspaces/{acme.pk}/quota", plaintext)
    assert response.status_code == 403
    challenge = 'Bearer realm="Datature Vi", error="insufficient_scope"'
    assert response["WWW-Authenticate"] == challenge


def test_a_refusal_never_tells_whether_a_key_exists(send, make_key, globex):
    _, plaintext = make_key()
    removed, removed_plaintext = make_key("removed", removed_at=timezone.now())
    answers = [
        answer(send("GET", "/plans", unknown_key())),
        answer(send("GET", "/plans", with_another_secret(plaintext))),
        answer(send("GET", "/plans", with_a_forged_tag(plaintext))),
        answer(send("GET", "/plans", plaintext, organization=globex.pk)),
        answer(send("GET", "/plans", plaintext, organization=None)),
        answer(send("GET", "/plans", plaintext, organization="")),
        answer(send("GET", "/plans", removed_plaintext)),
        answer(send("GET", f"/workspaces/{globex.pk}", plaintext)),
        answer(send("GET", f"/workspaces/{removed.pk}", plaintext)),
    ]
    assert answers[0][0] == 401
    assert all(each == answers[0] for each in answers)


def test_a_removed_and_expired_key_is_not_told_that_it_expired(send, make_key):
    past = timezone.now() - dt.timedelta(days=1)
    _, plaintext = make_key(expires_at=past, removed_at=past)
    assert send("GET", "/plans", plaintext).json()["code"] == "invalid_key"


def test_only_the_right_secret_learns_that_a_key_expired(send, make_key):
    _, plaintext = make_key(expires_at=timezone.now())
    forged = with_another_secret(plaintext)
    assert send("GET", "/plans", forged).json()["code"] == "invalid_key"


def test_a_key_stops_at_its_moment_not_after_it(send, make_key):
    _, soon = make_key(expires_at=timezone.now() + dt.timedelta(minutes=1))
    assert send("GET", "/plans", soon).status_code == 200
    SecretKey.objects.update(expires_at=timezone.now())
    assert send("GET", "/plans", soon).status_code == 401


def test_a_verified_key_costs_one_query_and_no_write(send, make_key, argon2_runs):
    _, plaintext = make_key()
    send("GET", "/plans", plaintext)
    with CaptureQueriesContext(connection) as queries:
        assert send("GET", "/plans", plaintext).status_code == 200
    assert [each["sql"].split()[0] for each in queries] == ["SELECT"]
    assert len(argon2_runs) == 1


def test_a_refused_key_costs_no_more_than_an_accepted_one(
    send, make_key, argon2_runs, django_assert_num_queries
):
    _, plaintext = make_key(removed_at=timezone.now())
    send("GET", "/plans", plaintext)
    with django_assert_num_queries(1):
        send("GET", "/plans", plaintext)
    assert len(argon2_runs) == 1


def test_ten_thousand_forged_keys_cost_neither_a_query_nor_argon2(
    make_key, acme, argon2_runs, django_assert_num_queries
):
    make_key()
    forged = [keyformat.generate(bytes(32)).plaintext for _ in range(10_000)]
    outcomes = set()
    with django_assert_num_queries(0):
        for key in forged:
            presented = authentication.PresentedRequest(
                f"Bearer {key}", str(acme.pk), "GET", "/plans", Client(None, ""), ""
            )
            with pytest.raises(authentication.AuthenticationFailed) as refused:
                authentication.authenticate(presented, at=timezone.now())
            outcomes.add(refused.value.outcome)
    assert outcomes == {Outcome.UNKNOWN_KEY}
    assert not argon2_runs


@pytest.mark.parametrize("kind", CORRUPT)
def test_a_corrupt_digest_refuses_the_key_and_raises_an_alert(
    send, make_key, log, kind
):
    _, plaintext = make_key(digest=CORRUPT[kind])
    log.clear()
    response = send("GET", "/plans", plaintext)
    assert (response.status_code, response.json()["code"]) == (401, "invalid_key")
    alerts = [each.getMessage() for each in log.records if each.levelname == "ERROR"]
    assert len(alerts) == 1
    assert "corrupt" in alerts[0]
    assert plaintext[5:11] in alerts[0]


@pytest.mark.parametrize("kind", ABSURD)
def test_a_digest_that_would_eat_the_server_is_refused_unrun(
    send, make_key, argon2_runs, log, kind
):
    key, plaintext = make_key()
    _, _, _, _, salt, hashed = key.digest.split("$")
    SecretKey.objects.update(digest=f"$argon2id$v=19${ABSURD[kind]}${salt}${hashed}")
    assert send("GET", "/plans", plaintext).status_code == 401
    assert not argon2_runs
    assert "corrupt" in log.text


def older_digest(plaintext):
    """Return a digest of a key as a server with other parameters made it."""
    return argon2.PasswordHasher(2, 512, 2).hash(plaintext)


def test_a_digest_of_older_parameters_is_renewed_once(send, make_key, settings):
    key, plaintext = make_key()
    SecretKey.objects.update(digest=older_digest(plaintext))
    assert send("GET", "/plans", plaintext).status_code == 200
    key.refresh_from_db()
    assert f"m={settings.KEY_ARGON2_MEMORY_KIB},t=1,p=1$" in key.digest
    renewed = key.digest
    assert send("GET", "/plans", plaintext).status_code == 200
    key.refresh_from_db()
    assert key.digest == renewed


def test_renewing_a_digest_changes_nothing_else(send, make_key):
    _, plaintext = make_key()
    SecretKey.objects.update(digest=older_digest(plaintext))
    (before,) = SecretKey.objects.values()
    send("GET", "/plans", plaintext)
    (after,) = SecretKey.objects.values()
    assert {name for name in before if before[name] != after[name]} == {"digest"}


def test_renewing_a_digest_never_overwrites_another_process(send, make_key):
    key, plaintext = make_key()
    SecretKey.objects.update(digest=older_digest(plaintext))
    theirs = hashing.digest(plaintext)

    def first_they_write(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and theirs not in params:
            SecretKey.objects.update(digest=theirs)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(first_they_write):
        assert send("GET", "/plans", plaintext).status_code == 200
    key.refresh_from_db()
    assert key.digest == theirs


def test_a_digest_that_cannot_be_renewed_still_verifies(send, make_key, log):
    _, plaintext = make_key()
    SecretKey.objects.update(digest=older_digest(plaintext))
    with broken(OperationalError("read-only"), only="UPDATE"):
        assert send("GET", "/plans", plaintext).status_code == 200
    assert "could not be renewed" in log.text


def test_keys_of_an_older_signing_key_work_until_it_is_retired(
    send, make_key, settings
):
    _, plaintext = make_key()
    old, new = settings.SIGNING_KEYS[0], bytes(range(32))
    settings.SIGNING_KEYS = [new, old]
    assert send("GET", "/plans", plaintext).status_code == 200
    settings.SIGNING_KEYS = [new]
    # The ring is read when a process starts, which then remembers no key.
    hashing.forget_verified()
    assert send("GET", "/plans", plaintext).status_code == 401


@pytest.mark.parametrize("warm", [True, False])
def test_a_broken_database_refuses_for_a_while(send, make_key, warm):
    _, plaintext = make_key()
    if warm:
        send("GET", "/plans", plaintext)
    with broken(OperationalError("server closed the connection")):
        response = send("GET", "/plans", plaintext)
    assert response.status_code == 503
    assert response.json()["code"] == "unavailable"
    assert int(response["Retry-After"]) > 0
    assert "WWW-Authenticate" not in response
    assert send("GET", "/plans", plaintext).status_code == 200


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, KeyError, InterfaceError])
def test_no_trouble_ever_lets_a_key_in(send, make_key, error):
    _, plaintext = make_key()
    with broken(error("unexpected")):
        response = send("GET", "/plans", plaintext)
    assert response.status_code >= 500
    assert response.json()["reference"] == response["X-Request-Id"]


def test_a_key_waits_for_a_free_core_only_so_long(send, make_key, monkeypatch):
    _, plaintext = make_key()
    monkeypatch.setattr(hashing, "_SLOT_TIMEOUT", 0.01)
    slots = [hashing._slots.acquire() for _ in range(os.cpu_count() or 1)]
    try:
        response = send("GET", "/plans", plaintext)
    finally:
        for _ in slots:
            hashing._slots.release()
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert send("GET", "/plans", plaintext).status_code == 200


def test_a_verified_key_needs_no_free_core(send, make_key, monkeypatch):
    _, plaintext = make_key()
    send("GET", "/plans", plaintext)
    monkeypatch.setattr(hashing, "_SLOT_TIMEOUT", 0.01)
    slots = [hashing._slots.acquire() for _ in range(os.cpu_count() or 1)]
    try:
        assert send("GET", "/plans", plaintext).status_code == 200
    finally:
        for _ in slots:
            hashing._slots.release()


def test_wrong_secrets_never_push_verified_keys_out(send, make_key, argon2_runs):
    _, plaintext = make_key()
    send("GET", "/plans", plaintext)
    for _ in range(20):
        assert send("GET", "/plans", with_another_secret(plaintext)).status_code == 401
    runs = len(argon2_runs)
    assert send("GET", "/plans", plaintext).status_code == 200
    assert len(argon2_runs) == runs == 21


@pytest.mark.parametrize("place", MISPLACED)
def test_a_key_anywhere_but_in_the_header_is_no_key(send, make_key, log, place):
    _, plaintext = make_key()
    response = send("GET", **MISPLACED[place](plaintext))
    assert response.status_code == 401
    assert response.json()["code"] == "no_credentials"
    assert plaintext[21:85] not in log.text
    assert plaintext[21:85] not in response.content.decode()


@pytest.fixture
def sql_log(log):
    """Return the log with every statement in it."""
    connection.force_debug_cursor = True
    yield log
    connection.force_debug_cursor = False


def test_no_log_line_holds_a_key_that_was_sent(send, make_key, sql_log):
    _, plaintext = make_key()
    other = with_another_secret(plaintext)
    for path in (
        "/plans",
        f"/plans/{plaintext}",
        f"/{plaintext}",
        f"/plans?{plaintext}",
    ):
        for presented in (plaintext, other, plaintext[:-1], f"{plaintext}0", None):
            send("GET", path, presented)
    assert "SELECT" in sql_log.text
    assert not any(key[22:85] in sql_log.text for key in (plaintext, other))


@pytest.mark.parametrize("error", [OperationalError, RuntimeError])
def test_no_log_line_of_an_error_holds_a_key(send, make_key, sql_log, error):
    _, plaintext = make_key()
    with broken(error(f"while reading {plaintext}")):
        send("GET", "/plans", plaintext)
    SecretKey.objects.update(digest="corrupt")
    send("GET", "/plans", plaintext)
    assert "corrupt" in sql_log.text
    assert plaintext[22:85] not in sql_log.text


def test_no_log_line_of_a_removal_holds_a_key(send, make_key, sql_log):
    key, plaintext = make_key()
    send("GET", "/plans", plaintext)
    remove_key(key, actor=COMMAND_LINE, at=timezone.now())
    send("GET", "/plans", plaintext)
    assert "UPDATE" in sql_log.text
    assert plaintext[22:85] not in sql_log.text


def test_an_answer_names_its_line_in_the_log(send):
    response = send("GET", "/plans")
    reference = response.json()["reference"]
    assert re.fullmatch(r"[0-9a-f]{32}", reference)
    assert response["x-cloud-trace-context"] == response["X-Request-Id"] == reference
