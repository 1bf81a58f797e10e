"""Invitations: sending them, and everything that can happen to the link."""

import datetime as dt
import logging

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs.actions import change_role, remove_member, set_quota, withdraw_invitation
from orgs.audit import COMMAND_LINE
from orgs.models import AuditEvent, Invitation, Membership, Organization, User
from orgs.quotas import QuotaKind
from orgs.roles import Role
from secretkeys.redaction import RedactingFormatter
from tests.conftest import PASSWORD
from tests.orgs.inviting import HTMX, invited, link_in, url
from tests.secretkeys.browsing import text

NEW = "new@x.test"
ACCOUNT = {"name": "New Person", "password1": PASSWORD, "password2": PASSWORD}
GONE = "This invitation no longer works"


@pytest.fixture
def capture(django_capture_on_commit_callbacks):
    return django_capture_on_commit_callbacks


@pytest.fixture
def send(client_for, ada, acme, capture):
    """Return a function that sends Invite Users as the dialog does."""

    def send(emails, role="member", client=None, htmx=True):
        client = client or client_for(ada)
        form = {"emails": emails, "role": role}
        with capture(execute=True):
            headers = HTMX if htmx else {}
            return client.post(url("invite", acme), form, headers=headers)

    return send


@pytest.fixture
def link(ada, acme, capture):
    """The link of an invitation to somebody without an account."""
    return invited(acme, NEW, ada, capture)


def limit(organization, count):
    set_quota(
        organization,
        QuotaKind.COLLABORATORS,
        limit=count,
        renews_on=None,
        actor=COMMAND_LINE,
        at=timezone.now(),
    )


def is_member(email, role="member"):
    return Membership.objects.filter(user__email=email, role=role).exists()


def test_several_people_are_invited_at_once(send, ada):
    response = send("Ann <ann@x.test>, BOB@x.test\ncid@x.test;ann@x.test", "admin")
    assert "3 invitations sent." in response["HX-Trigger"]
    rows = Invitation.objects.order_by("email")
    found = [(row.email, row.role, row.invited_by) for row in rows]
    assert found == [(f"{name}@x.test", "admin", ada) for name in ("ann", "bob", "cid")]
    assert sorted(message.to[0] for message in mail.outbox) == [r.email for r in rows]
    assert AuditEvent.objects.filter(action="invitation.sent").count() == 3


def test_one_person_is_counted_as_one(send):
    assert "1 invitation sent." in send(NEW)["HX-Trigger"]


def test_without_a_script_the_form_leads_back_to_the_page(send, acme):
    response = send(NEW, htmx=False)
    assert response.status_code == 302
    assert response.url == url("members", acme)


@pytest.mark.parametrize(
    ("emails", "sentence"),
    [
        ("", "Enter at least one email address."),
        (" , ;\n", "Enter at least one email address."),
        ("ok@x.test not-an-address", "“not-an-address”: enter an email address."),
        ("ok@x.test\nBcc:evil@x.test", "“bcc:evil@x.test”: enter an email address."),
        ("ok@x.test, mel@acme.test", "mel@acme.test is already a member."),
        ("MEL@acme.test", "mel@acme.test is already a member."),
        ("a" * 60_000 + "@x.test", "Invite 100 people or fewer at a time."),
        ("a" * 3_000 + "@x.test", "enter an email address."),
        ("ok@x.test\x00", "Enter email addresses only."),
        (" ".join(f"p{n}@x.test" for n in range(101)), "these are 101."),
    ],
)
def test_what_cannot_be_invited_is_said_and_nobody_is(send, mel, emails, sentence):
    response = send(emails)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not Invitation.objects.exists()
    assert mail.outbox == []
    shown = emails.strip("\x00 \n")[:200]
    assert shown in response.content.decode().replace("&#x27;", "'")


def test_who_is_invited_already_is_named(send):
    send(NEW)
    response = send(f"{NEW} other@x.test")
    assert f"{NEW} is already invited; resend that invitation instead." in text(
        response
    )
    assert Invitation.objects.count() == 1


def test_a_hundred_people_are_invited(send):
    emails = "\n".join(f"Person {n} <p{n}@x.test>" for n in range(100))
    assert "100 invitations sent." in send(emails)["HX-Trigger"]
    assert len(mail.outbox) == 100


