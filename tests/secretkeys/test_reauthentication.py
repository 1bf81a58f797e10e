"""Whoever gives rights away or ends them has signed in within a quarter of an hour."""

import datetime as dt
import re
import time
import uuid
from dataclasses import replace

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs.audit import Actor
from secretkeys.actions import KeyTerms, update_key
from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.models import GRANT_FIELDS, SecretKey
from secretkeys.refusals import Unconfirmed
from secretkeys.scopes import Reach
from tests.conftest import PASSWORD
from tests.second_factors import give_app, give_passkey, give_recovery_codes
from tests.secretkeys.browsing import HTMX, fields, text
from tests.secretkeys.conftest import scopes

pytestmark = pytest.mark.django_db

MINUTE = 60
NARROW = Grant.restricted(
    dict.fromkeys(
        (Resource.DATASETS, Resource.MODELS, Resource.ORGANIZATION), Access.READ
    ),
    scopes(dataset={"pets", "cars"}, training=Reach.NONE),
)
WIDENING = {
    "another level": {"permission": "full"},
    "a row more": {"annotations_level": "read"},
    "write for read": {"datasets_level": "write"},
    "an object more": {"dataset_ids": ["pets", "cars", "roads"]},
    "another object": {"dataset_ids": ["pets", "roads"]},
    "every object": {"dataset_reach": "all"},
    "a reach": {"training_reach": "selected", "training_ids": ["detector"]},
    "a row more and one less": {"models_level": "none", "assets_level": "read"},
    "a later end": {"expiration": "365"},
    "no end": {"expiration": "never"},
    "a new name beside": {"name": "renamed", "permission": "read_only"},
}
NARROWING = {
    "a new name": {"name": "renamed"},
    "nothing": {},
    "a row less": {"models_level": "none"},
    "an object less": {"dataset_ids": ["pets"]},
    "no object": {"dataset_reach": "none"},
    "no deployment, which it has no right to": {"deployment_reach": "none"},
    "an earlier end": {"expiration": "7"},
    "all of it": {"models_level": "none", "dataset_ids": ["cars"], "expiration": "7"},
}


@pytest.fixture
def stale(ada, client_for) -> Client:
    """Ada's browser, in which she signed in longer ago."""
    return client_for(ada, signed_in_at=time.time() - 15 * MINUTE - 1)


@pytest.fixture
def change(edit, featured, make_key, stale):
    """Return a function that changes a narrow key that ends in a month."""
    end = timezone.now() + dt.timedelta(days=30)
    key, _ = make_key(grant=NARROW, expires_at=end)
    scope = {"dataset_reach": "selected", "dataset_ids": ["pets", "cars"]}

    def send(client=stale, **fields):
        return key, edit(key, client=client, **(scope | fields))

    return send


def asks(response):
    """Tell whether a page asks for the password, and holds none."""
    body = response.content.decode()
    assert PASSWORD not in body
    found = re.findall(r'<input[^>]*type="password"[^>]*>', body)
    assert not any("value=" in each for each in found)
    return len(found) == 1 and "Confirm it is you" in body


def state(key):
    """Return what can be changed of a key, as it is stored."""
    names = ["name", "expires_at", "removed_at", "replaced_by", *GRANT_FIELDS]
    return SecretKey.objects.values(*names).get(pk=key.pk)


@pytest.mark.parametrize("kind", WIDENING)
def test_widening_asks_and_saves_nothing_yet(change, kind):
    before = SecretKey.objects.values().get()
    key, response = change(**WIDENING[kind])
    assert response.status_code == 422
    assert asks(response)
    assert "This gives the key more than it has." in text(response)
    assert SecretKey.objects.values().get(pk=key.pk) == before


@pytest.mark.parametrize("kind", WIDENING)
def test_widening_is_saved_with_the_password(change, kind):
    before = SecretKey.objects.values().get()
    key, response = change(password=PASSWORD, **WIDENING[kind])
    assert response.status_code == 200
    assert SecretKey.objects.values().get(pk=key.pk) != before


@pytest.mark.parametrize("kind", WIDENING)
def test_widening_asks_nothing_of_whoever_has_just_signed_in(change, signed_in, kind):
    assert change(client=signed_in, **WIDENING[kind])[1].status_code == 200


@pytest.mark.parametrize("kind", NARROWING)
def test_narrowing_and_renaming_ask_nothing(change, kind):
    key, response = change(**NARROWING[kind])
    stored = state(key)
    assert response.status_code == 200
    assert stored["name"] == NARROWING[kind].get("name", "pipeline")
    assert stored["models_level"] == (0 if "models_level" in NARROWING[kind] else 1)


