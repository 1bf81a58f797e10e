"""Access scope and Restricted, where they are switched on: stored, shown, checked."""

import re

import pytest
from django.urls import reverse

from orgs.models import AuditEvent, CatalogueEntry
from secretkeys.grants import ROWS, Access, Grant, Permission
from secretkeys.models import SecretKey
from secretkeys.scopes import EVERYWHERE, Reach
from tests.secretkeys.browsing import HTMX, fields, text
from tests.secretkeys.conftest import CATALOGUE, PILOT, fill, scopes, stored, switch

pytestmark = pytest.mark.django_db

# What is refused while both are offered, and what the person is told.
BAD = {
    "no dataset": (
        {"dataset_reach": "selected"},
        "Select at least one dataset, or choose All or None.",
    ),
    "no training": (
        {"training_reach": "selected"},
        "Select at least one training resource, or choose All or None.",
    ),
    "no deployment": (
        {"deployment_reach": "selected"},
        "Select at least one deployment, or choose All or None.",
    ),
    "unknown datasets": (
        {"dataset_reach": "selected", "dataset_ids": ["pets", "zebras", "ants"]},
        "from the catalogue of your organization, which does not have: ants, zebras.",
    ),
    "of another category": (
        {"dataset_reach": "selected", "dataset_ids": ["detector"]},
        "which does not have: detector.",
    ),
    "of another organization": (
        {"dataset_reach": "selected", "dataset_ids": ["theirs"]},
        "which does not have: theirs.",
    ),
    "in another case": (
        {"dataset_reach": "selected", "dataset_ids": ["PETS"]},
        "which does not have: PETS.",
    ),
    "no id": (
        {"dataset_reach": "selected", "dataset_ids": ["pets, cars"]},
        "This is no entry of the catalogue.",
    ),
    "a line break": (
        {"dataset_reach": "selected", "dataset_ids": ["pets\ncars"]},
        "This is no entry of the catalogue.",
    ),
    "101 datasets": (
        {"dataset_reach": "selected", "dataset_ids": [f"ds{n}" for n in range(101)]},
        "Select at most 100 of datasets.",
    ),
    "another reach": ({"dataset_reach": "some"}, "Choose All, Selected or None."),
    "no row": (
        {"permission": "restricted"},
        "Choose Read or Write for at least one resource.",
    ),
    "every row none": (
        {"permission": "restricted", **{f"{row}_level": "none" for row in ROWS}},
        "Choose Read or Write for at least one resource.",
    ),
    "another level": (
        {"permission": "restricted", "datasets_level": "own"},
        "Choose None, Read or Write.",
    ),
}
VENDOR = {
    "permission": "labeler_only",
    "dataset_reach": "selected",
    "dataset_ids": ["pets", "cars"],
    "training_reach": "none",
    "deployment_reach": "none",
}
TRIAL = {
    "permission": "restricted",
    "models_level": "read",
    "deployments_level": "write",
    "datasets_level": "none",
    "dataset_reach": "none",
    "training_reach": "all",
    "deployment_reach": "selected",
    "deployment_ids": ["edge"],
}


def test_rows_sent_beside_another_level_do_not_count(create, acme):
    create(permission="read_only", datasets_level="write", models_level="write")
    key = SecretKey.objects.get()
    assert key.grant == Grant.preset(Permission.READ_ONLY)
    assert {key.datasets_level, key.models_level} == {Access.NONE}


@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
def test_a_scope_is_stored_shown_and_audited(create, featured, signed_in, htmx):
    assert create(htmx=htmx, **VENDOR).status_code == 200
    key = SecretKey.objects.get()
    scope = scopes(dataset={"pets", "cars"}, training=Reach.NONE, deployment=Reach.NONE)
    assert key.grant == Grant.preset(Permission.LABELER_ONLY, scope)
    table = signed_in.get(reverse("secretkeys:list", args=[featured.pk]))
    cell = re.search(r'data-label="Access">([^<]*)<', table.content.decode())
    assert cell[1] == "2 datasets"
    event = AuditEvent.objects.get(action="key.created")
    assert event.changes["access"] == [
        None,
        "datasets: selected cars, pets; training resources: none; deployments: none",
    ]


def test_a_matrix_is_stored_row_by_row(create, featured):
    assert create(**TRIAL).status_code == 200
    assert SecretKey.objects.get().grant == PILOT
    event = AuditEvent.objects.get(action="key.created")
    assert event.changes["permission"] == [
        None,
        "Restricted (Deployments: write · Models: read)",
    ]


def test_the_page_of_a_key_names_what_is_selected(featured, make_key, signed_in):
    key, _ = make_key(grant=PILOT)
    url = reverse("secretkeys:detail", args=[featured.pk, key.key_id])
    assert "1 deployment" in text(signed_in.get(url))
    assert "Deployment Access: Edge" in text(signed_in.get(url))
    CatalogueEntry.objects.all().delete()
    assert "Deployment Access: edge" in text(signed_in.get(url))


@pytest.mark.parametrize("change", [VENDOR, TRIAL], ids=["vendor", "pilot"])
def test_a_grant_can_be_changed_to_any_other(edit, create, featured, make_key, change):
    key, _ = make_key("old")
    assert edit(key, **change).status_code == 200
    assert create(**change).status_code == 200
    assert stored(key) == stored(SecretKey.objects.get(name="pipeline"))


