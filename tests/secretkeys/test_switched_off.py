"""Where access scope and Restricted are switched off: refused, and kept where they are."""

import re
import uuid

import pytest
from django.urls import reverse

from secretkeys.grants import Grant, Permission
from secretkeys.models import SecretKey
from tests.secretkeys.browsing import HTMX, fields, text
from tests.secretkeys.conftest import CATALOGUE, PILOT, fill, stored, switch

pytestmark = pytest.mark.django_db

SCOPE_LOCKED = "Access scope configuration is not available for your organization."
LEVEL_LOCKED = "This permission is not available to your organization."
# What somebody can forge while the form offers neither.
FORGED = {
    "no datasets": ({"dataset_reach": "none"}, SCOPE_LOCKED),
    "no training": ({"training_reach": "none"}, SCOPE_LOCKED),
    "one dataset": (
        {"dataset_reach": "selected", "dataset_ids": ["pets"]},
        SCOPE_LOCKED,
    ),
    "one deployment": (
        {"deployment_reach": "selected", "deployment_ids": ["edge"]},
        SCOPE_LOCKED,
    ),
    "restricted": ({"permission": "restricted"}, LEVEL_LOCKED),
    "rows": ({"permission": "restricted", "datasets_level": "read"}, LEVEL_LOCKED),
}


@pytest.mark.parametrize("kind", FORGED)
def test_what_is_not_offered_is_refused_for_a_new_key(create, acme, kind):
    fill(acme, **CATALOGUE)
    forged, sentence = FORGED[kind]
    response = create(**forged)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not SecretKey.objects.exists()


@pytest.mark.parametrize("kind", FORGED)
def test_what_is_not_offered_is_refused_for_an_old_key(edit, acme, make_key, kind):
    fill(acme, **CATALOGUE)
    key, _ = make_key()
    before = stored(key)
    forged, sentence = FORGED[kind]
    response = edit(key, name="renamed", **forged)
    key.refresh_from_db()
    assert response.status_code == 422
    assert sentence in text(response)
    assert (key.name, stored(key)) == ("pipeline", before)


@pytest.mark.parametrize(
    ("feature", "kind"),
    [
        ("advanced_permissions", "no datasets"),
        ("advanced_permissions", "one dataset"),
        ("access_scope", "restricted"),
        ("access_scope", "rows"),
    ],
)
def test_one_feature_does_not_open_the_other(create, acme, feature, kind):
    fill(acme, **CATALOGUE)
    switch(acme, **{feature: True})
    forged, sentence = FORGED[kind]
    response = create(**forged)
    assert (response.status_code, sentence in text(response)) == (422, True)


def test_without_the_features_the_form_says_whom_to_ask(acme, signed_in):
    switch(acme, account_manager_email="manager@vi.test")
    page = signed_in.get(reverse("secretkeys:create", args=[acme.pk]))
    sent = fields(page, "create-form")
    assert not [name for name in sent if name.endswith(("_reach", "_ids", "_level"))]
    assert text(page).count("ontact your account manager") == 2
    assert page.content.decode().count("mailto:manager@vi.test") == 2


def test_a_key_keeps_its_grant_when_the_features_are_switched_off(
    edit, featured, make_key
):
    key, _ = make_key(grant=PILOT)
    switch(featured, access_scope=False, advanced_permissions=False)
    assert edit(key, name="renamed", expiration="30").status_code == 200
    key.refresh_from_db()
    assert (key.name, key.grant) == ("renamed", PILOT)


def test_the_form_of_such_a_key_shows_its_grant_and_sends_it_back(
    signed_in, featured, make_key
):
    key, _ = make_key(grant=PILOT)
    switch(featured, access_scope=False, advanced_permissions=False)
    url = reverse("secretkeys:edit", args=[featured.pk, key.key_id])
    page = signed_in.get(url)
    assert "Dataset Access No datasets Training Access All training" in text(page)
    assert "This key may: Deployments: write · Models: read." in text(page)
    assert re.search(r"Deployment Access\s*Edge", text(page))
    sent = fields(page, "edit-form") | {"name": "renamed"}
    assert signed_in.post(url, sent, headers=HTMX).status_code == 200
    key.refresh_from_db()
    assert (key.name, key.grant) == ("renamed", PILOT)


@pytest.mark.parametrize(
    ("forged", "sentence"),
    [
        ({"dataset_reach": "all"}, SCOPE_LOCKED),
        ({"deployment_reach": "none"}, SCOPE_LOCKED),
        ({"deployment_reach": "selected", "deployment_ids": ["cloud"]}, SCOPE_LOCKED),
        ({"models_level": "none"}, LEVEL_LOCKED),
        ({"datasets_level": "write"}, LEVEL_LOCKED),
    ],
)
def test_such_a_key_cannot_be_given_another_scope_or_matrix(
    edit, featured, make_key, forged, sentence
):
    key, _ = make_key(grant=PILOT)
    switch(featured, access_scope=False, advanced_permissions=False)
    response = edit(key, **forged)
    key.refresh_from_db()
    assert (response.status_code, sentence in text(response)) == (422, True)
    assert key.grant == PILOT


def test_such_a_key_can_be_given_another_level_and_not_go_back(
    edit, featured, make_key
):
    key, _ = make_key(grant=PILOT)
    switch(featured, access_scope=False, advanced_permissions=False)
    assert edit(key, permission="read_only").status_code == 200
    key.refresh_from_db()
    assert key.grant == Grant.preset(Permission.READ_ONLY, PILOT.scopes)
    assert edit(key, permission="restricted", models_level="read").status_code == 422


def test_a_successor_has_the_scope_and_the_matrix(signed_in, featured, make_key):
    key, _ = make_key(grant=PILOT)
    switch(featured, access_scope=False, advanced_permissions=False)
    url = reverse("secretkeys:rotate", args=[featured.pk, key.key_id])
    form = {"overlap": "24", "nonce": str(uuid.uuid4())}
    assert signed_in.post(url, form, headers=HTMX).status_code == 200
    assert SecretKey.objects.get(replaces=key).grant == PILOT


@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
def test_a_form_that_was_open_when_a_feature_was_switched_off_is_refused(
    signed_in, featured, htmx
):
    url = reverse("secretkeys:create", args=[featured.pk])
    headers = HTMX if htmx else {}
    sent = fields(signed_in.get(url, headers=headers), "create-form")
    sent |= {"name": "vendor", "dataset_reach": "none", "permission": "labeler_only"}
    switch(featured, access_scope=False, advanced_permissions=False)
    response = signed_in.post(url, sent, headers=headers)
    assert (response.status_code, SCOPE_LOCKED in text(response)) == (422, True)
    again = fields(response, "create-form")
    assert (again["name"], again["permission"]) == (["vendor"], ["labeler_only"])
    assert "dataset_reach" not in again
    assert not SecretKey.objects.exists()


def test_a_form_that_was_open_and_chose_all_is_taken(signed_in, featured):
    url = reverse("secretkeys:create", args=[featured.pk])
    sent = fields(signed_in.get(url), "create-form") | {"name": "worker"}
    switch(featured, access_scope=False, advanced_permissions=False)
    assert signed_in.post(url, sent, headers=HTMX).status_code == 200
    assert SecretKey.objects.get().grant == Grant.preset(Permission.FULL)
