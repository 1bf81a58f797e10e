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
