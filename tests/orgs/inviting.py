"""Invitations as people send and open them."""

import re
from urllib.parse import urlsplit

from django.core import mail
from django.urls import reverse
from django.utils import timezone

from orgs.actions import invite
from orgs.audit import Actor
from orgs.roles import Role

HTMX = {"HX-Request": "true"}


def invited(organization, email, by, capture, role=Role.MEMBER, at=None):
    """Invite somebody; return the path of the link that their mail has."""
    with capture(execute=True):
        actor = Actor.person(by)
        invite(organization, [email], role, actor=actor, at=at or timezone.now())
    return link_in(mail.outbox[-1])


def link_in(message):
    """Return the path of an invitation's link in a mail."""
    found = re.search(r"https?://\S+/invitations/[\w-]+", message.body)
    return urlsplit(found.group(0)).path


def url(name, organization, *args):
    """Return the address of a page of an organization."""
    return reverse(f"orgs:{name}", args=[organization.pk, *args])
