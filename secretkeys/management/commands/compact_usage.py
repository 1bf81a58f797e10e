"""Remove counts that are too old to be shown; run once a day."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from secretkeys.models import DAILY_LIFETIME, HOURLY_LIFETIME
from secretkeys.recording.compaction import compact


class Command(BaseCommand):
    help = (
        f"Keeps usage by the hour for {HOURLY_LIFETIME.days} days and by the day for "
        f"{DAILY_LIFETIME.days}; removes what is older. Running it twice does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        removed = compact(at=timezone.now())
        said = [f"{name} {count}" for name, count in removed.items() if count]
        words = f"Removed rows: {', '.join(said)}." if said else "Nothing is too old."
        self.stdout.write(words)
