"""Under the API's prefixes: every answer is JSON, whatever goes wrong."""

import pytest
from django.db import connection

from orgs.models import AuditEvent, Membership, Organization
from secretkeys.grants import PRESETS, Access, Grant, Permission, Resource
from tests.api.client_routes import ROUTES

pytestmark = pytest.mark.django_db

# What this server owns; the rest of the client's requests lead elsewhere.
SERVED = {
    ("GET", "/plans"): 200,
    ("GET", "/workspaces"): 200,
    ("GET", "/workspaces/{org}"): 200,
    ("PATCH", "/workspaces/{org}"): 200,
    ("GET", "/workspaces/{org}/collaborators"): 200,
    ("GET", "/workspaces/{org}/quota"): 200,
}
CHOSEN = {Resource.ANNOTATIONS: Access.READ, Resource.TRAINING: Access.WRITE}
GRANTS = {level: Grant.preset(level) for level in PRESETS} | {
    Permission.RESTRICTED: Grant.restricted(CHOSEN)
}
LABELER_READS = {"identity", "datasets", "assets", "annotations"}
ALLOWS = {
    Permission.FULL: lambda route: True,
    Permission.READ_ONLY: lambda route: route.access == "read",
    Permission.LABELER_ONLY: lambda route: (
        route.resource == "annotations"
        or (route.access == "read" and route.resource in LABELER_READS)
    ),
    Permission.RESTRICTED: lambda route: (
        route.resource in ("identity", "training")
        or (route.resource, route.access) == ("annotations", "read")
    ),
}
BAD_BODIES = {
    "nothing": b"",
    "not JSON": b"name=Other",
    "half": b'{"name": "Oth',
    "not UTF-8": b'{"name": "\xff"}',
    "list": ["name"],
    "text": '"Other"',
    "null": "null",
    "number": "1",
    "a huge number": '{"name": ' + "9" * 10_000 + "}",
    "deep": "[" * 10_000,
    "empty object": {},
    "unknown field": {"name": "Other", "tier": "Free"},
    "metadata": {"metadata": {"attributes": {}}},
    "null name": {"name": None},
    "number name": {"name": 1},
    "list name": {"name": ["Other"]},
    "empty name": {"name": ""},
    "blank name": {"name": " \u3000"},
    "65 characters": {"name": "x" * 65},
    "10 000 characters": {"name": "x" * 10_000},
    "line break": {"name": "Oth\ner"},
    "NUL": {"name": "Oth\0er"},
    "right-to-left": {"name": "Oth\u202eer"},
    "zero width": {"name": "Oth\u200ber"},
    "lone surrogate": '{"name": "Oth\\ud800er"}',
    "too large": {"name": "Other", "more": "x" * 65 * 1024},
    "huge": b"x" * 3 * 1024 * 1024,
}


def assert_is_api_answer(response):
    """Check what every answer of the API has, and what none may have."""
    assert response["x-cloud-trace-context"] == response["X-Request-Id"]
    assert "Set-Cookie" not in response
    assert not response.cookies
    assert "Location" not in response
    if response.status_code == 204:
        assert not response.content
        return
    assert response["Content-Type"] == "application/json"
    assert int(response["Content-Length"]) == len(response.content)
    assert response["Cache-Control"] == "no-store"


def assert_is_error(response, status, code):
    """Check that an answer is an error in the one shape."""
    assert_is_api_answer(response)
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert set(body) == {"message", "code", "reference"}
    assert body["message"].endswith(".")
    assert body["reference"] == response["X-Request-Id"]


def ask_for_every_route(send, key, organization_id, **kwargs):
    """Return (method, template) to the status of every request of the client."""
    statuses = {}
    for route in ROUTES:
        rename = route.method == "PATCH" and route.template == "/workspaces/{org}"
        body = {"name": "Acme"} if rename else b""
        response = send(
            route.method, route.path(organization_id), key, body=body, **kwargs
        )
        assert_is_api_answer(response)
        statuses[route.method, route.template] = response.status_code
    return statuses


@pytest.mark.parametrize("permission", ALLOWS)
def test_every_request_of_the_client_is_answered_as_its_level_allows(
    send, make_key, acme, permission
):
    _, plaintext = make_key(grant=GRANTS[permission])
    expected = {}
    for route in ROUTES:
        call = (route.method, route.template)
        allowed = ALLOWS[permission](route)
        expected[call] = SERVED.get(call, 404) if allowed else 403
    assert ask_for_every_route(send, plaintext, acme.pk) == expected


def test_every_request_of_the_client_needs_a_key(send, acme):
    assert set(ask_for_every_route(send, None, acme.pk).values()) == {401}


