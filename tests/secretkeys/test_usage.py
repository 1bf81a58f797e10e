"""How keys are used: nothing is lost, nothing is counted twice."""

import datetime as dt
import os
import signal
import sys
import threading
import uuid

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from secretkeys import authentication, keyformat, policy, recording
from secretkeys.grants import Permission
from secretkeys.models import MANY, KeyActivity, KeyUsage, SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.recording import activity, waiting

HOUR = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)
CURL = recording.Client("192.0.2.7", "curl/8.0")


@pytest.fixture
def use(acme):
    """Return a function that presents a key and says how it fared."""

    def use(
        key, path="/plans", *, at=HOUR, method="GET", organization=acme.pk, client=CURL
    ):
        presented = authentication.PresentedRequest(
            f"Bearer {key}", str(organization), method, path, client, uuid.uuid4().hex
        )
        try:
            authentication.authenticate(presented, at=at)
        except authentication.AuthenticationFailed as refused:
            return refused.outcome
        return Outcome.ALLOWED

    return use


def counted():
    """Return what the database has counted, as readable rows."""
    rows = KeyUsage.objects.order_by("hour", "resource", "access", "outcome")
    return [
        (row.hour, row.resource, row.access, row.outcome, row.count) for row in rows
    ]


def writes_fail():
    """Return a wrapper in which the database takes no writes."""

    def fail(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE")):
            raise OperationalError("attempt to write a readonly database")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(fail)


def record(key_id, *, last_used_at=None, at=HOUR, client=CURL, times=1, path="/plans"):
    """Count requests as a decision does."""
    request = policy.resolve("GET", path)
    for _ in range(times):
        recording.record(
            key_id,
            Outcome.ALLOWED,
            request=request,
            client=client,
            last_used_at=last_used_at,
            at=at,
        )


@pytest.mark.django_db
def test_requests_are_counted_by_hour_resource_access_and_outcome(make_key, use, acme):
    _, key = make_key(permission=Permission.READ_ONLY)
    own = f"/workspaces/{acme.pk}"
    for minute in (0, 30, 59):
        use(key, at=HOUR + dt.timedelta(minutes=minute, seconds=59))
    use(key, f"{own}/quota")
    use(key, own, method="PATCH")
    use(key, at=HOUR + dt.timedelta(hours=1))
    recording.flush()
    assert counted() == [
        (HOUR, "identity", 1, "allowed", 3),
        (HOUR, "organization", 1, "allowed", 1),
        (HOUR, "organization", 2, "permission_denied", 1),
        (HOUR + dt.timedelta(hours=1), "identity", 1, "allowed", 1),
    ]


@pytest.mark.django_db
def test_an_hour_can_be_asked_for(make_key, use):
    _, key = make_key()
    use(key)
    recording.flush()
    assert KeyUsage.objects.get(hour=HOUR).count == 1
    assert KeyUsage.objects.filter(hour__lte=HOUR).count() == 1
    assert not KeyUsage.objects.filter(hour__gt=HOUR).exists()
    assert KeyUsage.objects.since(HOUR).total() == 1


@pytest.mark.django_db
def test_later_counts_are_added_to_earlier_ones(make_key, use):
    _, key = make_key()
    for _ in range(3):
        use(key)
        recording.flush()
    assert counted() == [(HOUR, "identity", 1, "allowed", 3)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "columns", "request_"),
    [
        (Outcome.REMOVED, {"removed_at": HOUR}, {}),
        (Outcome.EXPIRED, {"expires_at": HOUR}, {}),
        (Outcome.ORGANIZATION_MISMATCH, {}, {"organization": "another"}),
        (Outcome.UNKNOWN_ROUTE, {}, {"path": "/plans/a/b"}),
        (Outcome.NOT_CANONICAL, {}, {"path": "/plans/"}),
    ],
    ids=lambda value: str(value) if isinstance(value, Outcome) else "",
)
def test_a_refusal_is_counted_as_what_it_was(make_key, use, outcome, columns, request_):
    _, key = make_key(**columns)
    assert use(key, **request_) is outcome
    recording.flush()
    assert counted() == [(HOUR, "", 0, outcome.value, 1)]


