"""The four levels, cell by cell, and what an access scope leaves of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgs.categories import Category
from secretkeys.grants import (
    PRESETS,
    ROWS,
    Access,
    Barrier,
    Grant,
    Permission,
    Resource,
    smallest,
)
from secretkeys.scopes import Reach, Scope

N, R, W = Access.NONE, Access.READ, Access.WRITE

# How far each level reaches.
MATRIX = {
    # full, read only, labeler only, restricted
    Resource.IDENTITY: (R, R, R, R),
    Resource.ORGANIZATION: (W, R, N, N),
    Resource.DATASETS: (W, R, R, N),
    Resource.ASSETS: (W, R, R, N),
    Resource.ANNOTATIONS: (W, R, W, N),
    Resource.TRAINING: (W, R, N, N),
    Resource.MODELS: (W, R, N, N),
    Resource.DEPLOYMENTS: (W, R, N, N),
}
LEVELS = (
    Permission.FULL,
    Permission.READ_ONLY,
    Permission.LABELER_ONLY,
    Permission.RESTRICTED,
)
CELLS = [
    (level, resource, reach)
    for resource, row in MATRIX.items()
    for level, reach in zip(LEVELS, row, strict=True)
]


def of_level(level):
    """Return a level's grant; a Restricted one without a row."""
    return Grant.preset(level) if level in PRESETS else Grant.restricted({})


@pytest.mark.parametrize(("level", "resource", "reach"), CELLS)
def test_a_level_reaches_exactly_as_far_as_the_matrix_says(level, resource, reach):
    grant = of_level(level)
    assert grant.allows(resource, R) is (reach >= R)
    assert grant.allows(resource, W) is (reach >= W)


def test_the_matrix_names_every_resource_and_every_level():
    assert set(MATRIX) == set(Resource)
    assert set(LEVELS) == set(Permission)


def test_no_level_changes_what_is_identity():
    assert not any(of_level(level).allows(Resource.IDENTITY, W) for level in LEVELS)


def test_levels_are_called_as_the_documentation_calls_them():
    labels = [level.label for level in LEVELS]
    assert labels == ["Full", "Read Only", "Labeler Only", "Restricted"]


def test_a_grant_of_chosen_rows_allows_these_rows_only():
    grant = Grant.restricted({Resource.DATASETS: R, Resource.TRAINING: W})
    allowed = {
        (resource, access)
        for resource in Resource
        for access in (R, W)
        if grant.allows(resource, access)
    }
    assert allowed == {
        (Resource.IDENTITY, R),
        (Resource.DATASETS, R),
        (Resource.TRAINING, R),
        (Resource.TRAINING, W),
    }


def scoped(**reaches):
    """Return a Full grant whose scope differs from All in the named categories."""
    scopes = dict.fromkeys(Category, Scope())
    scopes |= {Category(name): scope for name, scope in reaches.items()}
    return Grant.preset(Permission.FULL, scopes)


TWO = Scope(Reach.SELECTED, frozenset({"ds1", "ds2"}))
NOTHING = Scope(Reach.NONE)
levels = st.sampled_from(Access)
scopes = st.one_of(
    st.just(Scope()),
    st.just(NOTHING),
    st.frozensets(st.sampled_from(["a", "b", "c"]), min_size=1).map(
        lambda ids: Scope(Reach.SELECTED, ids)
    ),
)
grants = st.builds(
    Grant.restricted,
    st.fixed_dictionaries(dict.fromkeys(ROWS, levels)),
    st.fixed_dictionaries(dict.fromkeys(Category, scopes)),
)
requests = st.tuples(
    st.sampled_from(Resource),
    st.sampled_from([R, W]),
    st.sampled_from([None, "a", "b", "c", "d"]),
)


@pytest.mark.parametrize(
    ("scope", "object_id", "barrier"),
    [
        (Scope(), "ds9", None),
        (Scope(), None, None),
        (TWO, "ds1", None),
        (TWO, "ds9", Barrier.NOT_SELECTED),
        (TWO, None, Barrier.NO_OBJECT),
        (NOTHING, "ds1", Barrier.NO_REACH),
        (NOTHING, None, Barrier.NO_REACH),
    ],
)
@pytest.mark.parametrize("resource", [Resource.DATASETS, Resource.ANNOTATIONS])
def test_a_scope_bounds_every_resource_of_its_category(
    resource, scope, object_id, barrier
):
    assert scoped(dataset=scope).barrier(resource, W, object_id) is barrier
    assert scoped(dataset=scope).allows(Resource.TRAINING, W, object_id)
    assert scoped(dataset=scope).allows(Resource.ORGANIZATION, W)


@given(grants, grants, requests)
def test_a_grant_that_includes_another_allows_whatever_it_allows(wide, narrow, request):
    if wide.includes(narrow) and narrow.allows(*request):
        assert wide.allows(*request)


@given(grants)
def test_a_grant_includes_itself(grant):
    assert grant.includes(grant)


def test_a_reach_without_a_right_gives_nothing():
    nowhere = Grant.restricted(
        {Resource.DATASETS: R}, scoped(deployment=NOTHING).scopes
    )
    anywhere = Grant.restricted({Resource.DATASETS: R})
    assert nowhere.includes(anywhere)
    assert not nowhere.includes(Grant.restricted({Resource.DEPLOYMENTS: R}))


@given(grants, st.sampled_from(ROWS))
def test_more_rights_are_not_included(grant, row):
    wider = Grant.restricted(dict(grant.matrix) | {row: W}, grant.scopes)
    assert grant.includes(wider) is (grant.matrix[row] is W)


@pytest.mark.parametrize(
    ("grant", "words"),
    [
        (Grant.preset(Permission.FULL), "Everything: write"),
        (Grant.preset(Permission.READ_ONLY), "Everything: read"),
        (
            Grant.preset(Permission.LABELER_ONLY),
            "Annotations: write · Datasets, Assets: read",
        ),
        (Grant.restricted({Resource.MODELS: R}), "Models: read"),
    ],
)
def test_a_matrix_is_said_in_words(grant, words):
    assert grant.words == words


@pytest.mark.parametrize(
    ("grant", "words"),
    [
        (scoped(), "All"),
        (scoped(dataset=TWO, training=NOTHING, deployment=NOTHING), "2 datasets"),
        (scoped(dataset=TWO), "2 datasets, all training, all deployments"),
        (scoped(dataset=NOTHING, training=NOTHING, deployment=NOTHING), "None"),
        (
            Grant.preset(
                Permission.LABELER_ONLY, scoped(training=TWO, deployment=NOTHING).scopes
            ),
            "All",
        ),
    ],
)
def test_an_access_scope_is_said_as_far_as_the_rights_make_use_of_it(grant, words):
    assert grant.access_words == words


@given(grants)
def test_the_smallest_grant_of_any_offer_allows_what_is_needed(grant):
    assert smallest(grant.matrix, list(PRESETS)).includes(
        Grant.restricted(grant.matrix)
    )
    assert smallest(grant.matrix, list(Permission)).matrix == grant.matrix
