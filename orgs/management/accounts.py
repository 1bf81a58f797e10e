"""What commands about organizations share."""

import secrets
import uuid

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import transaction
from django.utils import timezone

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
    organization = create_organization(
        name, owner=owner, actor=COMMAND_LINE, at=timezone.now()
    )
    return organization, owner, password


def find_or_create_user(email: str) -> tuple[User, str | None]:
    """Return the account of an address; for a new one also its password."""
    check_address(email)
    if user := User.objects.with_email(email):
        return user, None
    password = secrets.token_urlsafe(15)
    return User.objects.create_user(email, password), password


def check_address(email: str) -> None:
    """Refuse what is no e-mail address."""
    try:
        validate_email(email)
        MaxLengthValidator(_LONGEST_ADDRESS)(email)
        email.encode()
    except (ValidationError, UnicodeEncodeError):
        raise CommandError(f"{email!r} is not an e-mail address.") from None


def find_user(email: str) -> User:
    """Return the account of an address, which has to be there and active."""
    check_address(email)
    user = User.objects.with_email(email)
    if user is None:
        raise CommandError(f"There is no account with the address {email!r}.")
    if not user.is_active:
        raise CommandError(f"The account {user.email} is suspended.")
    return user


def find_organization(text: str) -> Organization:
    """Return the organization with an id as typed."""
    try:
        return Organization.objects.get(pk=uuid.UUID(text))
    except (ValueError, Organization.DoesNotExist):
        raise CommandError(f"There is no organization with the id {text!r}.") from None
