"""Rotate: a successor with the same name, and a time in which both keys work."""

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs.models import User
from secretkeys.models import SecretKey
from tests.conftest import MakeKey

HTMX = {"HX-Request": "true"}


@pytest.fixture
def rotate(ada: User, client_for: Callable[[User], Client]):
    """Return a function that sends the form of a key."""
    client = client_for(ada)

    def send(key: SecretKey, **fields: str):
        url = reverse("secretkeys:rotate", args=[key.organization_id, key.key_id])
        form = {"overlap": "24", "nonce": str(uuid.uuid4())} | fields
        return client.post(url, form, headers=HTMX)

    return send


def test_successor_has_the_same_name_and_rights(rotate, make_key: MakeKey) -> None:
    key, plaintext = make_key("pipeline")
    body = rotate(key).content.decode()
    successor = SecretKey.objects.exclude(pk=key.pk).get()
    assert (successor.name, successor.permission) == ("pipeline", "full")
    assert f"dtvi_{successor.key_id}" in body
    assert plaintext not in body


def test_old_key_stops_after_the_chosen_time(rotate, make_key: MakeKey) -> None:
    key, _ = make_key()
    rotate(key, overlap="1")
    key.refresh_from_db()
    left = key.expires_at - timezone.now()
    assert dt.timedelta(minutes=59) < left <= dt.timedelta(hours=1)
    assert key.badge_at(timezone.now()).text == "Stops in 1 hour"


def test_stop_now_stops_now(rotate, make_key: MakeKey) -> None:
    key, _ = make_key()
    rotate(key, overlap="0")
    key.refresh_from_db()
    assert key.is_expired(timezone.now())


def test_overlap_never_outlives_the_old_key(rotate, make_key: MakeKey) -> None:
    end = timezone.now() + dt.timedelta(hours=2)
    key, _ = make_key(expires_at=end)
    rotate(key, overlap="168")
    key.refresh_from_db()
    assert key.expires_at == end


def test_key_is_rotated_once(rotate, make_key: MakeKey) -> None:
    key, _ = make_key()
    rotate(key)
    again = rotate(key)
    assert again.status_code == 409
    assert "was rotated" in again.content.decode()
    assert SecretKey.objects.count() == 2


def test_successor_can_be_rotated_in_its_turn(rotate, make_key: MakeKey) -> None:
    key, _ = make_key("pipeline")
    rotate(key)
    second = SecretKey.objects.get(replaces=key)
    assert rotate(second).status_code == 200
    third = SecretKey.objects.get(replaces=second)
    assert (third.name, third.replaced_by) == ("pipeline", None)


def test_rotation_of_a_key_with_a_very_long_life_is_capped(rotate, make_key) -> None:
    key, _ = make_key(expires_at=dt.datetime(9999, 12, 31, tzinfo=dt.UTC))
    assert rotate(key).status_code == 200
    successor = SecretKey.objects.get(replaces=key)
    assert successor.expires_at < timezone.now() + dt.timedelta(days=3660)


def test_rotation_needs_no_room_under_the_limit(rotate, make_key, acme) -> None:
    key, _ = make_key()
    type(acme).objects.filter(pk=acme.pk).update(key_limit=1)
    assert rotate(key).status_code == 200


def test_expired_key_is_rotated_only_where_there_is_room(
    rotate, make_key, acme
) -> None:
    key, _ = make_key("old", expires_at=timezone.now() - dt.timedelta(days=1))
    make_key("only")
    type(acme).objects.filter(pk=acme.pk).update(key_limit=1)
    response = rotate(key)
    assert response.status_code == 422
    assert "has reached its limit of 1 keys" in response.content.decode()


def test_same_form_sent_twice_makes_one_successor(rotate, make_key: MakeKey) -> None:
    key, _ = make_key()
    nonce = str(uuid.uuid4())
    answers = [rotate(key, nonce=nonce).status_code for _ in range(2)]
    assert answers == [200, 409]


@pytest.mark.parametrize("overlap", ["", "2", "-1", "forever"])
def test_time_that_is_not_offered_is_refused(rotate, make_key, overlap: str) -> None:
    key, _ = make_key()
    assert rotate(key, overlap=overlap).status_code == 422
    assert SecretKey.objects.count() == 1
