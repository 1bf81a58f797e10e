"""Let somebody of the platform's staff into the account managers' pages."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

from orgs.management.accounts import find_or_create_user


class Command(BaseCommand):
    help = "Makes somebody an account manager; a new account's password is printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    @transaction.atomic
    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user, password = find_or_create_user(email)
        if not user.is_active:
            raise CommandError(f"The account {user.email} is suspended.")
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        if password:
            self.stderr.write(
                f"Created the account {user.email} with password {password}"
            )
        self.stderr.write(
            f"{user.email} is an account manager at "
            f"{settings.PUBLIC_ORIGIN}{reverse('admin:index')}"
        )