def test_no_request_reaches_another_organization(send, make_key, globex):
    _, plaintext = make_key()
    named = {
        call: status
        for call, status in ask_for_every_route(send, plaintext, globex.pk).items()
        if "{org}" in call[1]
    }
    assert len(named) == 111
    assert set(named.values()) == {401}


def test_no_request_reaches_another_organization_s_dataset(
    send, make_key, acme, globex
):
    _, plaintext = make_key()
    paths = {
        route.path(acme.pk).replace(f"{acme.pk}_", f"{globex.pk}_")
        for route in ROUTES
        if "{org}_" in route.template and route.method == "GET"
    }
    assert {send("GET", path, plaintext).status_code for path in paths} == {401}


def test_an_unserved_request_is_decided_before_it_is_sent_elsewhere(
    send, make_key, acme
):
    path = f"/workspaces/{acme.pk}/datasets"
    full, nobody = make_key()[1], make_key("b", grant=Grant.restricted({}))[1]
    assert_is_error(send("GET", path, full), 404, "not_served")
    assert_is_error(send("GET", path, nobody), 403, "permission_denied")


@pytest.mark.parametrize(
    "path", ["/workspaces", "/plans", "/dryRuns/x", "/workspaces/a"]
)
def test_a_disallowed_host_is_told_so_in_json(send, path):
    response = send("GET", path, headers={"Host": "evil.test"})
    assert_is_error(response, 400, "bad_request")


@pytest.mark.parametrize(
    "path",
    [
        "/workspaces/x/y",
        "/workspaces/",
        "/plans/",
        "/plans/a/b",
        "/dryRuns",
        "/dryRuns/",
    ],
)
def test_an_unknown_path_asks_for_a_key_first(send, path):
    assert_is_error(send("GET", path), 401, "no_credentials")


@pytest.mark.parametrize("path", ["/workspaces/x/y", "/plans/a/b", "/dryRuns"])
def test_an_unknown_path_is_not_found(send, make_key, path):
    response = send("GET", path, make_key()[1])
    assert_is_error(response, 404, "unknown_route")


@pytest.mark.parametrize("path", ["/workspaces/", "/plans//", "/plans/%2e%2e/plans"])
def test_an_ambiguous_path_is_refused_without_a_redirect(send, make_key, path):
    response = send("GET", path, make_key()[1])
    assert_is_error(response, 400, "not_canonical")


def test_a_path_with_a_line_break_is_refused(send, make_key, acme):
    response = send("GET", "/plans/a%0Ab", make_key()[1])
    assert response.status_code in {400, 404}
    assert_is_api_answer(response)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/plans", "GET"),
        ("DELETE", "/workspaces", "GET"),
        ("PUT", "/workspaces/{org}", "GET, PATCH"),
        ("GET", "/workspaces/{org}/collaborators/1", "DELETE"),
        ("TRACE", "/workspaces/{org}/quota", "GET"),
        ("GET", "/dryRuns/workspaces/{org}/trainingProjects", "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    send, make_key, acme, method, path, allowed
):
    response = send(method, path.format(org=acme.pk), make_key()[1])
    assert_is_error(response, 405, "method_not_allowed")
    assert response["Allow"] == allowed


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_browsers_questions_are_no_way_in(send, make_key, method):
    assert send(method, "/plans").status_code == 401
    assert send(method, "/plans", make_key()[1]).status_code == 405


def test_a_method_cannot_be_overridden_by_a_header(send, make_key, acme, mel):
    _, plaintext = make_key(permission=Permission.READ_ONLY)
    path = f"/workspaces/{acme.pk}/collaborators/{mel.pk}"
    headers = {"X-HTTP-Method-Override": "GET"}
    response = send("DELETE", path, plaintext, headers=headers)
    assert_is_error(response, 403, "permission_denied")


def test_a_failure_after_the_decision_is_json_too(send, make_key, acme):
    _, plaintext = make_key()

    def fail(execute, sql, params, many, context):
        if "orgs_membership" in sql:
            raise RuntimeError("unexpected")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        response = send("GET", f"/workspaces/{acme.pk}/quota", plaintext)
    assert_is_error(response, 500, "server_error")
    assert "unexpected" not in response.content.decode()


@pytest.mark.parametrize(
    "cookie", ["session=x", "session=0123456789abcdef; csrftoken=x"]
)
def test_a_browser_s_cookies_neither_help_nor_come_back(send, make_key, cookie):
    headers = {"Cookie": cookie}
    assert_is_error(send("GET", "/plans", headers=headers), 401, "no_credentials")
    answered = send("GET", "/plans", make_key()[1], headers=headers)
    assert answered.status_code == 200
    assert_is_api_answer(answered)


