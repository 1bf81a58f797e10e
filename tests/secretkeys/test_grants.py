"""The four levels, cell by cell."""

import pytest

from secretkeys.grants import OFFERED, Access, Grant, Permission, Resource

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


@pytest.mark.parametrize(("level", "resource", "reach"), CELLS)
def test_a_level_reaches_exactly_as_far_as_the_matrix_says(level, resource, reach):
    grant = Grant.preset(level)
    assert grant.allows(resource, R) is (reach >= R)
    assert grant.allows(resource, W) is (reach >= W)


def test_the_matrix_names_every_resource_and_every_level():
    assert set(MATRIX) == set(Resource)
    assert set(LEVELS) == set(Permission)


def test_no_level_changes_what_is_identity():
    assert not any(Grant.preset(level).allows(Resource.IDENTITY, W) for level in LEVELS)


def test_levels_are_called_as_the_documentation_calls_them():
    labels = [level.label for level in LEVELS]
    assert labels == ["Full", "Read Only", "Labeler Only", "Restricted"]


def test_restricted_is_not_offered_while_no_matrix_can_be_chosen():
    assert LEVELS[:3] == OFFERED


def test_a_grant_of_chosen_rows_allows_these_rows_only():
    grant = Grant(Permission.RESTRICTED, {Resource.DATASETS: R, Resource.TRAINING: W})
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
