"""What ``manage.py check --deploy`` finds in the settings of people and mails."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

_CONSOLE = "django.core.mail.backends.console.EmailBackend"


def mails_are_sent(**options: Any) -> list[checks.CheckMessage]:
    """Warn of a server for others that prints what it should mail to them."""
    is_public = urlsplit(settings.PUBLIC_ORIGIN).scheme == "https"
    if not is_public or settings.MAIL_TRANSPORT != _CONSOLE:
        return []
    text = (
        "EMAIL_URL names no mail server, so invitations and links to choose a password "
        "are printed into the logs, where whoever reads those can use them."
    )
    return [checks.Warning(text, id="orgs.W001")]


def proxies_are_named(**options: Any) -> list[checks.CheckMessage]:
    """Warn of a proxy whose address everybody seems to have."""
    # To the type checker it is always set.
    is_behind_proxy: Any = settings.SECURE_PROXY_SSL_HEADER
    are_named = settings.TRUSTED_PROXIES or settings.TRUSTED_PROXY_SOCKETS
    if are_named or not is_behind_proxy:
        return []
    text = (
        "BEHIND_TLS_PROXY is on and TRUSTED_PROXIES is empty, so all people share the "
        "proxy's address, in the limits of signing in and in the audit log."
    )
    return [checks.Warning(text, id="orgs.W002")]
