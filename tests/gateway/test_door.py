"""The door itself, asked directly: whom it trusts, what it says, how it fails."""

import datetime as dt
import json
import re
import tracemalloc

import pytest
from django.test import override_settings
from django.utils import timezone

from secretkeys.grants import Permission
from secretkeys.models import SecretKey
from tests.gateway.asking import ASKS, CONNECTIONS, IDENTITY

pytestmark = pytest.mark.django_db(transaction=True)

NGINX = ("X-Original-URI", "X-Original-Method")
TRAEFIK = ("X-Forwarded-Uri", "X-Forwarded-Method")


@pytest.fixture(params=ASKS)
def form(request):
    """Name each form of the door."""
    return request.param


@pytest.fixture
def ask(form):
    return ASKS[form]


@pytest.fixture
def full(make_key):
    return make_key()[1]


@pytest.fixture
def path(acme):
    return f"/workspaces/{acme.pk}/datasets"


@pytest.fixture
def verify(ask, acme, full, path):
    """Return a function that asks about a request; a test changes what it is about."""

    def verify(*more, key=full, named=None, peer="127.0.0.1", method="GET"):
        pairs = [("Organization-Id", str(acme.pk))]
        if key:
            pairs.append(("Authorization", f"Bearer {key}"))
        if named is None:
            named = zip(NGINX, (path, "GET"), strict=True)
        return ask("/auth/verify", [*pairs, *named, *more], method, peer)

    return verify


def assert_refused(response, status, code):
    """Check a refusal: no body, and in headers what the API would have said."""
    assert response.status_code == (401 if status == 401 else 403)
    assert (response.content, response.headers["Content-Length"]) == (b"", "0")
    assert response.headers["X-Vi-Status"] == str(status)
    error = json.loads(response.headers["X-Vi-Error"])
    assert (set(error), error["code"]) == ({"message", "code", "reference"}, code)
    assert error["reference"] == response.headers["X-Vi-Request-Id"]
    assert response.headers["Cache-Control"] == "no-store"
    named = {name.lower() for name in IDENTITY - {"X-Vi-Request-Id"}}
    assert not named & set(response.headers)


def test_whoever_is_let_in_gets_every_identity_header(verify, acme):
    response = verify()
    assert (response.status_code, response.content) == (200, b"")
    assert {name.lower() for name in IDENTITY} <= set(response.headers)
    assert response.headers["X-Vi-Organization-Id"] == str(acme.pk)
    assert response.headers["X-Vi-Dataset-Ids"] == ""
    assert response.headers["Content-Length"] == "0"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Vary"] == "Authorization, Organization-Id"


@pytest.mark.parametrize("convention", [NGINX, TRAEFIK, NGINX + TRAEFIK])
def test_either_convention_names_the_request(verify, path, convention):
    values = (f"{path}?s=10", "POST") * 2
    response = verify(named=zip(convention, values, strict=False))
    assert response.status_code == 200
    assert response.headers["X-Vi-Access"] == "write"


@pytest.mark.parametrize("method", ["HEAD", "POST", "DELETE", "BREW"])
def test_the_proxy_may_ask_by_any_method(verify, method):
    response = verify(method=method)
    assert response.headers["X-Vi-Access"] == "read"


@pytest.mark.parametrize(
    "named",
    [
        [],
        [("X-Original-URI", "{path}")],
        [("X-Original-Method", "GET")],
        [("X-Original-URI", "{path}"), ("X-Original-Method", "")],
        [("X-Original-URI", ""), ("X-Original-Method", "GET")],
        [("X-Original-URI", "{path}"), ("X-Forwarded-Method", "GET")],
        [("X-Forwarded-Uri", "{path}")],
        [*zip(NGINX, ("{path}", "GET"), strict=True), ("X-Forwarded-Uri", "{path}")],
        [*zip(NGINX + TRAEFIK, ("{path}", "GET", "/plans", "GET"), strict=True)],
        [*zip(NGINX + TRAEFIK, ("{path}", "GET", "{path}", "POST"), strict=True)],
        [*zip(NGINX, ("{path}", "GET"), strict=True), ("X-Original-URI", "{path}")],
        [*zip(NGINX, ("{path}", "GET"), strict=True), ("X-Original-URI", "/plans")],
        [*zip(TRAEFIK, ("/plans", "GET"), strict=True), ("X-Forwarded-Uri", "{path}")],
    ],
)
def test_an_unclear_request_is_refused(verify, path, named):
    filled = [(name, value.format(path=path)) for name, value in named]
    assert_refused(verify(named=filled), 403, "unclear_request")


def test_a_repeated_method_is_refused(verify):
    response = verify(("X-Original-Method", "GET"))
    assert response.status_code == 403


@pytest.mark.parametrize("peer", ["203.0.113.9", "10.0.0.1", "::2", None, "nonsense"])
def test_only_a_listed_proxy_is_believed(verify, peer):
    assert_refused(verify(peer=peer), 403, "untrusted_proxy")


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_proxies_on_the_same_machine_are_listed(verify, peer):
    assert verify(peer=peer).status_code == 200


def test_a_forwarded_address_is_no_peer(verify):
    forged = ("X-Forwarded-For", "127.0.0.1")
    assert_refused(verify(forged, peer="203.0.113.9"), 403, "untrusted_proxy")


@pytest.mark.parametrize("name", ["Authorization", "Organization-Id"])
def test_a_repeated_credential_is_refused(verify, acme, full, name):
    value = {"Authorization": f"Bearer {full}", "Organization-Id": str(acme.pk)}
    assert_refused(verify((name, value[name])), 401, "invalid_key")


