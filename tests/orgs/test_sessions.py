"""Where people are signed in, how that ends, and mails about new devices."""

import time
from functools import partial
from ipaddress import ip_network

import pyotp
import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from orgs import actions, devices
from orgs.models import User
from orgs.sessions import SessionStore
from tests.conftest import PASSWORD
from tests.orgs.inviting import invited
from tests.second_factors import give_passkey
from tests.secretkeys.browsing import text
from tests.secretkeys.test_actions import race

LOGIN = "/account/login/"
LIST = "/account/sessions"
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def sign_in(ada, acme, django_capture_on_commit_callbacks):
    """Return a function that signs Ada in as she would herself."""

    def sign_in(agent: str = WINDOWS, client: Client | None = None, **extra) -> Client:
        client = client or Client(headers={"User-Agent": agent})
        form = {"login": ada.email, "password": PASSWORD}
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(LOGIN, form, **extra).status_code == 302
        return client

    return sign_in


def _is_signed_in(client: Client) -> bool:
    return client.get(LIST).status_code == 200


def _row(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (WINDOWS, "Chrome on Windows"),
        (WINDOWS + " Edg/140.0", "Edge on Windows"),
        (IPHONE, "Safari on iPhone"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140 Mobile",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Version/18.0 Safari/605.1.15",
            "Safari on macOS",
        ),
        ("curl/8.0", devices.UNKNOWN),
        ("", devices.UNKNOWN),
        ("Windows", "Windows"),
        ("Firefox/1", "Firefox"),
    ],
)
def test_devices_are_said_in_words(agent: str, words: str) -> None:
    assert devices.device(agent) == words


def test_every_session_is_listed_and_this_one_marked(sign_in) -> None:
    sign_in(IPHONE, REMOTE_ADDR="192.0.2.9")
    shown = text(sign_in().get(LIST))
    assert "Chrome on Windows This device" in shown
    assert "Safari on iPhone 192.0.2.9" in shown


def test_ended_session_is_nobody_s_on_its_next_request(sign_in) -> None:
    phone, laptop = sign_in(IPHONE), sign_in()
    laptop.post(f"{LIST}/{_row(phone).pk}/end")
    assert not _is_signed_in(phone)
    assert _is_signed_in(laptop)
    assert "iPhone" not in text(laptop.get(LIST))


def test_all_others_are_ended_at_once(sign_in) -> None:
    others, laptop = [sign_in(IPHONE), sign_in()], sign_in()
    response = laptop.post(f"{LIST}/others/end", follow=True)
    assert "2 sessions ended." in text(response)
    assert [_is_signed_in(each) for each in [*others, laptop]] == [False, False, True]


def test_nobody_ends_the_session_of_somebody_else(sign_in, gus, client_for) -> None:
    laptop = sign_in()
    client_for(gus).post(f"{LIST}/{_row(laptop).pk}/end")
    client_for(gus).post(f"{LIST}/others/end")
    assert _is_signed_in(laptop)


def test_session_that_ended_already_is_no_error(sign_in) -> None:
    laptop = sign_in()
    response = laptop.post(f"{LIST}/999999/end", follow=True)
    assert "That session had ended already." in text(response)


def test_own_session_is_not_ended_from_the_list(sign_in) -> None:
    laptop = sign_in()
    laptop.post(f"{LIST}/{_row(laptop).pk}/end")
    assert _is_signed_in(laptop)


def test_session_stays_listed_when_its_id_is_renewed(sign_in) -> None:
    laptop = sign_in()
    before = _row(laptop)
    laptop.post("/account/reauthenticate/", {"password": PASSWORD})
    after = _row(laptop)
    assert (after.pk, after.created_at) == (before.pk, before.created_at)
    assert after.session_key != before.session_key


def test_new_password_ends_all_other_sessions(sign_in) -> None:
    phone, laptop = sign_in(IPHONE), sign_in()
    new = "another correct horse battery"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    laptop.post("/account/password/change/", form)
    assert not _is_signed_in(phone)
    shown = text(laptop.get(LIST))
    assert "Chrome on Windows This device" in shown
    assert "iPhone" not in shown


def test_suspended_person_s_sessions_end_for_good(sign_in, ada) -> None:
    laptop = sign_in()
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert not _is_signed_in(laptop)
    User.objects.filter(pk=ada.pk).update(is_active=True)
    assert not _is_signed_in(laptop)


def test_session_of_an_older_version_is_listed_once_it_is_used(
    ada, acme, client_for
) -> None:
    client = client_for(ada)
    assert UserSession.objects.count() == 0
    assert "This device" in text(client.get(LIST))


def test_activity_is_written_every_five_minutes(
    sign_in, django_assert_num_queries
) -> None:
    laptop = sign_in()
    laptop.get(LIST)
    UserSession.objects.update(ip="192.0.2.1")
    # Session, person, and the two queries of the list.
    with django_assert_num_queries(4):
        laptop.get(LIST)
    assert _row(laptop).ip == "192.0.2.1"
    session = laptop.session
    session["seen_at"] = int(time.time()) - 301
    session.save()
    laptop.get(LIST, REMOTE_ADDR="192.0.2.2")
    assert _row(laptop).ip == "192.0.2.2"


