"""Getting in: what is open, what mails say, and what a stranger cannot do to others."""

import re
from ipaddress import ip_network

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import hashers
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from orgs import outbox
from orgs.models import User
from tests.conftest import PASSWORD
from tests.second_factors import give_app
from tests.secretkeys.browsing import HTMX, text

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
    assert all(link.startswith("https://keys.example.com") for link in links)


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


def test_unknown_address_makes_as_much_work_as_a_known_one(
    client, ada, settings, django_capture_on_commit_callbacks
) -> None:
    settings.EMAIL_BACKEND = "orgs.outbox.EmailBackend"
    work = []
    for email in (ada.email, "nobody@x.test"):
        with (
            CaptureQueriesContext(connection) as queries,
            django_capture_on_commit_callbacks(execute=True) as mails,
        ):
            client.post(RESET, {"email": email})
        work.append((len(queries), len(mails)))
    outbox.drain()
    assert work[0] == work[1]
    assert [message.to for message in mail.outbox] == [[ada.email]]


def test_guessing_from_one_address_locks_nobody_else_out(client, ada) -> None:
    for _ in range(12):
        _sign_in(client, ada.email, "wrong password", REMOTE_ADDR="10.0.0.4")
    refused = _sign_in(Client(), ada.email, REMOTE_ADDR="10.0.0.4")
    let_in = _sign_in(Client(), ada.email, REMOTE_ADDR="10.0.0.5")
    assert (refused.status_code, let_in.status_code) == (200, 302)


def test_behind_a_proxy_limits_count_the_people_not_the_proxy(ada, settings) -> None:
    settings.TRUSTED_PROXIES = frozenset([ip_network("127.0.0.1")])
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


@pytest.mark.parametrize("typed", ["ada@acme.test", "ADA@ACME.TEST", " Ada@acme.test "])
def test_an_email_is_the_same_in_any_case(client, ada, typed: str) -> None:
    assert _sign_in(client, typed).status_code == 302


def test_an_address_is_looked_up_by_an_index(ada) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert User.objects.with_email("ADA@acme.test") == ada
    (query,) = asked
    sql, way = query["sql"], "EXPLAIN QUERY PLAN "
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # With one row, reading all of them is the faster way.
            cursor.execute("SET LOCAL enable_seqscan = off")
            way = "EXPLAIN "
        cursor.execute(way + sql)
        assert "user_email_any_case_unique" in str(cursor.fetchall())


def test_an_account_made_in_capitals_can_sign_in(client, db) -> None:
    User.objects.create_user("Cap@Acme.Test", PASSWORD)
    assert _sign_in(client, "Cap@Acme.Test").status_code == 302


def test_nobody_signs_in_by_an_address_that_nobody_verified(client, ada) -> None:
    EmailAddress.objects.update(verified=False)
    answer = _sign_in(client, ada.email)
    assert "Your email is not confirmed" in client.get(answer.url).content.decode()
    assert client.get("/").status_code == 302
    assert mail.outbox == []


class CountingHasher(hashers.MD5PasswordHasher):
    """Counts how often a password is hashed, which is what takes time."""

    algorithm = "counting"
    runs = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).runs += 1
        return super().encode(password, salt)


@pytest.mark.parametrize("name", ["ada", "sso", "gone", "nobody"])
def test_sign_in_hashes_as_often_for_unknown_addresses(
    client, db, settings, name
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    User.objects.create_user("ada@acme.test", PASSWORD)
    User.objects.create_user("sso@acme.test")
    User.objects.create_user("gone@acme.test", PASSWORD)
    User.objects.filter(email="gone@acme.test").update(is_active=False)
    before = CountingHasher.runs
    _sign_in(client, f"{name}@acme.test", "wrong")
    assert CountingHasher.runs - before == 1


def test_a_suspended_person_is_told_so_only_after_the_password(client, ada) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert "not correct" in _sign_in(client, ada.email, "wrong").content.decode()
    assert _sign_in(client, ada.email).url == "/account/inactive/"


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_a_form_of_before_another_tab_signed_in_is_answered_with_a_way_on(
    ada, acme, htmx: bool
) -> None:
    client = Client(enforce_csrf_checks=True)
    old = client.get(LOGIN).context["csrf_token"]
    form = {"login": ada.email, "password": PASSWORD, "csrfmiddlewaretoken": str(old)}
    assert client.post(LOGIN, form).status_code == 302
    url = reverse("secretkeys:create", args=[acme.pk])
    headers = HTMX if htmx else {}
    refused = client.post(url, {"csrfmiddlewaretoken": str(old)}, headers=headers)
    body = refused.content.decode()
    assert refused.status_code == 403
    assert ("<html" in body) is not htmx
    assert "eload" in body


def test_password_is_changed_with_the_old_one_and_ends_other_sessions(
    client_for, ada
) -> None:
    client, other = client_for(ada), client_for(ada)
    new = "another correct horse battery"
    form = {"oldpassword": "wrong", "password1": new, "password2": new}
    refused = client.post("/account/password/change/", form)
    assert "The current password is not correct." in text(refused)
    form["oldpassword"] = PASSWORD
    changed = client.post("/account/password/change/", form, follow=True)
    assert changed.redirect_chain == [("/account/security", 302)]
    assert "Every other session is signed out." in changed.content.decode()
    assert client.get("/account/security").status_code == 200
    assert other.get("/account/security").status_code == 302


def test_password_reset_leaves_the_second_factor_in_place(client, ada) -> None:
    give_app(ada)
    client.post(RESET, {"email": ada.email})
    link = re.findall(r"https?://\S+/reset/\S+", mail.outbox[0].body)[0]
    page = client.get(link[link.index("/account/") :], follow=True)
    new = "another correct horse battery"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    assert _sign_in(Client(), ada.email, new).url == "/account/login/second-factor"


def test_passwords_are_asked_for_in_the_same_words_everywhere(client_for, ada) -> None:
    client = client_for(ada)
    url = "/account/password/change/"
    page, empty = client.get(url), client.post(url)
    form = {"oldpassword": PASSWORD, "password1": "x" * 12 + "y", "password2": "z"}
    differ = client.post(url, form)
    rule = "At least 12 characters, not a common password, not like your name or email."
    assert rule in text(page)
    for sentence in (
        "Enter your current password.",
        "Enter a password.",
        "Enter the password again.",
    ):
        # In the summary, and at the field.
        assert empty.content.decode().count(sentence) == 2
    assert differ.content.decode().count("The passwords do not match.") == 1
