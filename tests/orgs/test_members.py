"""Members: who belongs to an organization, and changing what they are to it."""

import datetime as dt
import re
import uuid

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from orgs.actions import set_quota
from orgs.audit import COMMAND_LINE, Actor
from orgs.models import AuditEvent, Invitation, Membership, Organization, User
from orgs.quotas import QuotaKind
from orgs.roles import Role
from secretkeys.actions import rotate_key
from tests.orgs.inviting import HTMX, invited, url
from tests.secretkeys.browsing import text


def role_of(user):
    return Membership.objects.get(user=user).role


def lock(organization):
    Organization.objects.filter(pk=organization.pk).update(locked_at=timezone.now())


def fill(organization, count):
    """Add members to an organization, quickly."""
    users = User.objects.bulk_create(
        User(email=f"p{number:03}@acme.test", name=f"Person {number:03}")
        for number in range(count)
    )
    Membership.objects.bulk_create(
        Membership(organization=organization, user=user, role="member")
        for user in users
    )


def test_admins_see_everybody_with_role_and_second_factor(
    client_for, ada, abe, mel, acme
):
    abe.authenticator_set.create(type="totp", data={})
    words = text(client_for(ada).get(url("members", acme)))
    assert "Ada Lovelace You ada@acme.test Owner Off" in words
    assert "Abe Admin abe@acme.test Admin On Never 0" in words
    assert "Mel Member mel@acme.test Member Off" in words
    assert "3 members" in words
    assert "Add Member" in words


def test_members_look_without_second_factors_invitations_and_actions(
    client_for, ada, mel, acme, django_capture_on_commit_callbacks
):
    invited(acme, "new@x.test", ada, django_capture_on_commit_callbacks)
    response = client_for(mel).get(url("members", acme))
    words = text(response)
    assert "View only" in words
    assert "Ada Lovelace" in words
    for hidden in ("Second factor", "new@x.test", "Pending", "Change role", "Invite U"):
        assert hidden not in words
    assert b"Actions for" not in response.content


def test_keys_are_counted_and_lead_to_them(client_for, ada, abe, acme, make_key):
    make_key("one")
    old, _ = make_key("two")
    rotate_key(
        old,
        overlap=dt.timedelta(hours=1),
        nonce=uuid.uuid4(),
        actor=Actor.person(ada),
        at=timezone.now(),
    )
    make_key("of abe", keeper=abe)
    removed, _ = make_key("three")
    type(removed).objects.filter(pk=removed.pk).update(removed_at=timezone.now())
    client = client_for(ada)
    page = client.get(url("members", acme)).content.decode()
    for email, count in (("ada%40acme.test", 2), ("abe%40acme.test", 1)):
        pattern = rf'href="([^"]+\?q={email})"[^>]*>{count}<'
        link = re.search(pattern, page).group(1)
        assert f"{count} of 4 keys" in text(client.get(link))


def test_rows_offer_keys_where_there_are_some(
    client_for, ada, abe, mel, acme, make_key
):
    for person, where in ((abe, False), (mel, False)):
        page = client_for(person).get(url("members", acme)).content.decode()
        assert ("View keys" in page) is where
    make_key("one")
    for person in (abe, mel):
        page = client_for(person).get(url("members", acme)).content.decode()
        assert page.count("View keys") == (1 if person == abe else 2)


def test_who_looks_was_active_just_now(client_for, ada, mel, acme):
    Membership.objects.update(last_active_at=timezone.now() - dt.timedelta(minutes=4))
    words = text(client_for(mel).get(url("members", acme)))
    assert "Mel Member You mel@acme.test Member Just now" in words
    assert "Ada Lovelace ada@acme.test Owner 4 minutes ago" in words


def test_a_search_hides_the_invitations(
    client_for, ada, acme, django_capture_on_commit_callbacks
):
    invited(acme, "new@x.test", ada, django_capture_on_commit_callbacks)
    client = client_for(ada)
    assert "new@x.test" in text(client.get(url("members", acme)))
    for headers in ({}, HTMX):
        response = client.get(url("members", acme), {"q": "ada"}, headers=headers)
        assert "new@x.test" not in text(response)
        assert b'id="members-invitations"' in response.content


