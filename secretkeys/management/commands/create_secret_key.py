"""Create a secret key without the dashboard."""

import datetime as dt
import re
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orgs import names
from orgs.audit import COMMAND_LINE
from orgs.management.accounts import find_organization
from secretkeys import actions
from secretkeys.actions import KeyTerms
from secretkeys.grants import OFFERED, Permission
from secretkeys.refusals import Refused

_LONGEST_DAYS = actions.LONGEST_LIFETIME.days


class Command(BaseCommand):
    help = "Creates a secret key and prints it, alone, on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="ID")
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--permission",
            default=Permission.FULL.value,
            metavar="|".join(OFFERED),
        )
        parser.add_argument(
            "--expires-in-days", metavar="N", help="never, when left out"
        )

    def handle(
        self,
        *args: Any,
        organization: str,
        name: str,
        permission: str,
        expires_in_days: str | int | None,
        **options: Any,
    ) -> None:
        now = timezone.now()
        try:
            key, plaintext = actions.create_key(
                find_organization(organization),
                KeyTerms(name, _permission(permission), _expiry(expires_in_days, now)),
                nonce=uuid.uuid4(),
                actor=COMMAND_LINE,
                at=now,
            )
        except names.InvalidName as error:
            raise CommandError(str(error)) from None
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        expires = (
            f"expires {key.expires_at:%Y-%m-%d}" if key.expires_at else "never expires"
        )
        self.stderr.write(f"Created {key}: {key.get_permission_display()}, {expires}.")
        self.stderr.write("The key is shown this once.")
        self.stdout.write(plaintext)


def _permission(text: str) -> Permission:
    if text not in OFFERED:
        raise CommandError(f"--permission takes one of {', '.join(OFFERED)}.")
    return Permission(text)


def _expiry(days: str | int | None, now: dt.datetime) -> dt.datetime | None:
    if days is None:
        return None
    text = str(days)
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= _LONGEST_DAYS:
        raise CommandError(f"--expires-in-days takes 1 to {_LONGEST_DAYS}.")
    return now + dt.timedelta(days=int(text))
