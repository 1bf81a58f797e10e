"""Encrypt the secrets of second factors anew, before a signing key is retired."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orgs.actions import reseal_second_factors


class Command(BaseCommand):
    help = "Encrypts the secrets of second factors with the newest of SIGNING_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        resealed, unreadable = reseal_second_factors()
        self.stderr.write(f"Encrypted {resealed} with the newest signing key.")
        if unreadable:
            raise CommandError(
                f"{unreadable} cannot be read: the signing key they were encrypted "
                "with is not in SIGNING_KEYS."
            )
