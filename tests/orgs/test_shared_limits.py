"""Limits on attempts, shared through Redis, and what happens without it."""

import uuid

import pytest
from django.core.cache import caches
from django.test import Client

from tests import parts
from tests.conftest import PASSWORD

OPTIONS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
LOGIN = "/account/login/"


@pytest.fixture
def use_redis(settings):
    """Return a function that has the cache at an address."""

    def use(location: str) -> None:
        settings.CACHES = {
            "default": {
                "BACKEND": "orgs.cache.FallbackCache",
                "LOCATION": location,
                "KEY_PREFIX": uuid.uuid4().hex,
                "OPTIONS": OPTIONS,
            }
        }

    return use


def _sign_in(email: str, password: str) -> int:
    return Client().post(LOGIN, {"login": email, "password": password}).status_code


def test_people_sign_in_while_redis_is_down(use_redis, ada, acme) -> None:
    use_redis("redis://127.0.0.1:1")
    assert _sign_in(ada.email, PASSWORD) == 302


def test_guessing_is_limited_while_redis_is_down(use_redis, ada) -> None:
    use_redis("redis://127.0.0.1:1")
    for _ in range(12):
        _sign_in(ada.email, "wrong password")
    assert _sign_in(ada.email, PASSWORD) == 200


@pytest.mark.skipif(not parts.redis(), reason="Redis does not answer")
def test_attempts_are_counted_for_every_process(use_redis, ada) -> None:
    use_redis("redis://127.0.0.1:6379")
    for _ in range(12):
        _sign_in(ada.email, "wrong password")
        # Another process has a memory of its own.
        caches["default"].local.clear()
    assert _sign_in(ada.email, PASSWORD) == 200
