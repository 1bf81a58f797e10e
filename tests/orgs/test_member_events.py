"""Who a member is and how they prove it changes: each of their organizations knows."""

import re

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs import actions
from orgs.audit import Actor
from orgs.models import AuditEvent, Membership, User
from tests.conftest import PASSWORD
from tests.second_factors import give_passkey

NEW = "a brand new long password"


@pytest.fixture
def everywhere(ada, acme, globex):
    """Make ada a member of globex, too; return what both logs got since, alike."""
    Membership.objects.create(
        organization=globex, user=ada, role="member", created_at=timezone.now()
    )
    before = AuditEvent.objects.count()

    def events():
        new = AuditEvent.objects.order_by("pk")[before:]
        logs = [
            [
                (e.action, e.actor, e.subject, e.changes)
                for e in new
                if e.organization == o
            ]
            for o in (acme, globex)
        ]
        assert logs[0] == logs[1]
        return logs[0]

    return events


@pytest.fixture
def browser(client_for, ada) -> Client:
    client = client_for(ada)
    client.defaults["HTTP_USER_AGENT"] = "Firefox"
    return client


def test_new_name_is_in_the_log_of_each_organization(browser, everywhere):
    browser.post("/account/name", {"name": "Ada King"})
    browser.post("/account/name", {"name": "Ada King"})
    changes = {"name": ["Ada Lovelace", "Ada King"]}
    assert everywhere() == [
        ("member.renamed", "ada@acme.test", "ada@acme.test", changes)
    ]
    event = AuditEvent.objects.latest("pk")
    assert (event.address, event.user_agent) == ("127.0.0.1", "Firefox")


def test_changing_the_name_all_the_time_is_stopped(browser, everywhere):
    for number in range(25):
        answer = browser.post("/account/name", {"name": f"Ada {number}"})
    assert answer.status_code == 422
    assert b"Try again in an hour" in answer.content
    assert len(everywhere()) == 20


def test_new_password_is_an_event_without_the_password(browser, everywhere):
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    browser.post(reverse("account_change_password"), form)
    assert [event[0] for event in everywhere()] == ["member.password_changed"]
    assert everywhere()[0][3] == {}


def test_password_chosen_by_a_link_is_an_event_too(everywhere, ada):
    client = Client()
    client.post("/account/password/reset/", {"email": ada.email})
    link = re.search(r"/account/password/reset/key/\S+", mail.outbox[-1].body)[0]
    client.post(client.get(link).url, {"password1": NEW, "password2": NEW})
    assert [event[0] for event in everywhere()] == ["member.password_changed"]


def test_new_email_is_an_event_by_the_old_one(everywhere, ada):
    actions.propose_address(ada, "new@acme.test", at=timezone.now())
    actions.take_address(ada.pk, "new@acme.test", ada.credentials, at=timezone.now())
    changes = {"email": ["ada@acme.test", "new@acme.test"]}
    assert everywhere() == [
        ("member.email_changed", "ada@acme.test", "ada@acme.test", changes)
    ]


def test_app_added_and_removed_is_one_event_each(browser, everywhere, ada):
    secret = browser.get("/account/security/app").context["form"].secret
    browser.post("/account/security/app", {"code": "000000"})
    browser.post("/account/security/app", {"code": pyotp.TOTP(secret).now()})
    words = "authenticator app"
    added = ("member.second_factor_added", ada.email, ada.email)
    assert everywhere() == [(*added, {"second factor": [None, words]})]
    browser.post("/account/security/app/remove")
    assert everywhere()[1:] == [
        (
            "member.second_factor_removed",
            ada.email,
            ada.email,
            {"second factor": [words, None]},
        )
    ]
    assert not Authenticator.objects.filter(user=ada).exists()


def test_passkey_and_new_recovery_codes_are_events(browser, everywhere, ada):
    give_passkey(ada)
    browser.post(reverse("mfa_generate_recovery_codes"))
    pk = Authenticator.objects.get(user=ada, type="webauthn").pk
    browser.post(reverse("mfa_remove_webauthn", args=[pk]))
    assert [(event[0], event[3]) for event in everywhere()] == [
        ("member.recovery_codes_made", {}),
        ("member.second_factor_removed", {"second factor": ["passkey", None]}),
    ]


def test_choices_for_oneself_alone_are_no_events(browser, everywhere):
    browser.post("/account/time-zone", {"time_zone": "Asia/Tokyo"})
    browser.post("/account/appearance", {"theme": "dark"})
    browser.post("/account/key-mails", {})
    browser.post("/account/sessions/others/end")
    assert everywhere() == []


def test_account_without_an_organization_writes_nowhere(db):
    user = User.objects.create_user("solo@acme.test", PASSWORD)
    actions.rename_user(user, "Solo", at=timezone.now())
    actions.choose_password(user, NEW, at=timezone.now())
    assert not AuditEvent.objects.exists()


def test_event_and_change_are_one(ada, everywhere):
    with pytest.raises(AttributeError):
        actions.rename_user(ada, "Lost", origin=None, at=timezone.now())
    ada.refresh_from_db()
    assert ada.name == "Ada Lovelace"
    assert everywhere() == []


def test_offer_that_ends_with_something_else_is_in_the_log(acme, ada, abe, mel):
    actor, at = Actor.person(ada), timezone.now()
    actions.offer_ownership(acme, abe.pk, actor=actor, at=at)
    actions.offer_ownership(acme, mel.pk, actor=actor, at=at)
    actions.remove_member(acme, mel.pk, actor=actor, at=at)
    events = AuditEvent.objects.of(acme).latest_first()[:4]
    assert [(event.action.split(".")[1], event.subject) for event in events] == [
        ("removed", mel.email),
        ("ownership_offer_ended", mel.email),
        ("ownership_offered", mel.email),
        ("ownership_offer_ended", abe.email),
    ]
