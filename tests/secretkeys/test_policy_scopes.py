"""Every request of the client, decided for every level and every access scope.

What is expected comes from the list of client requests and from the table of levels
that the README shows, both written down here apart from the product's own.
"""

import itertools
import re
from collections import Counter

import pytest

from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.models import KeyUsage
from secretkeys.outcomes import Outcome
from secretkeys.scopes import Reach
from tests.api.client_routes import ROUTES
from tests.secretkeys.conftest import scopes

pytestmark = pytest.mark.django_db

RANK = {"none": 0, "read": 1, "write": 2}
ROWS = [
    *("organization", "datasets", "assets", "annotations"),
    *("training", "models", "deployments"),
]
PRESETS = {
    "full": ["write"] * 7,
    "read_only": ["read"] * 7,
    "labeler_only": ["none", "read", "read", "write", "none", "none", "none"],
}
# Restricted: nothing, each row alone, and two mixtures.
CHOSEN = [
    ["none"] * 7,
    ["read", "write"] * 3 + ["read"],
    ["write", "none"] * 3 + ["write"],
]
CHOSEN += [
    ["none"] * row + [access] + ["none"] * (6 - row)
    for row in range(7)
    for access in ("read", "write")
]
LEVELS = [*PRESETS, *(", ".join(levels) for levels in CHOSEN)]
BOUNDED_BY = {
    **dict.fromkeys(["datasets", "assets", "annotations"], "dataset"),
    **dict.fromkeys(["training", "models"], "training"),
    "deployments": "deployment",
}
SELECTABLE = {
    "dataset": {"dataset"},
    "training": {"flow", "run", "training_project"},
    "deployment": {"deployment", "deployment_project", "deployment_endpoint"},
}
NAMES = {name for each in ROUTES for name in re.findall(r"\{(\w+)\}", each.template)}
REACHES = ("all", "own", "other", "none")


def matrix_of(level):
    """Return a level's access by resource."""
    return dict(zip(ROWS, PRESETS.get(level) or level.split(", "), strict=True))


def scope_of(category, reach):
    """Return a reach; as "other", everything selected that looks like an object."""
    own = {f"some-{name}" for name in SELECTABLE[category]}
    similar = {f"some-{name}" for name in NAMES - SELECTABLE[category]}
    similar |= {each.upper() for each in own} | {f"{each}2" for each in own}
    similar |= {each[:-1] for each in own} | {f"x_{each}" for each in own}
    reaches = {"all": Reach.ALL, "own": own, "other": similar, "none": Reach.NONE}
    return reaches[reach]


def grant_of(level, reaches):
    """Return a level with a reach for datasets, training and deployments."""
    scope = scopes(**{each: scope_of(each, reaches[each]) for each in SELECTABLE})
    if level in PRESETS:
        return Grant.preset(Permission(level), scope)
    chosen = matrix_of(level).items()
    return Grant.restricted(
        {Resource(row): Access[access.upper()] for row, access in chosen}, scope
    )


def expected(route, level, reaches):
    """Return how a request fares, by the tables."""
    if route.resource == "identity":
        return Outcome.ALLOWED
    if RANK[matrix_of(level)[route.resource]] < RANK[route.access]:
        return Outcome.PERMISSION_DENIED
    category = BOUNDED_BY.get(route.resource)
    names = set(re.findall(r"\{(\w+)\}", route.template))
    if category is None or reaches[category] == "all":
        return Outcome.ALLOWED
    if reaches[category] == "own" and names & SELECTABLE[category]:
        return Outcome.ALLOWED
    return Outcome.OUTSIDE_SCOPE


@pytest.fixture
def fares(make_key, acme, decide):
    """Return a function that presents a key of a grant with every request."""

    def ask(grant):
        _, plaintext = make_key(grant=grant)
        return {
            route: decide(plaintext, route.method, route.path(acme.pk))
            for route in ROUTES
        }

    return ask


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("level", LEVELS)
def test_every_request_fares_as_level_and_scope_say(fares, level, reach):
    reaches = dict.fromkeys(SELECTABLE, reach)
    decided = fares(grant_of(level, reaches))
    assert len(decided) == 114
    assert {route: each.outcome for route, each in decided.items()} == {
        route: expected(route, level, reaches) for route in ROUTES
    }


@pytest.mark.parametrize(
    "chosen",
    [each for each in itertools.product(REACHES, repeat=3) if len(set(each)) > 1],
)
def test_each_category_is_bounded_by_its_own_reach_alone(fares, chosen):
    reaches = dict(zip(SELECTABLE, chosen, strict=True))
    decided = fares(grant_of("full", reaches))
    assert {route: each.outcome for route, each in decided.items()} == {
        route: expected(route, "full", reaches) for route in ROUTES
    }


def test_the_client_sends_so_many_reads_and_writes_of_each_resource():
    counts = Counter((each.resource, each.access) for each in ROUTES)
    reads = {"datasets": 11, "assets": 15, "annotations": 6, "training": 12}
    reads |= {"identity": 4, "organization": 2, "models": 2, "deployments": 9}
    writes = {"datasets": 7, "assets": 15, "annotations": 7, "training": 13}
    writes |= {"organization": 2, "deployments": 9}
    assert counts == {(row, "read"): count for row, count in reads.items()} | {
        (row, "write"): count for row, count in writes.items()
    }


def test_no_sentence_names_an_object_or_what_no_header_can_hold(fares, acme):
    decided = fares(grant_of("full", dict.fromkeys(SELECTABLE, "other")))
    told = {each.sentence for each in decided.values()} - {""}
    assert all(each.isascii() and len(each) <= 400 for each in told)
    # Ids would be rewritten by the client, and tell what is selected.
    assert not any("some" in each or str(acme.pk) in each for each in told)


