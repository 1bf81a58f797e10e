"""Doors over HTTP: the gateway and the API against a peer and against a bare SELECT.

Every server runs two processes and starts once; then they take turns under wrk for
several rounds, and medians of each round's ratio count. Needs PostgreSQL, wrk and the
peer's own environment (``make bench`` makes it).
"""

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from orgs.actions import change_terms, create_organization
from orgs.audit import COMMAND_LINE
from orgs.models import Organization, User
from secretkeys import keyformat
from secretkeys.actions import KeyTerms, create_key, remove_key, update_key
from secretkeys.grants import Grant, Permission
from secretkeys.models import SecretKey
from tests.benchmarks.results import Result

ROOT = Path(__file__).parent.parent.parent
PEER_PYTHON = ROOT / ".venv-bench/bin/python"
# WSGI on it has the most requests a second, for the peer and for our API.
_GRANIAN = [str(PEER_PYTHON), "-m", "granian", "--interface", "wsgi", "--workers", "2"]
_GRANIAN += ["--blocking-threads", "1", "--log-level", "error"]
KEYS = 100_000
# Keys that are presented, spread over the table.
PRESENTED = 200
ROUNDS = 15
SECONDS = 1
CONNECTIONS = 64
PATIENCE = 30  # seconds for a server to listen

_WRK = """
local lines = {}
for line in io.lines(os.getenv("HEADERS_FILE")) do lines[#lines + 1] = line end
local at = math.random(#lines)
request = function()
  at = at % #lines + 1
  wrk.headers["Authorization"] = lines[at]
  return wrk.format("GET")
end
done = function(summary)
  local e = summary.errors
  io.write(string.format("BAD %d\\n", e.status + e.connect + e.read + e.timeout))
end
"""


@dataclass(frozen=True)
class Target:
    """A running server, and what is asked of it."""

    url: str
    headers_file: Path
    headers: dict[str, str]


def doors() -> Iterator[Result]:
    """Measure all doors; yields a result per promise."""
    if connection.vendor != "postgresql" or not shutil.which("wrk"):
        print("Doors are measured on PostgreSQL with wrk only: skipped.")
        return
    with tempfile.TemporaryDirectory() as folder:
        organization, presented = _seed()
        ours = _file(folder, "ours", [f"Bearer {each}" for each in presented])
        with _servers(organization, ours, Path(folder)) as targets:
            for target in targets.values():
                _warm(target)
            rates = _take_turns(targets, folder)
            yield from _judge(rates)
            yield _stale_answers(targets["gateway"], organization)
            yield _forged_at_the_door(targets["gateway"], Path(folder))


def _judge(rates: dict[str, list[float]]) -> Iterator[Result]:
    peer = max(("peer, granian", "peer, gunicorn"), key=lambda each: sum(rates[each]))
    for name, ours, theirs, least in (
        (f"The gateway answers, in requests of the {peer}", "gateway", peer, 5.0),
        ("The gateway answers, in bare SELECTs", "gateway", "bare", 0.8),
        (
            "An API view answers, in requests of the peer on the same server",
            "api",
            "peer, granian",
            2.0,
        ),
    ):
        ratios = [
            mine / other for mine, other in zip(rates[ours], rates[theirs], strict=True)
        ]
        detail = (
            f"{statistics.median(rates[ours]):.0f} against "
            f"{statistics.median(rates[theirs]):.0f} a second, {KEYS} keys"
        )
        ratio = statistics.median(ratios)
        yield Result(name, ratio, least, "times", detail, at_least=True)


def _take_turns(targets: dict[str, Target], folder: str) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in targets}
    script = Path(folder) / "keys.lua"
    script.write_text(_WRK)
    for _ in range(ROUNDS):
        for name, target in targets.items():
            rates[name].append(_load(target, script))
    for name, taken in rates.items():
        print(f"  {name}: {', '.join(f'{rate:.0f}' for rate in taken)} a second")
    return rates


def _load(target: Target, script: Path) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script)]
    for name, value in target.headers.items():
        command += ["-H", f"{name}: {value}"]
    said = subprocess.run(
        [*command, target.url],
        env=os.environ | {"HEADERS_FILE": str(target.headers_file)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "BAD 0" in said, said
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))