@pytest.mark.parametrize(("sees", "words"), [(True, " and their usage"), (False, "")])
def test_roles_say_whether_members_see_usage(client_for, ada, mel, acme, sees, words):
    Organization.objects.update(members_see_usage=sees)
    said = f"Views keys{words}, without changes"
    for name, *args in (("invite",), ("member_role", mel.pk)):
        assert said in text(client_for(ada).get(url(name, acme, *args)))


def test_hundreds_of_members_take_no_more_queries(
    client_for, ada, acme, django_assert_max_num_queries
):
    fill(acme, 300)
    client = client_for(ada)
    client.get(url("members", acme))
    with django_assert_max_num_queries(22):
        words = text(client.get(url("members", acme)))
    assert "301 members" in words
    assert "Person 048" in words
    assert "Person 049" not in words
    assert "Person 100" in text(client.get(url("members", acme) + "?page=3"))


@pytest.mark.parametrize("q", ["LOVE", "ada@ACME"])
def test_search_finds_names_and_addresses(client_for, ada, mel, acme, q):
    words = text(client_for(ada).get(url("members", acme), {"q": q}))
    assert "1 of 2 members" in words
    assert "Mel Member" not in words


@pytest.mark.parametrize(
    "query", ["?q=nobody", "?page=99", "?page=x", "?q=%00", "?q=" + "n" * 300]
)
def test_odd_questions_are_answered(client_for, ada, acme, query):
    assert client_for(ada).get(url("members", acme) + query).status_code == 200


def test_htmx_gets_the_part_that_changes(client_for, ada, acme):
    page = client_for(ada).get(url("members", acme), headers=HTMX).content
    assert page.lstrip().startswith(b"<section")
    assert b"<html" not in page


def test_names_are_shown_as_text(client_for, ada, mel, acme):
    User.objects.filter(pk=mel.pk).update(name="<img src=x onerror=1>")
    assert b"<img" not in client_for(ada).get(url("members", acme)).content


def test_admin_makes_a_member_an_admin(
    client_for, abe, mel, acme, django_capture_on_commit_callbacks
):
    change = url("member_role", acme, mel.pk)
    with django_capture_on_commit_callbacks(execute=True):
        response = client_for(abe).post(change, {"role": "admin"}, headers=HTMX)
    assert "Role changed." in response["HX-Trigger"]
    assert "members-changed" in response["HX-Trigger"]
    assert role_of(mel) == "admin"
    assert mail.outbox[-1].to == ["mel@acme.test"]
    event = AuditEvent.objects.get(action="member.role_changed")
    assert event.changes == {"role": ["Member", "Admin"]}


def test_without_a_script_the_dialog_is_a_page(client_for, abe, mel, acme):
    client, change = client_for(abe), url("member_role", acme, mel.pk)
    assert "Change role" in text(client.get(change))
    response = client.post(change, {"role": "admin"}, follow=True)
    assert "Role changed." in text(response)


@pytest.mark.parametrize("role", ["", "owner", "boss"])
def test_only_admin_and_member_can_be_chosen(client_for, abe, mel, acme, role):
    response = client_for(abe).post(url("member_role", acme, mel.pk), {"role": role})
    assert response.status_code == 422
    assert "Choose" in text(response)
    assert role_of(mel) == "member"


def test_a_role_asks_for_a_recent_sign_in(client_for, abe, mel, acme):
    client = client_for(abe, signed_in_at=1.0)
    change = url("member_role", acme, mel.pk)
    asked = client.post(change, {"role": "admin"}, headers=HTMX)
    assert asked.status_code == 422
    assert "Confirm it is you" in text(asked)
    assert b'value="admin" id="id_role" checked' in asked.content
    assert role_of(mel) == "member"


