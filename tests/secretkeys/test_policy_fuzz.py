"""Whatever is sent, nothing is allowed that the list of client requests does not say."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from secretkeys.grants import Access, Grant, Resource
from secretkeys.outcomes import Outcome
from secretkeys.scopes import Reach
from tests.api.client_routes import ROUTES
from tests.secretkeys.conftest import scopes

pytestmark = pytest.mark.django_db

ORG = "0b8e7c6a-1111-4222-8333-944445555666"
OTHER = "7d6f5e4d-1111-4222-8333-944445555666"
METHODS = [
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "get",
    "MOVE",
    "",
]

MATRIX = {"datasets": 1, "assets": 2, "annotations": 2, "training": 1, "deployments": 2}
SELECTED = {"dataset": {"pets", "a_b"}, "training": {"detector"}, "deployment": None}
# Every object that a path can have at its head, by the scope that bounds it.
HEADS = {
    "dataset": "dataset",
    **dict.fromkeys(["flow", "run", "training_project"], "training"),
    **dict.fromkeys(
        ["deployment", "deployment_project", "deployment_endpoint"], "deployment"
    ),
}
SCOPES = dict.fromkeys(["datasets", "assets", "annotations"], "dataset") | {
    "training": "training",
    "models": "training",
    "deployments": "deployment",
}
GRANT = Grant.restricted(
    {Resource(row): Access(level) for row, level in MATRIX.items()},
    scopes(dataset={"pets", "a_b"}, training={"detector"}, deployment=Reach.ALL),
)

ids = st.sampled_from(
    ["pets", "a_b", "cars", "detector", "some", "%70ets", "pets:x", ""]
)
odd = st.sampled_from(
    [
        *("..", ".", "%2e%2e", "%2E", "%2F", "a%2Fb", "%5C", "%00", "%", "%zz", ";x"),
        *("pets;x", "\\", "\n", " ", "?x", "#x", "ü", "%C3%BC", "\uff0f", "*", "//"),
        *("pets,cars", "pets%2C", "pets%20", "PETS", "pets%3F", "_pets", "pets_"),
    ]
)
words = st.sampled_from(
    sorted({word for each in ROUTES for word in re.findall(r"\w+", each.template)})
)
segments = st.one_of(
    ids,
    odd,
    words,
    st.sampled_from([ORG, OTHER, f"{ORG}_pets", f"{ORG}_cars", f"{OTHER}_pets"]),
    st.builds(
        "{}{}".format, words, st.sampled_from([":generate", ":count", ":", "%2F"])
    ),
    st.text(max_size=4),
)


@st.composite
def requests(draw):
    """Return a method and a path of the client in which some segments are others."""
    route = draw(st.sampled_from(ROUTES))
    path = route.template.replace("{org}", ORG)
    path = re.sub(r"\{\w+\}", lambda _: draw(ids), path)
    parts = path.split("/")[1:]
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(parts)))
        parts[start : start + draw(st.integers(0, 2))] = draw(
            st.lists(segments, max_size=2)
        )
    method = draw(st.one_of(st.just(route.method), st.sampled_from(METHODS)))
    return method, "/" + "/".join(parts)


def may_be_allowed(method, path):
    """Tell whether the list of client requests lets the grant send this."""
    decoded = unquote(path)
    if set(path) & set(";\\?#\n ") or {"", ".", ".."} & set(decoded[1:].split("/")):
        return False
    matching = [each for each in ROUTES if _pattern(each).fullmatch(path)]
    verbs = [each for each in matching if ":" in each.template] or matching
    return any(each.method == method and _is_granted(each, path) for each in verbs) or (
        method,
        path,
    ) == ("GET", "/auth/whoami")


def _pattern(route):
    pattern = route.template.replace("{org}", ORG)
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern))


def _is_granted(route, path):
    if route.resource == "identity":
        return True
    if MATRIX.get(route.resource, 0) < {"read": 1, "write": 2}[route.access]:
        return False
    category = SCOPES.get(route.resource)
    if category is None or SELECTED[category] is None:
        return True
    named = _pattern(route).fullmatch(path).groupdict()
    heads = [unquote(value) for name, value in named.items() if name in HEADS]
    return bool(heads) and heads[0] in SELECTED[category]


@pytest.fixture
def outcome_of(make_key, acme, decide):
    """Return a function that presents a key of the grant, of acme in place of ORG."""
    _, plaintext = make_key(grant=GRANT)

    def ask(method, path):
        return decide(plaintext, method, path.replace(ORG, str(acme.pk))).outcome

    return ask


in_one_database = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=1500,
)


@in_one_database
@given(requests())
@example(("GET", f"/workspaces/{ORG}/datasets/{ORG}_pets:count"))
@example(("GET", f"/workspaces/{ORG}/datasets/{ORG}_pets/../{ORG}_cars"))
@example(("GET", f"/workspaces/{ORG}/datasets/{ORG}_pets%2F..%2F{ORG}_cars"))
@example(("DELETE", f"/workspaces/{ORG}/datasets/{ORG}_cars/folders/{ORG}_pets"))
@example(("GET", f"/workspaces/{ORG}/runs/detector/../cars/outputs"))
@example(("DELETE", f"/workspaces/{ORG}/datasets/{ORG}_pets"))
def test_a_request_that_looks_like_the_client_s_is_allowed_only_if_it_is(
    outcome_of, request_
):
    method, path = request_
    if outcome_of(method, path) is Outcome.ALLOWED:
        assert may_be_allowed(method, path)


@in_one_database
@given(st.sampled_from(METHODS), st.lists(segments, max_size=8))
def test_a_request_of_any_segments_is_allowed_only_if_it_is_the_client_s(
    outcome_of, method, parts
):
    path = "/" + "/".join(parts)
    if outcome_of(method, path) is Outcome.ALLOWED:
        assert may_be_allowed(method, path)


@in_one_database
@given(st.text(max_size=20), st.text(max_size=60))
def test_any_text_is_refused(outcome_of, method, path):
    assert outcome_of(method, path) in (Outcome.NOT_CANONICAL, Outcome.UNKNOWN_ROUTE)


def test_what_the_list_lets_the_grant_send_is_allowed(outcome_of):
    for route in ROUTES:
        path = route.template.replace("{org}", ORG).replace("{dataset}", "a_b")
        path = re.sub(r"\{\w+\}", "detector", path)
        allowed = outcome_of(route.method, path) is Outcome.ALLOWED
        assert allowed is may_be_allowed(route.method, path), route
