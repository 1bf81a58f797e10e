"""Owners and Admins are told what happened to keys: once."""

import configparser
import datetime as dt
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from orgs import actions, digests
from orgs.audit import Actor
from orgs.models import AuditEvent, Membership
from orgs.roles import Role
from secretkeys.actions import disable_key, enable_key, remove_key
from tests.commands import ROOT, _environ, call
from tests.mail_server import mail_server
from tests.second_factors import give_app

pytestmark = pytest.mark.django_db

COMMAND = "send_key_mails"
LATELY = dt.timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _told_of_all_before(acme, abe, mel) -> None:
    """Have everybody told of what was an hour ago."""
    hour_ago = timezone.now() - dt.timedelta(hours=1)
    Membership.objects.update(key_mails_until=hour_ago)


@pytest.fixture
def lately() -> dt.datetime:
    return timezone.now() - LATELY


def _recipients(mailoutbox) -> list[str]:
    return sorted(address for message in mailoutbox for address in message.to)


def test_owner_and_admins_are_told_and_members_are_not(make_key, lately, mailoutbox):
    make_key("pipeline", at=lately)
    out, _ = call(COMMAND)
    assert out == "2 mails sent.\n"
    assert _recipients(mailoutbox) == ["abe@acme.test", "ada@acme.test"]


def test_a_mail_says_what_happened_to_which_key_by_whom_and_when(
    make_key, lately, mailoutbox, ada, acme
):
    ada.time_zone = "Asia/Singapore"
    ada.save()
    key, _ = make_key("pipe <b>line</b>", at=lately)
    remove_key(key, actor=Actor.person(ada), at=lately + dt.timedelta(seconds=1))
    call(COMMAND)
    (message,) = [each for each in mailoutbox if each.to == [ada.email]]
    when = lately.astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert message.subject == "Secret keys changed in “Acme”"
    for text in (message.body, message.alternatives[0][0]):
        assert f"{when.day} {when:%b %Y, %H:%M} UTC+08:00" in text
        assert text.index("ada@acme.test removed") < text.index("ada@acme.test created")
        assert acme.get_absolute_url() in text
        assert "/account/" in text
    assert "pipe <b>line<" in message.body
    assert "pipe &lt;b&gt;line" in message.alternatives[0][0]


def test_a_mail_says_that_a_key_was_stopped_and_why(make_key, lately, mailoutbox, ada):
    key, _ = make_key("pipeline")
    actor = Actor.person(ada)
    disable_key(key, reason="found on evil.test", actor=actor, at=lately)
    enable_key(key, actor=actor, at=lately)
    remove_key(key, leaked=True, actor=actor, at=lately)
    call(COMMAND)
    for told in (mailoutbox[0].body, mailoutbox[0].alternatives[0][0]):
        words = " ".join(re.sub("<[^>]+>", "", told).split())
        assert f"ada@acme.test removed pipeline ({key.stem}…): leaked" in words
        assert f"ada@acme.test enabled pipeline ({key.stem}…)" in words
        assert f"disabled pipeline ({key.stem}…): found on evil.\u200btest" in words


def test_nobody_is_told_twice(make_key, lately, mailoutbox):
    make_key(at=lately)
    call(COMMAND)
    assert call(COMMAND) == ("", "")
    assert len(mailoutbox) == 2


def test_what_comes_later_is_told_later(make_key, lately, mailoutbox):
    make_key("first", at=lately)
    call(COMMAND)
    make_key("second", at=lately + dt.timedelta(minutes=1))
    call(COMMAND)
    assert "second" in mailoutbox[-1].body
    assert "first" not in mailoutbox[-1].body


def test_nothing_new_is_no_mail(acme, mailoutbox):
    assert call(COMMAND) == ("", "")
    assert mailoutbox == []


def test_a_changed_permission_alone_is_no_mail(make_key, lately, mailoutbox):
    make_key(at=lately)
    AuditEvent.objects.filter(action="key.created").update(action="key.changed")
    call(COMMAND)
    assert mailoutbox == []


def test_a_change_that_took_long_is_told_after_what_began_later(
    make_key, lately, mailoutbox
):
    make_key("swift", at=lately + dt.timedelta(seconds=30))
    call(COMMAND)
    make_key("slow", at=lately)
    call(COMMAND)
    assert "slow" in mailoutbox[-1].body
    assert "swift" not in mailoutbox[-1].body
    assert call(COMMAND) == ("", "")


def test_what_just_happened_is_told_at_once(make_key, mailoutbox):
    make_key(at=timezone.now())
    call(COMMAND)
    assert len(mailoutbox) == 2


def test_a_release_that_counts_by_time_leaves_nothing_out(make_key, lately, mailoutbox):
    make_key("before", at=lately - dt.timedelta(days=1))
    Membership.objects.update(key_mails_told=None)
    make_key("after", at=lately)
    call(COMMAND)
    assert "after" in mailoutbox[-1].body
    assert "before" not in mailoutbox[-1].body


def test_a_long_list_is_cut_off(make_key, lately, mailoutbox):
    for number in range(digests.MOST_LISTED + 2):
        make_key(f"key {number}", at=lately)
    call(COMMAND)
    for text in (mailoutbox[0].body, mailoutbox[0].alternatives[0][0]):
        assert text.count("created") == digests.MOST_LISTED + 1
        assert "and 2 more" in text


