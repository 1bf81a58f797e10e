"""The periods that usage is shown for; hours and days are those of UTC."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


class Period(StrEnum):
    """How far back a page looks; the value is what its address says."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"

    @property
    def label(self) -> str:
        """What the switch calls it."""
        return f"{self.buckets} {'hours' if self.is_hourly else 'days'}"

    @property
    def buckets(self) -> int:
        """How many hours or days it has."""
        return _BUCKETS[self]

    @property
    def is_hourly(self) -> bool:
        """Whether it is counted by the hour."""
        return self is Period.DAY


_BUCKETS = {Period.DAY: 24, Period.WEEK: 7, Period.MONTH: 30, Period.QUARTER: 90}


@dataclass(frozen=True, slots=True)
class Window:
    """Whole hours or days, UTC, from ``start`` up to and without ``end``."""

    period: Period
    start: dt.datetime
    end: dt.datetime

    @classmethod
    def ending(cls, period: Period, at: dt.datetime) -> "Window":
        """Return the window whose last hour or day is the one of ``at``, unfinished."""
        moment = at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
        step = HOUR if period.is_hourly else DAY
        end = (moment if period.is_hourly else moment.replace(hour=0)) + step
        return cls(period, end - period.buckets * step, end)

    @property
    def step(self) -> dt.timedelta:
        """How long one bucket is."""
        return HOUR if self.period.is_hourly else DAY

    @property
    def starts(self) -> list[dt.datetime]:
        """When each hour or day begins."""
        return [self.start + n * self.step for n in range(self.period.buckets)]

    @property
    def before(self) -> "Window":
        """The window of the same length that this one follows."""
        return Window(self.period, self.start - (self.end - self.start), self.start)
