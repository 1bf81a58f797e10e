"""Where the bars of a chart stand, and the same numbers as a table; no markup.

A chart is drawn by ``templates/ui/_bar_chart.html``, a spark line by
``templates/ui/_spark.html``. Colours are classes, c1 to c5.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

# Units of the drawing; one of its height is one pixel.
HEIGHT = 220
SLOT = 20
GAP = 1
# The highest bar leaves a tenth above it: more than all minimum heights together.
_HEADROOM = 1.1
_STEPS = 4
_NICE = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8)

SPARK_HEIGHT = 20
_SPARK_SLOT = 2
_SPARK_LEAST = 1.5


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one colour, one for each hour or day."""

    name: str
    css_class: str
    values: Sequence[int]

    @property
    def total(self) -> int:
        """All of its numbers together."""
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Segment:
    """One series within a bar; ``y`` counts from the top."""

    css_class: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour or day; ``x`` is where its slot of 20 begins."""

    x: int
    title: str
    segments: list[Segment]


@dataclass(frozen=True, slots=True)
class Row:
    """One hour or day in the table: a number for each series."""

    label: str
    values: list[int]
    total: int


@dataclass(frozen=True, slots=True)
class BarChart:
    """Stacked bars, oldest first, and the same numbers as ``rows``.

    ``y_labels`` go from the top down to 0. ``x_labels`` has one for each bar, most of
    them empty.
    """

    series: list[Series]
    bars: list[Bar]
    rows: list[Row]
    top: int
    y_labels: list[str]
    x_labels: list[str]
    hourly: bool

    @property
    def view_box(self) -> str:
        """The coordinates of the drawing."""
        return f"0 0 {len(self.bars) * SLOT} {HEIGHT}"

    @property
    def total(self) -> int:
        """All numbers together."""
        return sum(row.total for row in self.rows)


@dataclass(frozen=True, slots=True)
class Spark:
    """A small chart without axes: one path, and what it shows in words."""

    width: int
    height: int
    path: str
    text: str


def stacked_bars(
    starts: Sequence[dt.datetime], series: Sequence[Series], hourly: bool
) -> BarChart:
    """Return the chart of these series, the first at the bottom.

    ``starts`` says when each hour or day begins, in the zone that the chart speaks of,
    oldest first; every series has as many values.
    """
    rows = [
        Row(_long(start, hourly), values, sum(values))
        for start, *values in zip(starts, *(s.values for s in series), strict=True)
    ]
    top = nice_top(max((row.total for row in rows), default=0))
    return BarChart(
        series=list(series),
        bars=[
            Bar(SLOT * at, _title(row, series), _segments(row, series, top))
            for at, row in enumerate(rows)
        ],
        rows=rows,
        top=top,
        y_labels=[short(top * step // _STEPS) for step in range(_STEPS, -1, -1)],
        x_labels=_x_labels(starts, hourly),
        hourly=hourly,
    )


def spark_line(values: Sequence[int]) -> Spark:
    """Return a bar for each hour, oldest first; hours without requests stay flat."""
    highest = max(values, default=0)
    width = _SPARK_SLOT * len(values)
    floor = SPARK_HEIGHT - 0.5
    parts = [f"M0 {floor}H{width}"]
    for at, value in enumerate(values):
        if value:
            height = max(value / highest * SPARK_HEIGHT, _SPARK_LEAST)
            y = round(SPARK_HEIGHT - height, 1)
            parts.append(f"M{_SPARK_SLOT * at + 1} {SPARK_HEIGHT}V{y:g}")
    lately = f"in the last {len(values)} hours"
    total = sum(values)
    text = f"No requests {lately}"
    if total:
        text = f"{_requests(total)} {lately}, at most {highest:,} in one"
    return Spark(width, SPARK_HEIGHT, "".join(parts), text)


def nice_top(highest: int) -> int:
    """Return where the axis ends: four whole, round steps, with room above the bars."""
    needed = highest * _HEADROOM
    power = 1
    while True:
        for nice in _NICE:
            step = nice * power
            if step == int(step) and step * _STEPS >= needed:
                return int(step) * _STEPS
        power *= 10


def short(number: int) -> str:
    """Say a number on an axis: 250, 2.5k, 16k, 1.2M."""
    value: float = number
    for unit in ("", "k", "M", "B"):
        if value < 1000:
            return f"{value:g}{unit}"
        value /= 1000
    return f"{value:,g}T"


def _segments(row: Row, series: Sequence[Series], top: int) -> list[Segment]:
    """Stack a bar from the bottom; whatever is not zero is at least a pixel high."""
    present = [(s, value) for s, value in zip(series, row.values, strict=True) if value]
    segments = []
    base = float(HEIGHT)
    for number, (one, value) in enumerate(present, start=1):
        gap = 0 if number == len(present) else GAP
        height = max(value / top * HEIGHT - gap, 1.0)
        base -= height
        segments.append(Segment(one.css_class, round(base, 1), round(height, 1)))
        base -= gap
    return segments


def _title(row: Row, series: Sequence[Series]) -> str:
    """Say a bar in lines: the whole, then the series from the top down."""
    parts = [
        f"{one.name}: {value:,}"
        for one, value in zip(series, row.values, strict=True)
        if value
    ]
    return "\n".join([f"{row.label}: {_requests(row.total)}", *reversed(parts)])


def _x_labels(starts: Sequence[dt.datetime], hourly: bool) -> list[str]:
    """Label every so many hours or days, counted back from the last."""
    if hourly:
        every = 4
    elif len(starts) <= 8:
        every = 1
    else:
        every = 7 if len(starts) <= 45 else 14
    last = len(starts) - 1
    return [
        "" if (last - at) % every else _brief(start, hourly)
        for at, start in enumerate(starts)
    ]


def _brief(start: dt.datetime, hourly: bool) -> str:
    return f"{start:%H:%M}" if hourly else f"{start.day} {start:%b}"


def _long(start: dt.datetime, hourly: bool) -> str:
    day = f"{start.day} {start:%b %Y}"
    return f"{day}, {start:%H:%M}" if hourly else day


def _requests(number: int) -> str:
    return f"{number:,} {'request' if number == 1 else 'requests'}"
