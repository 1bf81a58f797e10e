"""Change what an account manager decides about an organization."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from orgs.actions import change_terms
from orgs.audit import COMMAND_LINE
from orgs.management.accounts import find_organization

_MOST_KEYS = 1_000_000


class Command(BaseCommand):
    help = "Changes an organization's key limit, account manager or lock."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", metavar="ID")
        parser.add_argument("--key-limit", metavar="N")
        parser.add_argument("--account-manager", metavar="EMAIL", help='"" for nobody')
        lock = parser.add_mutually_exclusive_group()
        lock.add_argument("--lock", action="store_true", help="refuse its keys")
        lock.add_argument("--unlock", action="store_true")

    def handle(self, *args: Any, organization: str, **options: Any) -> None:
        found = find_organization(organization)
        changed = change_terms(
            found,
            key_limit=_key_limit(options["key_limit"], found.key_limit),
            account_manager_email=_email(
                options["account_manager"], found.account_manager_email
            ),
            locked=options["lock"] or (found.is_locked and not options["unlock"]),
            actor=COMMAND_LINE,
            at=timezone.now(),
        )
        self.stderr.write(
            f"{changed}: limit {changed.key_limit} keys, account manager "
            f"{changed.account_manager_email or 'nobody'}, "
            f"{'locked' if changed.is_locked else 'not locked'}."
        )


def _key_limit(text: str | None, current: int) -> int:
    if text is None:
        return current
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_MOST_KEYS))):
        raise CommandError(f"--key-limit takes 0 to {_MOST_KEYS}.")
    return min(int(text), _MOST_KEYS)


def _email(text: str | None, current: str) -> str:
    if not text:
        return current if text is None else ""
    try:
        validate_email(text)
    except ValidationError:
        raise CommandError(f"{text!r} is not an e-mail address.") from None
    return text
