"""Remove a secret key without the dashboard."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orgs.audit import COMMAND_LINE
from orgs.refusals import Refused
from secretkeys import actions, keyformat
from secretkeys.models import SecretKey


class Command(BaseCommand):
    help = "Removes a secret key; its next request is refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key_id", help="the public id, see list_secret_keys")

    def handle(self, *args: Any, key_id: str, **options: Any) -> None:
        if not keyformat.is_key_id(key_id):
            raise CommandError("There is no secret key with this id.")
        try:
            key = SecretKey.objects.for_page().get(key_id=key_id)
            actions.remove_key(key, actor=COMMAND_LINE, at=timezone.now())
        except SecretKey.DoesNotExist:
            raise CommandError("There is no secret key with this id.") from None
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        self.stderr.write(f"Removed {key}.")
