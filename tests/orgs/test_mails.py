"""What mails say and where they lead, whoever chose the names in them."""

import datetime as dt
import re
import uuid
from pathlib import Path

import allauth
import pytest
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from django.core.checks import Tags, run_checks
from django.core.mail import EmailMessage
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from orgs import actions, mails
from orgs.audit import COMMAND_LINE, Actor
from orgs.models import Invitation, Organization, User
from orgs.roles import Role
from tests.conftest import PASSWORD

ORIGIN = "https://keys.example.com"
NAME = "<b>O'Brien & Sons</b> evil.test http://evil.test/x"
TEMPLATES = Path(__file__).parent.parent.parent / "templates"
LINK = re.compile(r"https?://[^\s\"<>]+")
# Of the library, and why nobody can get them here.
NEVER_SENT = {
    "account/email/account_already_exists": "nobody can sign up",
    "account/email/email_confirmation_signup": "nobody can sign up",
    "account/email/login_code": "codes by mail are off",
    "account/email/password_reset_code": "codes by mail are off",
    "account/email/unknown_account": "strangers get none",
}
NOTICES = {
    "account/email/email_changed": {"from_email": "a@x.test", "to_email": "b@x.test"},
    "account/email/email_deleted": {"deleted_email": "a@x.test"},
    "account/email/password_changed": {},
    "account/email/password_reset": {},
    "account/email/password_set": {},
    "mfa/email/recovery_codes_generated": {},
    "mfa/email/totp_activated": {},
    "mfa/email/totp_deactivated": {},
    "mfa/email/webauthn_added": {},
    "mfa/email/webauthn_removed": {},
    "socialaccount/email/account_connected": {"provider": "O'Brien & Sons"},
    "socialaccount/email/account_disconnected": {"provider": "O'Brien & Sons"},
}


@pytest.fixture(autouse=True)
def _hostile_names(settings, acme: Organization, ada: User) -> None:
    settings.PUBLIC_ORIGIN = ORIGIN
    settings.ALLOWED_HOSTS = ["*"]
    acme.name, ada.name = NAME, "Ada evil.test"
    acme.save()
    ada.save()


@pytest.fixture
def commit(django_capture_on_commit_callbacks, mailoutbox):
    """Return a function that commits a change and returns the mails about it."""

    def commit(change, *args, **kwargs) -> list[EmailMessage]:
        with django_capture_on_commit_callbacks(execute=True):
            change(*args, **kwargs)
        return mailoutbox

    return commit


def _page(message: EmailMessage) -> str:
    return message.alternatives[0][0]


def _invite(acme, ada) -> None:
    now = timezone.now()
    emails = ["new@x.test"]
    actions.invite(acme, emails, Role.ADMIN, actor=Actor.person(ada), at=now)


def _change_role(acme, ada, mel) -> None:
    actor = Actor.person(ada)
    actions.change_role(acme, mel.pk, Role.ADMIN, actor=actor, at=timezone.now())


def _every_mail(acme: Organization, ada: User, mel: User) -> None:
    actor, now = Actor.person(ada), timezone.now()
    _invite(acme, ada)
    _change_role(acme, ada, mel)
    actions.offer_ownership(acme, mel.pk, actor=actor, at=now)
    actions.remove_member(acme, mel.pk, actor=actor, at=now)
    mails.owner_welcome(mel, acme, "https://evil.test/account/choose?x=1")
    mel.new_email = "mel@new.test"
    mails.email_change_proposed(mel, at=now)
    mails.new_sign_in(mel, device="evil.test/x", address="10.0.0.1", at=now)


def test_every_mail_has_a_text_and_a_page(commit, acme, ada, mel):
    sent = commit(_every_mail, acme, ada, mel)
    assert len(sent) == 7
    for message in sent:
        assert message.subject
        assert message.body.strip()
        assert _page(message).startswith("<!doctype html>")
        assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_every_link_leads_to_the_configured_origin(commit, acme, ada, mel):
    sent = commit(_every_mail, acme, ada, mel)
    for message in sent:
        links = LINK.findall(message.body) + LINK.findall(_page(message))
        assert links
        assert {link for link in links if not link.startswith(ORIGIN)} == set()


