"""The ownership passes on with the consent of both, and is never lost."""

import datetime as dt

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from orgs.actions import offer_ownership, remove_member
from orgs.audit import COMMAND_LINE, Actor
from orgs.models import AuditEvent, Membership, Organization, OwnershipOffer, User
from orgs.refusals import NotAMember
from tests.orgs.inviting import HTMX, url
from tests.secretkeys.browsing import text

TYPED = {"confirmation": "Acme"}


@pytest.fixture
def offered(acme, ada, mel):
    """Ada offers the ownership of acme to mel."""
    actor = Actor.person(ada)
    return offer_ownership(acme, mel.pk, actor=actor, at=timezone.now())


def roles():
    rows = Membership.objects.order_by("user__email")
    return {row.user.email.split("@")[0]: row.role for row in rows}


def test_the_owner_asks_a_member_by_typing_the_name(
    client_for, ada, mel, acme, django_capture_on_commit_callbacks
):
    client, offer = client_for(ada), url("ownership_offer", acme, mel.pk)
    assert "Mel Member is asked to become the Owner" in text(client.get(offer))
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(offer, TYPED, headers=HTMX)
    assert "Ownership offered." in response["HX-Trigger"]
    assert roles() == {"ada": "owner", "mel": "member"}
    assert mail.outbox[-1].to == [mel.email]
    words = text(client.get(url("members", acme)))
    assert "Ownership is offered to Mel Member, until" in words


@pytest.mark.parametrize("typed", ["", "acme", "Acme Inc", "x" * 2000])
def test_another_name_offers_nothing(client_for, ada, mel, acme, typed):
    offer = url("ownership_offer", acme, mel.pk)
    response = client_for(ada).post(offer, {"confirmation": typed})
    assert response.status_code == 422
    assert not OwnershipOffer.objects.exists()


def test_an_offer_asks_for_a_recent_sign_in(client_for, ada, mel, acme):
    client = client_for(ada, signed_in_at=1.0)
    response = client.post(url("ownership_offer", acme, mel.pk), TYPED)
    assert response.status_code == 422
    assert "Confirm it is you" in text(response)
    assert b'value="Acme"' in response.content
    assert not OwnershipOffer.objects.exists()


def test_only_the_owner_can_offer(client_for, abe, mel, acme):
    for user in (abe, mel):
        response = client_for(user).post(url("ownership_offer", acme, mel.pk), TYPED)
        assert response.status_code == 403
    assert not OwnershipOffer.objects.exists()


def test_the_owner_is_not_offered_what_they_have(client_for, ada, acme):
    response = client_for(ada).post(
        url("ownership_offer", acme, ada.pk), TYPED, headers=HTMX
    )
    assert response.status_code == 409
    assert not OwnershipOffer.objects.exists()


def test_who_is_asked_accepts_and_the_owner_becomes_an_admin(
    client_for, offered, mel, acme
):
    client, accept = client_for(mel), url("ownership_accept", acme)
    words = text(client.get(url("members", acme)))
    assert "Ada Lovelace asks you to become the Owner of Acme, until" in words
    asked = text(client.get(accept, headers=HTMX))
    assert "Become the Owner? You become the Owner of Acme." in asked
    assert "Ada Lovelace becomes an Admin." in asked
    response = client.post(accept, headers=HTMX)
    assert response["HX-Redirect"] == url("members", acme)
    assert "You are the Owner now." in text(client.get(response["HX-Redirect"]))
    assert roles() == {"ada": "admin", "mel": "owner"}
    event = AuditEvent.objects.get(action="organization.owner_changed")
    assert event.changes == {"owner": ["ada@acme.test", "mel@acme.test"]}
    assert client.post(accept, headers=HTMX).status_code == 409


def test_accepting_asks_for_a_recent_sign_in(client_for, offered, mel, acme):
    client = client_for(mel, signed_in_at=1.0)
    response = client.post(url("ownership_accept", acme))
    assert response.status_code == 422
    assert roles() == {"ada": "owner", "mel": "member"}


def test_the_start_page_asks_too(client_for, offered, mel, acme):
    page = client_for(mel).get(reverse("orgs:home"))
    assert "You are asked to become the Owner" in text(page)
    assert url("ownership_accept", acme).encode() in page.content


@pytest.mark.parametrize(
    ("who", "title", "toast"),
    [
        ("ada", "Withdraw the offer?", "Offer withdrawn."),
        ("mel", "Decline the ownership?", "Ownership declined."),
    ],
)
def test_both_can_end_the_offer(client_for, offered, ada, mel, acme, who, title, toast):
    client = client_for({"ada": ada, "mel": mel}[who])
    assert title in text(client.get(url("ownership_end", acme), headers=HTMX))
    response = client.post(url("ownership_end", acme), follow=True)
    assert toast in text(response)
    assert not OwnershipOffer.objects.exists()
    assert roles() == {"ada": "owner", "mel": "member"}


def test_nobody_else_sees_or_ends_the_offer(client_for, offered, abe, acme):
    client = client_for(abe)
    assert "asks you" not in text(client.get(url("members", acme)))
    assert client.post(url("ownership_end", acme)).status_code == 404
    assert client.post(url("ownership_accept", acme), headers=HTMX).status_code == 409
    assert OwnershipOffer.objects.exists()


def test_an_old_offer_cannot_be_accepted(client_for, offered, mel, acme):
    OwnershipOffer.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    client = client_for(mel)
    assert "asks you" not in text(client.get(url("members", acme)))
    response = client.post(url("ownership_accept", acme), headers=HTMX)
    assert response.status_code == 409
    assert "no longer offered" in text(response)
    assert roles() == {"ada": "owner", "mel": "member"}


def test_the_offer_goes_with_whom_it_was_made_to(offered, acme, mel):
    remove_member(acme, mel.pk, actor=COMMAND_LINE, at=timezone.now())
    assert not OwnershipOffer.objects.exists()


def test_nothing_is_handed_over_while_locked(client_for, offered, mel, acme):
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    response = client_for(mel).post(url("ownership_accept", acme), headers=HTMX)
    assert response.status_code == 409
    assert roles() == {"ada": "owner", "mel": "member"}


def test_somebody_suspended_is_offered_nothing(client_for, ada, mel, acme):
    User.objects.filter(pk=mel.pk).update(is_active=False)
    response = client_for(ada).post(url("ownership_offer", acme, mel.pk), TYPED)
    assert response.status_code == 404
    with pytest.raises(NotAMember):
        # Suspended after the dialog had asked.
        offer_ownership(acme, mel.pk, actor=Actor.person(ada), at=timezone.now())
    assert not OwnershipOffer.objects.exists()
