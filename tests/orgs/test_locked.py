"""In a locked organization people look at everything, change nothing, and can leave."""

import uuid
from typing import NamedTuple

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from orgs import actions
from orgs.audit import COMMAND_LINE, Actor
from orgs.models import AuditEvent, Invitation, Membership, Organization
from orgs.refusals import OrganizationLocked
from orgs.roles import Role
from secretkeys.actions import KeyTerms
from tests.secretkeys.browsing import HTMX, text

SENTENCE = "This organization is locked."
WAY_OUT = OrganizationLocked.sentence


class Locked(NamedTuple):
    """A locked acme, and what there is in it to change."""

    organization: Organization
    key: object
    plaintext: str
    invitation: Invitation
    mel: int

    def arguments(self, name: str) -> list[object]:
        """Return what the address of a form names."""
        named: dict[str, list[object]] = {
            "invitation_resend": [self.invitation.pk],
            "invitation_withdraw": [self.invitation.pk],
            "member_role": [self.mel],
            "member_remove": [self.mel],
            "ownership_offer": [self.mel],
        }
        is_of_key = name in ("edit", "rotate", "remove", "detail")
        more = [self.key.key_id] if is_of_key else named.get(name, [])
        return [self.organization.pk, *more]


@pytest.fixture
def locked(acme, ada, mel, make_key) -> Locked:
    key, plaintext = make_key()
    (invitation,) = actions.invite(
        acme, ["new@acme.test"], Role.MEMBER, actor=COMMAND_LINE, at=timezone.now()
    )
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    acme.refresh_from_db()
    return Locked(acme, key, str(plaintext), invitation, mel.pk)


@pytest.fixture
def send(locked, ada, client_for):
    """Return a function that sends one of the organization's forms as ada."""

    def post(url_name: str, form: dict[str, str], headers=HTMX, user=ada):
        name = url_name.split(":")[1]
        url = reverse(url_name, args=locked.arguments(name))
        return client_for(user).post(url, form, headers=headers)

    return post


def _forms(locked: Locked) -> dict[str, dict[str, str]]:
    nonce = str(uuid.uuid4())
    key = {"name": "other", "expiration": "7", "permission": "full"}
    seen = KeyTerms.of(locked.key).fingerprint
    return {
        "orgs:rename": {"name": "Other"},
        "orgs:rules": {"lifetime": "30", "seen": locked.organization.rules.fingerprint},
        "orgs:invite": {"emails": "else@acme.test", "role": "member"},
        "orgs:invitation_resend": {},
        "orgs:member_role": {"role": "admin"},
        "orgs:ownership_offer": {"confirmation": locked.organization.name},
        "secretkeys:create": key | {"nonce": nonce},
        "secretkeys:edit": key | {"seen": seen},
        "secretkeys:rotate": {"overlap": "0", "nonce": nonce},
    }


NAMES = [
    "orgs:rename",
    "orgs:rules",
    "orgs:invite",
    "orgs:invitation_resend",
    "orgs:member_role",
    "orgs:ownership_offer",
    "secretkeys:create",
    "secretkeys:edit",
    "secretkeys:rotate",
]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.parametrize("name", NAMES)
def test_change_is_refused_with_the_sentence(locked, send, name, headers) -> None:
    events = AuditEvent.objects.count()
    response = send(name, _forms(locked)[name], headers)
    if headers or name in ("orgs:rename", "orgs:rules"):
        assert response.status_code in (409, 422)
        assert WAY_OUT in response.content.decode()
    else:
        # Said on the page that a browser without scripts is led to.
        said = [str(each) for each in get_messages(response.wsgi_request)]
        assert said == [WAY_OUT]
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize(
    "name", ["orgs:general", "orgs:resources", "secretkeys:list", "secretkeys:detail"]
)
def test_everybody_can_look(locked, mel, client_for, name) -> None:
    url = reverse(name, args=locked.arguments(name.split(":")[1]))
    page = client_for(mel).get(url)
    assert page.status_code == 200
    assert SENTENCE[:-1] in text(page)


def test_keys_can_be_removed(locked, send) -> None:
    assert send("secretkeys:remove", {}).status_code == 200
    locked.key.refresh_from_db()
    assert locked.key.is_removed


def test_invitations_can_be_withdrawn(locked, send) -> None:
    assert send("orgs:invitation_withdraw", {}).status_code == 200
    assert not Invitation.objects.exists()


def test_members_can_be_removed(locked, ada) -> None:
    actor = Actor.person(ada)
    actions.remove_member(
        locked.organization, locked.mel, actor=actor, at=timezone.now()
    )
    assert not Membership.objects.filter(user_id=locked.mel).exists()


def test_members_can_leave(locked, send, mel) -> None:
    assert send("secretkeys:leave", {}, user=mel).status_code == 200
    assert not Membership.objects.filter(user=mel).exists()


def test_name_that_was_typed_is_kept(locked, send) -> None:
    page = send("orgs:rename", {"name": "Other"}, {})
    assert 'name="name" value="Other"' in page.content.decode()


def test_keys_are_refused_with_the_sentence(locked, client) -> None:
    headers = {
        "Authorization": f"Bearer {locked.plaintext}",
        "Organization-Id": str(locked.organization.pk),
    }
    url = f"/workspaces/{locked.organization.pk}"
    answers = [client.get(url, headers=headers)]
    answers.append(
        client.patch(url, '{"name": "x"}', "application/json", headers=headers)
    )
    for answer in answers:
        assert answer.status_code == 403
        assert answer.json()["message"].startswith(SENTENCE)


def test_a_second_factor_is_still_asked_for(locked, ada, client_for) -> None:
    Organization.objects.update(second_factor_required=True)
    url = reverse("orgs:general", args=[locked.organization.pk])
    assert client_for(ada).get(url).status_code == 403
    Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={})
    assert client_for(ada).get(url).status_code == 200


def test_banner_says_what_is_left_and_who_can_unlock(locked, ada, client_for) -> None:
    url = reverse("orgs:general", args=[locked.organization.pk])
    shown = text(client_for(ada).get(url))
    assert "nothing can be changed. Keys, members and invitations can still be" in shown
    assert "Ask whoever runs this server to unlock it." in shown
    Organization.objects.update(account_manager_email="amy@datature.test")
    body = client_for(ada).get(url).content.decode()
    assert 'href="mailto:amy@datature.test">Ask your account manager</a> to' in body


def test_nothing_is_offered_that_would_be_refused(locked, ada, client_for) -> None:
    client, pk = client_for(ada), locked.organization.pk
    pages = {
        name: client.get(reverse(name, args=locked.arguments(name.split(":")[1])))
        for name in ("orgs:general", "orgs:members", "secretkeys:list")
    }
    key_page = client.get(reverse("secretkeys:detail", args=[pk, locked.key.key_id]))
    for page in (*pages.values(), key_page):
        body = page.content.decode()
        for refused in NAMES:
            address = reverse(refused, args=locked.arguments(refused.split(":")[1]))
            assert f'"{address}"' not in body, refused
    assert "Remove Key…" in text(pages["secretkeys:list"])
    assert "Remove Key…" in text(key_page)
    assert "Withdraw…" in text(pages["orgs:members"])
    assert "Remove…" in text(pages["orgs:members"])