def test_names_are_shown_as_they_are_and_never_as_a_link(commit, acme, ada, mel):
    for message in commit(_every_mail, acme, ada, mel)[:4]:
        seen = message.body.replace("\N{ZERO WIDTH SPACE}", "")
        assert f"“{NAME}”" in seen
        assert "<b>O" not in _page(message)
        assert "&lt;b&gt;O&#x27;Brien &amp; Sons" in _page(message)
        assert not re.search(r"evil\.test", message.body + _page(message))


def test_a_subject_is_one_line_whatever_a_name_holds(commit, acme, ada, mel):
    name = "Acme\r\nBcc: victim@x.test"
    Organization.objects.filter(pk=acme.pk).update(name=name)
    acme.refresh_from_db()
    for message in commit(_every_mail, acme, ada, mel):
        lines = message.message().as_string().partition("\n\n")[0].splitlines()
        assert not [line for line in lines if line.startswith("Bcc")]


def test_an_invitation_says_who_invites_to_what_and_until_when(commit, acme, ada):
    (message,) = commit(_invite, acme, ada)
    row = Invitation.objects.get()
    assert message.to == ["new@x.test"]
    for text in (message.body, _page(message)):
        assert "ada@acme.test" in text
        assert "Admin manages secret keys, people and the organization" in text
        assert f"{row.expires_at.day} {row.expires_at:%b %Y, %H:%M} UTC" in text
        assert re.search(f"{ORIGIN}/invitations/[\\w-]{{43}}", text)
        assert "If you did not expect this, ignore it" in text


def test_a_role_that_a_command_changed_names_nobody(commit, acme, mel):
    change = actions.appoint_owner
    sent = commit(change, acme, mel, actor=COMMAND_LINE, at=timezone.now())
    assert [message.to for message in sent] == [["ada@acme.test"], [mel.email]]
    assert "You are now an Admin of the organization" in sent[0].body
    assert "You are now the Owner of the organization" in sent[1].body


def test_who_leaves_needs_no_mail_about_it(commit, acme, mel):
    actor, now = Actor.person(mel), timezone.now()
    assert commit(actions.remove_member, acme, mel.pk, actor=actor, at=now) == []


def test_a_new_sign_in_says_when_in_the_time_of_whoever_reads_it(commit, mel):
    mel.time_zone = "Asia/Singapore"
    at = dt.datetime(2026, 8, 21, 23, 30, tzinfo=dt.UTC)
    kwargs = {"device": "Chrome on Windows", "address": "10.0.0.1", "at": at}
    (message,) = commit(mails.new_sign_in, mel, **kwargs)
    for text in (message.body, _page(message)):
        assert "22 Aug 2026, 07:30 UTC+08:00" in text
        assert "Chrome on Windows" in text
        assert "10.0.0.1" in text
        assert ORIGIN + reverse("usersessions_list") in text


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_cannot_be_written_leaves_the_change(mel, mailoutbox, caplog):
    mails.new_sign_in(mel, device="x", address="secret", at="never")
    assert mailoutbox == []
    assert "The mail new_sign_in was not written (AttributeError)." in caplog.text
    assert "secret" not in caplog.text


def test_every_mail_of_the_library_has_our_words():
    sources = Path(allauth.__file__).parent.rglob("*.py")
    named = r'"((?:account|mfa|socialaccount)/email/\w+)"'
    found = {name for path in sources for name in re.findall(named, path.read_text())}
    assert found >= set(NOTICES)
    missing = [
        name
        for name in sorted(found - set(NEVER_SENT))
        for end in ("_subject.txt", "_message.txt", "_message.html")
        if not (TEMPLATES / f"{name}{end}").exists()
    ]
    assert missing == []


def test_texts_are_not_escaped_as_pages_are():
    texts = [
        *(TEMPLATES / "mail").glob("*.txt"),
        *TEMPLATES.glob("*/email/*_message.txt"),
    ]
    bases = ("mail/base.txt", "mail/notice.txt")
    unsafe = [
        path
        for path in texts
        if not path.read_text().startswith(
            ("{% autoescape off %}", *(f'{{% extends "{base}" %}}' for base in bases))
        )
    ]
    assert unsafe == []