def test_a_signed_in_person_needs_a_key_here_too(client_for, ada, acme):
    response = client_for(ada).get(f"/workspaces/{acme.pk}")
    assert_is_error(response, 401, "no_credentials")


def test_a_changing_request_needs_no_csrf_token(send, make_key, acme):
    response = send(
        "PATCH",
        f"/workspaces/{acme.pk}",
        make_key()[1],
        body={"name": "Other"},
        headers={"Origin": "https://evil.test", "HX-Request": "true"},
    )
    assert response.status_code == 200
    assert_is_api_answer(response)


def test_an_htmx_header_does_not_turn_errors_into_text(send):
    response = send("GET", "/plans", headers={"HX-Request": "true"})
    assert_is_error(response, 401, "no_credentials")


@pytest.mark.parametrize("kind", BAD_BODIES)
def test_a_bad_body_is_refused_with_a_sentence(send, make_key, acme, kind):
    _, plaintext = make_key()
    before = Organization.objects.values().get(pk=acme.pk)
    events = AuditEvent.objects.count()
    path = f"/workspaces/{acme.pk}"
    response = send("PATCH", path, plaintext, body=BAD_BODIES[kind])
    assert_is_error(response, 400, "bad_request")
    assert Organization.objects.values().get(pk=acme.pk) == before
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Other", "Other"),
        ("  Other ", "Other"),
        ("x" * 64, "x" * 64),
        ("e\u0301t\u00e9", "\u00e9t\u00e9"),
        ("\u65e5\u672c \U0001f916", "\u65e5\u672c \U0001f916"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_a_good_name_is_stored_and_answered(send, make_key, acme, sent, stored):
    _, plaintext = make_key()
    path = f"/workspaces/{acme.pk}"
    response = send("PATCH", path, plaintext, body={"name": sent})
    acme.refresh_from_db()
    assert response.json()["name"] == acme.name == stored
    event = AuditEvent.objects.get(action="organization.renamed")
    assert event.changes == {"name": ["Acme", stored]}
    assert event.actor == f"Secret key pipeline ({plaintext[:11]}…)"


def test_the_same_name_again_changes_nothing(send, make_key, acme):
    path = f"/workspaces/{acme.pk}"
    before = send("GET", path, make_key()[1]).json()["etag"]
    response = send("PATCH", path, make_key("b")[1], body={"name": "Acme"})
    assert (response.status_code, response.json()["etag"]) == (200, before)
    assert not AuditEvent.objects.filter(action="organization.renamed").exists()


def test_the_owner_cannot_be_removed(send, make_key, acme, ada):
    path = f"/workspaces/{acme.pk}/collaborators/{ada.pk}"
    assert_is_error(send("DELETE", path, make_key()[1]), 409, "owner_required")
    assert Membership.objects.filter(organization=acme, user=ada).exists()


@pytest.mark.parametrize(
    "user",
    [
        "0",
        "999999",
        "9" * 18,
        "9" * 19,
        "9" * 4000,
        "-1",
        "mel",
        "1.0",
        "1e3",
        "%C2%B2",
    ],
)
def test_an_unknown_collaborator_is_not_found(send, make_key, acme, mel, user):
    path = f"/workspaces/{acme.pk}/collaborators/{user}"
    assert_is_error(send("DELETE", path, make_key()[1]), 404, "not_found")
    assert acme.memberships.count() == 2


def test_another_organization_s_collaborator_is_not_found(
    send, make_key, acme, globex, gus
):
    path = f"/workspaces/{acme.pk}/collaborators/{gus.pk}"
    assert_is_error(send("DELETE", path, make_key()[1]), 404, "not_found")
    assert globex.memberships.filter(user=gus).exists()


@pytest.mark.parametrize("body", [b"", b"{}", b"not JSON"])
def test_a_collaborator_is_removed_whatever_the_body(send, make_key, acme, mel, body):
    path = f"/workspaces/{acme.pk}/collaborators/{mel.pk}"
    _, plaintext = make_key()
    first = send("DELETE", path, plaintext, body=body)
    assert first.status_code == 204
    assert_is_api_answer(first)
    assert_is_error(send("DELETE", path, plaintext, body=body), 404, "not_found")
    event = AuditEvent.objects.get(action="member.removed")
    assert event.subject == mel.email


def test_times_are_whole_milliseconds(send, make_key, acme):
    found = send("GET", f"/workspaces/{acme.pk}", make_key()[1]).json()
    created = int(acme.created_at.timestamp() * 1000)
    assert found["metadata"]["createDate"] == created
    assert type(found["lastAccess"]) is int
    assert isinstance(found["etag"], str)
