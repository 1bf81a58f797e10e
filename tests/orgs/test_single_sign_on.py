"""Signing in at an identity provider: who gets in, and what cannot go wrong."""

import datetime as dt
import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config.single_sign_on import single_sign_on
from orgs import actions
from orgs.audit import Actor
from orgs.models import Membership, User
from orgs.roles import Role
from tests.orgs.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.second_factors import give_app
from tests.secretkeys.test_actions import race

LOGIN = "/account/login/"
PERSON = {"sub": "4711", "name": "Ada Lovelace", "email_verified": True}
ADA = PERSON | {"email": "ada@acme.test"}
NEW = PERSON | {"email": "new@acme.test", "name": " Nina New "}


@pytest.fixture
def provider(settings):
    """The provider, set up as an operator does."""
    # Read the addresses first: they are those of a server without a provider.
    reverse("account_login")
    provider = Provider()
    configured = single_sign_on(provider.url, CLIENT_ID, CLIENT_SECRET, "Acme ID")
    settings.SINGLE_SIGN_ON = configured
    settings.SOCIALACCOUNT_PROVIDERS = configured.providers
    settings.ROOT_URLCONF = "tests.orgs.single_sign_on_urls"
    yield provider
    provider.stop()


@pytest.fixture
def invited(acme, ada):
    """An open invitation to new@acme.test."""
    who = {"actor": Actor.person(ada), "at": timezone.now()}
    return actions.invite(acme, ["new@acme.test"], Role.MEMBER, **who)[0]


def _start(client: Client, settings, **form: str) -> dict[str, list[str]]:
    url = reverse("openid_connect_login", args=[settings.SINGLE_SIGN_ON.provider_id])
    answer = client.post(url, form)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.url).query)


def _sign_in(client: Client, settings, provider, person, **form: str):
    """Go to the provider and come back."""
    provider.person = person
    sent = _start(client, settings, **form)
    back = urlsplit(sent["redirect_uri"][0]).path
    return client.get(back, {"code": "code", "state": sent["state"][0]})


def _is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_without_a_provider_there_is_no_trace_of_one(client, db, settings) -> None:
    assert settings.SINGLE_SIGN_ON is None
    assert "Continue with" not in client.get(LOGIN).content.decode()
    with pytest.raises(NoReverseMatch):
        reverse("openid_connect_login", args=["x"])
    assert client.get("/account/single-sign-on/x").status_code == 404


def test_button_is_a_form_that_leads_to_the_provider(client, provider, settings, db):
    page = client.get(LOGIN, {"next": "/account/sessions"}).content.decode()
    form = re.search(r'<form class="alternative".*?</form>', page, re.DOTALL)[0]
    assert 'method="post"' in form
    assert "Continue with Acme ID" in form
    assert 'name="next" value="/account/sessions"' in form
    sent = _start(client, settings)
    assert sent["client_id"] == [CLIENT_ID]
    assert sent["code_challenge_method"] == ["S256"]
    assert set(sent["scope"][0].split()) == {"openid", "profile", "email"}
    path = urlsplit(sent["redirect_uri"][0]).path
    assert path.startswith("/account/single-sign-on/oidc-")


def test_somebody_with_an_account_gets_in(client, ada, acme, provider, settings):
    answer = _sign_in(client, settings, provider, ADA)
    assert answer.url == "/"
    assert client.session["_auth_user_id"] == str(ada.pk)
    assert SocialAccount.objects.get().user == ada
    assert not SocialToken.objects.exists()
    form = dict(provider.asked)["/token"]
    assert form["client_secret"] == [CLIENT_SECRET]
    assert form["code_verifier"]


def test_who_got_in_once_is_known_by_the_provider_s_id(client, ada, provider, settings):
    _sign_in(client, settings, provider, ADA)
    other = Client()
    moved = ADA | {"email": "ada@elsewhere.test", "email_verified": False}
    _sign_in(other, settings, provider, moved)
    assert other.session["_auth_user_id"] == str(ada.pk)


def test_the_same_id_at_another_provider_is_somebody_else(
    client, ada, provider, settings
) -> None:
    _sign_in(client, settings, provider, ADA)
    other = single_sign_on(f"{provider.url}/b", CLIENT_ID, CLIENT_SECRET, "Other")
    settings.SINGLE_SIGN_ON = other
    settings.SOCIALACCOUNT_PROVIDERS = other.providers
    stranger = Client()
    _sign_in(stranger, settings, provider, NEW)
    assert not _is_in(stranger)


