"""Moments in words, in the time zone of whoever reads them.

The zone is the active one, which middleware takes from the person; UTC otherwise.
"""

import datetime as dt
from functools import cache
from importlib import resources
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

UTC = "UTC"


def day(at: dt.datetime) -> str:
    """Say the day of a moment, such as 21 Aug 2026."""
    at = timezone.localtime(at)
    return f"{at.day} {at:%b %Y}"


def minute(at: dt.datetime) -> str:
    """Say the day and the minute of a moment: 21 Aug 2026, 07:30 UTC."""
    return f"{day(at)}, {timezone.localtime(at):%H:%M} {zone_words(at)}"


def second(at: dt.datetime) -> str:
    """Say the second of a moment, without its day: 14:03:05 UTC."""
    return f"{timezone.localtime(at):%H:%M:%S} {zone_words(at)}"


def date(at: dt.datetime) -> dt.date:
    """Return the day of a moment."""
    return timezone.localdate(at)


def end_of_day(date: dt.date) -> dt.datetime:
    """Return the last second of a day, in UTC."""
    last_second = dt.time(23, 59, 59, tzinfo=timezone.get_current_timezone())
    return dt.datetime.combine(date, last_second).astimezone(dt.UTC)


def zone_words(at: dt.datetime) -> str:
    """Say the zone at a moment: CET, CEST, or UTC+08:00 where it has no letters."""
    local = timezone.localtime(at)
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


def zone(name: str) -> dt.tzinfo:
    """Return the zone of an IANA name; UTC for one that is unknown here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return dt.UTC


def zones(at: dt.datetime) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the zones to choose from: region, then IANA names and their words.

    Words are the place and how far it is from UTC at that moment: Tokyo (UTC+9).
    """
    regions = groupby(_zones(), key=lambda zone: zone.key.partition("/")[0])
    return [
        (region, [(zone.key, _place(zone, at)) for zone in found])
        for region, found in regions
    ]


@cache
def _zones() -> list[ZoneInfo]:
    """Return every zone that people live in, by its present name alone."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    rows = [line.split("\t") for line in table.splitlines() if line[:1] != "#"]
    return [ZoneInfo(name) for name in sorted({row[2] for row in rows})]


def _place(zone: ZoneInfo, at: dt.datetime) -> str:
    place = zone.key.partition("/")[2].replace("_", " ").replace("/", ", ")
    offset = f"{at.astimezone(zone):%z}"
    hours, minutes = int(offset[:3]), offset[3:5]
    words = f"{offset[0]}{abs(hours)}" if hours or minutes != "00" else ""
    return f"{place} (UTC{words}{'' if minutes == '00' else f':{minutes}'})"
