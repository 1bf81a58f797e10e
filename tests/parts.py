"""The parts of the system that some tests need, and pip cannot install.

``python -m tests.parts`` installs what it may (as root on Debian), then names what is
missing: one line each on a person's machine, a failure where ``CI=true``.
``python -m tests.parts postgresql`` only answers whether that part is there.
"""

import os
import platform
import shutil
import socket
import subprocess
import sys

import psycopg

# The fonts are not required: without them only screenshots look different.
DEBIAN_PACKAGES = (
    "chromium",
    "nginx",
    "openssl",
    "fonts-inter",
    "fonts-jetbrains-mono",
)
POSTGRESQL_URL = os.environ.get(
    "TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres"
)
REDIS_ADDRESS = ("127.0.0.1", 6379)
PATIENCE = 2  # seconds for a server to answer


def browser() -> str | None:
    """Return the path of Chromium."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def nginx() -> str | None:
    """Return the path of nginx, which Debian keeps out of a person's PATH."""
    path = os.environ.get("PATH", os.defpath)
    return shutil.which("nginx", path=f"{path}:/usr/sbin:/usr/local/sbin")


def postgresql() -> bool:
    """Say whether PostgreSQL lets the tests in."""
    try:
        psycopg.connect(POSTGRESQL_URL, connect_timeout=PATIENCE).close()
    except psycopg.Error:
        return False
    return True


def redis() -> bool:
    """Say whether Redis answers a ping."""
    try:
        with socket.create_connection(REDIS_ADDRESS, timeout=PATIENCE) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


PARTS = {
    "browser": (browser, "Chromium is not installed"),
    "nginx": (nginx, "nginx is not installed"),
    "postgresql": (postgresql, "PostgreSQL does not answer at TEST_DATABASE_URL"),
    "redis": (redis, "Redis does not answer at 127.0.0.1:6379"),
}


def install() -> None:
    """Install the missing Debian packages when this is Debian and we may."""
    if os.geteuid() != 0 or not _is_debian():
        return
    missing = [name for name in DEBIAN_PACKAGES if not _is_installed(name)]
    if missing:
        print("Installing", ", ".join(missing), flush=True)
        apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        quiet = {
            "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            "stdout": subprocess.DEVNULL,
        }
        subprocess.run([*apt, "update"], check=False, **quiet)
        subprocess.run([*apt, "install", "--yes", *missing], check=False, **quiet)


def _is_debian() -> bool:
    try:
        return platform.freedesktop_os_release()["ID"] == "debian"
    except OSError:
        return False


def _is_installed(package: str) -> bool:
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    answer = subprocess.run(query, check=False, capture_output=True, text=True)
    return answer.stdout == "installed"


def main(names: list[str]) -> int:
    """Report the parts and return the exit status."""
    if names:
        return 0 if all(PARTS[name][0]() for name in names) else 1
    install()
    required = os.environ.get("CI") == "true"
    missing = [reason for find, reason in PARTS.values() if not find()]
    for reason in missing:
        print(f"{reason}: {'CI needs it' if required else 'its tests are skipped'}.")
    return 1 if required and missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
