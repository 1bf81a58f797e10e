"""Servers as they are deployed: nginx with the shipped file, gunicorn, uvicorn."""

import contextlib
import os
import shlex
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.db import connection

from tests import parts

ROOT = Path(__file__).parent.parent.parent
HOST = "127.0.0.1"
PATIENCE = 30  # seconds for a server to listen


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen) -> None:
    """Return when somebody listens on a port."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, port), timeout=1).close()
            return
        time.sleep(0.02)
    raise AssertionError(f"{process.args} does not listen on port {port}")


@contextlib.contextmanager
def running(
    command: list[str], port: int, log: Path, **environ: str
) -> Iterator[subprocess.Popen]:
    """Run a server, in a process group of its own, until it is no longer needed."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | environ,
            stderr=output,
            stdout=output,
            start_new_session=True,
        )
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def environ() -> dict[str, str]:
    """Return what makes a server use the database of the tests."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        secret = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
        place = f"{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
        url = f"postgres://{database['USER']}{secret}@{place}"
    return {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "BEHIND_TLS_PROXY": "true",
        "TRUSTED_PROXIES": "127.0.0.1",
        "WEB_CONCURRENCY": "1",
    }


def gunicorn(
    port: int, log: Path, **more: str
) -> contextlib.AbstractContextManager[subprocess.Popen]:
    """Run the dashboard, with the door in front."""
    command = shlex.split("-m gunicorn --config deploy/gunicorn.conf.py config.wsgi")
    settings = environ() | {"PORT": str(port)} | more
    return running([sys.executable, *command], port, log, **settings)


def uvicorn(
    port: int, log: Path, *options: str, **more: str
) -> contextlib.AbstractContextManager[subprocess.Popen]:
    """Run the door alone."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = ["deploy/verifier.sh", "--port", str(port), *options]
    return running(command, port, log, **(environ() | {"PATH": path} | more))


class Nginx(NamedTuple):
    """A running nginx: its folder, and its ports with and without TLS."""

    folder: Path
    tls_port: int
    plain_port: int

    @property
    def url(self) -> str:
        """The address that clients use."""
        return f"https://{HOST}:{self.tls_port}"

    @property
    def certificate(self) -> Path:
        """What clients have to trust."""
        return self.folder / "fullchain.pem"

    @property
    def trust(self) -> ssl.SSLContext:
        """The same, for the standard library."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def logged(self, text: str) -> str:
        """Return the access log, once it has a text."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            log = (self.folder / "access.log").read_text()
            if text in log:
                return log
            time.sleep(0.02)
        raise AssertionError(f"{text} is not in the log:\n{log}")


@contextlib.contextmanager
def nginx(
    folder: Path, *, dashboard: int, verifier: int, services: int
) -> Iterator[Nginx]:
    """Run nginx with the shipped file, on other ports and in a folder of its own."""
    server = Nginx(folder, free_port(), free_port())
    _make_certificate(folder)
    replacements = {
        "127.0.0.1:8000": f"{HOST}:{dashboard}",
        "127.0.0.1:8001": f"{HOST}:{verifier}",
        "127.0.0.1:9000": f"{HOST}:{services}",
        "listen 443 ssl": f"listen {HOST}:{server.tls_port} ssl",
        "listen 80;": f"listen {HOST}:{server.plain_port};",
        "    listen [::]:443 ssl http2;\n": "",
        "    listen [::]:80;\n": "",
        "/etc/nginx/tls/": f"{folder}/",
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "/var/log/nginx/": f"{folder}/",
        "user www-data;": "user root;" if os.geteuid() == 0 else "",
        "http {\n": f"http {{\n{_temporary(folder)}",
    }
    shipped = (ROOT / "deploy/nginx.conf").read_text()
    for text, replacement in replacements.items():
        assert text in shipped, text
        shipped = shipped.replace(text, replacement)
    (folder / "nginx.conf").write_text(shipped)
    command = [parts.nginx(), "-c", f"{folder}/nginx.conf", "-g", "daemon off;"]
    with running(command, server.tls_port, folder / "nginx.out"):
        yield server


def _temporary(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)


def _make_certificate(folder: Path) -> None:
    command = (
        "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
        f" -days 1 -subj /CN=localhost -addext subjectAltName=IP:{HOST}"
        " -keyout privkey.pem -out fullchain.pem"
    )
    subprocess.run(shlex.split(command), cwd=folder, check=True, capture_output=True)
