"""Through the shipped nginx: who gets to the Vi services, as whom, and what is refused."""

import re

import httpx
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from orgs.audit import COMMAND_LINE
from orgs.categories import Category
from secretkeys import keyformat
from secretkeys.actions import remove_key
from secretkeys.grants import Grant, Permission
from secretkeys.models.grant_fields import grant_columns
from secretkeys.scopes import EVERYWHERE, Reach, Scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def datasets(acme):
    """Return a path that the Vi services answer."""
    return f"/workspaces/{acme.pk}/datasets"


@pytest.fixture
def full(make_key):
    return make_key()[1]


def columns(scopes):
    """Return the columns of a full key with an access scope."""
    return grant_columns(Grant.preset(Permission.FULL, scopes)) | {
        "permission": Permission.FULL
    }


def assert_is_refusal(response, status, code):
    """Check that an answer is an error in the API's one shape."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert set(body) == {"message", "code", "reference"}
    assert response.headers["x-cloud-trace-context"] == body["reference"]
    assert re.fullmatch(r"[0-9a-f]{32}", body["reference"])
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_services_learn_who_asks_and_for_what(
    send, make_key, acme, services, datasets
):
    key, plaintext = make_key(permission=Permission.READ_ONLY)
    assert send("GET", datasets, plaintext).status_code == 200
    [arrived] = services.arrived
    identity = {
        name: value for name, value in arrived.headers.items() if "x-vi-" in name
    }
    assert re.fullmatch(r"[0-9a-f]{32}", identity.pop("x-vi-request-id"))
    assert identity == {
        "x-vi-key-id": key.key_id,
        "x-vi-organization-id": str(acme.pk),
        "x-vi-permission": "read_only",
        "x-vi-resource": "datasets",
        "x-vi-access": "read",
        **{f"x-vi-{each.value}-access": "all" for each in Category},
    }


def test_the_services_learn_all_of_a_hundred_selected_ids(
    send, make_key, acme, services
):
    ids = frozenset(f"{number:064}" for number in range(100))
    scopes = dict.fromkeys(Category, Scope(Reach.SELECTED, ids))
    _, plaintext = make_key(**columns(scopes))
    path = f"/workspaces/{acme.pk}/datasets/{acme.pk}_{min(ids)}"
    assert send("GET", path, plaintext).status_code == 200
    [arrived] = services.arrived
    for category in Category:
        assert arrived.headers[f"x-vi-{category.value}-access"] == "selected"
        sent = arrived.headers[f"x-vi-{category.value}-ids"]
        assert sent == ",".join(sorted(ids))


def test_an_object_outside_the_access_scope_is_out_of_reach(
    send, make_key, acme, services
):
    chosen = Scope(Reach.SELECTED, frozenset({"pets"}))
    scopes = {**EVERYWHERE, Category.DATASET: chosen}
    _, plaintext = make_key(**columns(scopes))
    path = f"/workspaces/{acme.pk}/datasets/{acme.pk}_cars"
    response = send("GET", path, plaintext)
    assert_is_refusal(response, 403, "outside_scope")
    assert "insufficient_scope" in response.headers["WWW-Authenticate"]
    assert not services.arrived


def test_the_services_get_neither_key_nor_cookie(send, full, services, datasets):
    response = send("GET", datasets, full, headers={"Cookie": "session=a"})
    [arrived] = services.arrived
    assert not {"authorization", "cookie"} & set(arrived.headers)
    assert full not in str(arrived)
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "tail",
    [
        "?s=10&p=a%2Fb,c",
        "?intent=a?p=b",
        "/{org}_pets/folders/a%2Fb",
        "/{org}_pets/assets/a,b:c@d!$&'()*+=~",
    ],
)
def test_the_services_get_the_path_as_it_was_sent(
    send, full, acme, services, datasets, tail
):
    path = datasets + tail.format(org=acme.pk)
    assert send("GET", path, full).status_code == 200
    assert [arrived.path for arrived in services.arrived] == [path]


def test_browsers_and_programs_may_speak_http_2(nginx, full, acme, services, datasets):
    headers = {"Authorization": f"Bearer {full}", "Organization-Id": str(acme.pk)}
    with httpx.Client(http2=True, verify=nginx.trust, trust_env=False) as client:
        answer = client.get(nginx.url + datasets, headers=headers)
    assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
    assert len(services.arrived) == 1


@pytest.mark.parametrize("size", [0, 1, 8 * 1024 * 1024])
def test_a_body_passes_unchanged(send, full, services, datasets, size):
    body = b"x" * size
    assert send("POST", datasets, full, body=body).status_code == 200
    [arrived] = services.arrived
    assert (arrived.method, arrived.body) == ("POST", body)


def test_a_huge_body_is_refused_before_it_is_sent(send, full, services, datasets):
    headers = {"Content-Length": str(65 * 1024 * 1024)}
    response = send("POST", datasets, full, headers=headers)
    assert_is_refusal(response, 413, "too_large")
    assert not services.arrived


def test_without_a_key_nothing_passes(send, acme, services, datasets):
    response = send("POST", datasets, body=b"{}")
    assert_is_refusal(response, 401, "no_credentials")
    challenges = response.headers.get_list("WWW-Authenticate")
    assert challenges == ['Bearer realm="Datature Vi"']
    assert not services.arrived


def test_a_forged_key_is_refused_with_one_challenge(send, acme, services, datasets):
    response = send("GET", datasets, keyformat.generate(bytes(32)).plaintext)
    assert_is_refusal(response, 401, "invalid_key")
    [challenge] = response.headers.get_list("WWW-Authenticate")
    assert challenge == 'Bearer realm="Datature Vi", error="invalid_token"'
    assert not services.arrived


def test_a_key_that_may_not_is_told_why(send, make_key, services, datasets):
    _, plaintext = make_key(permission=Permission.READ_ONLY)
    response = send("POST", datasets, plaintext, body=b"{}")
    assert_is_refusal(response, 403, "permission_denied")
    assert "is Read Only and may not change datasets" in response.json()["message"]
    [challenge] = response.headers.get_list("WWW-Authenticate")
    assert 'error="insufficient_scope"' in challenge
    assert not services.arrived


def test_what_the_api_does_not_have_is_not_found(send, full, datasets, services):
    response = send("GET", f"{datasets}/a/b/c/d", full)
    assert_is_refusal(response, 404, "unknown_route")
    assert not services.arrived


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PURGE"])
def test_an_unknown_method_is_told_the_right_ones(
    send, full, services, datasets, method
):
    response = send(method, datasets, full)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, POST"
    assert bool(response.content) is (method != "HEAD")
    assert not services.arrived


def test_another_organization_s_key_is_refused(
    send, make_key, globex, services, datasets
):
    _, plaintext = make_key(organization=globex)
    own = {"Organization-Id": str(globex.pk)}
    assert_is_refusal(send("GET", datasets, plaintext, headers=own), 401, "invalid_key")
    assert_is_refusal(send("GET", datasets, plaintext), 401, "invalid_key")
    assert not services.arrived


def test_a_removed_key_is_refused_on_its_next_request(
    send, make_key, services, datasets
):
    key, plaintext = make_key()
    assert send("GET", datasets, plaintext).status_code == 200
    remove_key(key, actor=COMMAND_LINE, at=timezone.now())
    assert_is_refusal(send("GET", datasets, plaintext), 401, "invalid_key")
    assert len(services.arrived) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/public/../workspaces/{org}/datasets",
        "/workspaces/{org}/../{org}/datasets",
        "/workspaces/{org}/%2e%2e/{org}/datasets",
        "/workspaces/{org}/..%2f{org}/datasets",
        "/workspaces/{org}/x/%2E%2E%2Fdatasets",
        "/workspaces/{org}/./datasets",
        "/workspaces/{org}//datasets",
        "//workspaces/{org}/datasets",
        "/workspaces/{org}/datasets/",
        "/workspaces/{org}/datasets;x=1",
        "/workspaces/{org}\\datasets",
        "/workspaces/{org}/%64atasets",
        "/workspaces/{org}/datasets%00",
        "/workspaces/{org}/datasets%0a",
        "/workspaces/{org}%2fdatasets",
        "/workspaces/{org}/datasets#/quota",
        "/%77orkspaces/{org}/datasets",
        "/plans/../workspaces/{org}/datasets",
        "/static/..%2fworkspaces/{org}/datasets",
    ],
)
def test_a_path_that_can_be_read_in_two_ways_goes_nowhere(
    send, full, acme, services, path
):
    response = send("GET", path.format(org=acme.pk), full)
    assert response.status_code in {400, 404}
    assert not services.arrived


@pytest.mark.parametrize("path", ["/auth/verify", "/auth/verify?x", "/auth/./verify"])
def test_nobody_but_nginx_reaches_the_verification(send, full, acme, path):
    headers = {
        "X-Original-URI": f"/workspaces/{acme.pk}/datasets",
        "X-Original-Method": "GET",
    }
    response = send("GET", path, full, headers=headers)
    assert_is_refusal(response, 404, "not_found")
    assert "X-Vi-Key-Id" not in response.headers


def test_the_holder_of_a_key_may_ask_what_it_is(send, make_key, acme):
    key, plaintext = make_key()
    response = send("GET", "/auth/whoami", plaintext)
    assert (response.status_code, response.json()["keyId"]) == (200, key.key_id)
    assert_is_refusal(send("GET", "/auth/whoami"), 401, "no_credentials")


def test_the_application_answers_its_part_of_the_api(send, full, acme, services):
    own = f"/workspaces/{acme.pk}"
    for path in ("/plans", "/workspaces", own, f"{own}/quota", f"{own}/collaborators"):
        assert send("GET", path, full).status_code == 200
    response = send("GET", f"{own}/quota")
    assert_is_refusal(response, 401, "no_credentials")
    assert not services.arrived


def test_people_get_their_pages(send, acme, services):
    page = send("GET", reverse("account_login"))
    assert page.status_code == 200
    assert "Content-Security-Policy" in page.headers
    style = re.search(r'"(/static/[^"]+\.css)"', page.text).group(1)
    assert send("GET", style).headers["Content-Type"].startswith("text/css")
    assert not services.arrived


def test_the_log_holds_no_key(send, full, datasets, nginx):
    send("GET", datasets, full)
    send("GET", f"{datasets}?key={full}", full)
    send("GET", f"/workspaces/{full}/datasets", full)
    send("GET", f"/{full}", headers={"Referer": full, "User-Agent": full})
    send("GET", "/the-last-one")
    assert full[11:] not in nginx.logged("/the-last-one")


def test_the_log_holds_no_link_that_opens_something(send, nginx):
    secret = "S3cret" * 8
    for link in ("invitations/", "account/email/confirm/"):
        send("GET", f"/{link}{secret}")
    send("GET", f"/account/password/reset/key/1-abc-{secret}/")
    # As nginx reads it.
    send("GET", f"/account/./email//%63onfirm/{secret}")
    send("GET", "/the-last-one")
    assert secret not in nginx.logged("/the-last-one")


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_lost_database_connections_refuse_nobody(send, full, datasets):
    assert send("GET", datasets, full).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] > 0
    assert send("GET", datasets, full).status_code == 200
