"""Edit Permission: changes act at once, and bad ones change nothing."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs.models import AuditEvent, Organization
from secretkeys.models import SecretKey
from tests.conftest import MakeKey


def test_change_is_saved_and_the_dialog_told_to_close(edit, make_key: MakeKey) -> None:
    key, _ = make_key()
    response = edit(key, permission="read_only", name="exports")
    key.refresh_from_db()
    assert (key.name, key.permission) == ("exports", "read_only")
    assert response.status_code == 200
    assert "Changes saved." in response["HX-Trigger"]
    assert "keys-changed" in response["HX-Trigger"]


def test_without_htmx_saving_leads_back_to_the_list(edit, make_key: MakeKey) -> None:
    key, _ = make_key()
    response = edit(key, htmx=False, permission="read_only")
    assert response.status_code == 302
    assert response.url == reverse("secretkeys:list", args=[key.organization_id])


def test_audit_says_what_it_was_and_what_it_is(edit, make_key: MakeKey) -> None:
    key, _ = make_key()
    edit(key, permission="read_only")
    event = AuditEvent.objects.get(action="key.changed")
    assert event.changes == {"permission": ["Full", "Read Only"]}


def test_stale_form_does_not_give_back_what_somebody_took_away(edit, make_key) -> None:
    key, _ = make_key("pipeline")
    SecretKey.objects.filter(pk=key.pk).update(permission="read_only")
    response = edit(key, name="renamed")
    key.refresh_from_db()
    assert response.status_code == 422
    assert "Somebody changed this key" in response.content.decode()
    assert (key.name, key.permission) == ("pipeline", "read_only")


def test_form_that_was_shown_the_present_state_can_be_saved(edit, make_key) -> None:
    key, _ = make_key("pipeline")
    SecretKey.objects.filter(pk=key.pk).update(permission="read_only")
    stale = edit(key, name="renamed")
    seen = stale.context["form"]["seen"].value()
    assert (
        edit(key, name="renamed", permission="read_only", seen=seen).status_code == 200
    )


def test_form_without_its_memory_is_refused(edit, make_key: MakeKey) -> None:
    key, _ = make_key()
    response = edit(key, name="renamed", seen="")
    assert response.status_code == 422
    assert "This form is incomplete." in response.content.decode()


def test_change_of_less_than_a_minute_is_saved(edit, make_key: MakeKey) -> None:
    day = timezone.now().date() + dt.timedelta(days=3)
    early = dt.datetime.combine(day, dt.time(23, 59, 5), tzinfo=dt.UTC)
    key, _ = make_key(expires_at=early)
    edit(key, expiration="custom", expires_on=day.isoformat())
    key.refresh_from_db()
    assert key.expires_at.second == 59


def test_saving_without_a_change_leaves_no_trace(edit, make_key: MakeKey) -> None:
    key, _ = make_key()
    assert edit(key).status_code == 200
    assert not AuditEvent.objects.filter(action="key.changed").exists()


def test_expiration_is_kept_to_the_second_unless_changed(edit, make_key) -> None:
    end = timezone.now() + dt.timedelta(days=5, hours=3)
    key, _ = make_key(expires_at=end)
    edit(key, name="renamed")
    key.refresh_from_db()
    assert key.expires_at == end


def test_expiration_can_be_taken_away(edit, make_key: MakeKey) -> None:
    key, _ = make_key(expires_at=timezone.now() + dt.timedelta(days=5))
    edit(key, expiration="never")
    key.refresh_from_db()
    assert key.expires_at is None


def test_own_name_in_another_case_is_no_duplicate(edit, make_key: MakeKey) -> None:
    key, _ = make_key("pipeline")
    assert edit(key, name="Pipeline").status_code == 200


def test_name_of_another_key_is_taken(edit, make_key: MakeKey) -> None:
    make_key("exports")
    key, _ = make_key("pipeline")
    response = edit(key, name="EXPORTS")
    key.refresh_from_db()
    assert response.status_code == 422
    assert "A key with this name already exists." in response.content.decode()
    assert key.name == "pipeline"


@pytest.mark.parametrize("permission", ["restricted", "root", ""])
def test_permission_that_is_not_offered_is_refused(edit, make_key, permission) -> None:
    key, _ = make_key()
    response = edit(key, permission=permission)
    key.refresh_from_db()
    assert (response.status_code, key.permission) == (422, "full")


def test_removed_key_cannot_be_edited(edit, make_key: MakeKey) -> None:
    key, _ = make_key(removed_at=timezone.now())
    response = edit(key, permission="read_only")
    assert response.status_code == 409
    assert response.content.decode() == "This key was already removed."


def test_rotated_key_cannot_be_prolonged_or_widened(edit, make_key: MakeKey) -> None:
    key, _ = make_key()
    successor, _ = make_key("successor")
    end = timezone.now() + dt.timedelta(hours=1)
    SecretKey.objects.filter(pk=key.pk).update(replaced_by=successor, expires_at=end)
    response = edit(key, expiration="never")
    key.refresh_from_db()
    assert response.status_code == 409
    assert "This key was rotated." in response.content.decode()
    assert key.expires_at == end


def test_expired_key_comes_back_only_where_there_is_room(
    edit, make_key: MakeKey, acme: Organization
) -> None:
    key, _ = make_key("old", expires_at=timezone.now() - dt.timedelta(days=1))
    make_key("only")
    Organization.objects.filter(pk=acme.pk).update(key_limit=1)
    response = edit(key, expiration="never")
    assert response.status_code == 422
    assert "has reached its limit of 1 keys" in response.content.decode()
