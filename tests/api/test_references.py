"""The reference in an error opens a page that says the same to the organization."""

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from secretkeys import recording
from secretkeys.grants import Grant, Permission
from secretkeys.models import Denial, SecretKey
from secretkeys.scopes import Reach
from tests.secretkeys.conftest import scopes

pytestmark = pytest.mark.django_db

NARROW = Grant.preset(Permission.READ_ONLY, scopes(dataset=Reach.NONE))
EXPLAINED = {
    "missing right": ("PATCH", "/workspaces/{org}", 403),
    "missing reach": ("GET", "/workspaces/{org}/datasets", 403),
    "unknown route": ("GET", "/workspaces/{org}/secrets", 404),
    "ambiguous path": ("GET", "/workspaces/{org}/quota/", 400),
    "a wrong method": ("POST", "/plans", 405),
    "another organization": ("GET", "/workspaces/{other}", 401),
}
STOPPED = {
    "disabled": ({"disabled_at": timezone.now()}, "disabled"),
    "expired": ({"expires_at": timezone.now()}, "expired"),
    # What its holder is told is what the holder of any wrong key is told.
    "removed": ({"removed_at": timezone.now()}, "invalid_key"),
}
NOT_EXPLAINED = {
    "not served": ("GET", "/workspaces/{org}/flows", 404),
    "allowed": ("GET", "/plans", 200),
    "not found": ("GET", "/plans/other", 404),
}


@pytest.fixture
def open_page(acme, mel, client_for):
    """Return a function that looks a reference up as mel."""

    def look_up(reference):
        recording.flush()
        url = reverse("secretkeys:denial", args=[acme.pk, reference])
        return client_for(mel).get(url)

    return look_up


@pytest.mark.parametrize("kind", EXPLAINED)
def test_the_page_says_what_the_program_was_told(
    send, make_key, acme, globex, open_page, kind
):
    method, path, status = EXPLAINED[kind]
    named = path.format(org=acme.pk, other=globex.pk)
    response = send(method, named, make_key(grant=NARROW)[1])
    told = response.json()
    page = open_page(told["reference"])
    assert (response.status_code, page.status_code) == (status, 200)
    assert told["message"] in html.unescape(page.content.decode())


@pytest.mark.parametrize("kind", STOPPED)
def test_a_key_that_is_stopped_is_found_by_its_reference(
    send, make_key, acme, open_page, kind
):
    columns, code = STOPPED[kind]
    _, plaintext = make_key()
    SecretKey.objects.update(**columns)
    told = send("GET", f"/workspaces/{acme.pk}/flows", plaintext).json()
    assert told["code"] == code
    page = html.unescape(open_page(told["reference"]).content.decode())
    assert told["message"] in page
    assert "Training: read" in page


def test_a_key_of_another_organization_is_explained_to_its_own_alone(
    send, make_key, globex, gus, client_for, open_page
):
    _, plaintext = make_key()
    told = send("GET", "/plans", plaintext, organization=globex.pk).json()
    assert "named another organization" in open_page(told["reference"]).content.decode()
    url = reverse("secretkeys:denial", args=[globex.pk, told["reference"]])
    assert client_for(gus).get(url).status_code == 404


def test_a_locked_organization_s_members_can_look_it_up(
    send, make_key, acme, open_page
):
    _, plaintext = make_key()
    type(acme).objects.update(locked_at=timezone.now())
    told = send("GET", "/plans", plaintext).json()
    assert told["message"] in open_page(told["reference"]).content.decode()


@pytest.mark.parametrize("kind", NOT_EXPLAINED)
def test_other_answers_are_not_explained(send, make_key, acme, open_page, kind):
    method, path, status = NOT_EXPLAINED[kind]
    response = send(method, path.format(org=acme.pk), make_key(grant=NARROW)[1])
    assert response.status_code == status
    assert open_page(response["X-Request-Id"]).status_code == 404
    assert not Denial.objects.exists()
