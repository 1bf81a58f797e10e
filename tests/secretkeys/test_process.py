"""The server as it is deployed: one process group, its start and its end."""

import contextlib
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent
MANAGE = [sys.executable, "manage.py"]
GUNICORN = [
    *[sys.executable, "-m", "gunicorn"],
    *["--config", "deploy/gunicorn.conf.py", "config.wsgi"],
]
GOOD_SECRET = secrets.token_urlsafe(50)
GOOD_RING = secrets.token_hex(32)
# Variables, and the one sentence that each must stop the start with.
UNSAFE = {
    "no secret": ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
    "short secret": ({"SECRET_KEY": "k3y"}, "SECRET_KEY is too weak"),
    "dull secret": ({"SECRET_KEY": "x" * 60}, "SECRET_KEY is too weak"),
    "no ring": ({"SIGNING_KEYS": ""}, "SIGNING_KEYS is not set"),
    "not hexadecimal": ({"SIGNING_KEYS": "z" * 64}, "not hexadecimal in entry 1"),
    "short ring": ({"SIGNING_KEYS": GOOD_RING[:62]}, "too weak in entry 1"),
    "dull ring": ({"SIGNING_KEYS": "00" * 32}, "too weak in entry 1"),
    "second entry": ({"SIGNING_KEYS": f"{GOOD_RING},ab"}, "too weak in entry 2"),
    "empty entry": ({"SIGNING_KEYS": f"{GOOD_RING},"}, "too weak in entry 2"),
}


@pytest.fixture
def environ(tmp_path):
    """Return the environment of a server with a database of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "KEY_ARGON2_MEMORY_KIB": "1024",
        "LOG_LEVEL": "DEBUG",
        "PORT": str(port),
        "SECRET_KEY": GOOD_SECRET,
        "SIGNING_KEYS": GOOD_RING,
        # Only a new key and the end of the process make it write.
        "USAGE_FLUSH_SECONDS": "3600",
    }


def manage(environ, *arguments):
    """Run a command and return what it printed on standard output."""
    done = subprocess.run(
        [*MANAGE, *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


class Server(NamedTuple):
    """A running server, a client with a key of its own, and the lines it logs."""

    process: subprocess.Popen[str]
    client: httpx.Client
    lines: list[str]
    reader: threading.Thread


@pytest.fixture
def credentials(environ):
    """Prepare the database; return the headers of a key in it."""
    manage(environ, "migrate", "--verbosity=0")
    organization = manage(environ, "create_organization", "Acme", "--owner=a@b.test")
    chosen = (f"--organization={organization}", "--name=pipeline")
    key = manage(environ, "create_secret_key", *chosen)
    return {"Authorization": f"Bearer {key}", "Organization-Id": organization}


@pytest.fixture
def server(environ, credentials):
    """Start the server and wait until it listens."""
    process = subprocess.Popen(
        GUNICORN, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True
    )
    lines, reader = read_lines(process.stderr, until="Listening at")
    url = f"http://127.0.0.1:{environ['PORT']}"
    with httpx.Client(base_url=url, headers=credentials, trust_env=False) as client:
        yield Server(process, client, lines, reader)
    process.terminate()
    reader.join()
    process.wait()
    process.stderr.close()


def read_lines(stream, until):
    """Collect lines for as long as they come; return when one has a text."""
    lines, found = [], threading.Event()

    def read():
        for line in stream:
            lines.append(line)
            if until in line:
                found.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert found.wait(30), lines
    return lines, reader


def stop(server):
    """End the server as a supervisor does and return what it logged."""
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0
    server.reader.join()
    return "".join(server.lines)


def database(environ):
    """Open the server's database."""
    return contextlib.closing(
        sqlite3.connect(environ["DATABASE_URL"].removeprefix("sqlite:///"))
    )


def count(environ):
    """Return how many requests the server's database has counted."""
    with database(environ) as db:
        return db.execute("SELECT sum(count) FROM secretkeys_keyusage").fetchone()[0]


def test_stopping_the_server_loses_no_count(server, environ):
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: server.client.get("/plans").status_code, range(200))
        )
    assert answers == [200] * 200
    stop(server)
    assert count(environ) == 200


def test_stopping_the_server_waits_for_a_busy_database(server, environ):
    process = server.process
    with database(environ) as db:
        db.execute("BEGIN IMMEDIATE")
        assert server.client.get("/plans").status_code == 200
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
        db.rollback()
    assert process.wait(60) == 0
    assert count(environ) == 1


def test_the_first_use_of_a_key_is_written_at_once(server, environ):
    client = server.client
    assert client.get("/plans").status_code == 200
    with database(environ) as db:
        for _ in range(1000):
            query = "SELECT last_used_at, last_used_client FROM secretkeys_secretkey"
            (at, program) = db.execute(query).fetchone()
            if at:
                break
            client.get("/")
    assert program == client.headers["User-Agent"]


def test_the_server_reads_the_path_as_it_was_sent(server):
    client = server.client
    own = f"/workspaces/{client.headers['Organization-Id']}"
    dataset = f"{own}/datasets/{client.headers['Organization-Id']}_pets"
    statuses = {
        f"{own}/quota": 200,
        f"{own}%2Fquota": 400,
        f"{own}/./quota": 400,
        f"{own}//quota": 400,
        f"{own}/%71uota": 400,
        f"{own};x/quota": 400,
        f"{dataset}/folders/a%2Fb": 404,
        f"{dataset}/assets/a%2Fb": 400,
    }
    assert {path: raw_get(client, path) for path in statuses} == statuses


