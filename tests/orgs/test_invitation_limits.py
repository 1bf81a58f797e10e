"""How much one person can have this server write, and how much of it is kept."""

import datetime as dt
import re
import secrets

import pytest
from django.core import mail
from django.utils import timezone

from orgs.actions.invitations import MOST_COLLABORATORS
from orgs.models import Invitation
from tests.orgs.inviting import HTMX, invited, url
from tests.secretkeys.browsing import text


@pytest.fixture
def send(client_for, ada, acme, django_capture_on_commit_callbacks):
    """Return a function that sends Invite Users as the dialog does."""

    def send(emails, user=ada):
        client, form = client_for(user), {"emails": emails, "role": "member"}
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(url("invite", acme), form, headers=HTMX)

    return send


def fill(organization, count, *, sent_at=None, name="p"):
    """Store invitations, the first the oldest."""
    sent_at = sent_at or timezone.now()
    Invitation.objects.bulk_create(
        Invitation(
            organization=organization,
            email=f"{name}{number:03}@x.test",
            role="member",
            token_digest=secrets.token_hex(32),
            sent_at=sent_at + dt.timedelta(seconds=number),
            expires_at=sent_at + dt.timedelta(days=7),
        )
        for number in range(count)
    )


def test_who_invites_again_and_again_is_told_to_wait_and_loses_nothing(send, abe):
    for number in range(20):
        assert send(f"p{number}@x.test").status_code == 200
    refused = send("Late Person <late@x.test>")
    assert refused.status_code == 422
    assert "You have sent many invitations lately. Wait an hour" in text(refused)
    assert "Late Person &lt;late@x.test&gt;" in refused.content.decode()
    assert len(mail.outbox) == Invitation.objects.count() == 20
    assert send("other@x.test", user=abe).status_code == 200


def test_what_is_typed_wrong_counts_for_nothing(send):
    for _ in range(25):
        assert send("nobody").status_code == 422
    assert send("new@x.test").status_code == 200


def test_one_invitation_is_not_sent_over_and_over(
    client_for, ada, acme, django_capture_on_commit_callbacks
):
    invited(acme, "new@x.test", ada, django_capture_on_commit_callbacks)
    resend = url("invitation_resend", acme, Invitation.objects.get().pk)
    client = client_for(ada)
    with django_capture_on_commit_callbacks(execute=True):
        answers = [client.post(resend, headers=HTMX) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 409, 409]
    assert "This invitation was sent lately. Wait" in text(answers[-1])
    assert len(mail.outbox) == 2


def test_an_organization_without_a_limit_has_one_all_the_same(send, acme):
    fill(acme, MOST_COLLABORATORS - 2)
    assert "Only 1 place is left" in text(send("a@x.test b@x.test"))
    assert send("a@x.test").status_code == 200
    assert f"limit of {MOST_COLLABORATORS} collaborators" in text(send("b@x.test"))


def test_many_invitations_are_shown_page_by_page(client_for, ada, acme):
    fill(acme, 120)
    client, found = client_for(ada), []
    for number in (1, 2, 3):
        page = client.get(url("members", acme), {"invitations": number})
        shown = re.findall(r"<bdi>(p\d{3})@x\.test</bdi>", page.content.decode())
        assert f"{len(found) + 1}–{len(found) + len(shown)} of 120" in text(page)
        found += shown
    assert found == [f"p{number:03}" for number in reversed(range(120))]


@pytest.mark.parametrize("number", ["0", "x", "99", "-1"])
def test_an_odd_page_of_invitations_is_one_that_is_there(client_for, ada, acme, number):
    fill(acme, 60)
    page = client_for(ada).get(url("members", acme), {"invitations": number})
    assert "of 60" in text(page)


def test_what_expired_long_ago_goes_with_the_next_invitation(send, acme, globex):
    long_ago = timezone.now() - dt.timedelta(days=38)
    fill(acme, 3, sent_at=long_ago, name="old")
    fill(globex, 1, sent_at=long_ago, name="theirs")
    fill(acme, 1, sent_at=timezone.now() - dt.timedelta(days=20), name="lately")
    send("new@x.test")
    left = Invitation.objects.order_by("email").values_list("email", flat=True)
    assert list(left) == ["lately000@x.test", "new@x.test", "theirs000@x.test"]
