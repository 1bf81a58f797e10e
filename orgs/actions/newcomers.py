"""Accounts of people whom an identity provider vouches for."""

import datetime as dt

from django.db import transaction

from orgs import names
from orgs.models import Invitation, User
from orgs.refusals import NotInvited


@transaction.atomic
def create_invited_account(email: str, name: str, *, at: dt.datetime) -> User:
    """Make an account without a password for somebody who is invited somewhere.

    The invitation stays open: to become a member they accept it themselves. A name
    that cannot be one is left out.

    Args:
        email: an address that the provider says is theirs.
        name: what the provider calls them.
        at: now.

    Raises:
        NotInvited: no open invitation is to this address.
        IntegrityError: the same person was here in another window, at this moment.
    """
    invitations = Invitation.objects.to(email).open_at(at)
    found = invitations.select_related("organization", "invited_by")
    if not any(row.works(at) for row in found):
        raise NotInvited(email)
    try:
        name = names.clean(name)
    except names.InvalidName:
        name = ""
    return User.objects.create_user(email, name=name)
