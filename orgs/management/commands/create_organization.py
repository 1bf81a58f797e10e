"""Create an organization and its Owner."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from orgs import names
from orgs.actions import create_organization
from orgs.audit import COMMAND_LINE
from orgs.models import User


class Command(BaseCommand):
    help = "Creates an organization and prints its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the organization is called")
        parser.add_argument(
            "--owner",
            required=True,
            metavar="EMAIL",
            help="the Owner; an account is made, and its password printed, when new",
        )

    def handle(self, *args: Any, name: str, owner: str, **options: Any) -> None:
        try:
            validate_email(owner)
        except ValidationError:
            raise CommandError(f"{owner!r} is not an e-mail address.") from None
        try:
            self.create(name, owner)
        except names.InvalidName as error:
            raise CommandError(str(error)) from None

    @transaction.atomic
    def create(self, name: str, owner: str) -> None:
        user = User.objects.filter(email__iexact=owner).first()
        password = None
        if user is None:
            password = secrets.token_urlsafe(15)
            user = User.objects.create_user(owner, password)
        organization = create_organization(name, owner=user, actor=COMMAND_LINE)
        self.stdout.write(str(organization.pk))
        if password:
            self.stderr.write(f"Created the account {owner} with password {password}")
