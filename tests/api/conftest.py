"""Requests as the client sends them, and a count of what they cost."""

import json
from collections.abc import Callable

import argon2
import pytest
from django.http import HttpResponse
from django.test import Client

from orgs.models import Organization
from secretkeys.redaction import RedactingFormatter

Send = Callable[..., HttpResponse]


@pytest.fixture
def send(acme: Organization) -> Send:
    """Return a function that sends one request, of acme unless told otherwise."""
    # What a view raises is answered, as on a real server.
    browser = Client(raise_request_exception=False)

    def send(
        method: str,
        path: str,
        key: str | None = None,
        *,
        organization: object = acme.pk,
        body: object = b"",
        headers: dict[str, str] | None = None,
        **environ: object,
    ) -> HttpResponse:
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {key}")
        if organization is not None:
            sent.setdefault("Organization-Id", str(organization))
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        # A real server hands over the request line's path undecoded.
        environ.setdefault("RAW_URI", path)
        kind = "application/json"
        return browser.generic(method, path, data, kind, headers=sent, **environ)

    return send


@pytest.fixture
def argon2_runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with every digest argon2 is asked to verify."""
    runs: list[str] = []
    verify = argon2.PasswordHasher.verify

    def counted(self: argon2.PasswordHasher, digest: str, text: str) -> bool:
        runs.append(digest)
        return verify(self, digest, text)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    return runs


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Return everything that is logged, formatted as the product formats it."""
    caplog.handler.setFormatter(RedactingFormatter())
    caplog.set_level("DEBUG")
    caplog.set_level("DEBUG", logger="django")
    return caplog
