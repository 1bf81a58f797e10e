"""What a client writes into the headers of proxies and services counts for nothing."""

import httpx
import pytest

from secretkeys.grants import Permission
from tests.gateway import servers
from tests.gateway.asking import IDENTITY
from tests.gateway.conftest import sender

pytestmark = pytest.mark.django_db(transaction=True)

FORGED = dict.fromkeys([*IDENTITY, "X_Vi_Key_Id", "X_Vi_Dataset_Ids"], "forged")
NAMING = dict.fromkeys(
    (
        "X-Original-URI",
        "X-Original-Method",
        "X-Original-URL",
        "X-Forwarded-Uri",
        "X-Forwarded-Method",
        "X-Forwarded-Host",
        "X-Rewrite-URL",
        "X-HTTP-Method",
        "X-HTTP-Method-Override",
        "X-Method-Override",
        "X_Original_URI",
    ),
    "forged",
)


@pytest.fixture(scope="session")
def echoing_nginx(start_nginx, stand_in):
    """Run an nginx whose every upstream says what reached it."""
    return start_nginx(dashboard=stand_in.port, verifier=stand_in.port)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/account/login",
        "/static/css/base.css",
        "/org/x/settings/secret-keys",
        "/plans",
        "/workspaces",
        "/workspaces/x/quota",
        "/auth/whoami",
        "/auth/other",
        "/livez",
    ],
)
def test_a_forged_identity_reaches_no_location(echoing_nginx, acme, services, path):
    # What only matters to the services behind a verified request may pass elsewhere.
    forged = FORGED | {name: "forged" for name in NAMING if "Forwarded" in name}
    forged |= {"X-Original-URI": "forged", "X-Original-Method": "forged"}
    sender(echoing_nginx, acme)("GET", path, headers=forged)
    [arrived] = services.arrived
    assert arrived.path == path
    assert "forged" not in arrived.headers.values()


def test_a_forged_identity_reaches_no_service(send, make_key, acme, services):
    key, plaintext = make_key()
    path = f"/workspaces/{acme.pk}/datasets"
    assert send("GET", path, plaintext, headers=FORGED | NAMING).status_code == 200
    [arrived] = services.arrived
    assert arrived.headers["x-vi-key-id"] == key.key_id
    assert "forged" not in arrived.headers.values()


def test_a_client_cannot_name_another_request_than_its_own(
    send, make_key, acme, services
):
    _, plaintext = make_key(permission=Permission.READ_ONLY)
    path = f"/workspaces/{acme.pk}/datasets"
    for prefix in ("X-Original", "X-Forwarded"):
        forged = {f"{prefix}-URI": path, f"{prefix}-Method": "GET"}
        refused = send("POST", path, plaintext, headers=forged)
        assert (refused.status_code, refused.json()["code"]) == (
            403,
            "permission_denied",
        )
    assert not services.arrived


def test_a_client_cannot_forge_its_address(send, make_key, acme, services):
    _, plaintext = make_key()
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    send("GET", f"/workspaces/{acme.pk}/datasets", plaintext, headers=forged)
    [arrived] = services.arrived
    assert arrived.headers["x-forwarded-for"] == servers.HOST
    assert arrived.headers["x-forwarded-proto"] == "https"


def test_the_services_never_see_an_organization_that_was_not_verified(
    nginx, make_key, acme, globex, services
):
    sent = [
        ("Authorization", f"Bearer {make_key()[1]}"),
        ("Organization-Id", str(acme.pk)),
        ("Organization-Id", str(globex.pk)),
    ]
    url = f"{nginx.url}/workspaces/{acme.pk}/datasets"
    answer = httpx.get(url, headers=sent, verify=nginx.trust, trust_env=False)
    assert answer.status_code in {200, 401}
    assert str(globex.pk) not in str(services.arrived)
