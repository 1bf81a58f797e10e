"""List an organization's secret keys."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from orgs.management.accounts import find_organization
from secretkeys.models import SecretKey


class Command(BaseCommand):
    help = "Lists the secret keys of an organization that are not removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="ID")
        parser.add_argument("--json", action="store_true", help="one JSON array")

    def handle(self, *args: Any, organization: str, **options: Any) -> None:
        keys = (
            SecretKey.objects.of(find_organization(organization))
            .current()
            .for_table()
            .sorted_by("name")
        )
        rows = [_row(key) for key in keys]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.stdout.write("\t".join(value or "-" for value in row.values()))


def _row(key: SecretKey) -> dict[str, str | None]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "permission": key.permission,
        "grant": key.grant.words,
        "access": key.grant.access_words,
        "status": _status(key),
        "created_at": key.created_at.isoformat(),
        "created_by": key.creator_name,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }


def _status(key: SecretKey) -> str:
    if key.is_disabled:
        return "disabled"
    return "expired" if key.is_expired(timezone.now()) else "active"
