"""Tell Owners and Admins by mail what happened to secret keys."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orgs import digests


class Command(BaseCommand):
    help = (
        "Mails Owners and Admins what happened to secret keys "
        "since their last such mail. Run it every 15 minutes."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        results = [
            digests.send(membership, at=timezone.now()) for membership in digests.owed()
        ]
        sent, failed = results.count(True), results.count(False)
        if sent:
            self.stdout.write(f"{sent} mail{'' if sent == 1 else 's'} sent.")
        if failed:
            raise CommandError(
                f"{failed} mail{'' if failed == 1 else 's'} could not be sent; the "
                "next run tries again."
            )
