"""No page waits for the mail server, and no mail is lost that can be sent."""

import re
import socket
import subprocess
import sys

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db import transaction

from config import values
from orgs import outbox
from tests.commands import ROOT, _environ
from tests.mail_server import mail_server

pytestmark = pytest.mark.django_db(transaction=True)

RESET = "/account/password/reset/"
GUNICORN = [
    *[sys.executable, "-m", "gunicorn"],
    *["--config", "deploy/gunicorn.conf.py", "--workers=1", "config.wsgi"],
]
SENDS = "from django.core.mail import send_mail; send_mail({}, '', None, ['a@b.test'])"
SECRET = "https://keys.example.com/invitations/se-cret"


@pytest.fixture
def server(settings):
    """Send through a server of the test's own, by the thread."""
    with mail_server() as server:
        _send_to(settings, server.port)
        yield server
        server.refusals = 0
        server.awake.set()
        outbox.drain()


def _send_to(settings, port: int) -> None:
    settings.EMAIL_BACKEND = "orgs.outbox.EmailBackend"
    settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _mail(subject: str = "Hello") -> EmailMessage:
    return EmailMessage(subject, f"Open {SECRET}", to=["ada@acme.test"])


def test_a_mail_is_sent_by_itself(server):
    assert _mail().send() == 1
    assert server.next_mail()["Subject"] == "Hello"


def test_mails_keep_their_order(server):
    for number in range(5):
        _mail(f"Mail {number}").send()
    subjects = [server.next_mail()["Subject"] for _ in range(5)]
    assert subjects == [f"Mail {number}" for number in range(5)]


def test_a_page_does_not_wait_for_a_slow_server(server, client, ada):
    server.awake.clear()
    response = client.post(RESET, {"email": ada.email})
    assert server.asked.wait(10)
    assert server.taken.empty()
    server.awake.set()
    assert (response.status_code, server.next_mail()["To"]) == (302, ada.email)


def test_a_page_answers_while_the_server_is_dead(settings, client, ada, caplog):
    _send_to(settings, _free_port())
    assert client.post(RESET, {"email": ada.email}).status_code == 302
    outbox.drain(seconds=0.5)
    assert "A mail to 1 recipients was not sent (ConnectionRefusedError)" in caplog.text
    assert "1 mails were not sent before the process ended." in caplog.text


def test_what_the_server_refuses_for_now_is_sent_a_little_later(server, caplog):
    server.refusals = 1
    _mail().send()
    assert server.next_mail()["Subject"] == "Hello"
    assert "(SMTPSenderRefused); next try in 1 s." in caplog.text


def test_one_bad_mail_does_not_stop_the_others(server, caplog):
    _mail("Two\nlines").send()
    _mail("Good").send()
    assert server.next_mail()["Subject"] == "Good"
    assert "(BadHeaderError); it is dropped." in caplog.text


def test_the_log_says_nothing_of_what_a_mail_holds(server, caplog):
    server.refusals = 1
    _mail().send()
    _mail(f"{SECRET}\nBcc: x@evil.test").send()
    server.next_mail()
    outbox.drain()
    assert "was not sent" in caplog.text
    assert not re.search(r"se-cret|ada@|Hello|evil", caplog.text)


def test_a_flood_is_cut_off(server, caplog, monkeypatch):
    monkeypatch.setattr(outbox, "MOST_WAITING", 3)
    server.awake.clear()
    _mail().send()
    # One is with the server, three wait.
    assert server.asked.wait(10)
    for _ in range(5):
        _mail().send()
    assert caplog.text.count("3 mails wait; one to 1 recipients is dropped.") == 2


def test_a_mail_of_a_change_that_fails_is_not_sent(server):
    for subject, succeeds in (("Never", False), ("Committed", True)):
        with transaction.atomic():
            _mail(subject).send()
            transaction.set_rollback(not succeeds)
    assert server.next_mail()["Subject"] == "Committed"


