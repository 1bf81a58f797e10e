"""Template filters for mails, which are read where nothing of ours runs."""

import datetime as dt
import re

from django import template
from django.conf import settings

from orgs import times
from orgs.audit import Actor

register = template.Library()

# Where programs that read mails see the parts of an address.
_JOINT = re.compile(r"(?<=\S)([.:/@])(?=\S)")
# An e-mail address without quotes and comments, or one of the network.
_ADDRESS = re.compile(r"[\w.+'-]+@[\w.-]+|[\d.]+|[\da-f:]+", re.ASCII)


@register.filter
def unlinked(text: object) -> str:
    """Keep a name that somebody chose from being shown as a link.

    Programs that read mails make links of what looks like an address; a zero-width
    space after each joint cannot be seen and ends that.
    """
    return _JOINT.sub("\\1\N{ZERO WIDTH SPACE}", str(text))


@register.filter
def contact(text: object) -> str:
    """Leave an address as it is, so that it can be copied; see ``unlinked``.

    What stands in quotes before the @ of a valid address can be a link of its own.
    """
    return str(text) if _ADDRESS.fullmatch(str(text)) else unlinked(text)


@register.filter
def person(actor: Actor) -> str:
    """Name whoever did something, with the address that they can be asked at."""
    address = contact(actor.label)
    if actor.user is None or not actor.user.name:
        return address
    return f"{unlinked(actor.user.name)} ({address})"


@register.filter
def minute(at: dt.datetime) -> str:
    """Say the day and the minute of a moment, and in which zone."""
    return times.minute(at)


@register.simple_tag
def password_link_lasts() -> str:
    """Say how long the link to a new password works."""
    days, seconds = divmod(settings.PASSWORD_RESET_TIMEOUT, 24 * 60 * 60)
    return (
        f"{days} days"
        if days > 1 and not seconds
        else f"{days * 24 + seconds // 3600} hours"
    )