@pytest.mark.django_db
def test_a_refusal_by_the_path_or_the_lock_is_counted_too(make_key, use, acme, globex):
    _, key = make_key()
    use(key, f"/workspaces/{globex.pk}")
    acme.locked_at = HOUR
    acme.save()
    use(key)
    recording.flush()
    assert counted() == [
        (HOUR, "", 0, "organization_locked", 1),
        (HOUR, "identity", 1, "organization_mismatch", 1),
    ]


@pytest.mark.django_db
def test_keys_that_do_not_exist_are_not_counted(make_key, use, settings):
    make_key()
    strangers = (
        keyformat.generate(settings.SIGNING_KEYS[0]).plaintext,
        keyformat.generate(bytes(32)).plaintext,
        "dtvi_",
    )
    for key in strangers:
        assert use(key) is Outcome.UNKNOWN_KEY
    recording.flush()
    assert counted() == []
    assert not SecretKey.objects.exclude(last_used_at=None).exists()


@pytest.mark.django_db
def test_last_used_says_when_from_where_and_by_what(make_key, use):
    key, plaintext = make_key()
    use(plaintext)
    recording.flush()
    key.refresh_from_db()
    assert key.last_used_at == HOUR
    assert key.last_used_address == "192.0.2.7"
    assert key.last_used_client == "curl/8.0"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "client",
    [
        recording.Client(None, ""),
        recording.Client("2001:db8::1", "x" * 10_000),
        recording.Client("::ffff:192.0.2.7", "é\xff"),
        recording.Client("192.0.2.7", "\U0001f916" * 300),
    ],
    ids=["unknown", "IPv6, long", "IPv4 in IPv6", "emoji"],
)
def test_any_client_can_be_written(make_key, use, client):
    key, plaintext = make_key()
    use(plaintext, client=client)
    recording.flush()
    key.refresh_from_db()
    assert key.last_used_at == HOUR
    assert key.last_used_client == client.user_agent[:200]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "client",
    [recording.Client("fe80::1%eth0", "curl"), recording.Client("192.0.2.7", "a\0b")],
    ids=["address with a zone", "NUL in the user agent"],
)
def test_one_strange_client_holds_up_nobody_s_counts(make_key, use, client):
    _, strange = make_key("strange")
    _, other = make_key("other")
    use(strange, client=client)
    use(other)
    recording.flush()
    assert KeyUsage.objects.total() == 2


@pytest.mark.django_db
def test_last_used_is_written_once_a_minute(make_key, use):
    key, plaintext = make_key()
    for second in (0, 1, 30, 59):
        use(plaintext, at=HOUR + dt.timedelta(seconds=second))
        recording.flush()
        key.refresh_from_db()
        assert key.last_used_at == HOUR
    use(plaintext, at=HOUR + dt.timedelta(seconds=60))
    recording.flush()
    key.refresh_from_db()
    assert key.last_used_at == HOUR + dt.timedelta(seconds=60)


@pytest.mark.django_db
def test_last_used_never_goes_back(make_key):
    key, _ = make_key()
    for at in (HOUR, HOUR - dt.timedelta(days=1), HOUR + dt.timedelta(seconds=59)):
        record(key.key_id, last_used_at=None, at=at)
        recording.flush()
        key.refresh_from_db()
        assert key.last_used_at == HOUR
    assert KeyUsage.objects.total() == 3


@pytest.mark.django_db
def test_counting_writes_nothing_by_itself(make_key, use, django_assert_num_queries):
    _, key = make_key()
    use(key)
    with django_assert_num_queries(50):
        for _ in range(50):
            use(key)
    assert counted() == []


@pytest.mark.django_db(transaction=True)
def test_a_failing_database_only_delays_counts(make_key, use, caplog):
    key, plaintext = make_key()
    use(plaintext)
    with writes_fail():
        for _ in range(2):
            recording.flush()
            use(plaintext)
    assert "could not be written yet" in caplog.text
    assert counted() == []
    recording.flush()
    key.refresh_from_db()
    assert counted() == [(HOUR, "identity", 1, "allowed", 3)]
    assert key.last_used_at == HOUR