def test_the_limit_counts_members_and_invitations(send, acme, mel):
    limit(acme, 4)
    assert "Only 2 places are left" in text(send("a@x.test b@x.test c@x.test"))
    send("a@x.test b@x.test")
    response = send("c@x.test")
    assert response.status_code == 422
    assert "reached its limit of 4 collaborators" in text(response)
    assert Invitation.objects.count() == 2


def test_inviting_asks_for_a_recent_sign_in_and_keeps_what_was_typed(
    send, client_for, ada
):
    client = client_for(ada, signed_in_at=1.0)
    response = send("a@x.test", "admin", client=client)
    assert response.status_code == 422
    assert "Confirm it is you" in text(response)
    assert b"a@x.test</textarea>" in response.content
    assert not Invitation.objects.exists()


def test_a_locked_organization_invites_nobody(send, acme):
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    response = send(NEW)
    assert response.status_code == 409
    assert "This organization is locked." in text(response)


def test_a_new_person_makes_an_account_and_is_a_member(link, client, acme):
    page = client.get(link)
    words = text(page)
    assert "Join Acme" in words
    assert "Ada Lovelace invites new@x.test to Acme as a Member." in words
    response = client.post(link, ACCOUNT)
    assert response.status_code == 302
    assert response.url == acme.get_absolute_url()
    assert is_member(NEW)
    assert client.get(response.url).status_code == 200
    user = User.objects.get(email=NEW)
    assert user.check_password(PASSWORD)
    assert user.emailaddress_set.get().verified


def test_looking_never_accepts(link, client):
    for _ in range(3):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert Invitation.objects.count() == 1
    assert not User.objects.filter(email=NEW).exists()


def test_the_session_gets_another_id(link, client):
    client.get(reverse("account_login"))
    session = client.session
    session["before"] = True
    session.save()
    client.cookies["session"] = before = session.session_key
    client.post(link, ACCOUNT)
    assert client.session.session_key not in (None, before)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "n" * 65}, "Use 64 characters or fewer."),
        ({"name": "a\u202eb"}, "Use letters, digits, spaces and punctuation only."),
        ({"password1": ""}, "Enter a password."),
        ({"password2": ""}, "Enter the password again."),
        ({"password2": "something else"}, "The passwords do not match."),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "x" * 1001, "password2": "x" * 1001}, "Use a shorter password."),
        (
            {"password1": "password1234", "password2": "password1234"},
            "This password is too common.",
        ),
    ],
)
def test_what_is_wrong_with_a_new_account_is_said(link, client, fields, sentence):
    response = client.post(link, ACCOUNT | fields)
    assert response.status_code == 422
    assert sentence in text(response)
    assert PASSWORD not in response.content.decode()
    assert not User.objects.filter(email=NEW).exists()
    assert Invitation.objects.exists()


def test_the_link_works_once(link, client):
    client.post(link, ACCOUNT)
    for again in (client, Client()):
        for response in (again.get(link), again.post(link, ACCOUNT)):
            assert response.status_code == 404
            assert GONE in text(response)
    assert "joined already, go to your organizations" in text(client.get(link))
    assert "joined already, sign in" in text(Client().get(link))
    assert User.objects.filter(email=NEW).count() == 1


def test_who_has_an_account_signs_in_first(client, acme, ada, gus, capture):
    link = invited(acme, gus.email, ada, capture)
    page = client.get(link)
    assert "Sign in to accept" in text(page)
    sign_in = f"{reverse('account_login')}?next={link.replace('/', '%2F')}"
    assert sign_in in page.content.decode()
    assert client.post(link, ACCOUNT).status_code == 200
    assert not is_member(gus.email)
    form = {"login": gus.email, "password": PASSWORD}
    back = client.post(sign_in, form)
    assert back.url == link
    assert "Join Acme" in text(client.get(link))
    assert client.post(link).url == acme.get_absolute_url()
    assert is_member(gus.email)


def test_somebody_else_is_told_whose_invitation_it_is(
    link, client_for, gus, globex, acme
):
    client = client_for(gus)
    words = text(client.get(link))
    assert "for new@x.test. You are signed in as gus@globex.test." in words
    assert client.post(link, ACCOUNT).status_code == 200
    assert not Membership.objects.filter(user=gus, organization=acme).exists()
    out = client.post(reverse("account_logout"), {"next": link})
    assert out.url == link
    assert "Create account and join" in text(client.get(link))


