"""What a request is, for every request that the client sends and many that it does not."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from secretkeys import policy
from secretkeys.grants import Access, Resource
from secretkeys.policy import NotCanonical, UnknownRoute
from tests.api.client_routes import ROUTES

ORG = "0b8e7c6a-1111-4222-8333-944445555666"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OTHER_METHODS = ("HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "", "GET ")
DATASET = f"/workspaces/{ORG}/datasets/{ORG}_pets"

# The placeholders that name what an access scope can select.
SELECTED = {
    *("dataset", "flow", "run", "training_project"),
    *("deployment", "deployment_project", "deployment_endpoint"),
}

routes = st.sampled_from(ROUTES)
words = sorted({word for route in ROUTES for word in route.template.split("/") if word})
segments = st.one_of(
    st.sampled_from(words).map(lambda word: re.sub(r"[{}]", "", word)),
    st.just(ORG),
    st.text("abz019-_.~:%/", max_size=6),
)


def observed(path: str) -> dict[str, tuple[str, str]]:
    """Return method to (resource, access) as the list of client requests has it."""
    matching = [route for route in ROUTES if _pattern(route.template).fullmatch(path)]
    # A path with a verb after a colon is the verb's alone.
    verbs = [route for route in matching if ":" in route.template]
    return {route.method: (route.resource, route.access) for route in verbs or matching}


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", template))


def test_the_client_sends_114_different_requests():
    assert len({(route.method, route.template) for route in ROUTES}) == 114


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.template}")
def test_every_request_of_the_client_is_what_it_touches(route):
    request = policy.resolve(route.method, route.path(ORG))
    assert request.resource is Resource(route.resource)
    assert request.access is Access[route.access.upper()]
    assert set(request.organizations) <= {ORG}
    assert len(request.organizations) == route.template.count("{org}")
    assert request.route == route.template


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.template}")
def test_the_object_that_an_access_scope_selects_is_named(route):
    request = policy.resolve(route.method, route.path(ORG))
    names = set(re.findall(r"\{(\w+)\}", route.template)) & SELECTED
    assert {request.object_id} - {None} == {f"some-{name}" for name in names}


@pytest.mark.parametrize("method", METHODS)
def test_one_request_more_asks_what_a_key_is(method):
    if method == "GET":
        asked = policy.resolve(method, "/auth/whoami")
        assert asked == (Resource.IDENTITY, Access.READ, (), None, "/auth/whoami")
    for path in ("/auth", "/auth/verify", f"/auth/{ORG}", "/auth/whoami/me"):
        with pytest.raises(UnknownRoute) as refused:
            policy.resolve(method, path)
        assert refused.value.methods == ()


@given(routes, st.sampled_from(METHODS + OTHER_METHODS))
def test_no_other_method_resolves_on_a_path_of_the_client(route, method):
    path = route.path(ORG)
    known = observed(path)
    if method in known:
        assert policy.resolve(method, path).access is Access[known[method][1].upper()]
        return
    with pytest.raises(UnknownRoute) as refused:
        policy.resolve(method, path)
    assert set(refused.value.methods) == set(known)


@given(st.lists(segments, min_size=1, max_size=7), st.sampled_from(METHODS))
@example(["workspaces", ORG, "datasets", ORG], "GET")
@example(["workspaces", ORG, "datasets", f"{ORG}_"], "GET")
@example(["workspaces", ORG, "datasets", f"_{ORG}"], "GET")
@example(["plans", "a", "b"], "GET")
def test_nothing_resolves_that_the_client_does_not_send(parts, method):
    path = "/" + "/".join(parts)
    try:
        request = policy.resolve(method, path)
    except (NotCanonical, UnknownRoute):
        return
    assert observed(path)[method] == (
        request.resource.value,
        request.access.name.lower(),
    )


@given(st.text(), st.text())
def test_any_text_resolves_or_is_refused(method, path):
    with pytest.raises((NotCanonical, UnknownRoute)):
        policy.resolve(method, path)


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        "/",
        "workspaces",
        "//workspaces",
        "/workspaces/",
        f"/workspaces//{ORG}",
        f"/workspaces/{ORG}/",
        f"/workspaces/{ORG}//quota",
        f"/workspaces/./{ORG}",
        f"/workspaces/../workspaces/{ORG}",
        f"/workspaces/%2e%2e/{ORG}",
        f"/workspaces/%2E%2E/{ORG}",
        f"/workspaces/..%2f{ORG}",
        f"/workspaces/{ORG}%2Fquota",
        f"/workspaces/{ORG}%2fquota",
        f"/workspaces/{ORG};a=b/quota",
        f"/workspaces/{ORG}%3Ba=b/quota",
        f"/workspaces/{ORG}\\quota",
        f"/workspaces/{ORG}%5Cquota",
        f"/workspaces/{ORG}%00",
        f"/workspaces/{ORG}%0a",
        f"/workspaces/{ORG}%7F",
        f"/workspaces/{ORG}\n",
        f"/workspaces/{ORG} ",
        f"/workspaces/{ORG}?a=b",
        f"/workspaces/{ORG}#a",
        f"/workspaces/{ORG}%",
        f"/workspaces/{ORG}%4",
        f"/workspaces/{ORG}%zz",
        f"/%77orkspaces/{ORG}",
        f"/workspaces/{ORG}/%71uota",
        f"/workspaces/{ORG}/quotä",
        f"http://host/workspaces/{ORG}",
        f"{DATASET}/folders/%2E%2E%2Fassets",
        f"{DATASET}/folders/a%2F..%2Fb",
        f"{DATASET}/folders/..%2F..%2Fquota",
        f"{DATASET}/folders/a%2F%2Fb",
        f"{DATASET}/folders/%2Fa",
        f"{DATASET}/folders/a%2F",
        f"{DATASET}/folders/a%5Cb",
        f"{DATASET}/assets/a%2Fb",
        f"{DATASET}/assets/..",
        f"{DATASET}/assets/.",
    ],
)
def test_a_path_that_can_be_read_in_two_ways_is_refused(spelling):
    for method in METHODS:
        with pytest.raises(NotCanonical):
            policy.resolve(method, spelling)


@pytest.mark.parametrize("code", [*range(0x20), 0x7F])
def test_a_control_character_is_refused_escaped_and_bare(code):
    for text in (f"%{code:02X}", f"%{code:02x}", chr(code)):
        with pytest.raises(NotCanonical):
            policy.resolve("GET", f"{DATASET}/assets/a{text}b")


@pytest.mark.parametrize(
    "escaped",
    [
        "pets",
        "a%2Fb",
        "a%2fb%2Fc",
        "a%20b",
        "%C3%A9t%C3%A9",
        "a%25b",
        "a:b",
        "..a%2Fb..",
        f"{ORG}_dogs",
        f"..dogs%2F{ORG}_dogs",
    ],
)
def test_a_folder_is_one_segment_that_may_hold_slashes(escaped):
    request = policy.resolve("DELETE", f"{DATASET}/folders/{escaped}")
    assert request.route.endswith("/folders/{folder}")
    assert request.object_id == "pets"
    assert (request.resource, request.access) == (Resource.ASSETS, Access.WRITE)


def test_a_folder_named_like_a_subpath_stays_a_folder():
    request = policy.resolve("GET", f"{DATASET}/folders/a%2Fchildren")
    assert request.route.endswith("/folders/{folder}")


@pytest.mark.parametrize("verb", ["generate", "count", "Cancel", "cancel2", ""])
def test_an_unknown_verb_after_a_colon_is_not_the_plain_route(verb):
    source = f"{DATASET}/assetSources/any/any/any/assetIngestionSessions"
    with pytest.raises(UnknownRoute):
        policy.resolve("POST", f"{source}/session:{verb}")


def test_counting_assets_is_not_reading_an_asset():
    request = policy.resolve("GET", f"{DATASET}/assets:count")
    assert request.route.endswith("/assets:count")
    assert request.object_id == "pets"


@pytest.mark.parametrize(
    "path", ["/plans:list", f"{DATASET}:count", f"{DATASET}/assets:"]
)
def test_a_verb_where_there_is_none_does_not_reach_a_collection(path):
    with pytest.raises(UnknownRoute):
        policy.resolve("POST", path)


@pytest.mark.parametrize(
    ("segment", "organization", "dataset"),
    [
        (f"{ORG}_pets", ORG, "pets"),
        ("other_pets", "other", "pets"),
        ("a_b_c", "a", "b_c"),
    ],
)
def test_a_dataset_names_its_organization_too(segment, organization, dataset):
    request = policy.resolve("GET", f"/workspaces/{ORG}/datasets/{segment}")
    assert request.organizations == (ORG, organization)
    assert request.object_id == dataset


@pytest.mark.parametrize("segment", ["pets", "_pets", f"{ORG}_", "_"])
def test_a_dataset_without_an_organization_is_no_dataset(segment):
    with pytest.raises(UnknownRoute):
        policy.resolve("GET", f"/workspaces/{ORG}/datasets/{segment}")


def test_a_dry_run_names_its_organization_in_the_third_segment():
    request = policy.resolve("POST", f"/dryRuns/workspaces/{ORG}/trainingProjects")
    assert request.organizations == (ORG,)
    assert (request.resource, request.access) == (Resource.TRAINING, Access.WRITE)


@pytest.mark.parametrize("path", ["/workspaces", "/plans", "/plans/pro"])
def test_the_catalogue_and_the_list_name_no_organization(path):
    assert policy.resolve("GET", path).organizations == ()