def test_a_key_can_be_given_everything_again(edit, featured, make_key):
    key, _ = make_key(grant=PILOT)
    everything = {f"{each}_reach": "all" for each in CATALOGUE}
    assert edit(key, permission="full", **everything).status_code == 200
    key.refresh_from_db()
    assert key.grant == Grant.preset(Permission.FULL)
    assert (key.deployment_ids, key.deployments_level) == ("", Access.NONE)


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
def test_a_bad_choice_is_said_and_stores_nothing(create, featured, globex, kind, htmx):
    fill(globex, dataset={"theirs": "Theirs"})
    fill(featured, dataset={f"ds{number}": "Many" for number in range(101)})
    bad, sentence = BAD[kind]
    response = create(htmx=htmx, **bad)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not SecretKey.objects.exists()


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_choice_leaves_an_old_key_as_it_is(edit, featured, make_key, kind):
    key, _ = make_key()
    before = stored(key)
    bad, _ = BAD[kind]
    assert edit(key, **bad).status_code == 422
    assert stored(key) == before


def test_a_hundred_datasets_can_be_selected(create, featured):
    names = {f"ds{number}": "Many" for number in range(100)}
    fill(featured, dataset=names)
    assert create(dataset_reach="selected", dataset_ids=list(names)).status_code == 200
    assert SecretKey.objects.get().grant.access_words.startswith("100 datasets,")


TYPED = {
    "name": "edge",
    "expiration": "custom",
    "expires_on": "2030-01-01",
    "dataset_reach": "selected",
    "dataset_ids": ["cars", "pets"],
    "dataset_filter": "oads",
    "training_reach": "none",
    "deployment_reach": "all",
    "permission": "restricted",
    **{f"{row}_level": "read" for row in ROWS},
    "assets_level": "write",
}


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"name": ""}, {}),
        ({"expires_on": "soon"}, {}),
        ({"dataset_reach": "selected", "dataset_ids": []}, {}),
        ({"dataset_ids": ["cars", "zebra"]}, {}),
        ({"dataset_reach": "some"}, {"dataset_reach": None}),
        ({"assets_level": "some"}, {"assets_level": None}),
        ({f"{row}_level": "none" for row in ROWS}, {}),
        ({"nonce": ""}, {}),
    ],
)
def test_what_was_typed_stays_in_the_form(create, featured, change, kept):
    typed = TYPED | change
    sent = fields(create(**typed), "create-form")
    expected = {
        name: value if isinstance(value, list) else [value]
        for name, value in (typed | kept).items()
        if name not in ("nonce", "dataset_ids")
    }
    assert {name: sent.get(name, [None]) for name in expected} == expected
    assert sorted(sent.get("dataset_ids", [])) == sorted(typed["dataset_ids"])


def test_what_was_typed_stays_in_the_form_of_an_old_key(edit, featured, make_key):
    key, _ = make_key("other")
    make_key("edge")
    response = edit(key, **TYPED | {"expires_on": "2030-01-01"})
    sent = fields(response, "edit-form")
    assert "A key with this name already exists." in text(response)
    assert sorted(sent["dataset_ids"]) == ["cars", "pets"]
    assert (sent["assets_level"], sent["models_level"]) == (["write"], ["read"])
    assert (sent["name"], sent["expires_on"]) == (["edge"], ["2030-01-01"])


@pytest.mark.parametrize("grant", [PILOT, Grant.preset(Permission.FULL)])
def test_the_form_of_a_key_sends_back_what_the_key_has(
    signed_in, featured, make_key, grant
):
    key, _ = make_key(grant=grant)
    url = reverse("secretkeys:edit", args=[featured.pk, key.key_id])
    before = stored(key)
    sent = fields(signed_in.get(url), "edit-form")
    assert signed_in.post(url, sent, headers=HTMX).status_code == 200
    assert stored(key) == before
    assert not AuditEvent.objects.filter(action="key.changed").exists()


def test_entries_that_left_the_catalogue_can_be_kept_and_not_chosen(
    edit, featured, make_key
):
    key, _ = make_key(grant=Grant.preset(Permission.FULL, scopes(dataset={"gone"})))
    kept = {"dataset_reach": "selected", "dataset_ids": ["gone", "pets"]}
    assert edit(key, **kept).status_code == 200
    other, _ = make_key("other")
    response = edit(other, **kept)
    assert "which does not have: gone." in text(response)
    assert other.grant.scopes == EVERYWHERE


def test_a_key_that_could_do_nothing_is_refused(create, featured):
    response = create(permission="labeler_only", dataset_reach="none")
    assert "This key could do nothing" in text(response)
    assert not SecretKey.objects.exists()


def test_a_locked_form_that_comes_back_shows_the_scope_of_the_key(
    edit, featured, make_key
):
    key, _ = make_key(
        grant=Grant.preset(
            Permission.FULL, scopes(dataset={"pets"}, training=Reach.NONE)
        )
    )
    switch(featured, access_scope=False)
    shown = text(edit(key, name=""))
    assert "Training Access No training" in shown
    assert "Dataset Access All datasets" not in shown