@pytest.mark.parametrize("verified", [False, None, "false", "no", 0, 1, "yes"])
def test_an_email_the_provider_has_not_verified_matches_nobody(
    client, ada, invited, provider, settings, verified
) -> None:
    for email in ("ada@acme.test", "new@acme.test"):
        person = PERSON | {"email": email, "email_verified": verified}
        answer = _sign_in(client, settings, provider, person)
        assert answer.status_code == 403
        assert "Acme ID has not verified your email" in answer.content.decode()
    assert not _is_in(client)
    assert not User.objects.filter(email="new@acme.test").exists()


def test_an_email_somebody_only_typed_into_their_account_draws_nobody_in(
    client, abe, provider, settings
) -> None:
    EmailAddress.objects.create(user=abe, email="new@acme.test", verified=False)
    answer = _sign_in(client, settings, provider, NEW)
    assert answer.status_code == 403
    assert not _is_in(client)


def test_somebody_unknown_is_told_to_ask_for_an_invitation(
    client, ada, acme, provider, settings
) -> None:
    answer = _sign_in(client, settings, provider, NEW)
    body = answer.content.decode()
    assert answer.status_code == 403
    assert (
        "There is no account for new@acme.test. Ask an organization admin to invite "
        "you." in body
    )
    assert not User.objects.filter(email="new@acme.test").exists()
    assert not SocialAccount.objects.exists()
    assert not _is_in(client)


def test_somebody_invited_gets_an_account_and_the_invitation(
    client, invited, acme, provider, settings
) -> None:
    assert _sign_in(client, settings, provider, NEW).url == "/"
    user = User.objects.get(email="new@acme.test")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert (user.name, user.has_usable_password()) == ("Nina New", False)
    # To become a member they say so themselves.
    assert not Membership.objects.filter(user=user).exists()
    actions.accept_open_invitation(invited.pk, user, at=timezone.now())
    assert Membership.objects.get(user=user).organization == acme


@pytest.mark.parametrize("name", ["a\u202eb", "", None, "x" * 5000])
def test_a_name_that_cannot_be_one_is_left_out(
    client, invited, provider, settings, name
) -> None:
    _sign_in(client, settings, provider, NEW | {"name": name})
    assert User.objects.get(email="new@acme.test").name == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("told", [NEW, ADA], ids=["new", "known"])
def test_who_comes_back_in_two_windows_at_once_is_one_person(
    invited, provider, settings, told
) -> None:
    provider.person = told
    windows = [Client() for _ in range(4)]
    ways_back = [_start(window, settings) for window in windows]

    def coming_back(window, sent):
        back = urlsplit(sent["redirect_uri"][0]).path
        return lambda: window.get(back, {"code": "code", "state": sent["state"][0]})

    jobs = [coming_back(*each) for each in zip(windows, ways_back, strict=True)]
    assert race(*jobs) == ["done"] * 4
    assert [_is_in(window) for window in windows] == [True] * 4
    assert User.objects.filter(email=told["email"]).count() == 1
    assert SocialAccount.objects.count() == 1


def test_an_invitation_that_is_too_old_makes_no_account(
    client, invited, provider, settings
) -> None:
    invited.expires_at = timezone.now() - dt.timedelta(minutes=1)
    invited.save()
    assert _sign_in(client, settings, provider, NEW).status_code == 403


def test_an_invitation_whose_sender_may_not_invite_any_more_makes_no_account(
    client, acme, ada, abe, provider, settings
) -> None:
    who = {"actor": Actor.person(abe), "at": timezone.now()}
    actions.invite(acme, ["new@acme.test"], Role.MEMBER, **who)
    Membership.objects.filter(user=abe).update(role=Role.MEMBER.value)
    assert _sign_in(client, settings, provider, NEW).status_code == 403


def test_a_suspended_person_stays_out(client, ada, provider, settings) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert _sign_in(client, settings, provider, ADA).url == "/account/inactive/"
    assert not _is_in(client)


def test_a_second_factor_is_asked_for_all_the_same(client, ada, provider, settings):
    app = give_app(ada)
    step = _sign_in(client, settings, provider, ADA, next="/account/sessions").url
    assert (step, _is_in(client)) == ("/account/login/second-factor", False)
    assert client.post(step, {"code": app.now()}).url == "/account/sessions"


def test_session_id_changes(client, ada, provider, settings) -> None:
    client.get(LOGIN)
    sent = _start(client, settings)
    before = client.session.session_key
    provider.person = ADA
    back = urlsplit(sent["redirect_uri"][0]).path
    client.get(back, {"code": "code", "state": sent["state"][0]})
    assert _is_in(client)
    assert client.session.session_key != before


