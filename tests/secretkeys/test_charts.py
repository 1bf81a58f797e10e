import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretkeys.charts import (
    GAP,
    HEIGHT,
    SLOT,
    SPARK_HEIGHT,
    BarChart,
    Series,
    nice_top,
    short,
    spark_line,
    stacked_bars,
)

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
COUNTS = st.integers(0, 10**12)


def starts(number: int, step: dt.timedelta) -> list[dt.datetime]:
    return [NOON - step * back for back in range(number - 1, -1, -1)]


def chart_of(columns: list[list[int]], *, hourly: bool = False) -> BarChart:
    """Chart bars, each given as one number for each series."""
    step = dt.timedelta(hours=1) if hourly else dt.timedelta(days=1)
    series = [
        Series(f"key {n}", f"c{n}", values)
        for n, values in enumerate(zip(*columns, strict=True), start=1)
    ]
    return stacked_bars(starts(len(columns), step), series, hourly)


bars = st.lists(st.lists(COUNTS, min_size=5, max_size=5), min_size=1, max_size=40)


@given(bars)
def test_a_bar_is_as_high_as_its_total(columns: list[list[int]]) -> None:
    chart = chart_of(columns)
    for bar, values in zip(chart.bars, columns, strict=True):
        gaps = GAP * max(len(bar.segments) - 1, 0)
        drawn = sum(part.height for part in bar.segments) + gaps
        # A number that would be too small to see is drawn a pixel high, and its gap.
        assert drawn == pytest.approx(sum(values) / chart.top * HEIGHT, abs=10)
        assert drawn <= HEIGHT


@given(bars)
def test_segments_stand_on_each_other_with_a_gap_and_can_be_seen(
    columns: list[list[int]],
) -> None:
    for bar, values in zip(chart_of(columns).bars, columns, strict=True):
        assert len(bar.segments) == sum(1 for value in values if value)
        base = float(HEIGHT)
        for part in bar.segments:
            assert part.height >= 1
            assert part.y + part.height == pytest.approx(base, abs=0.2)
            base = part.y - GAP
        assert base >= -GAP


@given(bars)
def test_the_table_has_the_numbers_of_the_bars(columns: list[list[int]]) -> None:
    chart = chart_of(columns)
    assert [row.values for row in chart.rows] == columns
    assert [row.total for row in chart.rows] == [sum(values) for values in columns]
    assert chart.total == sum(one.total for one in chart.series)
    for row, bar in zip(chart.rows, chart.bars, strict=True):
        first, *others = bar.title.split("\n")
        unit = "request" if row.total == 1 else "requests"
        assert first == f"{row.label}: {row.total:,} {unit}"
        told = [int(line.split(": ")[1].replace(",", "")) for line in others]
        assert told == [value for value in reversed(row.values) if value]


@given(st.integers(0, 10**15))
def test_the_axis_ends_at_a_round_number_with_room_above(highest: int) -> None:
    top = nice_top(highest)
    step, rest = divmod(top, 4)
    assert rest == 0
    assert str(step).rstrip("0") in {
        *("1", "15", "2", "25", "3", "4", "5", "6", "75", "8")
    }
    assert top >= highest * 1.1
    assert step == 1 or top <= highest * 1.1 * 2


@pytest.mark.parametrize(
    ("highest", "top"),
    [
        *[(0, 4), (1, 4), (3, 4), (4, 8), (10, 12)],
        *[(505, 600), (4400, 6000), (12_341, 16_000)],
    ],
)
def test_tops(highest: int, top: int) -> None:
    assert nice_top(highest) == top


def test_labels_of_the_axis_go_down_to_zero() -> None:
    assert chart_of([[12_341]]).y_labels == ["16k", "12k", "8k", "4k", "0"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (750, "750"),
        (2500, "2.5k"),
        (10**6, "1M"),
        (4 * 10**9, "4B"),
        (10**12, "1T"),
        (4 * 10**15, "4,000T"),
    ],
)
def test_short_numbers(number: int, text: str) -> None:
    assert short(number) == text


def test_nothing_is_drawn_of_zeros() -> None:
    chart = chart_of([[0, 0]] * 30)
    assert chart.total == 0
    assert not any(bar.segments for bar in chart.bars)
    assert chart.rows[0].values == [0, 0]


def test_one_bucket_fills_the_drawing() -> None:
    chart = chart_of([[3]])
    assert chart.view_box == f"0 0 {SLOT} {HEIGHT}"
    assert chart.x_labels == ["23 Nov"]


def test_a_single_request_beside_a_trillion_is_a_pixel_high() -> None:
    chart = chart_of([[1], [10**12]])
    assert chart.bars[0].segments[0].height == 1
    assert chart.bars[1].segments[0].height == pytest.approx(HEIGHT / 1.2, abs=0.1)


def test_days_are_labelled_back_from_the_last() -> None:
    labels = chart_of([[1]] * 30).x_labels
    assert len(labels) == 30
    shown = {at: label for at, label in enumerate(labels) if label}
    assert shown == {
        1: "26 Oct",
        8: "2 Nov",
        15: "9 Nov",
        22: "16 Nov",
        29: "23 Nov",
    }


@pytest.mark.parametrize(("days", "shown"), [(7, 7), (90, 7)])
def test_labels_leave_each_other_room(days: int, shown: int) -> None:
    labels = chart_of([[1]] * days).x_labels
    assert sum(1 for label in labels if label) == shown
    assert labels[-1] == "23 Nov"


def test_hours_are_labelled_by_the_clock() -> None:
    chart = chart_of([[1]] * 24, hourly=True)
    labels = [label for label in chart.x_labels if label]
    assert labels == ["16:00", "20:00", "00:00", "04:00", "08:00", "12:00"]
    assert chart.rows[-1].label == "23 Nov 2026, 12:00"


@given(st.lists(COUNTS, min_size=1, max_size=48))
def test_a_spark_line_shows_each_hour_that_had_requests(values: list[int]) -> None:
    spark = spark_line(values)
    strokes = spark.path.split("M")[2:]
    used = [at for at, value in enumerate(values) if value]
    assert [int(stroke.split(" ")[0]) // 2 for stroke in strokes] == used
    for stroke in strokes:
        bottom, end = stroke.split(" ")[1].split("V")
        assert int(bottom) == SPARK_HEIGHT
        assert 0 <= float(end) <= SPARK_HEIGHT - 1


def test_a_spark_line_says_what_it_shows() -> None:
    spark = spark_line([0] * 34 + [1200, 34])
    assert (spark.width, spark.height) == (72, 20)
    assert spark.text == "1,234 requests in the last 36 hours, at most 1,200 in one"


def test_a_spark_line_of_nothing_is_flat() -> None:
    spark = spark_line([0] * 36)
    assert spark.path == "M0 19.5H72"
    assert spark.text == "No requests in the last 36 hours"
