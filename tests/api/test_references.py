"""The reference in an error opens a page that says the same to the organization."""

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from secretkeys import recording
from secretkeys.grants import Grant, Permission
from secretkeys.models import Denial
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
}
NOT_EXPLAINED = {
    "another organization": ("GET", "/workspaces/{other}", 401),
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
def test_the_page_says_what_the_program_was_told(send, make_key, acme, open_page, kind):
    method, path, status = EXPLAINED[kind]
    response = send(method, path.format(org=acme.pk), make_key(grant=NARROW)[1])
    told = response.json()
    page = open_page(told["reference"])
    assert (response.status_code, page.status_code) == (status, 200)
    assert told["message"] in html.unescape(page.content.decode())


def test_a_locked_organization_s_members_can_look_it_up(
    send, make_key, acme, open_page
):
    _, plaintext = make_key()
    type(acme).objects.update(locked_at=timezone.now())
    told = send("GET", "/plans", plaintext).json()
    assert told["message"] in open_page(told["reference"]).content.decode()


@pytest.mark.parametrize("kind", NOT_EXPLAINED)
def test_other_answers_are_not_explained(send, make_key, acme, globex, open_page, kind):
    method, path, status = NOT_EXPLAINED[kind]
    named = path.format(org=acme.pk, other=globex.pk)
    response = send(method, named, make_key(grant=NARROW)[1])
    assert response.status_code == status
    assert open_page(response["X-Request-Id"]).status_code == 404
    assert not Denial.objects.exists()
