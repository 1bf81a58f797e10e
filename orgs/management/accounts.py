"""What commands about organizations share."""

import secrets
import uuid

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import transaction

from orgs import names
from orgs.actions import create_organization
from orgs.audit import COMMAND_LINE
from orgs.models import Organization, User

# Of the column.
_LONGEST_ADDRESS = 254


@transaction.atomic
def create_owned_organization(
    name: str, email: str
) -> tuple[Organization, User, str | None]:
    """Make an organization and, when the Owner is new, an account with a password.

    Returns the password so that it can be printed once; None for a known account.
    """
    try:
        names.clean(name)
    except names.InvalidName as error:
        raise CommandError(str(error)) from None
    owner, password = find_or_create_user(email)
    organization = create_organization(name, owner=owner, actor=COMMAND_LINE)
    return organization, owner, password


def find_or_create_user(email: str) -> tuple[User, str | None]:
    """Return the account of an address; for a new one also its password."""
    try:
        validate_email(email)
        MaxLengthValidator(_LONGEST_ADDRESS)(email)
        email.encode()
    except (ValidationError, UnicodeEncodeError):
        raise CommandError(f"{email!r} is not an e-mail address.") from None
    if user := User.objects.filter(email__iexact=email).first():
        return user, None
    password = secrets.token_urlsafe(15)
    return User.objects.create_user(email, password), password


def find_organization(text: str) -> Organization:
    """Return the organization with an id as typed."""
    try:
        return Organization.objects.get(pk=uuid.UUID(text))
    except (ValueError, Organization.DoesNotExist):
        raise CommandError(f"There is no organization with the id {text!r}.") from None
