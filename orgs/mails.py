"""What the product writes to people: templates/mail has a text and a page of each.

Each function is called inside the transaction of what it tells of; the mail is written
and handed over once that is committed, and never when it is not.
"""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from orgs import times
from orgs.audit import Actor
from orgs.models import (
    AuditEvent,
    Invitation,
    Membership,
    Organization,
    OwnershipOffer,
    User,
)
from orgs.roles import Role

logger = logging.getLogger(__name__)

# Programs that answer mails by themselves leave these alone (RFC 3834, section 5).
HEADERS = {"Auto-Submitted": "auto-generated"}

_MEANING: Mapping[Role, str] = {
    Role.OWNER: "manages secret keys, people and the organization, and can hand it over",
    Role.ADMIN: "manages secret keys, people and the organization",
    Role.MEMBER: "sees which secret keys exist and how they are used",
}
_WITHOUT_USAGE = "sees which secret keys exist"
_CALLED: Mapping[Role, str] = {
    Role.OWNER: "the Owner",
    Role.ADMIN: "an Admin",
    Role.MEMBER: "a Member",
}


def invitation(row: Invitation, token: str, actor: Actor) -> None:
    """Ask somebody to join an organization; the link is the invitation."""
    _send(
        "invitation",
        row.email,
        organization=row.organization,
        **_role_words(row.role_value, row.organization),
        actor=actor,
        expires_at=row.expires_at,
        link=page("orgs:invitation", token),
    )


def role_changed(membership: Membership, actor: Actor) -> None:
    """Tell somebody what they may do from now on."""
    by_themselves = actor.user == membership.user
    _send(
        "role_changed",
        membership.user.email,
        organization=membership.organization,
        **_role_words(membership.role_value, membership.organization),
        actor=None if by_themselves else actor,
        link=absolute(membership.organization.get_absolute_url()),
    )


def member_removed(email: str, organization: Organization, actor: Actor) -> None:
    """Tell somebody that they are no member any more."""
    _send("member_removed", email, organization=organization, actor=actor)


def ownership_offered(offer: OwnershipOffer, actor: Actor) -> None:
    """Ask somebody to become the Owner of an organization."""
    _send(
        "ownership_offered",
        offer.to.email,
        zone=offer.to.time_zone,
        organization=offer.organization,
        meaning=_MEANING[Role.OWNER],
        actor=actor,
        expires_at=offer.expires_at,
        link=page("orgs:members", offer.organization.pk),
    )


def owner_welcome(user: User, organization: Organization, link: str) -> None:
    """Tell the Owner of a new organization how to get in.

    Args:
        user: the Owner.
        organization: what was created.
        link: where they choose a password, or sign in; a path or an address of ours.
    """
    _send(
        "owner_welcome",
        user.email,
        user=user,
        organization=organization,
        link=absolute(link),
    )


def email_change_proposed(user: User, *, at: dt.datetime) -> None:
    """Tell somebody that another address is to take the place of theirs."""
    _send(
        "email_change_proposed",
        user.email,
        zone=user.time_zone,
        new_email=user.new_email,
        timestamp=at,
        link=page("account_profile"),
        password_link=page("account_change_password"),
    )


def new_sign_in(user: User, *, device: str, address: str, at: dt.datetime) -> None:
    """Tell somebody that a device signed in that they had not used before."""
    _send(
        "new_sign_in",
        user.email,
        zone=user.time_zone,
        device=device,
        address=address,
        timestamp=at,
        link=page("usersessions_list"),
        password_link=page("account_change_password"),
    )


def key_digest(
    membership: Membership, events: Sequence[AuditEvent], *, more: int
) -> EmailMultiAlternatives:
    """Return the mail that tells a member what happened to secret keys.

    Args:
        membership: who is told, and of which organization.
        events: what happened to keys, the latest first.
        more: how many events are not among them.
    """
    return compose(
        "key_digest",
        membership.user.email,
        zone=membership.user.time_zone,
        organization=membership.organization,
        role=_CALLED[membership.role_value],
        events=[(event, *_key_words(event)) for event in events],
        more=more,
        link=absolute(membership.organization.get_absolute_url()),
        choice_link=page("account_profile"),
    )


def page(name: str, *args: object) -> str:
    """Return the address of a page at the configured origin."""
    return absolute(reverse(name, args=args))


def absolute(target: str) -> str:
    """Return a path or an address at the configured origin, whatever its host was."""
    parts = urlsplit(target)
    query = f"?{parts.query}" if parts.query else ""
    return settings.PUBLIC_ORIGIN + parts.path + query


def compose(
    template: str, to: str, /, zone: str = times.UTC, **context: Any
) -> EmailMultiAlternatives:
    """Write a mail; the first line of its text is the subject.

    Args:
        template: what in templates/mail.
        to: the address.
        zone: IANA's name of the zone of whoever reads it.
        context: what the templates ask for.
    """
    context |= {"origin": settings.PUBLIC_ORIGIN}
    with timezone.override(times.zone(zone)):
        text = render_to_string(f"mail/{template}.txt", context)
        markup = render_to_string(f"mail/{template}.html", context).strip()
    subject, _, body = text.strip().partition("\n")
    mail = EmailMultiAlternatives(
        # A subject is one line, whatever stands in the names it quotes.
        " ".join(subject.split()),
        body.strip() + "\n",
        to=[to],
        headers=HEADERS,
    )
    mail.attach_alternative(markup, "text/html")
    return mail


def _key_words(event: AuditEvent) -> tuple[str, str]:
    """Say in a word what happened to a key, and why where somebody said so."""
    _, reason = event.changes.get("reason", (None, ""))
    return event.action.partition(".")[2], reason


def _role_words(role: Role, organization: Organization) -> dict[str, str]:
    sees_usage = role is not Role.MEMBER or organization.members_see_usage
    meaning = _MEANING[role] if sees_usage else _WITHOUT_USAGE
    return {"role": _CALLED[role], "meaning": meaning}


def _send(template: str, to: str, /, **context: Any) -> None:
    transaction.on_commit(partial(_deliver, template, to, context))


def _deliver(template: str, to: str, context: dict[str, Any]) -> None:
    try:
        compose(template, to, **context).send()
    except Exception as error:  # noqa: BLE001 - what is committed stands without a mail
        # Without the traceback, whose last line can quote the mail.
        kind = type(error).__name__
        logger.error("The mail %s was not written (%s).", template, kind)