# Requests by a Full key that reaches pets and detector and no deployment.
SENTENCES = {
    "GET /workspaces/{org}/datasets": (
        "reaches selected datasets only, so it may not list them all; name one dataset"
    ),
    "GET /workspaces/{org}/simpleDatasets": (
        "reaches selected datasets only, so it may not list them all; name one dataset"
    ),
    "POST /workspaces/{org}/datasets": (
        "reaches selected datasets only, so it may not create datasets"
    ),
    "GET /workspaces/{org}/datasets/{org}_cars": (
        "reaches selected datasets only, and this dataset is not one of them"
    ),
    "POST /workspaces/{org}/datasets/{org}_cars/datasetExports": (
        "reaches selected datasets only, and this dataset is not one of them"
    ),
    "POST /workspaces/{org}/datasets/{org}_cars/deleteManyAssetsSessions": (
        "reaches selected datasets only, and this dataset is not one of them"
    ),
    "DELETE /workspaces/{org}/datasets/{org}_cars/folders/{org}_pets%2Fa": (
        "reaches selected datasets only, and this dataset is not one of them"
    ),
    "POST /dryRuns/workspaces/{org}/trainingProjects": (
        "reaches selected training resources only, so it may not create training "
        "resources"
    ),
    "GET /workspaces/{org}/runs": (
        "reaches selected training resources only, so it may not list them all; name "
        "one training resource"
    ),
    "GET /workspaces/{org}/runs/sorter/outputs": (
        "reaches selected training resources only, and this training resource is not "
        "one of them"
    ),
    "GET /workspaces/{org}/deployments/edge": (
        "has no Deployment Access, so it may not read deployments"
    ),
    "PUT /workspaces/{org}/deploymentProjects/edge": (
        "has no Deployment Access, so it may not change deployments"
    ),
}
TWO = scopes(dataset={"pets"}, training={"detector"}, deployment=Reach.NONE)


@pytest.mark.parametrize("request_", SENTENCES)
def test_a_request_outside_the_scope_is_told_which_part_it_failed_at(
    make_key, decide, acme, request_
):
    _, plaintext = make_key(grant=Grant.preset(Permission.FULL, TWO))
    decided = decide(plaintext, *request_.format(org=acme.pk).split())
    assert decided.outcome is Outcome.OUTSIDE_SCOPE
    assert decided.sentence == (
        f"This secret key {SENTENCES[request_]}. Ask an organization admin to widen "
        "its access."
    )


@pytest.mark.parametrize(
    "request_",
    [
        "GET /workspaces/{org}/datasets/{org}_pets",
        "DELETE /workspaces/{org}/datasets/{org}_pets",
        "POST /workspaces/{org}/datasets/{org}_pets/datasetExports",
        "POST /workspaces/{org}/datasets/{org}_pets/deleteManyAssetsSessions",
        "DELETE /workspaces/{org}/datasets/{org}_pets/folders/{org}_cars%2Fa",
        "PUT /workspaces/{org}/datasets/{org}_pets/folders/..cars%2Fb",
        "PUT /workspaces/{org}/runs/detector",
        "GET /workspaces/{org}/runs/detector/outputs/sorter",
        "GET /workspaces/{org}/quota",
        "GET /plans",
    ],
)
def test_a_request_inside_the_scope_is_allowed(make_key, decide, acme, request_):
    _, plaintext = make_key(grant=Grant.preset(Permission.FULL, TWO))
    decided = decide(plaintext, *request_.format(org=acme.pk).split())
    assert decided.outcome is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("segment", "outcome"),
    [
        ("{org}_a_b", Outcome.ALLOWED),
        ("{org}_p@q", Outcome.ALLOWED),
        ("{org}_p%40q", Outcome.ALLOWED),
        ("{org}_a", Outcome.OUTSIDE_SCOPE),
        ("{org}_b", Outcome.OUTSIDE_SCOPE),
        ("{org}_A_B", Outcome.OUTSIDE_SCOPE),
        ("{org}_a_b:", Outcome.OUTSIDE_SCOPE),
        ("{org}_a_b:count", Outcome.OUTSIDE_SCOPE),
        ("{org}_a_b,c", Outcome.OUTSIDE_SCOPE),
        ("{org}_a%20b", Outcome.OUTSIDE_SCOPE),
        ("{org}_{org}_a_b", Outcome.OUTSIDE_SCOPE),
        ("{org}_a%5Fb", Outcome.NOT_CANONICAL),
        ("{org}_a_b%2F", Outcome.NOT_CANONICAL),
        ("{other}_a_b", Outcome.ORGANIZATION_MISMATCH),
        ("a_b", Outcome.ORGANIZATION_MISMATCH),
        ("{org}%5Fa_b", Outcome.NOT_CANONICAL),
        ("{org}", Outcome.UNKNOWN_ROUTE),
    ],
)
def test_a_dataset_is_the_selected_one_in_its_one_spelling(
    make_key, decide, acme, globex, segment, outcome
):
    grant = Grant.preset(Permission.FULL, scopes(dataset={"a_b", "p@q"}))
    _, plaintext = make_key(grant=grant)
    named = segment.format(org=acme.pk, other=globex.pk)
    path = f"/workspaces/{acme.pk}/datasets/{named}/assets"
    assert decide(plaintext, "GET", path).outcome is outcome


def test_deciding_counts_in_memory_only(fares):
    fares(grant_of("full", dict.fromkeys(SELECTABLE, "own")))
    assert not KeyUsage.objects.exists()
