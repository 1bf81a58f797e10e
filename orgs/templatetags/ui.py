"""Template tags for icons, times and people."""

import datetime as dt

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orgs import times

register = template.Library()

_WEEK = 7


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """Render an icon of the sprite; the text beside it says what it means."""
    return format_html(
        '<svg class="icon" aria-hidden="true" width="{}" height="{}">'
        '<use href="{}#{}"/></svg>',
        size,
        size,
        static("icons.svg"),
        name,
    )


@register.filter
def ago(moment: dt.datetime) -> SafeString:
    """Say how long ago a moment was; from a week on, say the day."""
    return _time(moment, _ago(timezone.now() - moment) or times.day(moment))


@register.filter
def ago_inside(moment: dt.datetime) -> SafeString:
    """Say the same as ``ago`` inside a sentence."""
    text = _ago(timezone.now() - moment)
    return _time(moment, text.lower() if text else f"on {times.day(moment)}")


@register.filter
def moment(at: dt.datetime) -> SafeString:
    """Say the day and the minute of a moment, and in which zone."""
    return _time(at, times.minute(at))


@register.filter
def clock(at: dt.datetime) -> SafeString:
    """Say the second of a moment today, and in which zone: 14:03:05 UTC."""
    return _time(at, times.second(at))


@register.filter
def day(moment: dt.datetime) -> SafeString:
    """Say the day of a moment, such as 21 Aug 2026."""
    return _time(moment, times.day(moment))


@register.simple_tag
def time_zone() -> str:
    """Name the zone in which pages say times."""
    return timezone.get_current_timezone_name()


@register.filter
def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = name.split("@", maxsplit=1)[0].replace(".", " ").split()
    letters = [word[0] for word in words if word[0].isalnum()]
    return "".join(letters[:1] + letters[1:][-1:]).upper()


def _ago(passed: dt.timedelta) -> str:
    if passed < dt.timedelta(minutes=1):
        return "Just now"
    if passed < dt.timedelta(hours=1):
        return _count(passed.seconds // 60, "minute")
    if passed < dt.timedelta(days=1):
        return _count(passed.seconds // 3600, "hour")
    if passed < dt.timedelta(days=2):
        return "Yesterday"
    return f"{passed.days} days ago" if passed.days < _WEEK else ""


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'} ago"


def _time(moment: dt.datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.astimezone(dt.UTC).isoformat(timespec="seconds"),
        times.minute(moment),
        text,
    )