@pytest.mark.parametrize("template", NOTICES)
def test_a_notice_leads_to_the_configured_origin(template, ada, mailoutbox):
    browser = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 http://evil.test/ua"
    request = RequestFactory().get(
        "/", headers={"Host": "evil.test:99", "User-Agent": browser}
    )
    request.user = ada
    with request_context(request):
        get_adapter().send_notification_mail(template, ada, dict(NOTICES[template]))
    (message,) = mailoutbox
    text = message.body + _page(message)
    assert {link for link in LINK.findall(text) if not link.startswith(ORIGIN)} == set()
    assert "evil" not in text + message.subject
    assert "Chrome on Windows" in message.body
    assert "127.0.0.1" in message.body
    assert "&#x27;" not in message.body


HOSTILE = {"Host": "evil.test:4444", "X-Forwarded-Host": "evil.test"}


def test_a_reset_mail_leads_to_the_configured_origin(client, ada, mailoutbox):
    data = {"email": ada.email}
    client.post("/account/password/reset/", data, headers=HOSTILE)
    (message,) = mailoutbox
    links = LINK.findall(message.body) + LINK.findall(_page(message))
    assert len(links) > 3
    assert all(link.startswith(ORIGIN) for link in links)


def test_a_reset_takes_as_much_work_for_an_unknown_address(client, ada, mailoutbox):
    known, unknown = (
        client.post("/account/password/reset/", {"email": email})
        for email in (ada.email, "nobody@x.test")
    )
    names = [[each.name for each in answer.templates] for answer in (known, unknown)]
    assert names[0] == names[1] != []
    assert [message.to for message in mailoutbox] == [[ada.email]]


def test_a_changed_password_is_told(client_for, ada, mailoutbox):
    new = "another correct horse battery"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client_for(ada).post("/account/password/change/", form, headers=HOSTILE)
    (message,) = mailoutbox
    assert message.subject == "Your password was changed"
    assert "evil" not in message.body + _page(message)


def test_an_address_is_confirmed_at_the_configured_origin(ada, mailoutbox):
    link = f"{ORIGIN}/account/email/confirm/{uuid.uuid4()}"
    context = {"user": ada, "activate_url": link, "days": 3}
    template = "account/email/email_confirmation"
    get_adapter().send_mail(template, "new@x.test", context)
    (message,) = mailoutbox
    assert link in message.body
    assert f'href="{link}"' in _page(message)
    for words in (message.body, _page(message)):
        assert "ada@acme.test asks to sign in as new@x.test" in words
        assert "the link works for 3 days" in words.lower()
    assert message.to == ["new@x.test"]


@pytest.mark.parametrize(
    ("origin", "transport", "complaints"),
    [
        ("https://keys.example.com", "console", 1),
        ("https://keys.example.com", "smtp", 0),
        ("http://127.0.0.1:8000", "console", 0),
    ],
)
def test_a_deployment_that_only_prints_mails_is_warned(
    settings, origin, transport, complaints
) -> None:
    settings.PUBLIC_ORIGIN = origin
    settings.MAIL_TRANSPORT = f"django.core.mail.backends.{transport}.EmailBackend"
    found = run_checks(tags=[Tags.security], include_deployment_checks=True)
    said = [each.msg for each in found if each.id == "orgs.W001"]
    assert len(said) == complaints
    assert all("EMAIL_URL names no mail server" in each for each in said)


def test_a_member_is_told_of_usage_only_where_members_see_it(commit, acme, ada, abe):
    Organization.objects.update(members_see_usage=False)
    acme.refresh_from_db()
    actor = Actor.person(ada)
    change, at = actions.change_role, timezone.now()
    (message,) = commit(change, acme, abe.pk, Role.MEMBER, actor=actor, at=at)
    for words in (message.body, _page(message)):
        assert "A Member sees which secret keys exist." in words


def test_an_offered_ownership_leads_to_members(commit, acme, ada, mel):
    offer, at = actions.offer_ownership, timezone.now()
    (message,) = commit(offer, acme, mel.pk, actor=Actor.person(ada), at=at)
    for words in (message.body, _page(message)):
        assert ORIGIN + reverse("orgs:members", args=[acme.pk]) in words
        assert "Accept or decline it in Members" in words