@pytest.mark.parametrize("state", ["", "wrong", "\0", "x" * 5000])
def test_an_answer_that_nobody_asked_for_is_refused(
    client, ada, provider, settings, state
) -> None:
    provider.person = ADA
    sent = _start(client, settings)
    back = urlsplit(sent["redirect_uri"][0]).path
    answer = client.get(back, {"code": "code", "state": state})
    assert "You were not signed in" in answer.content.decode()
    other = Client().get(back, {"code": "code", "state": sent["state"][0]})
    assert "You were not signed in" in other.content.decode()
    assert not _is_in(client)


def test_an_answer_counts_once(client, ada, provider, settings) -> None:
    provider.person = ADA
    sent = _start(client, settings)
    back = urlsplit(sent["redirect_uri"][0]).path
    query = {"code": "code", "state": sent["state"][0]}
    client.get(back, query)
    client.logout()
    client.get(back, query)
    assert not _is_in(client)


def test_changing_one_s_mind_leads_back_to_the_sign_in(client, provider, settings, db):
    sent = _start(client, settings)
    back = urlsplit(sent["redirect_uri"][0]).path
    query = {"error": "access_denied", "state": sent["state"][0]}
    answer = client.get(back, query, follow=True)
    assert answer.redirect_chain == [(LOGIN, 302)]
    assert "You were not signed in." in answer.content.decode()


BROKEN = {
    "an error": (500, b"out of order"),
    "no JSON": (200, b"<html>"),
    "a list": (200, b"[]"),
    "nothing in it": (200, b"{}"),
    "null": (200, b"null"),
}


@pytest.mark.parametrize("said", BROKEN)
def test_a_provider_out_of_order_is_said_in_a_sentence(
    client, ada, provider, settings, said
) -> None:
    url = reverse("openid_connect_login", args=[settings.SINGLE_SIGN_ON.provider_id])
    provider.broken["/.well-known/openid-configuration"] = BROKEN[said]
    answers = [client.post(url)]
    provider.broken.clear()
    for path in ("/token", "/userinfo"):
        # What is true of somebody stands in the token as well.
        person = ADA if path == "/token" else {}
        provider.broken = {path: BROKEN[said]}
        answers.append(_sign_in(client, settings, provider, person))
    for answer in answers:
        assert answer.status_code == 502
        assert "Signing in with Acme ID did not work." in answer.content.decode()
    assert not _is_in(client)


def test_a_provider_that_is_down_is_said_in_a_sentence(client, db, provider, settings):
    url = reverse("openid_connect_login", args=[settings.SINGLE_SIGN_ON.provider_id])
    sent = _start(client, settings)
    provider.stop()
    back = urlsplit(sent["redirect_uri"][0]).path
    query = {"code": "code", "state": sent["state"][0]}
    for answer in (client.post(url), client.get(back, query)):
        assert answer.status_code == 502
        assert "You were not signed in" in answer.content.decode()


@pytest.mark.parametrize("wrong", [{"aud": "others"}, {"iss": "https://evil.test"}])
def test_a_token_for_others_or_by_others_is_refused(
    client, ada, provider, settings, wrong
) -> None:
    answer = _sign_in(client, settings, provider, ADA | wrong)
    assert "You were not signed in" in answer.content.decode()
    assert not _is_in(client)


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test"]
)
def test_nobody_is_led_off_the_site(client, ada, provider, settings, target) -> None:
    assert _sign_in(client, settings, provider, ADA, next=target).url == "/"


@pytest.mark.parametrize("process", ["connect", "redirect", "x"])
def test_nobody_adds_an_identity_to_the_account_signed_in(
    client_for, ada, abe, provider, settings, process
) -> None:
    client = client_for(abe)
    answer = _sign_in(client, settings, provider, ADA, process=process)
    assert answer.url == LOGIN
    assert client.session["_auth_user_id"] == str(abe.pk)
    assert not SocialAccount.objects.exists()


def test_opening_the_address_asks_first(client, provider, settings, db) -> None:
    url = reverse("openid_connect_login", args=[settings.SINGLE_SIGN_ON.provider_id])
    page = client.get(url)
    assert page.status_code == 200
    assert "You sign in on a page of Acme ID" in page.content.decode()


def test_another_provider_s_address_does_not_exist(client, provider, db) -> None:
    for path in ("other", "other/callback", "openid_connect2"):
        assert client.get(f"/account/single-sign-on/{path}").status_code == 404


