"""How django-allauth behaves in this product."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People get in by an account that somebody made for them, not by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
