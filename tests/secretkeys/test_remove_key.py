"""Remove Key: what is shown before, what has to be typed, what happens after."""

import datetime as dt
import time

from django.urls import reverse
from django.utils import timezone

from orgs.models import AuditEvent
from secretkeys.models import SecretKey
from tests.conftest import MakeKey
from tests.secretkeys.browsing import fields, text
from tests.secretkeys.usage_rows import count_requests

HTMX = {"HX-Request": "true"}


def _url(key: SecretKey) -> str:
    return reverse("secretkeys:remove", args=[key.organization_id, key.key_id])


def test_unused_key_is_removed_without_typing(signed_in, make_key: MakeKey) -> None:
    key, _ = make_key()
    response = signed_in.post(_url(key), headers=HTMX)
    key.refresh_from_db()
    assert key.is_removed
    assert "Secret key removed." in response["HX-Trigger"]


def test_key_in_use_wants_its_name_typed(signed_in, make_key: MakeKey) -> None:
    key, _ = make_key("pipeline", last_used_at=timezone.now() - dt.timedelta(days=29))
    response = signed_in.post(_url(key), {"confirmation": "pipelin"}, headers=HTMX)
    key.refresh_from_db()
    assert response.status_code == 422
    assert (
        "The name does not match. Type pipeline exactly." in response.content.decode()
    )
    assert not key.is_removed


def test_right_name_removes_a_key_in_use(signed_in, make_key: MakeKey) -> None:
    key, _ = make_key("pipeline", last_used_at=timezone.now())
    signed_in.post(_url(key), {"confirmation": "pipeline"}, headers=HTMX)
    key.refresh_from_db()
    assert key.is_removed


def test_a_leaked_key_in_use_is_removed_without_typing(signed_in, make_key) -> None:
    key, _ = make_key("pipeline", last_used_at=timezone.now())
    response = signed_in.post(_url(key), {"leaked": "on"}, headers=HTMX)
    assert "Secret key removed." in response["HX-Trigger"]
    removal = AuditEvent.objects.get(action="key.removed")
    assert removal.changes == {"reason": [None, "leaked"]}
    log = signed_in.get(reverse("orgs:audit_log", args=[key.organization_id]))
    assert "reason: leaked" in text(log)


def test_whoever_says_nothing_of_a_leak_is_not_taken_to_have(
    signed_in, make_key
) -> None:
    key, _ = make_key()
    assert "leaked" not in fields(signed_in.get(_url(key)), "remove-form")
    signed_in.post(_url(key), headers=HTMX)
    assert AuditEvent.objects.get(action="key.removed").changes == {}


def test_the_address_of_a_leak_opens_the_form_with_it_ticked(
    signed_in, make_key
) -> None:
    key, _ = make_key("pipeline", last_used_at=timezone.now())
    page = signed_in.get(_url(key) + "?leaked")
    assert fields(page, "remove-form")["leaked"] == [""]


def test_a_leak_stays_ticked_while_the_password_is_asked_for(
    client_for, ada, make_key
) -> None:
    key, _ = make_key()
    stale = client_for(ada, signed_in_at=time.time() - 60 * 60)
    asked = stale.post(_url(key), {"leaked": "on"})
    assert asked.status_code == 422
    assert "leaked" in fields(asked, "remove-form")


def test_key_idle_for_a_month_wants_nothing_typed(signed_in, make_key: MakeKey) -> None:
    key, _ = make_key(last_used_at=timezone.now() - dt.timedelta(days=31))
    assert signed_in.post(_url(key), headers=HTMX).status_code == 200


def test_dialog_shows_the_requests_of_seven_days(signed_in, make_key: MakeKey) -> None:
    key, _ = make_key()
    for days, count in ((1, 40_000), (3, 8_213), (8, 999)):
        count_requests(key, timezone.now() - dt.timedelta(days=days), count)
    response = signed_in.get(_url(key), headers=HTMX)
    assert response.context["requests_7_days"] == 48_213
    assert "48,213" in response.content.decode()


def test_second_removal_is_told_so(signed_in, make_key: MakeKey) -> None:
    key, _ = make_key()
    signed_in.post(_url(key), headers=HTMX)
    again = signed_in.post(_url(key), headers=HTMX)
    assert (again.status_code, again.content) == (409, b"This key was already removed.")


def test_row_of_a_removed_key_is_kept_and_listed_as_removed(
    signed_in, make_key
) -> None:
    key, _ = make_key("gone")
    signed_in.post(_url(key), headers=HTMX)
    url = reverse("secretkeys:list", args=[key.organization_id])
    assert key.stem not in signed_in.get(url).content.decode()
    assert key.stem in signed_in.get(url, {"status": "removed"}).content.decode()
