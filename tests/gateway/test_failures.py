"""nginx when something behind it is gone, in front of it is slow, or TLS is missing."""

import socket
import time
from contextlib import ExitStack

import httpx
import pytest
from django.urls import reverse

from tests.gateway import servers
from tests.gateway.conftest import sender

pytestmark = pytest.mark.django_db(transaction=True)

SLOW_CLIENTS = 50


@pytest.fixture
def path(acme):
    return f"/workspaces/{acme.pk}/datasets"


def test_without_verification_nothing_passes(
    start_nginx, make_key, acme, services, path
):
    nginx = start_nginx(verifier=servers.free_port())
    response = sender(nginx, acme)("GET", path, make_key()[1])
    assert response.status_code == 503
    assert response.json()["code"] == "unavailable"
    assert int(response.headers["Retry-After"]) > 0
    assert not services.arrived


def test_services_that_are_gone_are_told_in_json(start_nginx, make_key, acme, path):
    nginx = start_nginx(services=servers.free_port())
    response = sender(nginx, acme)("GET", path, make_key()[1])
    assert (response.status_code, response.json()["code"]) == (502, "unreachable")


def test_slow_clients_hold_up_nobody(send, nginx, make_key, path):
    _, plaintext = make_key()
    assert send("GET", path, plaintext).status_code == 200
    with ExitStack() as stack:
        for number in range(SLOW_CLIENTS):
            line = socket.create_connection((servers.HOST, nginx.tls_port))
            tls = nginx.trust.wrap_socket(line, server_hostname=servers.HOST)
            stack.enter_context(tls).sendall(
                b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
                if number % 2
                else b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx"
            )
        started = time.monotonic()
        assert send("GET", path, plaintext).status_code == 200
        assert send("GET", reverse("account_login")).status_code == 200
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "path", ["/workspaces", "/workspaces/x/y", "//plans", "/dryRuns", "/auth/whoami"]
)
def test_without_tls_programs_are_refused_and_not_sent_on(nginx, path):
    url = f"http://{servers.HOST}:{nginx.plain_port}{path}"
    response = httpx.get(url, trust_env=False)
    assert (response.status_code, response.json()["code"]) == (403, "tls_required")


def test_without_tls_a_key_is_never_sent_on(nginx):
    url = f"http://{servers.HOST}:{nginx.plain_port}/anything"
    headers = {"Authorization": "Bearer dtvi_"}
    assert httpx.get(url, headers=headers, trust_env=False).status_code == 403
    assert httpx.post(url, trust_env=False).status_code == 403


def test_without_tls_people_are_sent_on(nginx):
    url = f"http://{servers.HOST}:{nginx.plain_port}/account/login?next=/"
    response = httpx.get(url, trust_env=False, headers={"Host": "evil.test"})
    assert response.status_code == 301
    expected = "https://keys.example.com/account/login?next=/"
    assert response.headers["Location"] == expected