def test_creating_asks_and_makes_nothing_yet(create, acme, stale):
    response = create(client=stale)
    assert asks(response)
    assert "A new key gives access to your organization." in text(response)
    assert not SecretKey.objects.exists()
    assert create(client=stale, password=PASSWORD).status_code == 200
    assert SecretKey.objects.count() == 1


def rotate_form():
    """Return what Rotate sends."""
    return {"overlap": "1", "nonce": str(uuid.uuid4())}


@pytest.mark.parametrize(("name", "form"), [("rotate", rotate_form), ("remove", dict)])
def test_rotating_and_removing_ask(stale, make_key, name, form):
    key, _ = make_key()
    before, sent = state(key), form()
    url = reverse(f"secretkeys:{name}", args=[key.organization_id, key.key_id])
    assert asks(stale.post(url, sent, headers=HTMX))
    assert state(key) == before
    answer = stale.post(url, sent | {"password": PASSWORD}, headers=HTMX)
    assert answer.status_code == 200
    assert state(key) != before


def test_a_removal_that_has_to_be_confirmed_keeps_the_name_typed(stale, make_key):
    key, _ = make_key(last_used_at=timezone.now())
    url = reverse("secretkeys:remove", args=[key.organization_id, key.key_id])
    response = stale.post(url, {"confirmation": "pipeline"}, headers=HTMX)
    assert asks(response)
    assert fields(response, "remove-form")["confirmation"] == ["pipeline"]


def test_a_form_that_is_wrong_is_mended_before_it_asks(create, edit, stale, make_key):
    key, _ = make_key(permission=Permission.READ_ONLY)
    for response in (
        create(client=stale, name=""),
        edit(key, client=stale, name="", permission="full"),
    ):
        assert (response.status_code, asks(response)) == (422, False)


@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
def test_what_was_typed_is_kept_while_it_asks(create, featured, stale, htmx):
    typed = {"name": "vendor", "expiration": "7", "permission": "labeler_only"}
    typed |= {"dataset_reach": "selected", "training_reach": "none"}
    nonce = str(uuid.uuid4())
    response = create(
        htmx=htmx, client=stale, nonce=nonce, dataset_ids=["cars", "pets"], **typed
    )
    sent = fields(response, "create-form")
    assert {name: sent[name] for name in typed} == {
        name: [value] for name, value in typed.items()
    }
    assert (sent["dataset_ids"], sent["nonce"]) == (["cars", "pets"], [nonce])


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("wrong", "The password is not correct."),
        (PASSWORD.upper(), "The password is not correct."),
        (PASSWORD + "\0", "Null characters are not allowed."),
        ("x" * 100_000, "The password is not correct."),
        ("", "Enter your password."),
    ],
)
def test_a_wrong_password_is_told_and_asked_for_again(
    create, acme, stale, password, sentence
):
    session = stale.session.session_key
    response = create(client=stale, password=password)
    assert response.status_code == 422
    assert asks(response)
    assert sentence in text(response)
    assert not SecretKey.objects.exists()
    assert stale.session.session_key == session


def test_a_right_password_counts_as_a_sign_in(create, acme, stale):
    create(client=stale, password=PASSWORD)
    assert create(client=stale, name="second").status_code == 200
    assert SecretKey.objects.count() == 2


def test_a_right_password_gives_the_session_another_id(create, acme, stale):
    before = stale.session.session_key
    create(client=stale, password=PASSWORD)
    assert stale.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()
    thief = Client()
    thief.cookies["session"] = before
    url = reverse("secretkeys:list", args=[acme.pk])
    assert thief.get(url).status_code == 302


def test_the_password_is_kept_nowhere(create, acme, stale, caplog):
    for password in ("wrong horse", PASSWORD):
        response = create(client=stale, password=password)
        assert password not in response.content.decode()
        assert password not in repr(dict(stale.session))
        assert password not in repr(response.headers) + caplog.text


@pytest.mark.parametrize(
    ("names", "named"),
    [
        (["account_email_change"], ()),
        (["orgs:rules", "orgs:invite", "orgs:ownership_accept"], ("acme",)),
        (["secretkeys:leave", "secretkeys:create"], ("acme",)),
        (["orgs:member_role", "orgs:ownership_offer"], ("acme", "mel")),
        (["secretkeys:member_remove"], ("acme", "mel")),
        (["secretkeys:edit", "secretkeys:preview"], ("acme", "key")),
        (["secretkeys:rotate", "secretkeys:remove"], ("acme", "key")),
    ],
)
def test_no_report_of_an_error_shows_the_answer(
    stale, make_key, acme, mel, names, named
):
    key, _ = make_key()
    things = {"acme": acme.pk, "mel": mel.pk, "key": key.pk}
    for name in names:
        url = reverse(name, args=[things[each] for each in named])
        request = stale.post(url, {"password": "p", "code": "c"}).wsgi_request
        assert request.sensitive_post_parameters == ("password", "code"), name


