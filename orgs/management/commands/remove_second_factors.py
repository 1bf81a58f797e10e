"""Let somebody in again who has lost phone, passkeys and recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orgs.actions import remove_second_factors
from orgs.audit import COMMAND_LINE
from orgs.models import User


class Command(BaseCommand):
    help = "Removes the second factors of an account; be sure who asks for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.with_email(email)
        if user is None:
            raise CommandError(f"There is no account {email!r}.")
        if not remove_second_factors(user, actor=COMMAND_LINE, at=timezone.now()):
            raise CommandError(f"The account {user.email} has no second factor.")
        self.stderr.write(f"{user.email} signs in by the password alone now.")