def _seed() -> tuple[Organization, list[str]]:
    """Store KEYS rows, PRESENTED of them with a key that verifies."""
    owner = User.objects.create_user(f"{uuid.uuid4()}@example.com", name="Ada Owner")
    organization = create_organization(
        "Doors", owner=owner, actor=COMMAND_LINE, at=timezone.now()
    )
    change_terms(
        organization, key_limit=2 * KEYS, actor=COMMAND_LINE, at=timezone.now()
    )
    presented = [_key(organization) for _ in range(PRESENTED)]
    like = SecretKey.objects.first()
    SecretKey.objects.bulk_create(
        (
            SecretKey(
                key_id=keyformat._random_text(keyformat.ID_LENGTH),
                organization=organization,
                name=f"filler {number}",
                name_folded=f"filler {number}",
                digest=like.digest,
                permission=Permission.FULL.value,
                creation_nonce=uuid.uuid4(),
            )
            for number in range(KEYS - PRESENTED)
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return organization, presented


def _key(organization: Organization) -> str:
    terms = KeyTerms(uuid.uuid4().hex, Grant.preset(Permission.FULL), None)
    nonce, now = uuid.uuid4(), timezone.now()
    _, plaintext = create_key(
        organization, terms, nonce=nonce, actor=COMMAND_LINE, at=now
    )
    return str(plaintext)


def _file(folder: str, name: str, lines: list[str]) -> Path:
    path = Path(folder) / name
    path.write_text("\n".join(lines) + "\n")
    return path


@contextmanager
def _servers(
    organization: Organization, ours: Path, folder: Path
) -> Iterator[dict[str, Target]]:
    """Run every server, each on a port of its own."""
    pk = str(organization.pk)
    asked = {
        "Organization-Id": pk,
        "X-Original-Method": "GET",
        "X-Original-URI": f"/workspaces/{pk}/datasets/{pk}_ds1/assets/a1",
    }
    ports = {name: _free_port() for name in ("asgi", "bare", "granian", "dg", "dw")}
    python = sys.executable
    uvicorn = ["--workers", "2", "--no-access-log", "--log-level", "warning"]
    uvicorn += ["--no-proxy-headers", "--no-server-header", "--ws", "none"]
    commands = {
        "asgi": [python, "-m", "uvicorn", "config.asgi:application", *uvicorn],
        "bare": [
            python,
            "-m",
            "uvicorn",
            "tests.benchmarks.bare:application",
            *uvicorn,
        ],
        "granian": [*_GRANIAN, "config.wsgi:application"],
    }
    environment = os.environ | _product_environment()
    running = [
        _start([*command, *_listen(command, ports[name])], environment)
        for name, command in commands.items()
    ]
    targets = {
        "gateway": Target(_at(ports["asgi"], "/auth/verify"), ours, asked),
        "bare": Target(_at(ports["bare"], "/"), ours, asked),
        "api": Target(_at(ports["granian"], "/plans"), ours, {"Organization-Id": pk}),
    }
    try:
        with _peer_database() as peer_url:
            theirs, more = _start_peers(ports, peer_url, folder)
            running += more
            yield targets | theirs
            _stop(more)
    finally:
        _stop(running)


def _start_peers(
    ports: dict[str, int], url: str, folder: Path
) -> tuple[dict[str, Target], list[subprocess.Popen]]:
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": ""}
    module, python = "tests.benchmarks.peer", str(PEER_PYTHON)
    keys = subprocess.run(
        [python, "-m", module, str(KEYS)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout.split()
    presented = _file(str(folder), "peer", [f"Api-Key {key}" for key in keys])
    granian = [*_GRANIAN, f"{module}:application"]
    gunicorn = [python, "-m", "gunicorn", "-w2", f"{module}:application"]
    running = [
        _start([*granian, *_listen(granian, ports["dw"])], environment),
        _start([*gunicorn, *_listen(gunicorn, ports["dg"])], environment),
    ]
    return {
        "peer, granian": Target(_at(ports["dw"], "/guarded"), presented, {}),
        "peer, gunicorn": Target(_at(ports["dg"], "/guarded"), presented, {}),
    }, running


def _stale_answers(target: Target, organization: Organization) -> Result:
    """Ask all the time on warm connections while keys are changed; count old answers."""
    stale = 0
    owner = COMMAND_LINE
    for number in range(30):
        plaintext = _key(organization)
        key = SecretKey.objects.get(
            key_id=plaintext[len(keyformat.PREFIX) :][: keyformat.ID_LENGTH]
        )
        asking = [_Asker(target, plaintext) for _ in range(4)]
        for asker in asking:
            asker.warm.wait(PATIENCE)
        now = timezone.now()
        match number % 3:
            case 0:
                remove_key(key, actor=owner, at=now)
            case 1:
                terms = KeyTerms.of(key)
                labels = Grant.preset(Permission.LABELER_ONLY)
                update_key(
                    key,
                    KeyTerms(key.name, labels, None),
                    confirmed=True,
                    seen=terms.fingerprint,
                    actor=owner,
                    at=now,
                )
            case 2:
                _set_locked(organization, locked=True)
        committed = time.perf_counter()
        for asker in asking:
            stale += asker.old_answers_after(committed)
        _set_locked(organization, locked=False)
    return Result(
        "Answers by an old state after a committed change",
        stale,
        0,
        "answers",
        "10 removals, 10 edits, 10 locks, 4 warm connections each",
    )


class _Asker(threading.Thread):
    """Sends one request after the other, and remembers when it sent what was allowed."""

    def __init__(self, target: Target, plaintext: str) -> None:
        super().__init__(daemon=True)
        self._request = urllib.request.Request(
            target.url,
            # Writing assets: what an edit to Labeler Only takes away.
            headers=target.headers
            | {"Authorization": f"Bearer {plaintext}", "X-Original-Method": "DELETE"},
        )
        self.warm = threading.Event()
        self._allowed: list[float] = []
        self._ended = threading.Event()
        self._seen = 0
        self.start()

    def run(self) -> None:
        while not self._ended.is_set():
            sent = time.perf_counter()
            try:
                urllib.request.urlopen(self._request).close()
                self._allowed.append(sent)
            except urllib.error.HTTPError as refused:
                refused.close()
            self._seen += 1
            if self._seen == 10:
                self.warm.set()

    def old_answers_after(self, committed: float) -> int:
        """Ask some more, then count what was allowed although sent after the commit."""
        until = self._seen + 10
        while self._seen < until:
            time.sleep(0.001)
        self._ended.set()
        self.join()
        return sum(sent > committed for sent in self._allowed)


def _forged_at_the_door(target: Target, folder: Path) -> Result:
    """Let forged, well-formed keys come as fast as they can beside valid ones."""
    forged = [keyformat.generate(os.urandom(32)).plaintext for _ in range(10_000)]
    path = _file(str(folder), "forged", [f"Bearer {each}" for each in forged])
    script = folder / "forged.lua"
    script.write_text(_WRK.replace('"BAD %d', '"FORGED %d'))
    quiet = _load(target, folder / "keys.lua")
    attack = subprocess.Popen(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS + 2}s", "-s", str(script)]
        + [part for each in target.headers.items() for part in ("-H", ": ".join(each))]
        + [target.url],
        env=os.environ | {"HEADERS_FILE": str(path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    beside = _load(target, folder / "keys.lua")
    said, _ = attack.communicate()
    refused = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    return Result(
        "Under forged keys, valid clients keep of their quiet rate",
        beside / quiet,
        0.4,
        "times",
        f"{beside:.0f} of {quiet:.0f}, {refused:.0f} forged ones refused a second",
        at_least=True,
    )


def _set_locked(organization: Organization, *, locked: bool) -> None:
    change_terms(organization, locked=locked, actor=COMMAND_LINE, at=timezone.now())


def _product_environment() -> dict[str, str]:
    """Return what makes a server one of this product, on the database of this run."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": _url(connection.settings_dict["NAME"]),
        "SECRET_KEY": settings.SECRET_KEY,
        "SIGNING_KEYS": ",".join(key.hex() for key in settings.SIGNING_KEYS),
        "USAGE_FLUSH_SECONDS": "5",
    }


def _url(name: str) -> str:
    at = connection.settings_dict
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{name}"


@contextmanager
def _peer_database() -> Iterator[str]:
    name = f"peer_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield _url(name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _listen(command: list[str], port: int) -> list[str]:
    if "gunicorn" in command:
        return ["--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    return ["--host", "127.0.0.1", "--port", str(port)]


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(command, env=environment, cwd=ROOT)


def _stop(servers: list[subprocess.Popen]) -> None:
    for server in servers:
        server.terminate()
    for server in servers:
        server.wait(PATIENCE)


def _warm(target: Target) -> None:
    """Wait for the server, then have both processes meet every key."""
    host, port = target.url.removeprefix("http://").split("/")[0].split(":")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if not probe.connect_ex((host, int(port))):
                break
        time.sleep(0.1)
    lines = target.headers_file.read_text().splitlines()
    for authorization in lines * 8:
        headers = target.headers | {"Authorization": authorization}
        urllib.request.urlopen(
            urllib.request.Request(target.url, headers=headers)
        ).close()


def _at(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}{path}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
