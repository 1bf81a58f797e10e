"""Make a new installation usable: an organization and somebody who can sign in."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from orgs.management.accounts import create_owned_organization
from orgs.models import Organization


class Command(BaseCommand):
    help = "Creates an organization with an Owner where there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="My organization")
        parser.add_argument("--owner", default="owner@example.com", metavar="EMAIL")

    def handle(self, *args: Any, name: str, owner: str, **options: Any) -> None:
        if Organization.objects.exists():
            return
        organization, user, password = create_owned_organization(name, owner)
        self.stdout.write("")
        self.stdout.write(
            f"Sign in at {settings.PUBLIC_ORIGIN}{reverse('account_login')}"
        )
        self.stdout.write(f"  e-mail:          {user.email}")
        self.stdout.write(f"  organization id: {organization.pk}")
        if password:
            self.stdout.write(f"  password:        {password}")
            self.stdout.write("The password is shown this once and stored hashed.")
        self.stdout.write("")
