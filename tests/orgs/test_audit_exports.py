"""Files of a long audit log: whole, in order, and never held in memory at once."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orgs.models import AuditEvent
from tests.orgs.long_log import lengthen

# Watching memory is slow. A million: tests/benchmarks/audit_log.py.
MANY = 25_000


@pytest.fixture
def send(acme, ada, client_for):
    """Return a function that begins to send a file to ada."""
    client = client_for(ada)

    def send(form, **query):
        url = reverse("orgs:audit_export", args=[acme.pk, form])
        return client.get(url, query)

    return send


def _numbers(form, pieces: Iterator[bytes]) -> Iterator[int]:
    """Read the numbers of the events in a file without keeping it."""
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece.decode()).split("\n")
        for line in lines:
            if form == "csv" and line[:1].isdigit():
                yield int(line.partition(",")[0])
            if form == "json" and line.startswith("{"):
                yield json.loads(line.rstrip(","))["number"]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_long_log_is_sent_whole_in_bounded_memory(form, send, acme):
    lengthen(acme, MANY)
    response = send(form)
    tracemalloc.start()
    try:
        numbers = _numbers(form, response.streaming_content)
        found = wrong = 0
        for found, number in enumerate(numbers, 1):
            wrong += number != found
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The first is that the organization was made.
    assert (found, wrong) == (1 + MANY, 0)
    assert peak < 16 * 2**20


@pytest.mark.parametrize(
    "query",
    [
        {"key": "dtvi_000003"},
        {"key": "camera", "event": "keys"},
        {"q": "203.0.113", "event": "key.changed", "since": "2020-01-01"},
    ],
)
def test_filters_hold_from_the_first_row_of_a_file_to_the_last(query, send, acme):
    lengthen(acme, 12_000)
    rows = json.loads(send("json", **query).getvalue())
    wanted = AuditEvent.objects.of(acme).filter(action="key.changed").in_order()
    if query == {"key": "dtvi_000003"}:
        wanted = wanted.filter(subject__contains="dtvi_000003")
    assert [row["number"] for row in rows] == [each.sequence for each in wanted]


def test_event_that_is_added_while_somebody_downloads_is_not_in_the_file(send, acme):
    lengthen(acme, 5000)
    pieces = send("csv").streaming_content
    begun = next(pieces)
    lengthen(acme, 10)
    rows = list(csv.reader(io.StringIO((begun + b"".join(pieces)).decode())))
    assert [int(row[0]) for row in rows[1:]] == list(range(1, 5002))


# Hanging up ends the request, and with it the connection to the database.
@pytest.mark.django_db(transaction=True)
def test_nothing_more_is_read_for_somebody_who_hangs_up(send, acme, ada):
    lengthen(acme, 20_000)
    response = send("csv")
    with CaptureQueriesContext(connection) as queries:
        next(response.streaming_content)
        response.close()
        assert list(response.streaming_content) == []
    assert len(queries) == 1
    assert send("csv", event="catalogue").getvalue().count(b"\n") == 1
