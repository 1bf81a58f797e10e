"""Keys last no longer than their organization allows."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs.models import Organization
from secretkeys.models import SecretKey
from tests.secretkeys.browsing import HTMX, text

DAY = dt.timedelta(days=1)
SAID = "Your organization&#x27;s keys last 90 days at most."


@pytest.fixture
def bounded(acme) -> Organization:
    """Acme, whose keys last 90 days."""
    return _bound(acme, 90)


def _bound(organization: Organization, days: int | None) -> Organization:
    Organization.objects.filter(pk=organization.pk).update(longest_key_days=days)
    organization.refresh_from_db()
    return organization


def _offered(page) -> list[str]:
    return [value for value, _ in page.context["form"].fields["expiration"].choices]


@pytest.mark.parametrize(
    ("days", "offered", "chosen"),
    [
        (None, ["7", "30", "90", "365", "custom", "never"], "90"),
        (3650, ["7", "30", "90", "365", "3650", "custom"], "90"),
        (180, ["7", "30", "90", "180", "custom"], "90"),
        (90, ["7", "30", "90", "custom"], "90"),
        (45, ["7", "30", "45", "custom"], "45"),
        (1, ["1", "custom"], "1"),
    ],
)
def test_what_lasts_too_long_is_not_offered(acme, signed_in, days, offered, chosen):
    _bound(acme, days)
    page = signed_in.get(reverse("secretkeys:create", args=[acme.pk]))
    assert _offered(page) == offered
    assert page.context["form"]["expiration"].value() == chosen
    assert ("at most." in text(page)) is (days is not None)


@pytest.mark.parametrize("expiration", ["365", "never"])
def test_what_is_not_offered_is_refused_with_the_rule(bounded, create, expiration):
    page = create(expiration=expiration)
    assert page.status_code == 422
    assert SAID in page.content.decode()
    assert not SecretKey.objects.exists()


def test_longest_lifetime_itself_is_taken(bounded, create) -> None:
    create(expiration="90")
    key = SecretKey.objects.get()
    assert key.expires_at <= timezone.now() + 90 * DAY


def test_latest_day_is_taken_and_never_goes_beyond(bounded, create) -> None:
    latest = (timezone.now() + 90 * DAY).date()
    late = create(expiration="custom", expires_on=str(latest + DAY))
    assert SAID in late.content.decode()
    create(expiration="custom", expires_on=str(latest))
    assert SecretKey.objects.get().expires_at <= timezone.now() + 90 * DAY


def test_key_that_lasts_longer_stays_until_its_end_is_changed(acme, make_key, edit):
    key, _ = make_key("old", expires_at=timezone.now() + 300 * DAY)
    _bound(acme, 90)
    assert edit(key, name="renamed").status_code == 200
    key.refresh_from_db()
    assert key.name == "renamed"
    sooner = (timezone.now() + 200 * DAY).date()
    refused = edit(key, expiration="custom", expires_on=str(sooner))
    assert refused.status_code == 422
    assert SAID in refused.content.decode()
    assert edit(key, expiration="30").status_code == 200
    key.refresh_from_db()
    assert key.expires_at <= timezone.now() + 30 * DAY


def test_key_without_an_end_keeps_having_none(acme, make_key, edit, signed_in):
    key, _ = make_key("old")
    _bound(acme, 90)
    url = reverse("secretkeys:edit", args=[acme.pk, key.key_id])
    assert _offered(signed_in.get(url)) == ["keep", "7", "30", "90", "custom"]
    assert edit(key, name="renamed").status_code == 200
    key.refresh_from_db()
    assert (key.name, key.expires_at) == ("renamed", None)


def test_rule_that_is_newer_than_the_page_holds(acme, create) -> None:
    _bound(acme, 7)
    page = create(expiration="30")
    assert "keys last 7 days at most." in text(page)
    assert not SecretKey.objects.exists()


@pytest.mark.parametrize("lifetime", [None, 300, 20])
def test_successor_ends_in_time(acme, make_key, signed_in, lifetime) -> None:
    now = timezone.now()
    key, _ = make_key("old", expires_at=now + lifetime * DAY if lifetime else None)
    _bound(acme, 90)
    url = reverse("secretkeys:rotate", args=[acme.pk, key.key_id])
    assert SAID in signed_in.get(url, headers=HTMX).content.decode()
    form = {"overlap": "24", "nonce": str(uuid.uuid4())}
    assert signed_in.post(url, form, headers=HTMX).status_code == 200
    successor = SecretKey.objects.exclude(pk=key.pk).get()
    lasts = successor.expires_at - successor.created_at
    assert abs(lasts - min(lifetime or 90, 90) * DAY) < dt.timedelta(minutes=1)
