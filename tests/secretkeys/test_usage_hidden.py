"""Where an organization says so, Members see no usage by key."""

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs.models import Organization
from secretkeys.models import SecretKey
from tests.secretkeys.browsing import HTMX, text


@pytest.fixture
def hidden(acme) -> Organization:
    """Acme, whose Members see no usage."""
    Organization.objects.filter(pk=acme.pk).update(members_see_usage=False)
    acme.refresh_from_db()
    return acme


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_members_get_neither_the_page_of_a_key_nor_why_it_was_refused(
    hidden, mel, client_for, make_key, refuse, headers
) -> None:
    key, plaintext = make_key()
    reference = refuse(plaintext, "POST", "/nothing")
    client = client_for(mel)
    detail = reverse("secretkeys:detail", args=[hidden.pk, key.key_id])
    denial = reverse("secretkeys:denial", args=[hidden.pk, reference])
    for url in (detail, denial):
        assert client.get(url, headers=headers).status_code == 403


def test_admins_still_get_them(hidden, abe, client_for, make_key) -> None:
    key, _ = make_key()
    url = reverse("secretkeys:detail", args=[hidden.pk, key.key_id])
    assert client_for(abe).get(url).status_code == 200


def test_table_links_nowhere_and_keeps_last_used(hidden, mel, client_for, make_key):
    key, _ = make_key("pipeline")
    SecretKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    page = client_for(mel).get(reverse("secretkeys:list", args=[hidden.pk]))
    body = page.content.decode()
    assert "pipeline" in body
    assert "Just now" in text(page)
    assert f"/secret-keys/{key.key_id}" not in body
    assert f'id="actions-{key.key_id}"' not in body
    assert "You can view keys and when they were last used." in text(page)


def test_members_see_usage_where_nothing_else_is_said(acme, mel, client_for, make_key):
    key, _ = make_key()
    client = client_for(mel)
    page = client.get(reverse("secretkeys:list", args=[acme.pk])).content.decode()
    url = reverse("secretkeys:detail", args=[acme.pk, key.key_id])
    assert url in page
    assert client.get(url).status_code == 200
