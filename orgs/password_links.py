"""Where somebody chooses a password who has none: django-allauth's reset page."""

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.utils import user_pk_to_url_str

from orgs.models import User


def password_link(user: User) -> str:
    """Return an address that works once, for PASSWORD_RESET_TIMEOUT seconds."""
    token = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    key = f"{user_pk_to_url_str(user)}-{token}"
    return str(get_adapter().get_reset_password_from_key_url(key))