def test_a_member_goes_to_the_organization(client_for, ada, mel, acme, capture):
    link = invited(acme, "mel@other.test", ada, capture)
    Invitation.objects.update(email=mel.email)
    assert client_for(mel).get(link).url == acme.get_absolute_url()


def test_an_expired_invitation_is_gone_until_it_is_sent_again(
    client, client_for, ada, acme, capture
):
    before = timezone.now() - dt.timedelta(days=7, minutes=1)
    link = invited(acme, NEW, ada, capture, at=before)
    assert client.get(link).status_code == 404
    assert client.post(link, ACCOUNT).status_code == 404
    admin = client_for(ada)
    assert "Expired" in text(admin.get(url("members", acme)))
    resend = url("invitation_resend", acme, Invitation.objects.get().pk)
    with capture(execute=True):
        assert (
            "Invitation sent again." in admin.post(resend, headers=HTMX)["HX-Trigger"]
        )
    assert client.get(link).status_code == 404
    assert client.get(link_in(mail.outbox[-1])).status_code == 200


def test_an_expired_invitation_can_be_replaced(send, ada, acme, capture):
    before = timezone.now() - dt.timedelta(days=8)
    invited(acme, NEW, ada, capture, at=before)
    assert "1 invitation sent." in send(NEW)["HX-Trigger"]
    assert Invitation.objects.count() == 1


def test_a_replaced_link_stops_working(link, client, client_for, ada, acme, capture):
    resend = url("invitation_resend", acme, Invitation.objects.get().pk)
    with capture(execute=True):
        client_for(ada).post(resend)
    assert GONE in text(client.get(link))


def test_a_withdrawn_invitation_is_gone(link, client, client_for, ada, acme):
    pk = Invitation.objects.get().pk
    admin, withdraw = client_for(ada), url("invitation_withdraw", acme, pk)
    assert "new@x.test stops working" in text(admin.get(withdraw, headers=HTMX))
    response = admin.post(withdraw, headers=HTMX)
    assert "Invitation withdrawn." in response["HX-Trigger"]
    assert client.get(link).status_code == 404
    assert admin.post(withdraw).status_code == 404


@pytest.mark.parametrize("way", ["removed", "demoted"])
def test_who_may_not_invite_any_more_has_invited_nobody(
    client, ada, abe, acme, capture, way
):
    link = invited(acme, NEW, abe, capture)
    who = {"actor": COMMAND_LINE, "at": timezone.now()}
    if way == "removed":
        remove_member(acme, abe.pk, **who)
    else:
        change_role(acme, abe.pk, Role.MEMBER, **who)
    assert client.get(link).status_code == 404


def test_a_row_that_outlives_the_right_of_its_sender_does_not_work(
    client, abe, acme, capture
):
    link = invited(acme, NEW, abe, capture)
    Membership.objects.filter(user=abe).update(role="member")
    assert client.post(link, ACCOUNT).status_code == 404
    assert not User.objects.filter(email=NEW).exists()


def test_what_somebody_sent_who_is_suspended_since_does_not_work(
    client, abe, acme, capture
):
    link = invited(acme, NEW, abe, capture)
    User.objects.filter(pk=abe.pk).update(is_active=False)
    assert client.get(link).status_code == 404
    assert client.post(link, ACCOUNT).status_code == 404
    assert not User.objects.filter(email=NEW).exists()


def test_a_locked_organization_takes_nobody_in(link, client, acme):
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    for response in (client.get(link), client.post(link, ACCOUNT)):
        assert response.status_code == 409
        assert "This organization is locked" in text(response)
    assert not User.objects.filter(email=NEW).exists()


@pytest.mark.parametrize("token", ["x", "0" * 43, "%00", "%ff", "x" * 2000])
def test_an_unknown_link_says_the_same(client, db, token):
    response = client.get(f"/invitations/{token}")
    assert response.status_code == 404
    assert GONE in text(response)


