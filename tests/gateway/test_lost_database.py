"""The door when PostgreSQL ends a connection, or does not answer at all."""

import time

import psycopg
import pytest
from django.db import connection

from tests.gateway.asking import ASKS, CONNECTIONS, asgi_ask

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="SQLite has no server"
    ),
]


@pytest.fixture
def pairs(make_key, acme):
    """Return the headers of a request that is let in."""
    return [
        ("Authorization", f"Bearer {make_key()[1]}"),
        ("Organization-Id", str(acme.pk)),
        ("X-Original-URI", f"/workspaces/{acme.pk}/datasets"),
        ("X-Original-Method", "GET"),
    ]


@pytest.fixture
def other():
    """Return a connection of somebody else's."""
    with psycopg.connect(
        **connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}
    ) as other:
        yield other


@pytest.mark.parametrize("form", ASKS)
def test_a_lost_connection_refuses_nobody(form, pairs, other):
    for _ in range(2):
        assert ASKS[form]("/auth/verify", pairs).status_code == 200
    backend = CONNECTIONS[form]().connection.info.backend_pid
    other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    assert ASKS[form]("/auth/verify", pairs).status_code == 200


def test_a_database_that_hangs_holds_up_nobody_for_long(pairs, other):
    for _ in range(2):
        assert asgi_ask("/auth/verify", pairs).status_code == 200
    other.execute("LOCK TABLE secretkeys_secretkey IN ACCESS EXCLUSIVE MODE")
    started = time.monotonic()
    answers = [asgi_ask("/auth/verify", pairs) for _ in range(20)]
    assert time.monotonic() - started < 8
    assert {answer.headers["X-Vi-Status"] for answer in answers} == {"503"}
    other.rollback()
    while time.monotonic() - started < 20:
        if asgi_ask("/auth/verify", pairs).status_code == 200:
            return
    pytest.fail("the door does not recover")
