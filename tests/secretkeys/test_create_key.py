"""Generate Secret Key: what can be asked for, and what is refused."""

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs.models import AuditEvent, Organization, User
from secretkeys.models import SecretKey
from tests.conftest import MakeKey


def test_valid_form_makes_one_key_with_what_was_chosen(create, ada: User) -> None:
    response = create(name="  Edge camera  ", expiration="30", permission="read_only")
    key = SecretKey.objects.get()
    assert response.status_code == 200
    assert (key.name, key.permission, key.created_by) == (
        "Edge camera",
        "read_only",
        ada,
    )
    assert key.expires_at.date() == timezone.now().date() + dt.timedelta(days=30)


def test_creation_is_audited_with_person_and_terms(create, ada: User) -> None:
    create(expiration="never")
    event = AuditEvent.objects.get(action="key.created")
    assert (event.actor, event.actor_user) == (ada.email, ada)
    assert event.changes["permission"] == [None, "Full"]
    assert event.changes["expires"] == [None, "never"]
    assert event.at == SecretKey.objects.get().created_at


def test_custom_date_counts_to_the_end_of_that_day(create) -> None:
    day = timezone.now().date() + dt.timedelta(days=3)
    create(expiration="custom", expires_on=day.isoformat())
    end = dt.datetime.combine(day, dt.time(23, 59, 59), tzinfo=dt.UTC)
    assert SecretKey.objects.get().expires_at == end


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Enter a name."),
        ("   ", "Enter a name."),
        ("n" * 65, "Use 64 characters or fewer."),
        ("n" * 10_000, "Use 64 characters or fewer."),
        ("line\nbreak", "Use letters, digits, spaces and punctuation only."),
        ("nul\x00", "Use letters, digits, spaces and punctuation only."),
        ("\u202egnp.exe", "Use letters, digits, spaces and punctuation only."),
        ("zero\u200bwidth", "Use letters, digits, spaces and punctuation only."),
    ],
)
def test_bad_name_is_refused_in_place(create, name: str, sentence: str) -> None:
    response = create(name=name, permission="labeler_only")
    assert response.status_code == 422
    assert sentence in response.content.decode()
    # What was chosen beside it is still chosen.
    form = response.context["form"]
    assert form["permission"].value() == "labeler_only"
    assert not SecretKey.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["PIPELINE", "pipeline ", "ｐｉｐｅｌｉｎｅ", "Pi\u017feline".replace("ſ", "p")],
)
def test_name_that_reads_the_same_is_taken(
    create, make_key: MakeKey, name: str
) -> None:
    make_key("pipeline")
    response = create(name=name)
    assert response.status_code == 422
    assert "A key with this name already exists." in response.content.decode()
    assert SecretKey.objects.count() == 1


def test_name_of_a_removed_key_is_free_again(create, make_key: MakeKey) -> None:
    make_key("pipeline", removed_at=timezone.now())
    assert create(name="pipeline").status_code == 200


def test_html_in_a_name_is_text(create) -> None:
    response = create(name="<script>alert(1)</script>", permission="bogus")
    assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"expiration": ""}, "Choose an expiration."),
        ({"expiration": "36500"}, "Choose an expiration from the list."),
        ({"expiration": "custom"}, "Choose a date after today."),
        ({"expiration": "custom", "expires_on": "2020-01-01"}, "Choose a date after"),
        ({"expiration": "custom", "expires_on": "soon"}, "Enter a date such as"),
        ({"expiration": "custom", "expires_on": "9999-12-31"}, "the next 10 years."),
        ({"permission": ""}, "Choose a permission."),
        ({"permission": "root"}, "This permission is not available"),
        ({"permission": "restricted"}, "This permission is not available"),
        ({"nonce": ""}, "This form is incomplete."),
        ({"nonce": "1"}, "This form is incomplete."),
    ],
)
def test_bad_choice_is_refused_with_a_sentence(create, fields, sentence: str) -> None:
    response = create(**fields)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not SecretKey.objects.exists()


def test_today_is_not_a_date_to_expire_on(create) -> None:
    today = timezone.now().date().isoformat()
    assert create(expiration="custom", expires_on=today).status_code == 422


def test_fields_that_the_form_does_not_offer_change_nothing(create, globex) -> None:
    create(organization=str(globex.pk), digest="x", key_id="a" * 16, created_by="1")
    key = SecretKey.objects.get()
    assert key.organization != globex
    assert key.key_id != "a" * 16


def test_same_form_sent_twice_makes_one_key_and_one_reveal(create) -> None:
    nonce = str(uuid.uuid4())
    first, second = create(nonce=nonce), create(nonce=nonce)
    assert (first.status_code, second.status_code) == (200, 409)
    assert "This key was already created." in second.content.decode()
    assert "dtvi_" not in second.content.decode()
    assert SecretKey.objects.count() == 1


def test_reloading_the_reveal_page_leads_to_the_list_and_shows_nothing(create) -> None:
    nonce = str(uuid.uuid4())
    create(htmx=False, nonce=nonce)
    again = create(htmx=False, nonce=nonce)
    assert again.status_code == 302
    assert again.url.endswith("/settings/secret-keys")


def test_limit_of_keys_is_named(create, make_key: MakeKey, acme: Organization) -> None:
    make_key("one")
    Organization.objects.filter(pk=acme.pk).update(key_limit=1)
    response = create()
    assert response.status_code == 422
    assert "has reached its limit of 1 keys" in response.content.decode()


def test_missing_csrf_token_is_answered_with_a_sentence(
    acme: Organization, ada: User
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    url = reverse("secretkeys:create", args=[acme.pk])
    page = client.post(url, {"name": "x"})
    dialog = client.post(url, {"name": "x"}, headers={"HX-Request": "true"})
    assert (page.status_code, dialog.status_code) == (403, 403)
    assert dialog["Content-Type"].startswith("text/plain")
    assert "Reload it and try again." in dialog.content.decode()
    assert not SecretKey.objects.exists()


def test_role_is_judged_when_the_form_is_sent(create, acme, ada: User) -> None:
    acme.memberships.filter(user=ada).update(role="member")
    response = create()
    assert response.status_code == 403
    assert not SecretKey.objects.exists()
