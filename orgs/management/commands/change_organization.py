"""Change what an account manager decides about an organization."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from orgs import names
from orgs.actions import appoint_owner, change_terms
from orgs.audit import COMMAND_LINE
from orgs.management.accounts import check_address, find_organization, find_user
from orgs.models import MOST_KEYS

_SWITCH = {"on": True, "off": False}


class Command(BaseCommand):
    help = "Changes an organization's key limit, account manager, features or lock."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", metavar="ID")
        parser.add_argument("--key-limit", metavar="N")
        parser.add_argument("--account-manager", metavar="EMAIL", help='"" for nobody')
        parser.add_argument(
            "--account-manager-name", metavar="NAME", help='"" for none'
        )
        parser.add_argument("--owner", metavar="EMAIL", help="who becomes the Owner")
        parser.add_argument("--access-scope", metavar="on|off")
        parser.add_argument("--advanced-permissions", metavar="on|off")
        lock = parser.add_mutually_exclusive_group()
        lock.add_argument("--lock", action="store_true", help="refuse its keys")
        lock.add_argument("--unlock", action="store_true")

    @transaction.atomic
    def handle(self, *args: Any, organization: str, **options: Any) -> None:
        found, now = find_organization(organization), timezone.now()
        if options["owner"] is not None:
            owner = find_user(options["owner"])
            appoint_owner(found, owner, actor=COMMAND_LINE, at=now)
        changed = change_terms(
            found,
            key_limit=_key_limit(options["key_limit"]),
            account_manager_email=_email(options["account_manager"]),
            account_manager_name=_name(options["account_manager_name"]),
            locked=True if options["lock"] else False if options["unlock"] else None,
            access_scope=_switch("--access-scope", options["access_scope"]),
            advanced_permissions=_switch(
                "--advanced-permissions", options["advanced_permissions"]
            ),
            actor=COMMAND_LINE,
            at=now,
        )
        self.stderr.write(
            f"{changed}: limit {changed.key_limit} keys, account manager "
            f"{changed.account_manager_words}, "
            f"{'locked' if changed.is_locked else 'not locked'}, access scope "
            f"{'on' if changed.access_scope else 'off'}, advanced permissions "
            f"{'on' if changed.advanced_permissions else 'off'}."
        )


def _key_limit(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_KEYS))):
        raise CommandError(f"--key-limit takes 0 to {MOST_KEYS}.")
    return min(int(text), MOST_KEYS)


def _email(text: str | None) -> str | None:
    if text:
        check_address(text)
    return text


def _name(text: str | None) -> str | None:
    try:
        return names.clean(text) if text else text
    except names.InvalidName as error:
        raise CommandError(f"--account-manager-name: {error}") from None


def _switch(option: str, text: str | None) -> bool | None:
    if text is None:
        return None
    if text not in _SWITCH:
        raise CommandError(f"{option} takes on or off.")
    return _SWITCH[text]