def test_who_turned_these_mails_off_gets_none(make_key, lately, mailoutbox, abe):
    actions.choose_key_mails(abe, [], at=timezone.now())
    make_key(at=lately)
    call(COMMAND)
    assert _recipients(mailoutbox) == ["ada@acme.test"]


def test_suspended_and_removed_people_get_none(make_key, lately, mailoutbox, ada, abe):
    abe.is_active = False
    abe.save()
    make_key(at=lately)
    call(COMMAND)
    assert _recipients(mailoutbox) == ["ada@acme.test"]


def test_a_new_admin_is_not_told_of_keys_from_before(
    make_key, lately, mailoutbox, acme, ada, mel
):
    make_key(at=lately)
    now = timezone.now()
    actions.change_role(acme, mel.pk, Role.ADMIN, actor=Actor.person(ada), at=now)
    call(COMMAND)
    assert mel.email not in _recipients(mailoutbox)


def test_a_new_admin_is_told_of_what_the_log_has_from_then_on(
    make_key, lately, mailoutbox, acme, ada, mel
):
    make_key("before", at=lately + dt.timedelta(seconds=1))
    actions.change_role(acme, mel.pk, Role.ADMIN, actor=Actor.person(ada), at=lately)
    make_key("after", at=lately - dt.timedelta(seconds=1))
    call(COMMAND)
    (body,) = [message.body for message in mailoutbox if message.to == [mel.email]]
    assert "after" in body
    assert "before" not in body


def test_each_organization_has_its_own_mail(
    make_key, lately, mailoutbox, ada, gus, globex
):
    Membership.objects.create(organization=globex, user=ada, role=Role.ADMIN.value)
    Membership.objects.update(key_mails_until=lately - LATELY)
    make_key("ours", at=lately)
    make_key("theirs", organization=globex, at=lately)
    call(COMMAND)
    own = [message.body for message in mailoutbox if message.to == [ada.email]]
    assert ["ours" in body for body in own] == ["theirs" not in body for body in own]
    assert len(own) == 2


def test_a_mail_that_was_not_sent_is_sent_by_the_next_run(
    make_key, lately, settings, mailoutbox, caplog
):
    make_key(at=lately)
    locmem = settings.MAIL_TRANSPORT
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = probe.getsockname()
    settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    with pytest.raises(CommandError, match="2 mails could not be sent"):
        call(COMMAND)
    assert "A mail about keys was not sent (ConnectionRefusedError)." in caplog.text
    settings.MAIL_TRANSPORT = locmem
    call(COMMAND)
    assert len(mailoutbox) == 2


def test_what_a_lost_process_claimed_is_sent_after_a_while(make_key, lately, ada):
    make_key(at=lately)
    now = timezone.now()
    (membership,) = Membership.objects.of(ada)
    assert actions.claim_key_mails(membership, at=now)
    assert digests.send(membership, at=now) is None
    later = now + dt.timedelta(minutes=11)
    assert digests.send(membership, at=later) is True


def test_who_was_removed_meanwhile_is_not_told(make_key, lately, acme, abe, mailoutbox):
    make_key(at=lately)
    now = timezone.now()
    due = [each for each in digests.owed() if each.user == abe]
    Membership.objects.of(abe).delete()
    assert [digests.send(each, at=now) for each in due] == [None]
    assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
def test_two_machines_at_once_send_each_mail_once(make_key, lately, mailoutbox):
    make_key(at=lately)
    due = digests.owed()

    def run(seconds: int) -> list[bool | None]:
        at = timezone.now() + dt.timedelta(seconds=seconds)
        try:
            return [digests.send(membership, at=at) for membership in due]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = [sent for part in pool.map(run, range(4)) for sent in part]
    assert (results.count(True), results.count(None)) == (2, 6)
    assert _recipients(mailoutbox) == ["abe@acme.test", "ada@acme.test"]


@pytest.mark.django_db(transaction=True)
def test_the_command_reports_by_its_exit_status(make_key, lately):
    make_key(at=lately)
    with mail_server() as server:
        environ = _environ() | {"EMAIL_URL": f"smtp://127.0.0.1:{server.port}"}
        command = [sys.executable, "manage.py", COMMAND]
        server.refusals = 1
        statuses = [
            subprocess.run(
                command, cwd=ROOT, env=environ, capture_output=True, check=False
            ).returncode
            for _ in range(3)
        ]
        assert statuses == [1, 0, 0]
        assert server.taken.qsize() == 2


def test_the_timer_that_is_shipped_runs_the_command(make_key, lately, mailoutbox):
    timer, service = _unit("timer"), _unit("service")
    assert timer["Timer"]["OnCalendar"] == "*:0/15"
    folder = service["Service"]["WorkingDirectory"]
    python, manage, command = service["Service"]["ExecStart"].split()
    assert (python, manage) == (f"{folder}/.venv/bin/python", "manage.py")
    make_key(at=lately)
    call(command)
    assert len(mailoutbox) == 2


def _unit(kind: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    assert unit.read(ROOT / "deploy" / f"secret-keys-mails.{kind}")
    return unit


def test_whom_the_organization_shuts_out_is_not_told(make_key, lately, acme, abe, ada):
    give_app(ada)
    make_key("pipeline", at=lately)
    acme.second_factor_required = True
    acme.save()
    owed = digests.owed()
    assert [membership.user for membership in owed] == [ada]
    give_app(abe)
    assert len(digests.owed()) == 2