@pytest.mark.parametrize(
    ("minutes", "is_asked"), [(0, False), (14.9, False), (15.1, True), (60 * 24, True)]
)
def test_a_sign_in_counts_for_a_quarter_of_an_hour(
    create, acme, ada, client_for, minutes, is_asked
):
    client = client_for(ada, signed_in_at=time.time() - minutes * MINUTE)
    assert asks(create(client=client)) is is_asked
    assert SecretKey.objects.exists() is not is_asked


def test_a_sign_in_through_the_page_counts(create, acme, ada):
    client = Client()
    sent = {"login": ada.email, "password": PASSWORD}
    client.post(reverse("account_login"), sent)
    assert create(client=client).status_code == 200


def test_a_session_of_unknown_age_is_asked(create, acme, ada):
    client = Client()
    client.force_login(ada)
    assert asks(create(client=client))


def test_guesses_are_counted_and_then_refused_with_a_sentence(create, acme, stale):
    for _ in range(10):
        assert "Too many" not in text(create(client=stale, password="wrong"))
    answers = [create(client=stale, password=each) for each in ("wrong", PASSWORD)]
    for response in answers:
        assert response.status_code == 422
        assert "Too many attempts. Wait a minute, then try again." in text(response)
        assert asks(response)
    # Nobody learns from it which of them was right.
    assert text(answers[0]) == text(answers[1])
    assert not SecretKey.objects.exists()


def test_the_limit_follows_a_person_and_meets_nobody_elsewhere(
    create, acme, stale, abe, client_for
):
    for _ in range(10):
        create(client=stale, password="wrong")
    stale.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert "Too many attempts." in text(create(client=stale, password=PASSWORD))
    other = client_for(abe, signed_in_at=1)
    other.defaults["REMOTE_ADDR"] = "192.0.2.8"
    assert create(client=other, password=PASSWORD).status_code == 200


def test_another_person_s_password_does_not_do(create, acme, stale, abe):
    abe.set_password("another horse")
    abe.save()
    assert asks(create(client=stale, password="another horse"))


@pytest.fixture
def without_password(ada, stale):
    """Ada's browser of longer ago; she signs in at an identity provider."""
    ada.set_unusable_password()
    ada.save()
    return client_with_session_of(stale, ada)


def client_with_session_of(client, user):
    """Keep a session whose user got another password."""
    session = client.session
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    return client


@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
def test_whoever_has_no_password_but_an_app_types_its_code(
    create, acme, ada, without_password, htmx
):
    app = give_app(ada)
    before = without_password.session.session_key
    asked = create(client=without_password, htmx=htmx, name="vendor")
    assert asked.status_code == 422
    assert "Enter the code from your authenticator app to go on." in text(asked)
    assert fields(asked, "create-form")["name"] == ["vendor"]
    assert not asks(asked)
    wrong = create(client=without_password, htmx=htmx, code="12")
    assert "This code is not correct" in text(wrong)
    assert not SecretKey.objects.exists()
    done = create(client=without_password, htmx=htmx, code=app.now())
    assert done.status_code == 200
    assert SecretKey.objects.count() == 1
    assert without_password.session.session_key != before


def test_a_recovery_code_confirms_too(create, acme, ada, without_password):
    give_app(ada)
    code = give_recovery_codes(ada)[0]
    assert create(client=without_password, code=code).status_code == 200


def test_guesses_of_codes_are_counted_and_then_refused(
    create, acme, ada, without_password
):
    app = give_app(ada)
    for _ in range(5):
        assert "not correct" in text(create(client=without_password, code="12"))
    refused = create(client=without_password, code=app.now())
    assert "Too many attempts" in text(refused)
    assert not SecretKey.objects.exists()


def test_a_code_does_not_do_for_whoever_has_a_password(create, acme, ada, stale):
    code = give_app(ada).now()
    assert asks(create(client=stale, code=code))
    assert not SecretKey.objects.exists()


@pytest.mark.parametrize("has_passkey", [True, False])
@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
def test_whoever_has_neither_confirms_in_a_new_tab_and_loses_nothing(
    create, acme, ada, without_password, has_passkey, htmx
):
    if has_passkey:
        give_passkey(ada)
    asked = create(client=without_password, htmx=htmx, name="vendor")
    link = re.search(r'href="([^"]*)" target="_blank"', asked.content.decode())[1]
    assert asked.status_code == 422
    assert "then come back and press the button again" in text(asked)
    assert fields(asked, "create-form")["name"] == ["vendor"]
    assert not SecretKey.objects.exists()
    page = without_password.get(link, follow=True)
    kind = "passkey" if has_passkey else "again"
    assert page.redirect_chain[0][0].startswith(f"/account/reauthenticate/{kind}?")
    assert page.status_code == 200
    # Every way leads on to it, also where passkeys do not work.
    assert re.search("reauthenticate(/|%2F)done", page.content.decode())
    # Neither an odd password nor an odd code is an answer.
    sent = {"password": PASSWORD, "code": "000000"}
    assert create(client=without_password, htmx=htmx, **sent).status_code == 422
    assert not SecretKey.objects.exists()


