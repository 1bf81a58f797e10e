"""How django-allauth behaves in this product."""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from orgs.http import client_address


class Site(NamedTuple):
    """What mails call this server."""

    name: str
    domain: str


# The library has no types, so to mypy its class is Any.
class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Mails lead to the configured origin, whatever Host header a request came with."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email or the password is not correct.",
        "enter_current_password": "Enter your current password.",
        "too_many_login_attempts": (
            "Too many attempts to sign in. Wait a minute, then try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People get in by an account that somebody made for them."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or "unknown"

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", args=["UID", "KEY"])
        return settings.PUBLIC_ORIGIN + path.replace("UID-KEY", key)

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        domain = urlsplit(settings.PUBLIC_ORIGIN).netloc
        site = Site("Datature Vi", domain)
        super().send_mail(template_prefix, email, context | {"current_site": site})