@pytest.mark.parametrize("address", ["unknown", "", "a\0b", "fe80::1%eth0", "x" * 99])
def test_odd_address_of_a_proxy_breaks_nothing(sign_in, settings, address) -> None:
    settings.TRUSTED_PROXIES = frozenset([ip_network("127.0.0.1")])
    header = {"HTTP_X_FORWARDED_FOR": address}
    laptop = sign_in(**header)
    assert laptop.get(LIST, **header).status_code == 200


def test_expired_sessions_are_cleared_by_the_command_of_django(sign_in) -> None:
    laptop = sign_in()
    session = laptop.session
    session.set_expiry(-1)
    session.save()
    call_command("clearsessions")
    assert not _is_signed_in(laptop)


def test_new_device_is_told_by_mail(sign_in, ada) -> None:
    sign_in(IPHONE, REMOTE_ADDR="192.0.2.9")
    message = mail.outbox[-1]
    assert message.to == [ada.email]
    assert "Safari on iPhone" in message.body
    assert "192.0.2.9" in message.body.replace("\N{ZERO WIDTH SPACE}", "")


def test_known_device_is_not_told_again(sign_in) -> None:
    laptop = sign_in()
    mail.outbox.clear()
    laptop.post("/account/logout/")
    sign_in(client=laptop)
    assert mail.outbox == []


def test_device_of_one_person_is_new_to_another(
    sign_in, gus, globex, django_capture_on_commit_callbacks
) -> None:
    laptop = sign_in()
    laptop.post("/account/logout/")
    with django_capture_on_commit_callbacks(execute=True):
        laptop.post(LOGIN, {"login": gus.email, "password": PASSWORD})
    assert mail.outbox[-1].to == [gus.email]
    mail.outbox.clear()
    laptop.post("/account/logout/")
    sign_in(client=laptop)
    assert mail.outbox == []


def test_who_has_just_accepted_an_invitation_is_not_told(
    ada, acme, django_capture_on_commit_callbacks
) -> None:
    link = invited(acme, "new@x.test", ada, django_capture_on_commit_callbacks)
    mail.outbox.clear()
    form = {"name": "New", "password1": PASSWORD, "password2": PASSWORD}
    with django_capture_on_commit_callbacks(execute=True):
        assert Client().post(link, form).status_code == 302
    assert mail.outbox == []


@pytest.mark.parametrize("cookie", ["1", "1.2:3:4", "", "x" * 5000, "1:1rXyZa:forged"])
def test_forged_cookie_makes_no_device_known(sign_in, ada, cookie: str) -> None:
    client = Client()
    client.cookies["browser"] = cookie.replace("1", str(ada.pk))
    sign_in(client=client)
    assert len(mail.outbox) == 1


def test_cookie_of_known_people_is_hidden_and_bounded(sign_in) -> None:
    laptop = sign_in()
    cookie = laptop.cookies["browser"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert len(cookie.value) < 400


def test_ended_session_gets_no_other_id_from_a_request_that_was_under_way(
    sign_in, ada
) -> None:
    laptop, phone = sign_in(), sign_in(IPHONE)
    under_way = SessionStore(laptop.session.session_key)
    under_way.load()
    under_way["_auth_user_id"] = str(ada.pk)
    phone.post(f"{LIST}/others/end")
    with pytest.raises(SessionInterrupted):
        under_way.cycle_key()
    assert under_way.is_empty()
    assert UserSession.objects.count() == Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_session_is_ended_whatever_it_does_at_that_moment(sign_in, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    phone = sign_in(IPHONE)
    for _ in range(5):
        laptop = sign_in()
        url, form = "/account/reauthenticate/", {"password": PASSWORD}
        ending = partial(phone.post, f"{LIST}/{_row(laptop).pk}/end")
        assert race(partial(laptop.post, url, form), ending) == ["done", "done"]
        assert not _is_signed_in(laptop)


def test_first_second_factor_ends_the_sessions_of_a_password_alone(sign_in) -> None:
    intruder, laptop = sign_in(IPHONE), sign_in()
    secret = laptop.get("/account/security/app").context["form"].secret
    laptop.post("/account/security/app", {"code": pyotp.TOTP(secret).now()})
    assert [_is_signed_in(each) for each in (intruder, laptop)] == [False, True]


def test_another_second_factor_ends_no_session(sign_in, ada, client_for) -> None:
    give_passkey(ada)
    phone, laptop = client_for(ada), client_for(ada)
    assert _is_signed_in(phone)
    secret = laptop.get("/account/security/app").context["form"].secret
    laptop.post("/account/security/app", {"code": pyotp.TOTP(secret).now()})
    assert _is_signed_in(phone)


def test_no_browser_is_known_any_more_once_the_password_is_another(
    sign_in, ada, client, django_capture_on_commit_callbacks
) -> None:
    laptop, new = sign_in(), "a brand new long password"
    actions.choose_password(ada, new, at=timezone.now())
    mail.outbox.clear()
    laptop.cookies.pop("session")
    with django_capture_on_commit_callbacks(execute=True):
        laptop.post(LOGIN, {"login": ada.email, "password": new})
    assert [message.to for message in mail.outbox] == [[ada.email]]