def test_the_owner_keeps_the_role(client_for, abe, ada, acme):
    change = url("member_role", acme, ada.pk)
    response = client_for(abe).post(change, {"role": "member"}, headers=HTMX)
    assert response.status_code == 409
    assert "An organization needs its Owner." in text(response)
    assert role_of(ada) == "owner"


def test_own_role_warns_and_leads_to_a_page_that_still_opens(client_for, abe, acme):
    client, change = client_for(abe), url("member_role", acme, abe.pk)
    assert "This is your own role." in text(client.get(change, headers=HTMX))
    response = client.post(change, {"role": "member"}, headers=HTMX)
    assert response["HX-Redirect"] == url("members", acme)
    words = text(client.get(response["HX-Redirect"]))
    assert "You are a Member now." in words
    assert "View only" in words


def test_who_is_no_admin_any_more_has_invited_nobody(
    client_for, ada, abe, acme, django_capture_on_commit_callbacks
):
    invited(acme, "new@x.test", abe, django_capture_on_commit_callbacks)
    client_for(ada).post(url("member_role", acme, abe.pk), {"role": "member"})
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("user_id", [0, 10**6, 10**30])
def test_nobody_of_this_number_is_a_member(client_for, ada, acme, user_id):
    client = client_for(ada)
    for name in ("member_role", "ownership_offer"):
        assert client.get(url(name, acme, user_id)).status_code == 404
    remove = reverse("secretkeys:member_remove", args=[acme.pk, user_id])
    assert client.get(remove).status_code == 404


def test_people_of_other_organizations_are_not_there(client_for, ada, gus, acme):
    response = client_for(ada).post(url("member_role", acme, gus.pk), {"role": "admin"})
    assert response.status_code == 404


def test_a_locked_organization_changes_no_role(client_for, ada, mel, acme):
    lock(acme)
    change = url("member_role", acme, mel.pk)
    response = client_for(ada).post(change, {"role": "admin"}, headers=HTMX)
    assert response.status_code == 409
    assert "locked" in text(response)
    assert role_of(mel) == "member"


def test_collaborators_are_counted_with_invitations(
    client_for, ada, abe, acme, django_capture_on_commit_callbacks
):
    client = client_for(ada)
    assert "collaborators" not in text(client.get(url("members", acme)))
    set_quota(
        acme,
        QuotaKind.COLLABORATORS,
        limit=10,
        renews_on=None,
        actor=COMMAND_LINE,
        at=timezone.now(),
    )
    invited(acme, "new@x.test", ada, django_capture_on_commit_callbacks)
    words = text(client.get(url("members", acme)))
    assert "3 of 10 collaborators, counting pending invitations" in words


def test_removed_person_changes_nothing_from_a_page_that_is_open(
    client_for, ada, abe, mel, acme
):
    client = client_for(abe)
    client.get(url("member_role", acme, mel.pk))
    Membership.objects.filter(user=abe).delete()
    for name, args, data in [
        ("member_role", [mel.pk], {"role": "admin"}),
        ("invite", [], {"emails": "x@x.test", "role": "admin"}),
    ]:
        response = client.post(url(name, acme, *args), data, headers=HTMX)
        assert response.status_code == 404
    assert role_of(mel) == Role.MEMBER
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("q", ["ÅSA", "åsa", "Öberg", "\uff21\u030asa", " åsa öberg "])
def test_search_knows_every_letter_in_either_case(client_for, mel, acme, q):
    client = client_for(mel)
    client.post("/account/name", {"name": "Åsa Öberg"})
    words = text(client.get(url("members", acme), {"q": q}))
    assert "Åsa Öberg" in words
    assert "1 of 2 members" in words


def test_members_stand_by_name_whatever_the_case(client_for, ada, mel, abe, acme):
    for user, name in ((mel, "Émile"), (abe, "émil"), (ada, "ÉMILIE")):
        client_for(user).post("/account/name", {"name": name})
    words = text(client_for(mel).get(url("members", acme)))
    assert re.findall(r"(\w+)@acme\.test \w+ ", words) == ["abe", "mel", "ada"]