def test_who_has_no_password_signs_in_again_at_the_provider(
    client_for, ada, acme, provider, settings
) -> None:
    ada.set_unusable_password()
    ada.save()
    client = client_for(ada, signed_in_at=time.time() - 16 * 60)
    asked = client.get("/account/security/app", follow=True)
    assert asked.redirect_chain[0][0].startswith("/account/reauthenticate/again?next=")
    body = asked.content.decode()
    url = re.search(r'action="([^"]*single-sign-on[^"]*)"', body)[1]
    assert 'name="next" value="/account/security/app"' in body
    sent = parse_qs(
        urlsplit(client.post(url, {"next": "/account/security/app"}).url).query
    )
    assert sent["prompt"] == ["login"]
    provider.person = ADA
    back = urlsplit(sent["redirect_uri"][0]).path
    answer = client.get(back, {"code": "code", "state": sent["state"][0]})
    assert answer.url == "/account/security/app"
    assert client.get(answer.url).status_code == 200


SERVER = "https://login.example.com/realms/acme"


@pytest.mark.parametrize(
    ("url", "client_id", "secret", "name"),
    [
        ("http://login.example.com", "id", "secret", "Acme"),
        ("login.example.com", "id", "secret", "Acme"),
        ("https://", "id", "secret", "Acme"),
        ("https://a:99999", "id", "secret", "Acme"),
        ("https://user@a.test", "id", "secret", "Acme"),
        ("https://a.test;script-src *", "id", "secret", "Acme"),
        ("https://a.test/?x=1", "id", "secret", "Acme"),
        (SERVER, "", "secret", "Acme"),
        (SERVER, "id", "", "Acme"),
        (SERVER, "id", "secret", ""),
        (SERVER, "id", "secret", "x" * 41),
        (SERVER, "id", "secret", "a\u202eb"),
        ("", "id", "", "Acme"),
        ("", "", "secret", "Acme"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(url, client_id, secret, name) -> None:
    with pytest.raises(ImproperlyConfigured, match="OIDC_"):
        single_sign_on(url, client_id, secret, name)


def test_settings_that_work_name_the_provider_s_origin() -> None:
    configured = single_sign_on(f"{SERVER}/", "id", "secret", "Acme ID")
    assert configured.origin == "https://login.example.com"
    assert configured == single_sign_on(SERVER, "id", "secret", "Acme ID")
    assert single_sign_on("", "", "", "anything") is None


def _from_environment(**environment: str) -> str:
    code = (
        "from config import settings as s; print(s.SINGLE_SIGN_ON, "
        "s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    asked = {"PATH": os.environ["PATH"], "SECRET_KEY": secrets.token_urlsafe(50)}
    asked |= {"SIGNING_KEYS": secrets.token_hex(32)} | environment
    command = [sys.executable, "-c", code]
    root = Path(__file__).parents[2]
    return subprocess.run(
        command, env=asked, cwd=root, capture_output=True, text=True, check=False
    ).stdout


def test_operator_sets_it_up_in_the_environment(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file")
    said = _from_environment(
        OIDC_SERVER_URL=SERVER,
        OIDC_CLIENT_ID="id",
        OIDC_CLIENT_SECRET_FILE=str(secret),
        OIDC_NAME="Acme ID",
    )
    assert "name='Acme ID'" in said
    assert "'secret': 'from a file'" in said
    assert said.endswith("[\"'self'\", 'https://login.example.com']\n")


@pytest.mark.parametrize("email", ["ad\u0131@acme.test", "adi@acme.te\u017ft"])
def test_letters_that_a_database_takes_for_others_open_no_account(
    client, acme, provider, settings, email
) -> None:
    User.objects.create_user("adi@acme.test")
    answer = _sign_in(client, settings, provider, PERSON | {"email": email})
    assert answer.status_code == 403
    assert not _is_in(client)


def test_kelvin_sign_is_no_k(client, acme, ada, provider, settings) -> None:
    who = {"actor": Actor.person(ada), "at": timezone.now()}
    actions.invite(acme, ["mike@acme.test"], Role.ADMIN, **who)
    person = PERSON | {"email": "mi\u212ae@acme.test"}
    assert _sign_in(client, settings, provider, person).status_code == 403
    assert not User.objects.filter(email="mike@acme.test").exists()


def test_email_is_matched_in_any_case(client, ada, provider, settings) -> None:
    _sign_in(client, settings, provider, PERSON | {"email": "Ada@ACME.test"})
    assert client.session["_auth_user_id"] == str(ada.pk)
