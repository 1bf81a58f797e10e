"""Make a new installation usable: an organization and somebody who can sign in."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.urls import reverse

from orgs.actions import create_organization
from orgs.audit import COMMAND_LINE
from orgs.models import Organization, User


class Command(BaseCommand):
    help = "Creates an organization with an Owner where there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="My organization")
        parser.add_argument("--owner", default="owner@example.com", metavar="EMAIL")

    @transaction.atomic
    def handle(self, *args: Any, name: str, owner: str, **options: Any) -> None:
        if Organization.objects.exists():
            return
        password = secrets.token_urlsafe(15)
        user = User.objects.create_user(owner, password, name="Owner")
        organization = create_organization(name, owner=user, actor=COMMAND_LINE)
        self.stdout.write(
            "\n".join(
                [
                    "",
                    f"Sign in at {settings.PUBLIC_ORIGIN}{reverse('account_login')}",
                    f"  e-mail:          {owner}",
                    f"  password:        {password}",
                    f"  organization id: {organization.pk}",
                    "The password is shown this once and stored hashed.",
                    "",
                ]
            )
        )