@pytest.mark.django_db(transaction=True)
def test_half_a_flush_is_no_flush(make_key, use):
    _, key = make_key()
    use(key)

    def fail_late(execute, sql, params, many, context):
        if sql.startswith("UPDATE"):
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_late):
        recording.flush()
    assert counted() == []
    recording.flush()
    recording.flush()
    assert counted() == [(HOUR, "identity", 1, "allowed", 1)]


@pytest.mark.django_db(transaction=True)
def test_a_broken_database_loses_no_more_than_it_must(make_key, monkeypatch):
    key, _ = make_key()
    monkeypatch.setattr(waiting, "_MOST_ROWS_WAITING", 3)
    for hours in range(8):
        record(key.key_id, at=HOUR + dt.timedelta(hours=hours))
        record(key.key_id, at=HOUR)
    recording.flush()
    # Twice as many rows as are kept with their objects and addresses.
    assert [row[-1] for row in counted()] == [9, 1, 1, 1, 1, 1]


def together(*jobs):
    """Run jobs at the same moment, each in a thread of its own."""
    start, errors = threading.Barrier(len(jobs)), []

    def run(job):
        try:
            start.wait(10)
            job()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


@pytest.fixture
def hurried():
    """Threads take turns as often as they can, so that what can meet does meet."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.django_db(transaction=True)
def test_what_is_recorded_during_a_flush_is_not_lost(make_key, hurried):
    key, _ = make_key()
    done = threading.Event()

    def write():
        while not done.is_set():
            recording.flush()
        connection.close()

    def work():
        record(key.key_id, last_used_at=HOUR, times=5000)

    writer = threading.Thread(target=write)
    writer.start()
    together(*[work] * 4)
    done.set()
    writer.join(60)
    recording.flush()
    assert KeyUsage.objects.total() == 4 * 5000


@pytest.mark.django_db(transaction=True)
def test_eight_threads_lose_no_count(make_key):
    key, _ = make_key()

    def work():
        for _ in range(20):
            record(key.key_id, times=50)
            recording.flush()

    together(*[work] * 8)
    recording.flush()
    assert counted() == [(HOUR, "identity", 1, "allowed", 8 * 20 * 50)]


@pytest.mark.django_db(transaction=True)
def test_eight_threads_lose_no_request_of_any_object(make_key, monkeypatch):
    key, _ = make_key()
    monkeypatch.setattr(activity, "MOST_ACTIVITY", 20)
    now = timezone.now()

    def work():
        for number in range(40):
            record(key.key_id, at=now, path=f"/workspaces/o/runs/r{number}")
            recording.flush()

    together(*[work] * 8)
    recording.flush()
    counts = dict(KeyActivity.objects.values_list("object_id", "count"))
    assert sum(counts.values()) == 8 * 40
    assert counts[MANY] >= 8 * 10


@pytest.mark.django_db(transaction=True)
def test_requests_of_many_keys_in_many_threads_are_all_counted(make_key, use):
    keys = [make_key(f"key {number}")[1] for number in range(4)]

    def work():
        for key in keys * 10:
            assert use(key) is Outcome.ALLOWED

    together(*[work] * 8, *[recording.flush] * 4)
    recording.flush()
    assert sorted(KeyUsage.objects.values_list("count", flat=True)) == [80] * 4


@pytest.mark.django_db(transaction=True)
def test_a_forked_child_counts_from_zero(make_key):
    key, _ = make_key()
    record(key.key_id, times=5)
    with waiting._waiting.lock:
        child = os.fork()
        if child == 0:
            _as_child(key.key_id)
    _, status = os.waitpid(child, 0)
    recording.flush()
    assert os.waitstatus_to_exitcode(status) == 0
    assert counted() == [(HOUR, "identity", 1, "allowed", 5)]


def _as_child(key_id):
    """Succeed if nothing of the parent waits here and no lock is held."""
    signal.alarm(10)
    try:
        before = len(waiting._waiting.requests)
        record(key_id, times=2)
        counted = len(waiting._waiting.requests)
        os._exit(0 if (before, counted) == (0, 2) else 1)
    finally:
        os._exit(2)
