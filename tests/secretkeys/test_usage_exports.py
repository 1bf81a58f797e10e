"""Files of much usage: whole, in order, and never held in memory at once."""

import csv
import datetime as dt
import tracemalloc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from secretkeys.grants import ROWS, Access
from secretkeys.models import KeyUsageDay, SecretKey
from secretkeys.outcomes import Outcome
from tests.conftest import create_many_keys

DAYS = 90
# More than the rows of a query.
ROWS_PER_KEY = DAYS * 2 * len(ROWS) * 2


def use(keys, kinds=ROWS):
    """Count requests of a number of keys on every day, by hand: it is faster."""
    today = timezone.now().astimezone(dt.UTC).date()
    KeyUsageDay.objects.bulk_create(
        [
            KeyUsageDay(
                key=key,
                day=today - dt.timedelta(days=back),
                resource=resource.value,
                access=access.value,
                outcome=outcome.value,
                count=1 + back,
            )
            for key in keys
            for back in range(DAYS)
            for resource in kinds
            for access in (Access.READ, Access.WRITE)
            for outcome in (Outcome.ALLOWED, Outcome.PERMISSION_DENIED)
        ],
        batch_size=5000,
    )


@pytest.fixture
def send(acme, ada, client_for):
    """Return a function that begins to send a file of 90 days to ada."""
    client = client_for(ada)

    def send(**query):
        url = reverse("secretkeys:usage_export", args=[acme.pk])
        return client.get(url, {"period": "90d"} | query)

    return send


def rows_of(response):
    """Read the rows of a file without keeping it."""

    def lines():
        rest = ""
        for piece in response.streaming_content:
            *whole, rest = (rest + piece.decode()).split("\n")
            yield from whole

    return csv.DictReader(lines())


def order(row):
    """Return what rows are put in order by."""
    return tuple(row[name] for name in ("key_id", "start", "resource"))


def test_much_usage_is_sent_whole_and_in_order_in_bounded_memory(send, acme):
    create_many_keys(acme, 6)
    use(SecretKey.objects.all())
    response = send()
    tracemalloc.start()
    try:
        number, last, requests = 0, (), 0
        for row in rows_of(response):
            number, requests = number + 1, requests + int(row["requests"])
            assert last <= order(row)
            last = order(row)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert number == 6 * ROWS_PER_KEY == 15_120
    assert requests == 6 * ROWS_PER_KEY / DAYS * sum(range(1, DAYS + 1))
    assert peak < 8 * 2**20


def test_every_row_is_there_once_where_batches_meet(send, acme):
    # Twenty keys are read together; 21 keys and 2 520 rows of one are batches.
    create_many_keys(acme, 45)
    keys = list(SecretKey.objects.order_by("pk"))
    use(keys, ROWS[:1])
    use(keys[30:31], ROWS[1:])
    rows = [tuple(row.values()) for row in rows_of(send())]
    assert len(rows) == len(set(rows)) == KeyUsageDay.objects.count()
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    assert len({row[1] for row in rows}) == 45
    named = list(rows_of(send(q="key 30", resource="assets", outcome="allowed")))
    assert {row["name"] for row in named} == {"key 30"}
    assert len(named) == DAYS * 2


# Hanging up ends the request, and with it the connection to the database.
@pytest.mark.django_db(transaction=True)
def test_nothing_more_is_read_for_somebody_who_hangs_up(send, acme):
    create_many_keys(acme, 3)
    use(SecretKey.objects.all())
    response = send()
    with CaptureQueriesContext(connection) as queries:
        next(response.streaming_content)
        response.close()
        assert list(response.streaming_content) == []
    assert len(queries) == 2
    assert not any("DECLARE" in each["sql"] for each in queries)
