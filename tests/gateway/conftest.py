"""Servers are started once; what they serve is the database of the test."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from orgs.models import Organization
from tests import parts
from tests.gateway import servers
from tests.gateway.asking import asgi_end
from tests.gateway.services import Services

Send = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def stand_in() -> Iterator[Services]:
    services = Services()
    yield services
    services.stop()


@pytest.fixture
def services(stand_in: Services) -> Services:
    stand_in.reset()
    return stand_in


@pytest.fixture(scope="session", autouse=True)
def _asgi_process(django_db_setup: None) -> Iterator[None]:
    """End what keeps a connection to the database of the tests."""
    yield
    asgi_end()


@pytest.fixture(scope="session")
def ports(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, int]]:
    """Run both doors; return the port of each."""
    found = {"wsgi": servers.free_port(), "asgi": servers.free_port()}
    log = tmp_path_factory.mktemp("servers") / "log"
    with servers.gunicorn(found["wsgi"], log), servers.uvicorn(found["asgi"], log):
        yield found


@pytest.fixture(scope="session")
def start_nginx(
    ports: dict[str, int], stand_in: Services, tmp_path_factory: Any
) -> Iterator[Callable[..., servers.Nginx]]:
    """Return a function that runs nginx, with upstreams of a test's choice."""
    if not parts.nginx():
        pytest.skip("nginx is not installed")
    with ExitStack() as stack:

        def start(**others: int) -> servers.Nginx:
            upstreams = {
                "dashboard": ports["wsgi"],
                "verifier": ports["asgi"],
                "services": stand_in.port,
            }
            folder: Path = tmp_path_factory.mktemp("nginx")
            return stack.enter_context(servers.nginx(folder, **upstreams | others))

        yield start


@pytest.fixture(scope="session", params=["asgi", "wsgi"])
def nginx_of_a_door(
    request: pytest.FixtureRequest, start_nginx: Any, ports: Any
) -> Any:
    return start_nginx(verifier=ports[request.param])


@pytest.fixture
def nginx(
    nginx_of_a_door: servers.Nginx, transactional_db: None, services: Services
) -> Any:
    """Return nginx before both kinds of door, one after the other."""
    return nginx_of_a_door


@pytest.fixture
def send(nginx: servers.Nginx, acme: Organization) -> Send:
    """Return a function that sends one request through nginx, exactly as written."""
    return sender(nginx, acme)


def sender(nginx: servers.Nginx, organization: Organization) -> Send:
    """Return a function that sends requests to one nginx."""

    def send(
        method: str,
        path: str,
        key: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> httpx.Response:
        sent = {"Organization-Id": str(organization.pk)}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        # Unlike httpx, it leaves paths alone.
        line = http.client.HTTPSConnection(
            servers.HOST, nginx.tls_port, timeout=20, context=nginx.trust
        )
        try:
            line.request(method, path, body, sent | (headers or {}))
            answer = line.getresponse()
            content = answer.read()
        finally:
            line.close()
        return httpx.Response(
            answer.status, headers=answer.getheaders(), content=content
        )

    return send
