"""Identify a key: from what is public of it to its row, and nothing else gets in."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs.audit import Actor
from orgs.models import Organization
from secretkeys import keyformat
from secretkeys.actions import remove_key
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from tests.conftest import create_many_keys
from tests.secretkeys.browsing import HTMX, text
from tests.secretkeys.usage_rows import count_requests


@pytest.fixture
def identify(acme, signed_in):
    """Return a function that sends what somebody knows of a key."""
    url = reverse("secretkeys:identify", args=[acme.pk])

    def send(key, client=signed_in, htmx=False):
        return client.post(url, {"key": key}, headers=HTMX if htmx else {})

    return send


@pytest.fixture
def look(acme, signed_in):
    """Return a function that opens the table at a key."""

    def open_table(key, client=signed_in, htmx=False, **query):
        url = reverse("secretkeys:list", args=[acme.pk])
        query = {"key": key.key_id} | query
        return client.get(url, query, headers=HTMX if htmx else {})

    return open_table


def row_url(key):
    url = reverse("secretkeys:list", args=[key.organization_id])
    return f"{url}?key={key.key_id}"


def url(name, key):
    return reverse(f"secretkeys:{name}", args=[key.organization_id, key.key_id])


@pytest.mark.parametrize("known", [11, 12, 20, 21])
def test_the_beginning_of_a_key_leads_to_its_row(identify, make_key, known):
    key, plaintext = make_key()
    make_key("another")
    assert identify(plaintext[:known]).url == row_url(key)
    assert identify(plaintext[:known], htmx=True)["HX-Redirect"] == row_url(key)


@pytest.mark.parametrize(
    "around", ["{}", " {}…\n", 'GET / "Bearer {}" 401', "a=dtvi_ {}"]
)
def test_the_key_is_found_in_what_stands_around_it(identify, make_key, around):
    key, plaintext = make_key()
    assert identify(around.format(plaintext[:21])).url == row_url(key)


def test_what_only_differs_in_case_is_another_key(identify, make_key):
    _, plaintext = make_key()
    response = identify(plaintext[:5] + plaintext[5:21].swapcase())
    assert response.status_code == 422


@pytest.mark.parametrize("begins", ["dtvi_ABC123", "dtvi_0000000000000000"])
def test_an_unknown_key_is_told_so(identify, make_key, begins):
    make_key()
    response = identify(begins)
    assert response.status_code == 422
    assert f"No key of this organization begins with {begins}." in text(response)
    assert f'value="{begins}"' in response.content.decode()


def test_a_key_of_another_organization_is_unknown(identify, make_key, globex):
    _, foreign = make_key("foreign", organization=globex)
    answers = set()
    for begins in (foreign[:21], "dtvi_0000000000000000"):
        response = identify(begins)
        assert response.status_code == 422
        body = response.content.decode().replace(begins, "")
        answers.add(re.sub("[A-Za-z0-9]{64}", "", body))
    assert len(answers) == 1


@pytest.mark.parametrize("typed", ["", "dtvi_", "dtvi_abc", "8Kq2mX", "x" * 5000])
def test_what_holds_no_key_is_told_so(identify, typed):
    response = identify(typed)
    assert response.status_code == 422
    assert "No key found. A key starts with dtvi_ and 6 more characters." in text(
        response
    )


@pytest.mark.parametrize("method", ["post", "get"])
@pytest.mark.parametrize("htmx", [HTMX, {}], ids=["dialog", "page"])
def test_a_whole_key_that_is_sent_all_the_same_is_neither_shown_nor_logged(
    signed_in, acme, caplog, method, htmx
):
    caplog.set_level("DEBUG")
    unknown = keyformat.generate(b"k" * 32).plaintext
    address = reverse("secretkeys:identify", args=[acme.pk])
    response = getattr(signed_in, method)(address, {"key": unknown}, headers=htmx)
    assert unknown[21:30] not in response.content.decode()
    assert unknown[21:30] not in str(response.headers)
    assert unknown[21:30] not in caplog.text


def test_a_whole_key_leads_to_its_row_by_its_id_only(identify, make_key):
    key, plaintext = make_key()
    assert identify(plaintext).url == row_url(key)


def test_several_keys_with_the_same_beginning_are_listed(identify, acme):
    create_many_keys(acme, 3)
    response = identify("dtvi_000000")
    assert response.url.endswith("?q=dtvi_000000")
    SecretKey.objects.update(removed_at=timezone.now())
    assert identify("dtvi_000000").url.endswith("?q=dtvi_000000&status=removed")


def test_the_row_comes_first_whatever_the_filters_and_pages(look, acme, make_key):
    key, _ = make_key("wanted")
    create_many_keys(acme, 60)
    for query in ({}, {"status": "removed"}, {"q": "nothing"}, {"sort": "name"}):
        shown = list(look(key, **query).context["page"].object_list)
        assert shown[0] == key


def test_the_row_s_button_has_the_focus_when_the_page_opens(look, make_key):
    key, _ = make_key()
    button = f'id="actions-{key.key_id}"'
    for htmx, expected in ((False, True), (True, False)):
        body = look(key, htmx=htmx).content.decode()
        tag = body[body.index(button) : body.index(">", body.index(button))]
        assert ("autofocus" in tag) is expected


def test_what_stands_above_the_row_says_how_the_key_is(look, make_key, ada, acme):
    now = timezone.now()
    said = {
        "It works, and was never used.": {},
        "It works, and was last used just now.": {"last_used_at": now},
        "It was removed just now by Ada Lovelace.": {
            "removed_at": now,
            "removed_by": ada.pk,
        },
        "It was removed just now by the command line.": {"removed_at": now},
        "It was disabled just now by Ada Lovelace.": {
            "disabled_at": now,
            "disabled_by": ada.pk,
        },
        "It expired just now.": {"expires_at": now},
    }
    for number, (sentence, columns) in enumerate(said.items()):
        key, _ = make_key(f"key {number}", **columns)
        assert f"This is key {number}. {sentence}" in text(look(key))
    Organization.objects.filter(pk=acme.pk).update(locked_at=now)
    key = SecretKey.objects.get(name="key 0")
    assert "It is refused while the organization is locked." in text(look(key))


def test_it_says_why_a_key_was_stopped(look, make_key, ada, acme, mel, client_for):
    key, _ = make_key()
    remove_key(key, actor=Actor.person(ada), at=timezone.now(), leaked=True)
    sentence = "It was removed just now by Ada Lovelace. Reason: leaked."
    assert sentence in text(look(key))
    Organization.objects.update(members_see_usage=False)
    assert "leaked" not in text(look(key, client=client_for(mel)))


def test_a_rotated_key_says_until_when_it_works(look, make_key, signed_in):
    key, _ = make_key()
    end = timezone.now() + dt.timedelta(hours=3)
    successor, _ = make_key("successor")
    SecretKey.objects.filter(pk=key.pk).update(replaced_by=successor, expires_at=end)
    assert f"It was rotated, and works until {end.day} {end:%b %Y}" in text(look(key))


def test_a_stopped_key_that_is_still_tried_says_so(look, make_key, mel, client_for):
    now = timezone.now()
    key, _ = make_key(removed_at=now)
    count_requests(key, now, 1_200, outcome=Outcome.REMOVED)
    count_requests(key, now, 77)
    sentence = "1,200 requests with it were refused in the last 7 days."
    assert sentence in text(look(key))
    Organization.objects.update(members_see_usage=False)
    assert sentence not in text(look(key, client=client_for(mel)))


def test_admins_can_stop_it_from_there_and_members_cannot(
    look, make_key, mel, client_for
):
    key, _ = make_key()
    body = look(key).content.decode()
    assert url("disable", key) in body
    assert f"{url('remove', key)}?leaked" in body
    seen = look(key, client=client_for(mel))
    assert "This is pipeline. It works" in text(seen)
    assert url("disable", key) not in seen.content.decode()
    assert url("remove", key) not in seen.content.decode()


def test_members_can_identify(identify, make_key, mel, client_for):
    key, plaintext = make_key()
    assert identify(plaintext[:11], client=client_for(mel)).url == row_url(key)


def test_a_removed_key_can_only_be_looked_at(look, make_key):
    key, _ = make_key(removed_at=timezone.now())
    make_key("another")
    response = look(key)
    assert url("remove", key) not in response.content.decode()
    assert next(iter(response.context["page"].object_list)) == key
    assert "1 key" in text(response)


@pytest.mark.parametrize("key", ["", "x", "0" * 16, "0" * 5000, "\0", "dtvi_"])
def test_an_odd_address_shows_the_table(acme, signed_in, make_key, key):
    make_key()
    address = reverse("secretkeys:list", args=[acme.pk])
    response = signed_in.get(address, {"key": key})
    assert response.status_code == 200
    assert response.context["identified"] is None


def test_a_key_of_another_organization_is_not_shown_by_its_address(
    acme, signed_in, make_key, globex
):
    key, _ = make_key("foreign", organization=globex)
    address = reverse("secretkeys:list", args=[acme.pk])
    response = signed_in.get(address, {"key": key.key_id})
    assert "foreign" not in response.content.decode()


def test_whoever_has_no_button_in_the_row_starts_at_the_sentence(
    look, make_key, mel, client_for
):
    key, _ = make_key()
    Organization.objects.update(members_see_usage=False)
    sentence = 'id="identified" role="note" tabindex="-1"'
    seen_by_mel = look(key, client=client_for(mel)).content.decode()
    assert f"{sentence} autofocus" in seen_by_mel
    assert f"{sentence}>" in look(key).content.decode()
