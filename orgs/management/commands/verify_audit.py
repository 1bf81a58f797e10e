"""Find what was changed in audit logs behind the product's back."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orgs import audit, audit_chain
from orgs.management.accounts import find_organization
from orgs.models import Organization


class Command(BaseCommand):
    help = (
        "Checks that no event of an audit log was edited, removed or inserted, and "
        "prints each log's last digest; compare it with one kept elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "organization", metavar="ID", nargs="?", help="all when left out"
        )
        parser.add_argument(
            "--adopt",
            action="store_true",
            help="first give events without a place in the chain one at its end, and "
            "name them: processes of an older release wrote them during an update",
        )

    def handle(self, *args: Any, organization: str | None, **options: Any) -> None:
        organizations = (
            [find_organization(organization)]
            if organization
            else Organization.objects.order_by("created_at", "pk").iterator()
        )
        if options["adopt"]:
            organizations = list(organizations)
            for each in organizations:
                self._adopt(each)
        damaged = sum(self._check(each) for each in organizations)
        if damaged:
            raise CommandError(
                f"{damaged} audit log{' was' if damaged == 1 else 's were'} changed."
            )

    def _adopt(self, organization: Organization) -> None:
        for event in audit.adopt_late_events(organization):
            self.stderr.write(
                f"{organization.pk}: adopted {event}, now {event.sequence}."
            )

    def _check(self, organization: Organization) -> bool:
        """Report on one log; tell whether it was changed."""
        found = False
        for fault in audit_chain.faults(organization):
            found = True
            self.stderr.write(f"{organization.pk}: {fault}")
        if not found:
            self.stdout.write(f"{organization.pk} {audit_chain.end_of(organization)}")
        return found