def test_a_mail_waits_for_the_commit(server):
    with transaction.atomic():
        _mail().send()
        outbox.drain()
        assert server.taken.empty()
    assert server.next_mail()["Subject"] == "Hello"


def test_drain_waits_for_what_is_being_sent(server):
    server.awake.clear()
    _mail().send()
    assert server.asked.wait(10)
    server.awake.set()
    outbox.drain()
    assert server.taken.qsize() == 1


def test_the_end_of_a_command_loses_no_mail(server):
    status = _python(server, SENDS.format("'From a command'"))
    assert (status, server.taken.get_nowait()["Subject"]) == (0, "From a command")


def test_a_child_process_sends_its_own_mails_only(server):
    child = SENDS.format("'Child'")
    status = _python(
        server,
        SENDS.format("'Parent'"),
        "import os, sys",
        f"if not os.fork():\n    {child}\n    sys.exit()",
        "os.wait()",
    )
    subjects = [server.taken.get_nowait()["Subject"] for _ in range(2)]
    assert (status, sorted(subjects)) == (0, ["Child", "Parent"])
    assert server.taken.empty()


def test_stopping_the_application_server_loses_no_mail(server, ada):
    port = _free_port()
    environ = _environment(server) | {"PORT": str(port)}
    with subprocess.Popen(
        GUNICORN, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            next(line for line in process.stderr if "Booting worker" in line)
            server.awake.clear()
            _ask_for_a_new_password(f"http://127.0.0.1:{port}{RESET}", ada.email)
            assert server.asked.wait(10)
            process.terminate()
            next(line for line in process.stderr if "Worker exiting" in line)
            server.awake.set()
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert server.taken.get_nowait()["To"] == ada.email


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("console:", ("console", "", 0, "", "", False, False)),
        ("smtp://mail.x.test", ("smtp", "mail.x.test", 25, "", "", False, False)),
        (
            "smtp+tls://user:p%23%40@mail.x.test",
            ("smtp", "mail.x.test", 587, "user", "p#@", True, False),
        ),
        (
            "smtp+ssl://user:p@[::1]:2465/",
            ("smtp", "::1", 2465, "user", "p", False, True),
        ),
    ],
)
def test_a_mail_server_is_named_by_one_address(url, expected):
    found = values.email(url)
    transport = f"django.core.mail.backends.{expected[0]}.EmailBackend"
    assert tuple(found.values()) == (transport, *expected[1:])


@pytest.mark.parametrize(
    "url",
    [
        *["", "mail.x.test", "smtp://", "smtp+tls://user:p@", "smtp+tls://u:p#@x.test"],
        # Would be sent in the clear if it were passed over.
        *["smtp://x.test?tls=true", "smtp://x.test/path", "smtp://x.test:99999"],
    ],
)
def test_another_address_of_a_mail_server_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must be"):
        values.email(url)


@pytest.mark.parametrize("text", ["", "keys", "a@b.test\nBcc: c@d.test", "a@b@c"])
def test_a_sender_that_is_no_address_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="DEFAULT_FROM_EMAIL must be"):
        values.sender(text)
    assert values.sender("Keys <keys@x.test>") == "Keys <keys@x.test>"


def _ask_for_a_new_password(url: str, email: str) -> None:
    """Send the form as a browser does that has been at the page."""
    token = "t" * 32
    form = {"csrfmiddlewaretoken": token, "email": email}
    cookies = {"csrftoken": token}
    with httpx.Client(trust_env=False, timeout=30, cookies=cookies) as client:
        assert client.post(url, data=form).status_code == 302


def _python(server, *lines: str) -> int:
    """Run lines in a process of its own that has no server; return its status."""
    code = "\n".join(["import django", "django.setup()", *lines])
    environ = _environment(server)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, check=False
    ).returncode


def _environment(server) -> dict[str, str]:
    return _environ() | {"EMAIL_URL": f"smtp://127.0.0.1:{server.port}"}