def test_a_method_is_not_overridden(verify, make_key, path):
    _, reader = make_key("reader", permission=Permission.READ_ONLY)
    override = ("X-HTTP-Method-Override", "GET")
    named = zip(NGINX, (path, "POST"), strict=True)
    refused = verify(override, key=reader, named=named)
    assert_refused(refused, 403, "permission_denied")
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]


def test_every_refusal_says_what_the_api_would(verify, path):
    refused = verify(key=None)
    assert_refused(refused, 401, "no_credentials")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="Datature Vi"'
    for uri, method, status, code in (
        (f"{path}/a/b/c/d", "GET", 404, "unknown_route"),
        (f"{path}//", "GET", 400, "not_canonical"),
        (path, "DELETE", 405, "method_not_allowed"),
    ):
        named = zip(NGINX, (uri, method), strict=True)
        assert_refused(verify(named=named), status, code)
    assert verify(named=zip(NGINX, (path, "PUT"), strict=True)).headers["Allow"]


@pytest.mark.parametrize("error", [RuntimeError, KeyError, MemoryError, SystemError])
def test_an_error_of_any_kind_lets_nobody_in(verify, form, caplog, error):
    def fail(*arguments):
        raise error("unexpected")

    assert verify().status_code == 200
    with CONNECTIONS[form]().execute_wrapper(fail):
        refused = verify()
    assert_refused(refused, 503, "unavailable")
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["X-Vi-Request-Id"] in caplog.text
    assert verify().status_code == 200


def test_a_disabled_key_is_told_so(verify, ask, make_key, acme):
    _, plaintext = make_key("stopped")
    assert verify(key=plaintext).status_code == 200
    SecretKey.objects.filter(name="stopped").update(disabled_at=timezone.now())
    assert_refused(verify(key=plaintext), 401, "disabled")
    response = ask("/auth/whoami", credentials(plaintext, acme))
    assert (response.status_code, response.json()["code"]) == (401, "disabled")


def test_a_key_that_was_not_met_before_is_let_in_at_once(verify, make_key):
    keys = [make_key(f"key {number}")[1] for number in range(5)]
    assert {verify(key=key).status_code for key in keys} == {200}


def test_the_holder_of_a_key_learns_what_it_is(ask, make_key, acme):
    end = timezone.now() + dt.timedelta(days=9)
    key, plaintext = make_key(permission=Permission.LABELER_ONLY, expires_at=end)
    response = ask("/auth/whoami", credentials(plaintext, acme), peer="203.0.113.9")
    rows = {"datasets": "read", "assets": "read", "annotations": "write"}
    others = ("training", "models", "deployments", "organization")
    anywhere = {"access": "all", "ids": []}
    assert response.json() == {
        "keyId": key.key_id,
        "name": "pipeline",
        "organizationId": str(acme.pk),
        "permission": "labeler_only",
        "grant": rows | dict.fromkeys(others, "none"),
        "accessScope": dict.fromkeys(("dataset", "training", "deployment"), anywhere),
        "words": "Annotations: write · Datasets, Assets: read",
        "expiresAt": end.isoformat(),
    }


def credentials(plaintext, organization):
    """Return the headers that the client sends."""
    return [
        ("Authorization", f"Bearer {plaintext}"),
        ("Organization-Id", str(organization.pk)),
    ]


@pytest.mark.parametrize(
    ("method", "key", "status", "code"),
    [
        ("GET", "", 401, "no_credentials"),
        ("GET", "forged", 401, "invalid_key"),
        ("POST", "own", 405, "method_not_allowed"),
        ("DELETE", "own", 405, "method_not_allowed"),
    ],
)
def test_whoami_refuses_as_the_api_does(ask, acme, full, method, key, status, code):
    keys = {"forged": [("Authorization", f"Bearer {full[:-1]}")], "": []}
    response = ask("/auth/whoami", keys.get(key, credentials(full, acme)), method)
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert response.headers["x-cloud-trace-context"] == body["reference"]
    assert re.fullmatch(r"[0-9a-f]{32}", body["reference"])
    assert ("WWW-Authenticate" in response.headers) is (status == 401)
    assert response.headers.get("Allow") == ("GET" if status == 405 else None)


@pytest.mark.parametrize(
    "path", ["/auth", "/auth/", "/auth/verify/", "/auth/%76erify", "/auth//whoami"]
)
def test_no_other_path_is_the_door(ask, acme, full, path):
    response = ask(path, credentials(full, acme))
    assert response.status_code in {400, 404}
    assert set(response.json()) == {"message", "code", "reference"}
    assert "X-Vi-Key-Id" not in response.headers


def test_a_dedicated_process_has_no_pages(acme, full):
    response = ASKS["asgi"](f"/workspaces/{acme.pk}", credentials(full, acme))
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("peer", "status"), [("10.1.2.3", 200), ("10.2.0.1", 403), ("2001:db8::7", 200)]
)
def test_proxies_elsewhere_can_be_listed(verify, peer, status, monkeypatch):
    from config import values

    listed = values.networks("GATEWAY_PROXIES", ["10.1.0.0/16", "2001:db8::7"])
    with override_settings(GATEWAY_PROXIES=listed):
        assert verify(peer=peer).status_code == status


def test_long_texts_of_clients_are_not_kept_until_they_are_written(verify, acme, path):
    def ask_often():
        for number in range(200):
            long = f"{number}".ljust(6000, "x")
            named = zip(NGINX, (f"{path}/{acme.pk}_{long}", "GET"), strict=True)
            answer = verify(("User-Agent", long), named=named)
            assert answer.status_code == 200

    ask_often()
    tracemalloc.start()
    try:
        ask_often()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    # Of 2.4 million characters.
    assert kept < 500_000
