"""Settings → General: the name, the id, and leaving the organization."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from orgs.models import AuditEvent, Membership, Organization, User
from tests.conftest import PASSWORD
from tests.secretkeys.browsing import HTMX, text

PAGES = ("general", "rename", "rules")


@pytest.fixture
def open_page(acme, client_for):
    """Return a function that opens a page of acme as somebody."""

    def get(user: User, name: str = "general", **headers: str):
        url = reverse(f"orgs:{name}", args=[acme.pk])
        return client_for(user).get(url, headers=headers)

    return get


@pytest.fixture
def rename(acme, ada, client_for):
    """Return a function that sends the new name of acme, as ada unless told."""

    def send(name: str, user: User = ada):
        url = reverse("orgs:rename", args=[acme.pk])
        response = client_for(user).post(url, {"name": name}, follow=True)
        acme.refresh_from_db()
        return response

    return send


def test_page_says_what_the_organization_is(open_page, acme, ada) -> None:
    Organization.objects.filter(pk=acme.pk).update(
        account_manager_name="Amy Manager", account_manager_email="amy@datature.test"
    )
    page = open_page(ada)
    assert str(acme.pk) in text(page)
    assert 'href="mailto:amy@datature.test"' in page.content.decode()
    assert "Amy Manager" in text(page)


def test_copy_button_waits_for_the_script(open_page, ada) -> None:
    button = re.search(r"<button[^>]*data-copy=[^>]*>", open_page(ada).content.decode())
    assert button
    assert " hidden>" in button[0]


def test_new_name_shows_everywhere_at_once(rename, acme) -> None:
    page = rename("  Acme Robotics ")
    body = page.content.decode()
    assert acme.name == "Acme Robotics"
    assert "Changes saved." in body
    assert "<title>General · Acme Robotics</title>" in body
    assert "<b><bdi>Acme Robotics</bdi></b>" in body
    event = AuditEvent.objects.get(action="organization.renamed")
    assert event.changes == {"name": ["Acme", "Acme Robotics"]}


def test_name_that_a_program_gives_shows_everywhere(open_page, acme, ada, make_key):
    headers = {
        "Authorization": f"Bearer {make_key()[1]}",
        "Organization-Id": str(acme.pk),
    }
    url, kind = f"/workspaces/{acme.pk}", "application/json"
    Client().patch(url, '{"name": "Renamed"}', kind, headers=headers)
    body = open_page(ada).content.decode()
    assert "<title>General · Renamed</title>" in body
    assert "<b><bdi>Renamed</bdi></b>" in body


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("  ", "Enter a name."),
        ("x" * 65, "Use 64 characters or fewer."),
        ("Ac\u202eme", "Use letters, digits, spaces and punctuation only."),
        ("Ac\0me", "Use letters, digits, spaces and punctuation only."),
    ],
)
def test_bad_name_is_refused_at_its_field_and_kept(rename, acme, name, sentence):
    page = rename(name)
    body = page.content.decode()
    assert page.status_code == 422
    assert sentence in body
    assert 'aria-describedby="name-error" aria-invalid="true"' in body
    assert f'name="name" value="{name}"' in body
    assert acme.name == "Acme"


def test_renaming_says_what_it_does_not_touch(open_page, ada) -> None:
    said = "The organization ID, your keys and the programs that use them stay"
    assert said in text(open_page(ada))


@pytest.mark.parametrize("page", PAGES)
def test_form_that_was_refused_can_be_reloaded(open_page, ada, page) -> None:
    assert open_page(ada, page).status_code == 200


def test_members_read_everything_and_change_nothing(open_page, rename, acme, mel):
    page = open_page(mel)
    body = page.content.decode()
    assert "View only" in text(page)
    assert "Longest lifetime of new keys No limit" in text(page)
    assert 'id="name-form"' not in body
    assert 'id="rules-form"' not in body
    assert rename("Mine", mel).status_code == 403
    assert acme.name == "Acme"


def test_admin_demoted_while_the_page_was_open_changes_nothing(rename, acme, abe):
    Membership.objects.filter(user=abe).update(role="member")
    assert rename("Mine", abe).status_code == 403
    assert acme.name == "Acme"


def test_owner_is_told_to_transfer_the_ownership_first(
    open_page, acme, ada, mel, client_for
):
    assert "Transfer the ownership first" in text(open_page(ada))
    url = reverse("secretkeys:leave", args=[acme.pk])
    refused = client_for(ada).post(url, headers=HTMX)
    assert refused.status_code == 409
    assert "Transfer the ownership first" in refused.content.decode()
    assert "Transfer the ownership first" in text(
        client_for(ada).post(url, follow=True)
    )
    assert Membership.objects.filter(user=ada).exists()


def test_owner_who_is_alone_is_told_what_to_do(open_page, acme, ada) -> None:
    shown = text(open_page(ada))
    assert "Transfer the ownership first" not in shown
    assert "You are the only member. Invite somebody to hand it over to" in shown
    assert "or ask whoever runs this server to close this organization." in shown


def test_leaving_says_how_many_keys_stay(client_for, acme, make_key, abe) -> None:
    for name in ("one", "two"):
        make_key(name, created_by=abe)
    said = "2 keys you look after stay with the organization and keep working."
    client, url = client_for(abe), reverse("secretkeys:leave", args=[acme.pk])
    assert said in text(client.get(url))
    assert said in text(client.get(url, headers=HTMX))


def test_who_leaves_is_no_member_any_more(acme, mel, client_for) -> None:
    client = client_for(mel)
    url = reverse("secretkeys:leave", args=[acme.pk])
    page = client.post(url, follow=True)
    assert "You left Acme." in text(page)
    assert "No organization yet" in text(page)
    assert client.get(url).status_code == 404
    assert AuditEvent.objects.get(action="member.left").subject == mel.email


def test_dialog_leads_out_of_the_organization(acme, mel, client_for) -> None:
    url = reverse("secretkeys:leave", args=[acme.pk])
    response = client_for(mel).post(url, headers=HTMX)
    assert response.headers["HX-Redirect"] == "/"


def test_leaving_asks_who_it_is_after_a_while(acme, mel, client_for) -> None:
    client = client_for(mel, signed_in_at=1.0)
    url = reverse("secretkeys:leave", args=[acme.pk])
    asked = client.post(url, headers=HTMX)
    assert asked.status_code == 422
    assert "Enter your password to go on." in text(asked)
    client.post(url, {"password": PASSWORD})
    assert not Membership.objects.filter(user=mel).exists()