def test_the_address_of_the_page_leaves_no_trace(link, client, caplog):
    response = client.get(link)
    assert response["Referrer-Policy"] == "strict-origin"
    assert response["Cache-Control"] == "no-store"
    token = link.rpartition("/")[2]
    with caplog.at_level(logging.DEBUG):
        client.post(link, {})
        Client(enforce_csrf_checks=True).post(link, ACCOUNT)
    formatter = RedactingFormatter("{message}", style="{")
    lines = [formatter.format(record) for record in caplog.records]
    assert "/invitations/" in "".join(lines)
    assert token not in "".join(lines)
    assert token not in repr(list(AuditEvent.objects.values()))
    assert not Invitation.objects.filter(token_digest__contains=token).exists()


def test_guesses_from_one_address_are_limited(client, db):
    answers = [client.post("/invitations/x").status_code for _ in range(22)]
    assert answers == [404] * 20 + [429] * 2


def test_who_has_set_no_second_factor_is_led_to_it(link, client, acme):
    said = "asks everybody for a second factor when they sign in"
    assert said not in text(client.get(link))
    Organization.objects.filter(pk=acme.pk).update(second_factor_required=True)
    assert said in text(client.get(link))
    response = client.post(link, ACCOUNT, follow=True)
    assert response.status_code == 403
    assert "Set up a second factor" in text(response)
    assert is_member(NEW)


def test_the_start_page_offers_what_somebody_is_invited_to(
    client_for, ada, acme, gus, capture
):
    invited(acme, gus.email, ada, capture, role=Role.ADMIN)
    client, pk = client_for(gus), Invitation.objects.get().pk
    words = text(client.get(reverse("orgs:home")))
    assert "Acme Ada Lovelace invites you as an Admin Join" in words
    accept = reverse("orgs:invitation_accept", args=[pk])
    assert client.get(accept).status_code == 405
    assert client.post(accept).url == acme.get_absolute_url()
    assert is_member(gus.email, "admin")
    again = client.post(accept, follow=True)
    assert GONE in text(again)


def test_nobody_accepts_what_somebody_else_is_offered(link, client_for, gus):
    accept = reverse("orgs:invitation_accept", args=[Invitation.objects.get().pk])
    assert GONE in text(client_for(gus).post(accept, follow=True))
    assert Invitation.objects.exists()
    assert Client().post(accept).status_code == 302
    assert Invitation.objects.exists()


def test_members_can_invite_resend_and_withdraw_nothing(link, client_for, mel, acme):
    client, pk = client_for(mel), Invitation.objects.get().pk
    for name, args in [
        ("invite", []),
        ("invitation_resend", [pk]),
        ("invitation_withdraw", [pk]),
    ]:
        assert client.post(url(name, acme, *args)).status_code == 403
    assert Invitation.objects.exists()


def test_invitations_of_other_organizations_are_not_there(
    link, client_for, gus, globex
):
    client, pk = client_for(gus), Invitation.objects.get().pk
    for name in ("invitation_resend", "invitation_withdraw"):
        assert client.post(url(name, globex, pk)).status_code == 404


def test_withdrawing_works_while_locked(link, ada, acme):
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    pk = Invitation.objects.get().pk
    withdraw_invitation(acme, pk, actor=COMMAND_LINE, at=timezone.now())
    assert not Invitation.objects.exists()


def test_an_address_that_only_looks_alike_opens_no_invitation(
    client_for, acme, ada, capture
):
    """To PostgreSQL a dotless i is an I."""
    abi = User.objects.create_user("abi@x.test", PASSWORD)
    link, browser = invited(acme, "ab\u0131@x.test", ada, capture), client_for(abi)
    for response in (browser.get(link), browser.post(link)):
        assert response.status_code == 200
        assert response.context["state"] == "other"
    assert not Membership.objects.filter(user=abi).exists()


def test_who_is_invited_has_an_account_only_by_the_very_address(
    client, acme, ada, capture
):
    User.objects.create_user("abi@x.test", PASSWORD)
    link = invited(acme, "ab\u0131@x.test", ada, capture)
    assert client.get(link).context["state"] == "new"


def test_a_member_who_is_suspended_is_not_invited_again(send, mel):
    User.objects.filter(pk=mel.pk).update(is_active=False)
    response = send(f"{mel.email.upper()}, free@x.test")
    assert response.status_code == 422
    words = "mel@acme.test is a member whose account is suspended."
    assert words in text(response)
    assert not Invitation.objects.exists()