def raw_request(client, *lines):
    """Send lines as they are and return the first of the answer."""
    with socket.create_connection((client.base_url.host, client.base_url.port)) as sent:
        sent.settimeout(30)
        sent.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        return sent.makefile("rb").readline().decode()


def raw_get(client, path):
    """Return the status of a request for a path that no client library rewrites."""
    names = ("Authorization", "Organization-Id")
    headers = [f"{name}: {client.headers[name]}" for name in names]
    host = f"Host: 127.0.0.1:{client.base_url.port}"
    return int(raw_request(client, f"GET {path} HTTP/1.1", host, *headers).split()[1])


def test_the_server_never_prints_a_key(server):
    client = server.client
    credential = client.headers["Authorization"]
    key = credential.removeprefix("Bearer ")
    for path in ("/plans", f"/plans?{key}", f"/plans/{key}", f"/{key}", f"/?{key}"):
        client.get(path)
        client.get(path, headers={"Authorization": f"{credential}x"})
    host = f"Host: 127.0.0.1:{client.base_url.port}"
    for line in (f"Authorization : {credential}", f"{key}", f"A: {key}\0", f" {key}"):
        raw_request(client, "GET /plans HTTP/1.1", host, line)
    raw_request(client, f"GET {key} HTTP/1.1", host)
    raw_request(client, f"{key} /plans HTTP/1.1", host)
    raw_request(client, f"GET /plans {key}", host)
    logged = stop(server)
    assert "Unauthorized: /plans" in logged
    assert key[21:85] not in logged


def refusal(command, environ):
    """Return the exit status and the lines of a start that fails."""
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr.splitlines()


@pytest.mark.parametrize("kind", UNSAFE)
def test_a_command_refuses_to_start_with_one_sentence(environ, kind):
    unsafe, sentence = UNSAFE[kind]
    status, printed, complaint = refusal([*MANAGE, "check"], environ | unsafe)
    assert (status, printed, len(complaint)) == (1, "", 1)
    assert complaint[0].startswith("Cannot start: ")
    assert sentence in complaint[0]
    assert not any(
        len(value) > 2 and value in complaint[0] for value in unsafe.values()
    )


@pytest.mark.parametrize("kind", ["no secret", "dull secret", "no ring", "dull ring"])
def test_the_server_refuses_to_start_with_one_sentence(environ, kind):
    unsafe, sentence = UNSAFE[kind]
    status, printed, complaint = refusal(GUNICORN, environ | unsafe)
    assert (status, printed, len(complaint)) == (1, "", 1)
    assert complaint[0].startswith("Cannot start: ")
    assert sentence in complaint[0]


@pytest.mark.parametrize(
    "unsafe",
    [
        {"PUBLIC_ORIGIN": "keys.example.com"},
        {"PUBLIC_ORIGIN": "https://keys.example.com/vi"},
        {"KEY_ARGON2_MEMORY_KIB": "much"},
        {"USAGE_FLUSH_SECONDS": "often"},
        {"DEBUG": "perhaps"},
        {"PUBLIC_ORIGIN": "https://keys.example.com:port"},
        {"PUBLIC_ORIGIN": "https://somebody:secret@keys.example.com"},
        {"PUBLIC_ORIGIN": "https://keys.example.com?x=1"},
        {"PUBLIC_ORIGIN": "http://keys.example.com"},
        {"LOG_LEVEL": "loud"},
        {"EMAIL_URL": "nonsense"},
        {"EMAIL_URL": "smtpx://host"},
        {"EMAIL_URL": "smtp+tls://user:password@host:port"},
        {"TRUSTED_PROXIES": "everybody"},
        {"TRUSTED_PROXIES": "10.0.0.7/24"},
        {"TRUSTED_PROXIES": "10.0.0.7,0.0.0.0/0"},
        {"TRUSTED_PROXIES": "0.0.0.0/1,128.0.0.0/1"},
        {"TRUSTED_PROXIES": "8000::/1,10.0.0.7,::/2,4000::/2"},
        {"TRUSTED_PROXIES": "10.0.0.7", "TRUSTED_PROXY_COUNT": "1"},
        {"TRUSTED_PROXY_COUNT": "0"},
        {"USAGE_FLUSH_SECONDS": "-1"},
        {"REDIS_URL": "nonsense"},
        {"KEY_ARGON2_MEMORY_KIB": "0"},
        {"SECRET_KEY_FILE": "/nowhere/at/all"},
    ],
    ids=lambda unsafe: " ".join(word for pair in unsafe.items() for word in pair),
)
def test_a_wrong_setting_refuses_to_start_with_one_sentence(environ, unsafe):
    status, printed, complaint = refusal([*MANAGE, "check"], environ | unsafe)
    assert (status, printed, len(complaint)) == (1, "", 1)
    assert next(iter(unsafe)) in complaint[0]


def test_secrets_are_read_from_files_too(environ, tmp_path):
    for name in ("SECRET_KEY", "SIGNING_KEYS"):
        (tmp_path / name).write_text(environ.pop(name))
        environ[f"{name}_FILE"] = str(tmp_path / name)
    assert "no issues" in manage(environ, "check")