def test_the_page_after_confirming_leads_back_to_the_other_tab(stale):
    sent = {"password": PASSWORD, "next": reverse("account_confirmed")}
    answer = stale.post(reverse("account_reauthenticate"), sent, follow=True)
    assert "Go back to the other tab" in text(answer)


def test_the_page_offers_the_other_ways(stale, ada):
    give_app(ada)
    give_passkey(ada)
    body = stale.get(reverse("account_reauthenticate"), {"next": "/x"}).content.decode()
    for path in ("code", "passkey", "again"):
        assert f'href="/account/reauthenticate/{path}?next=%2Fx"' in body


def test_a_code_on_the_page_counts_and_gives_the_session_another_id(
    create, acme, ada, stale
):
    app = give_app(ada)
    before = stale.session.session_key
    sent = {"code": app.now(), "next": "/account/sessions"}
    answer = stale.post(reverse("mfa_reauthenticate"), sent)
    assert answer.url == "/account/sessions"
    assert stale.session.session_key != before
    assert create(client=stale).status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test"]
)
def test_confirming_never_leads_off_the_site(stale, ada, target):
    app = give_app(ada)
    page = stale.get(reverse("account_sign_in_again"), {"next": target})
    assert "evil" not in page.content.decode()
    sent = {"code": app.now(), "next": target}
    assert stale.post(reverse("mfa_reauthenticate"), sent).url == "/"
    sent = {"password": PASSWORD, "next": target}
    assert stale.post(reverse("account_reauthenticate"), sent).url == "/"
    assert stale.post(reverse("account_logout"), {"next": target}).url.startswith(
        "/acc"
    )


def test_a_password_is_not_set_in_an_open_browser(ada, without_password):
    url = reverse("account_set_password")
    new = {"password1": "another correct horse", "password2": "another correct horse"}
    for answer in (without_password.get(url), without_password.post(url, new)):
        assert (
            answer.url == "/account/reauthenticate/?next=%2Faccount%2Fpassword%2Fset%2F"
        )
    assert "another correct" not in repr(dict(without_password.session))
    ada.refresh_from_db()
    assert not ada.has_usable_password()


def test_the_session_keeps_its_row_in_the_list(create, acme, ada):
    client = Client()
    client.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [records[0] | {"at": 1}]
    session.save()
    before = UserSession.objects.get()
    assert create(client=client, password=PASSWORD).status_code == 200
    after = UserSession.objects.get()
    assert (after.pk, after.session_key) == (before.pk, client.session.session_key)
    assert after.session_key != before.session_key


def test_a_password_in_the_address_does_not_do(acme, stale, make_key):
    key, _ = make_key()
    url = reverse("secretkeys:remove", args=[acme.pk, key.key_id])
    assert asks(stale.post(f"{url}?password={PASSWORD}", headers=HTMX))
    assert not state(key)["removed_at"]


def test_no_password_is_asked_for_before_something_is_sent(acme, stale, make_key):
    key, _ = make_key()
    for page in ("edit", "rotate", "remove"):
        url = reverse(f"secretkeys:{page}", args=[acme.pk, key.key_id])
        assert not asks(stale.get(url))
    assert not asks(stale.get(reverse("secretkeys:create", args=[acme.pk])))


def test_what_somebody_took_away_meanwhile_is_not_given_back_unasked(ada, make_key):
    key, _ = make_key()
    wide = KeyTerms.of(key)
    narrow = replace(wide, grant=Grant.preset(Permission.LABELER_ONLY))
    who = {"actor": Actor.person(ada), "at": timezone.now()}
    # Between reading the key and locking it, somebody else narrows it.
    update_key(key, narrow, seen=wide.fingerprint, confirmed=True, **who)
    with pytest.raises(Unconfirmed):
        update_key(key, wide, seen=narrow.fingerprint, confirmed=False, **who)
    key.refresh_from_db()
    assert key.permission == Permission.LABELER_ONLY


def test_the_page_that_asks_gives_the_session_another_id(acme, stale):
    before = stale.session.session_key
    sent = {"password": PASSWORD, "next": "/"}
    stale.post(reverse("account_reauthenticate"), sent)
    assert stale.session.session_key != before
