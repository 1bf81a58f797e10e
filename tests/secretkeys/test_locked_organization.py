"""In a locked organization people can look, and are told why requests fail."""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs.models import Organization
from secretkeys.models import SecretKey

HTMX = {"HX-Request": "true"}


def test_members_are_told_that_keys_are_refused(
    acme, mel, client_for, make_key
) -> None:
    make_key("pipeline")
    url = reverse("secretkeys:list", args=[acme.pk])
    client = client_for(mel)
    assert "This organization is locked" not in client.get(url).content.decode()
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    body = client.get(url).content.decode()
    assert "This organization is locked" in body
    assert "pipeline" in body


@pytest.fixture
def locked(acme) -> Organization:
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    return acme


@pytest.mark.parametrize("page", ["edit", "rotate"])
def test_keys_cannot_be_changed(page, locked, ada, client_for, make_key) -> None:
    Organization.objects.filter(pk=locked.pk).update(locked_at=None)
    key, _ = make_key()
    Organization.objects.filter(pk=locked.pk).update(locked_at=timezone.now())
    url = reverse(f"secretkeys:{page}", args=[locked.pk, key.key_id])
    response = client_for(ada).get(url, headers=HTMX)
    assert response.status_code == 409
    assert "This organization is locked." in response.content.decode()


def test_keys_cannot_be_created(locked, ada, client_for) -> None:
    form = {"name": "new", "expiration": "7", "permission": "full"}
    url = reverse("secretkeys:create", args=[locked.pk])
    nonce = {"nonce": str(uuid.uuid4())}
    response = client_for(ada).post(url, form | nonce, headers=HTMX)
    assert response.status_code == 409
    assert not SecretKey.objects.exists()


def test_keys_can_still_be_removed(acme, ada, client_for, make_key) -> None:
    key, _ = make_key()
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    url = reverse("secretkeys:remove", args=[acme.pk, key.key_id])
    assert client_for(ada).post(url, headers=HTMX).status_code == 200
    key.refresh_from_db()
    assert key.is_removed
