"""Getting in: what is open, what mails say, and what a stranger cannot do to others."""

import re

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, reverse

from orgs.models import User
from tests.conftest import PASSWORD

LOGIN = "/account/login/"
RESET = "/account/password/reset/"


def _sign_in(client: Client, email: str, password: str = PASSWORD, **extra: str):
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


@pytest.mark.parametrize("path", ["email/", "confirm-email/", "confirm-email/x/"])
def test_nobody_can_take_an_address_as_their_own(path, client_for, ada) -> None:
    assert client_for(ada).get(f"/account/{path}").status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse("account_email")


def test_signing_up_is_closed(client: Client, ada: User) -> None:
    form = {"email": "new@x.test", "password1": PASSWORD, "password2": PASSWORD}
    body = client.post("/account/signup/", form).content.decode()
    assert "Signing up is closed" in body
    assert not User.objects.filter(email="new@x.test").exists()


def test_session_id_changes_at_sign_in(client: Client, ada: User) -> None:
    client.get(LOGIN)
    before = client.session.session_key
    _sign_in(client, ada.email)
    assert client.session.session_key not in (None, before)


@pytest.mark.parametrize("email", ["ada@acme.test", "nobody@acme.test"])
def test_wrong_password_and_unknown_address_read_the_same(client, ada, email) -> None:
    body = _sign_in(client, email, "wrong password").content.decode()
    sentences = re.findall(r'role="alert".*?</', body, re.DOTALL)
    assert "not correct" in body
    assert email.split("@")[0] not in " ".join(sentences)


def test_reset_mail_leads_to_the_configured_origin(client, ada, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_ORIGIN = "https://keys.example.com"
    client.post(RESET, {"email": ada.email}, headers={"Host": "evil.test:4444"})
    message = mail.outbox[0]
    links = re.findall(r"https?://\S+", message.body)
    assert "evil" not in message.subject + message.body
    assert links
    assert all(link.startswith("https://keys.example.com/account/") for link in links)


def test_link_of_the_reset_mail_sets_a_new_password(client, ada, settings) -> None:
    client.post(RESET, {"email": ada.email})
    link = re.findall(r"https?://\S+", mail.outbox[0].body)[0]
    page = client.get(link.removeprefix(settings.PUBLIC_ORIGIN), follow=True)
    new = "another correct horse battery"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    assert _sign_in(Client(), ada.email, new).status_code == 302


def test_unknown_address_gets_no_mail_and_the_same_answer(client, ada) -> None:
    known = client.post(RESET, {"email": ada.email})
    unknown = client.post(RESET, {"email": "nobody@x.test"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [message.to for message in mail.outbox] == [[ada.email]]


def test_guessing_from_one_address_locks_nobody_else_out(client, ada) -> None:
    for _ in range(12):
        _sign_in(client, ada.email, "wrong password", REMOTE_ADDR="10.0.0.4")
    refused = _sign_in(Client(), ada.email, REMOTE_ADDR="10.0.0.4")
    let_in = _sign_in(Client(), ada.email, REMOTE_ADDR="10.0.0.5")
    assert (refused.status_code, let_in.status_code) == (200, 302)


def test_behind_a_proxy_limits_count_the_people_not_the_proxy(ada, settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    for number in range(12):
        # What stands before the proxy's own entry is the stranger's invention.
        hops = f"10.0.0.{number}, 192.0.2.4"
        _sign_in(Client(), ada.email, "wrong", HTTP_X_FORWARDED_FOR=hops)
    refused = _sign_in(Client(), ada.email, HTTP_X_FORWARDED_FOR="192.0.2.4")
    let_in = _sign_in(Client(), ada.email, HTTP_X_FORWARDED_FOR="192.0.2.5")
    assert (refused.status_code, let_in.status_code) == (200, 302)


def test_without_a_proxy_a_forwarded_address_is_not_believed(ada) -> None:
    for number in range(12):
        header = {"HTTP_X_FORWARDED_FOR": f"10.0.0.{number}"}
        _sign_in(Client(), ada.email, "wrong password", **header)
    last = _sign_in(Client(), ada.email, HTTP_X_FORWARDED_FOR="10.0.0.99")
    assert last.status_code == 200


def test_reset_of_one_person_cannot_be_used_up_by_a_stranger(ada) -> None:
    for _ in range(8):
        Client().post(RESET, {"email": ada.email}, REMOTE_ADDR="10.0.0.4")
    own = Client().post(RESET, {"email": ada.email}, REMOTE_ADDR="10.0.0.5")
    assert own.status_code == 302


def test_who_asks_too_often_is_told_to_wait(client, ada) -> None:
    answers = [client.post(RESET, {"email": "x@x.test"}) for _ in range(22)]
    assert answers[-1].status_code == 429
    assert "Wait a minute, then try again." in answers[-1].content.decode()


def test_files_are_refused_unread(client: Client) -> None:
    client.raise_request_exception = False
    upload = SimpleUploadedFile("big.bin", b"x" * 100_000)
    assert client.post(LOGIN, {"login": "x", "file": upload}).status_code == 400


@pytest.mark.parametrize("cookie", ["abcdefghij\0klmn", "A" * 32, "x" * 5000, "'"])
def test_odd_session_cookie_is_nobody_s(client: Client, ada, cookie: str) -> None:
    client.cookies["session"] = cookie
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test"]
)
def test_sign_in_never_leads_off_the_site(client, ada, acme, target: str) -> None:
    form = {"login": ada.email, "password": PASSWORD, "next": target}
    response = client.post(LOGIN, form)
    assert response.status_code == 302
    assert response.url == "/"
