"""The way from the email that somebody signs in with to another one.

A link to the new address proves that its mail reaches them; until then it stands in
User.new_email and counts for nothing. django-allauth would keep it among the addresses
by which people sign in, are found by providers, and get a new password.
"""

import datetime as dt
from typing import NamedTuple

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

from orgs.models import User

LINK_LASTS = dt.timedelta(days=3)
_SALT = "orgs.email_changes"


class Proposal(NamedTuple):
    """What a link asks for."""

    user_id: int
    email: str
    # Of whoever asked: a new password ends what somebody asked who knew the old one.
    credentials: str


def is_too_soon(request: HttpRequest, user: User, email: str) -> bool:
    """Tell whether this person, or anybody for this address, just asked for a link."""
    return not (
        ratelimit.consume(request, action="manage_email", user=user)
        and ratelimit.consume(request, action="confirm_email", key=email)
    )


def send_link(user: User) -> None:
    """Write to the new address, whoever's it is: asking tells nobody who has it."""
    key = signing.dumps(_proposal_of(user), salt=_SALT)
    link = settings.PUBLIC_ORIGIN + reverse("account_email_confirm", args=[key])
    context = {"user": user, "activate_url": link, "days": LINK_LASTS.days}
    template = "account/email/email_confirmation"
    get_adapter().send_mail(template, user.new_email, context)


def proposal(key: str) -> Proposal | None:
    """Return what a link asks for; None: it was never sent, or it is too old."""
    try:
        return Proposal(*signing.loads(key, salt=_SALT, max_age=LINK_LASTS))
    except signing.BadSignature:
        return None


def _proposal_of(user: User) -> Proposal:
    return Proposal(user.pk, user.new_email, user.credentials)


def tell_old_address(request: HttpRequest, user: User, before: str) -> None:
    """Write to the address that was changed, in case its owner knows nothing of it."""
    template = "account/email/email_changed"
    context = {"from_email": before, "to_email": user.email}
    get_adapter(request).send_notification_mail(template, user, context, before)
