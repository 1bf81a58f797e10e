"""Set what an organization has used of one kind, and how much of it it may use."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orgs.actions import set_quota
from orgs.audit import COMMAND_LINE
from orgs.management.accounts import find_organization
from orgs.quotas import MOST_UNITS, Keep, QuotaKind


class Command(BaseCommand):
    help = "Sets an organization's quota of one kind; what is left out stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", metavar="ID")
        parser.add_argument("kind", metavar="|".join(QuotaKind))
        parser.add_argument(
            "--used", metavar="N", help="not of collaborators, who are counted"
        )
        parser.add_argument("--limit", metavar="N|none")
        parser.add_argument("--renews", metavar="YYYY-MM-DD|never")

    def handle(self, *args: Any, organization: str, kind: str, **options: Any) -> None:
        found, wanted = find_organization(organization), _kind(kind)
        if options["used"] is not None and wanted is QuotaKind.COLLABORATORS:
            raise CommandError("Collaborators are counted; --used cannot be set.")
        row = set_quota(
            found,
            wanted,
            used=_number("--used", options["used"], or_word=""),
            limit=_limit(options["limit"]),
            renews_on=_day(options["renews"]),
            actor=COMMAND_LINE,
            at=timezone.now(),
        )
        limit = "no limit" if row.limit is None else f"limit {row.limit}"
        renews = f"renews on {row.renews_on}" if row.renews_on else "never renews"
        used = "" if wanted is QuotaKind.COLLABORATORS else f"{row.used} used, "
        self.stderr.write(f"{found}: {wanted.label}: {used}{limit}, {renews}.")


def _kind(text: str) -> QuotaKind:
    try:
        return QuotaKind(text)
    except ValueError:
        raise CommandError(
            f"{text!r} is no kind; choose one of {', '.join(QuotaKind)}."
        ) from None


def _limit(text: str | None) -> int | Keep | None:
    return None if text == "none" else _number("--limit", text, or_word=" or none")


def _number(option: str, text: str | None, *, or_word: str) -> int | Keep:
    if text is None:
        return Keep.AS_IS
    is_number = text.isascii() and text.isdecimal()
    # Python refuses to read numbers of thousands of digits.
    if not is_number or len(text) > len(str(MOST_UNITS)) or int(text) > MOST_UNITS:
        raise CommandError(f"{option} takes 0 to {MOST_UNITS}{or_word}.")
    return int(text)


def _day(text: str | None) -> dt.date | Keep | None:
    if text is None:
        return Keep.AS_IS
    if text == "never":
        return None
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        raise CommandError(
            f"--renews takes a day such as 2027-01-31, or never; {text!r} is neither."
        ) from None
