"""Create a secret key without the dashboard."""

import datetime as dt
import re
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orgs import catalogue, names
from orgs.audit import COMMAND_LINE
from orgs.categories import Category
from orgs.management.accounts import find_organization
from orgs.refusals import Refused
from secretkeys import actions
from secretkeys.actions import KeyTerms
from secretkeys.grants import (
    ROWS,
    Access,
    Grant,
    Matrix,
    Permission,
    Resource,
    permission_facts,
)
from secretkeys.lifetimes import LONGEST_LIFETIME
from secretkeys.scopes import Reach, Scope, Scopes

_LONGEST_DAYS = LONGEST_LIFETIME.days


class Command(BaseCommand):
    help = "Creates a secret key and prints it, alone, on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="ID")
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--permission",
            default=Permission.FULL.value,
            metavar="|".join(Permission),
        )
        parser.add_argument(
            "--allow",
            action="append",
            default=[],
            metavar="RESOURCE=read|write",
            help="what a restricted key may do; can be given several times",
        )
        for category in Category:
            parser.add_argument(
                f"--{category}-access",
                default=Reach.ALL.value,
                metavar="all|none|ID,ID",
                help="ids are external ids of the catalogue",
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
        allow: list[str],
        expires_in_days: str | int | None,
        **options: Any,
    ) -> None:
        now = timezone.now()
        scopes = {each: _scope(options[f"{each}_access"]) for each in Category}
        grant = _grant(permission, allow, scopes)
        try:
            key, plaintext = actions.create_key(
                find_organization(organization),
                KeyTerms(name, grant, _expiry(expires_in_days, now)),
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
        self.stderr.write(f"Created {key}: {permission_facts(key.grant)}, {expires}.")
        self.stderr.write("The key is shown this once.")
        self.stdout.write(plaintext)


def _grant(level: str, allow: list[str], scopes: Scopes) -> Grant:
    if level not in list(Permission):
        raise CommandError(f"--permission takes one of {', '.join(Permission)}.")
    permission = Permission(level)
    if permission is Permission.RESTRICTED:
        return Grant.restricted(_matrix(allow), scopes)
    if allow:
        raise CommandError("--allow goes with --permission restricted only.")
    return Grant.preset(permission, scopes)


def _matrix(allow: list[str]) -> Matrix:
    matrix = {}
    for text in allow:
        resource, _, access = text.partition("=")
        if resource not in ROWS or access not in ("read", "write"):
            raise CommandError(
                f"--allow takes one of {', '.join(ROWS)}, then =read or =write."
            )
        matrix[Resource(resource)] = Access[access.upper()]
    return matrix


def _scope(text: str) -> Scope:
    if text in (Reach.ALL, Reach.NONE):
        return Scope(Reach(text))
    ids = frozenset(filter(None, text.split(",")))
    if not ids or not all(map(catalogue.is_id, ids)):
        raise CommandError(
            "An access takes all, none, or external ids, comma-separated."
        )
    return Scope(Reach.SELECTED, ids)


def _expiry(days: str | int | None, now: dt.datetime) -> dt.datetime | None:
    if days is None:
        return None
    text = str(days)
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= _LONGEST_DAYS:
        raise CommandError(f"--expires-in-days takes 1 to {_LONGEST_DAYS}.")
    return now + dt.timedelta(days=int(text))
