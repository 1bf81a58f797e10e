"""Processes that stop write what they have counted; killed ones lose one interval."""

import os
import signal
import time

import httpx
import pytest

from secretkeys.models import (
    KeyClient,
    KeyDayTotal,
    KeyUsage,
    KeyUsageDay,
    OrganizationUsage,
    OrganizationUsageDay,
)
from tests.gateway import servers

pytestmark = pytest.mark.django_db(transaction=True)

SUMS = (KeyUsage, KeyUsageDay, KeyDayTotal, OrganizationUsage, OrganizationUsageDay)
SERVERS = {
    "gunicorn": lambda port, log, **more: servers.gunicorn(
        port, log, **(more | {"WEB_CONCURRENCY": "2"})
    ),
    "uvicorn": lambda port, log, **more: servers.uvicorn(
        port, log, "--workers", "2", **more
    ),
}


@pytest.fixture
def headers(make_key, acme):
    """What a gateway asks about a key with."""
    return {
        "Authorization": f"Bearer {make_key()[1]}",
        "Organization-Id": str(acme.pk),
        "X-Original-URI": "/plans",
        "X-Original-Method": "GET",
    }


def ask(port, headers, times):
    url = f"http://{servers.HOST}:{port}/auth/verify"
    for _ in range(times):
        assert httpx.get(url, headers=headers, trust_env=False).status_code == 200


def written() -> int:
    return KeyUsage.objects.total()


@pytest.mark.parametrize("server", SERVERS)
def test_stopping_processes_lose_no_request(server, headers, tmp_path) -> None:
    port = servers.free_port()
    # Longer than the test: what is written is written at the end.
    with SERVERS[server](port, tmp_path / "log", USAGE_FLUSH_SECONDS="600"):
        ask(port, headers, 40)
    assert [model.objects.total() for model in SUMS] == [40] * 5
    assert sum(client.count for client in KeyClient.objects.all()) == 40


@pytest.mark.parametrize("server", SERVERS)
def test_killed_processes_lose_no_more_than_an_interval(
    server, headers, tmp_path
) -> None:
    port = servers.free_port()
    with SERVERS[server](port, tmp_path / "log", USAGE_FLUSH_SECONDS="0.3") as process:
        ask(port, headers, 20)
        deadline = time.monotonic() + servers.PATIENCE
        # Two intervals after a request it is written, however slow the machine is.
        while written() < 20:
            assert time.monotonic() < deadline, written()
        ask(port, headers, 5)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(servers.PATIENCE)
    assert 20 <= written() <= 25
    assert len({model.objects.total() for model in SUMS}) == 1
