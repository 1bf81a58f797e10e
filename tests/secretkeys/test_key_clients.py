"""Who presents a key is known: its address, its program, since when and how often."""

import datetime as dt
import threading

import pytest
from django.db import connection

from secretkeys import policy, recording
from secretkeys.models import MANY, KeyClient
from secretkeys.outcomes import Outcome
from secretkeys.recording import clients

HOUR = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)
CURL = recording.Client("192.0.2.7", "curl/8.0")


def record(key, client=CURL, *, at=HOUR, outcome=Outcome.ALLOWED):
    """Count a request as a decision does."""
    recording.record(
        key.pk,
        outcome,
        request=policy.resolve("GET", "/plans"),
        client=client,
        last_used_at=at,
        at=at,
    )


def seen(key):
    rows = KeyClient.objects.of_key(key)
    return [(row.address, row.user_agent, row.count) for row in rows]


@pytest.mark.django_db
def test_a_client_has_a_first_and_a_last_time_and_a_count(make_key) -> None:
    key, _ = make_key()
    for minutes in (30, 0, 90):
        record(key, at=HOUR + dt.timedelta(minutes=minutes))
    recording.flush()
    record(key, at=HOUR - dt.timedelta(days=2), outcome=Outcome.PERMISSION_DENIED)
    recording.flush()
    client = KeyClient.objects.get()
    assert client.first_seen == HOUR - dt.timedelta(days=2)
    assert client.last_seen == HOUR + dt.timedelta(minutes=90)
    assert client.count == 4


@pytest.mark.django_db
def test_address_and_program_tell_clients_apart(make_key) -> None:
    key, _ = make_key("first")
    other, _ = make_key("second")
    for number, client in enumerate(
        [
            CURL,
            CURL._replace(address="2001:db8::1"),
            CURL._replace(user_agent="vi/0.1.0b7 (Python/3.11.7; Linux/6.1)"),
            recording.Client(None, ""),
        ]
    ):
        record(key, client, at=HOUR - dt.timedelta(minutes=number))
    record(other)
    recording.flush()
    assert seen(key) == [
        ("192.0.2.7", "curl/8.0", 1),
        ("2001:db8::1", "curl/8.0", 1),
        ("192.0.2.7", "vi/0.1.0b7 (Python/3.11.7; Linux/6.1)", 1),
        ("", "", 1),
    ]
    assert seen(other) == [("192.0.2.7", "curl/8.0", 1)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("client", "stored"),
    [
        (recording.Client("not an address", "a\0b\r\nc"), ("", "abc")),
        (recording.Client("fe80::1%eth0", "x" * 9000), ("fe80::1", "x" * 200)),
        (recording.Client("192.0.2.7", "*"), ("192.0.2.7", "*")),
    ],
    ids=["NUL", "long", "called as the others are"],
)
def test_odd_clients_are_kept_as_far_as_they_can_be(make_key, client, stored) -> None:
    key, _ = make_key()
    record(key, client)
    recording.flush()
    assert seen(key) == [(*stored, 1)]


def _programs(key, numbers):
    for number in numbers:
        at = HOUR + dt.timedelta(seconds=number)
        record(key, CURL._replace(user_agent=f"program {number}"), at=at)


@pytest.mark.django_db
@pytest.mark.parametrize("batches", [1, 3, 25])
def test_the_latest_clients_are_kept_apart_and_the_rest_is_one(
    make_key, monkeypatch, batches
) -> None:
    monkeypatch.setattr(clients, "MOST_CLIENTS", 10)
    key, _ = make_key()
    for batch in range(batches):
        _programs(key, range(batch, 25, batches))
        recording.flush()
    _programs(key, [24])
    recording.flush()
    others = KeyClient.objects.get(address=MANY)
    apart = {row.user_agent for row in KeyClient.objects.kept_apart()}
    assert len(apart) == 10
    assert "program 24" in apart
    assert sum(row.count for row in KeyClient.objects.all()) == 26
    assert others.count == 15
    assert others.first_seen == HOUR
    if batches == 1:
        assert apart == {f"program {number}" for number in range(15, 25)}


@pytest.mark.django_db(transaction=True)
def test_eight_writers_lose_no_request_of_any_client(make_key, monkeypatch) -> None:
    monkeypatch.setattr(clients, "MOST_CLIENTS", 10)
    keys = [make_key(f"key {number}")[0] for number in range(2)]
    start, errors = threading.Barrier(8), []

    def work(own):
        try:
            start.wait(10)
            for number in range(30):
                for key in keys:
                    _programs(key, range(own * number, own * number + 12))
                recording.flush()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[own]) for own in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    recording.flush()
    assert errors == []
    for key in keys:
        rows = KeyClient.objects.of_key(key)
        assert sum(row.count for row in rows) == 8 * 30 * 12
        assert rows.kept_apart().count() == 10
