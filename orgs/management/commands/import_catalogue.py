"""Read what access scopes choose from out of a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orgs import catalogue_files
from orgs.actions import import_catalogue
from orgs.audit import COMMAND_LINE
from orgs.management.accounts import find_organization


class Command(BaseCommand):
    help = (
        "Adds datasets, training and deployments to an organization's catalogue and "
        "renames those that are there. One bad row, and nothing is imported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", metavar="ORGANIZATION_ID")
        parser.add_argument(
            "file",
            metavar="FILE",
            help=f".csv or .json with {', '.join(catalogue_files.COLUMNS)}",
        )

    def handle(self, *args: Any, organization: str, file: str, **options: Any) -> None:
        found = find_organization(organization)
        try:
            entries = catalogue_files.read(Path(file), organization_id=str(found.pk))
        except catalogue_files.BadFile as error:
            raise CommandError(str(error)) from None
        added, renamed = import_catalogue(
            found, entries, actor=COMMAND_LINE, at=timezone.now()
        )
        unchanged = len(entries) - added - renamed
        self.stderr.write(
            f"{found}: {added} added, {renamed} renamed, {unchanged} unchanged."
        )
