"""How the product talks to its database: what connections keep, how long they wait."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.urls import reverse

from config.database import database
from orgs.models import AuditEvent, Organization

POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "NAME": "keys"}


def test_what_the_address_says_of_the_server_stays() -> None:
    said = {"sslmode": "verify-full", "options": "-c search_path=keys"}
    for prepared in (True, False):
        settings = database(POSTGRESQL | {"OPTIONS": said}, prepared=prepared)
        assert settings["OPTIONS"]["sslmode"] == "verify-full"
        assert settings["OPTIONS"]["options"].endswith("-c search_path=keys")


def test_behind_a_pooler_nothing_is_kept_beyond_a_transaction() -> None:
    pooled = database(POSTGRESQL, prepared=False)
    assert pooled["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert pooled["OPTIONS"]["prepare_threshold"] is None
    assert "options" not in pooled["OPTIONS"]
    assert database(POSTGRESQL, prepared=True)["DISABLE_SERVER_SIDE_CURSORS"] is False


@pytest.mark.django_db
def test_a_change_waits_20_seconds_at_most() -> None:
    ask = (
        "PRAGMA busy_timeout" if connection.vendor == "sqlite" else "SHOW lock_timeout"
    )
    with connection.cursor() as cursor:
        cursor.execute(ask)
        assert cursor.fetchone()[0] in (20_000, "20s")


@contextmanager
def somebody_else_at_work(organization):
    """Change an organization for longer than anybody waits."""
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        with transaction.atomic():
            Organization.objects.filter(pk=organization.pk).update(name="Meanwhile")
            begun.set()
            over.wait(30)
            transaction.set_rollback(True)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(10)
    with connection.cursor() as cursor:
        impatient = {"sqlite": "PRAGMA busy_timeout = 100"}
        cursor.execute(impatient.get(connection.vendor, "SET lock_timeout = '100ms'"))
    try:
        yield
    finally:
        over.set()
        thread.join()
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_who_waited_in_vain_is_told_to_try_again(acme, ada, client_for) -> None:
    client = client_for(ada)
    client.raise_request_exception = False
    with somebody_else_at_work(acme):
        answer = client.post(reverse("orgs:rename", args=[acme.pk]), {"name": "Other"})
    assert answer.status_code == 500
    assert "Try again in a minute." in answer.content.decode()
    assert not AuditEvent.objects.filter(action="organization.renamed").exists()
