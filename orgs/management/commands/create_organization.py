"""Create an organization and its Owner."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from orgs.management.accounts import create_owned_organization


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
        organization, user, password = create_owned_organization(name, owner)
        self.stdout.write(str(organization.pk))
        if password:
            self.stderr.write(
                f"Created the account {user.email} with password {password}"
            )
