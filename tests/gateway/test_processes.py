"""Verification processes: their start and their end."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.gateway import servers


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("prepared", ["true", "false"])
def test_statements_need_not_be_prepared(
    prepared, make_key, acme, tmp_path, monkeypatch
):
    monkeypatch.setenv("DATABASE_PREPARED_STATEMENTS", prepared)
    headers = {
        "Authorization": f"Bearer {make_key()[1]}",
        "Organization-Id": str(acme.pk),
    }
    port = servers.free_port()
    with servers.uvicorn(port, tmp_path / "log"):
        url = f"http://{servers.HOST}:{port}/auth/whoami"
        answers = [httpx.get(url, headers=headers, trust_env=False) for _ in range(9)]
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("proxies", ["nginx", "10.0.0.1/8", "127.0.0.1,,x", "::/129"])
@pytest.mark.parametrize(
    ("command", "workers"),
    [("manage.py check", "1"), ("-m config.asgi", "1"), ("deploy/verifier.sh", "2")],
)
def test_wrong_proxies_refuse_to_start_with_one_sentence(command, workers, proxies):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    chosen = {"GATEWAY_PROXIES": proxies, "WEB_CONCURRENCY": workers, "PATH": path}
    words = command.split()
    done = subprocess.run(
        words if "deploy" in command else [sys.executable, *words],
        cwd=servers.ROOT,
        env=os.environ | chosen | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "Cannot start: GATEWAY_PROXIES must be addresses or networks" in done.stderr
    assert "Traceback" not in done.stderr
