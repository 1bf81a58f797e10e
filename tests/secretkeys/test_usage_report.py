"""What the usage page counts: by period, by key, and against the period before."""

import datetime as dt
import re

import pytest

from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.periods import Period, Window
from secretkeys.usage_query import UsageQuery
from secretkeys.usage_report import MOST_LISTED, totals, usage_chart, usage_report
from tests.conftest import create_many_keys
from tests.secretkeys.usage_rows import count_requests

NOON = dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def report(acme):
    """Return a function that reports on acme at a moment."""

    def ask(period=Period.MONTH, at=NOON, **filters):
        return usage_report(UsageQuery(acme, Window.ending(period, at), **filters))

    return ask


def columns(report):
    """Return the table of the chart: numbers by series."""
    names = [one.name for one in report.chart.series]
    values = zip(*(row.values for row in report.chart.rows), strict=True)
    return dict(zip(names, map(list, values), strict=True))


def test_each_period_counts_its_own_hours_or_days(make_key, report):
    key, _ = make_key(at=NOON - 200 * DAY)
    for back, number in [(0, 1), (20, 2), (3 * 24, 4), (20 * 24, 8), (60 * 24, 16)]:
        count_requests(key, NOON - back * HOUR, number)
    seen = {period: report(period).figures.requests for period in Period}
    assert seen == {
        Period.DAY: 3,
        Period.WEEK: 7,
        Period.MONTH: 15,
        Period.QUARTER: 31,
    }


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (100, 150, "50.0% more than in the 7 days before"),
        (200, 150, "25.0% fewer than in the 7 days before"),
        (1000, 1124, "12.4% more than in the 7 days before"),
        (7, 7, "About as many as in the 7 days before"),
        (1, 10**9, "99,999,999,900% more than in the 7 days before"),
        (1, 11, "1,000% more than in the 7 days before"),
        (1, 10, "900.0% more than in the 7 days before"),
        (5, 0, "100.0% fewer than in the 7 days before"),
        (0, 5, "No data before"),
        (0, 0, "No data before"),
    ],
)
def test_change_of_requests(make_key, report, before, now, words):
    key, _ = make_key()
    for at, number in [(NOON - 13 * DAY, before), (NOON, now)]:
        if number:
            count_requests(key, at, number)
    assert report(Period.WEEK).requests_change.sentence == words


@pytest.mark.parametrize(
    ("now", "text"), [(3, "+200.0%"), (10, "+900.0%"), (11, ">999%"), (10**9, ">999%")]
)
def test_a_large_change_is_shown_briefly(make_key, report, now, text):
    key, _ = make_key()
    count_requests(key, NOON - 13 * DAY)
    count_requests(key, NOON, now)
    assert report(Period.WEEK).requests_change.text == text


@pytest.mark.parametrize(("back", "compares"), [(13, True), (11, True), (10, False)])
def test_a_period_before_that_is_covered_for_less_than_half_is_no_measure(
    make_key, report, back, compares
):
    key, _ = make_key()
    # The week before is that from 13 days ago to 7 days ago.
    count_requests(key, NOON - back * DAY)
    count_requests(key, NOON, 362)
    found = report(Period.WEEK)
    assert found.compares is compares
    for change in (found.requests_change, found.denied_change, found.active_change):
        assert (change.sentence == "No data before") is not compares


def test_a_period_before_is_covered_whatever_is_filtered(make_key, report):
    key, _ = make_key("pipeline")
    make_key("new")
    count_requests(key, NOON - 200 * DAY)
    count_requests(key, NOON, 2, outcome=Outcome.EXPIRED)
    found = report(outcomes={Outcome.EXPIRED})
    assert found.requests_change.sentence == "None in the 30 days before"
    assert report(search="pipeline").compares
    assert not report(search="new").compares


def test_change_of_denied_requests_and_active_keys(make_key, report):
    old, _ = make_key("old")
    new, _ = make_key("new")
    count_requests(old, NOON - 50 * DAY, 3, outcome=Outcome.EXPIRED)
    count_requests(old, NOON, 1, outcome=Outcome.EXPIRED)
    count_requests(new, NOON, 4, outcome=Outcome.PERMISSION_DENIED)
    found = report()
    assert (found.figures.denied, found.denied_change.text) == (5, "+2")
    assert found.denied_change.sentence == "2 more than in the 30 days before"
    assert (found.active, found.keys, found.active_change.text) == (2, 2, "+1")


def test_requests_after_denials_alone_are_no_change_in_percent(make_key, report):
    key, _ = make_key()
    count_requests(key, NOON - 50 * DAY, 1, outcome=Outcome.EXPIRED)
    count_requests(key, NOON, 2)
    found = report(outcomes={Outcome.ALLOWED, Outcome.EXPIRED})
    assert found.requests_change.sentence == "100.0% more than in the 30 days before"
    only = report(outcomes={Outcome.ALLOWED})
    assert only.requests_change.text == "None before"


def test_a_new_kind_of_denial_is_compared_with_none(make_key, report):
    key, _ = make_key()
    count_requests(key, NOON - 50 * DAY, 9)
    count_requests(key, NOON, 2, outcome=Outcome.DISABLED)
    assert report().denied_change.text == "+2"


def test_active_keys_are_those_with_requests_of_those_there_were(make_key, report):
    used, _ = make_key("used")
    make_key("idle")
    make_key("gone in the period", removed_at=NOON - DAY)
    make_key("gone long before", removed_at=NOON - 40 * DAY)
    haunting, _ = make_key("gone, still presented", removed_at=NOON - 40 * DAY)
    count_requests(used, NOON)
    count_requests(haunting, NOON, 3, outcome=Outcome.REMOVED)
    found = report()
    assert (found.active, found.keys) == (2, 4)
    assert [(line.name, line.is_removed) for line in found.lines] == [
        ("gone, still presented", True),
        ("used", False),
    ]


def test_keys_that_are_long_gone_are_not_loaded(
    make_key, report, django_assert_max_num_queries
):
    make_key("gone for ever", removed_at=NOON - 61 * DAY)
    # Removed in the period before: it was active then.
    recent, _ = make_key("gone before", removed_at=NOON - 40 * DAY)
    count_requests(recent, NOON - 50 * DAY)
    with django_assert_max_num_queries(6) as queries:
        found = report()
    assert (found.active, found.active_change.text, found.keys) == (0, "−1", 0)
    assert not any("gone for ever" in str(each) for each in queries)


def test_chart_and_totals_alone_are_those_of_the_page(acme, make_key, report):
    for number in range(6):
        key, _ = make_key(f"key {number}")
        count_requests(key, NOON - number * DAY, 10 + number)
        count_requests(key, NOON, 1, outcome=Outcome.EXPIRED)
    make_key("idle")
    for period in Period:
        query = UsageQuery(acme, Window.ending(period, NOON))
        assert usage_chart(query) == report(period).chart
        assert totals(query) == report(period).figures


def test_a_day_ends_at_midnight_utc(make_key, report):
    key, _ = make_key("pipeline")
    midnight = NOON.replace(hour=0)
    count_requests(key, midnight - dt.timedelta(milliseconds=1), 1)
    count_requests(key, midnight, 10)
    assert columns(report(Period.WEEK))["pipeline"] == [0, 0, 0, 0, 0, 1, 10]
    # The week of a day ago ends with the request before midnight.
    earlier = report(Period.WEEK, at=midnight - dt.timedelta(milliseconds=1))
    assert columns(earlier)["pipeline"] == [0, 0, 0, 0, 0, 0, 1]


def test_an_hour_ends_on_the_hour(make_key, report):
    key, _ = make_key("pipeline")
    count_requests(key, NOON - dt.timedelta(milliseconds=1), 1)
    count_requests(key, NOON, 10)
    counted = columns(report(Period.DAY, at=NOON + dt.timedelta(minutes=59)))
    assert counted["pipeline"] == [0] * 22 + [1, 10]


def test_a_day_of_a_clock_change_is_a_day_of_utc(make_key, report):
    key, _ = make_key("pipeline")
    # New York leaves out an hour on 8 March 2026.
    change = dt.datetime(2026, 3, 8, tzinfo=dt.UTC)
    for hour in range(24):
        count_requests(key, change + hour * HOUR)
    found = report(Period.WEEK)
    assert found.chart.rows[0].label == "8 Mar 2026"
    assert columns(found)["pipeline"] == [24, 0, 0, 0, 0, 0, 0]


def test_four_keys_have_colours_and_the_rest_is_one(make_key, report):
    for number in range(7):
        key, _ = make_key(f"key {number}")
        count_requests(key, NOON, 10 - number)
    found = report()
    assert [(one.name, one.css_class, one.total) for one in found.chart.series] == [
        ("key 0", "c1", 10),
        ("key 1", "c2", 9),
        ("key 2", "c3", 8),
        ("key 3", "c4", 7),
        ("Other keys", "c5", 6 + 5 + 4),
    ]
    assert [line.css_class for line in found.lines] == [
        *("c1", "c2", "c3", "c4"),
        *("c5", "c5", "c5"),
    ]
    assert sum(line.requests for line in found.lines) == found.chart.total == 49


def test_keys_beyond_fifty_are_one_line(acme, report):
    create_many_keys(acme, MOST_LISTED + 3)
    for number, key in enumerate(SecretKey.objects.order_by("key_id")):
        count_requests(key, NOON, 100 + number)
    last = SecretKey.objects.get(key_id=f"{0:016}")
    count_requests(last, NOON, 1, outcome=Outcome.EXPIRED)
    lines = report().lines
    assert len(lines) == MOST_LISTED + 1
    rest = lines[-1]
    assert (rest.name, rest.key_id) == ("3 other keys", "")
    assert (rest.requests, rest.denied) == (101 + 101 + 102, 1)
    assert (
        rest.requests + sum(line.requests for line in lines[:-1])
        == sum(range(100, 153)) + 1
    )


def test_keys_of_one_name_are_told_apart_by_their_first_characters(make_key, report):
    for _ in range(2):
        key, _ = make_key("pipeline")
        count_requests(key, NOON, 2)
        SecretKey.objects.filter(pk=key.pk).update(removed_at=NOON)
    names = [one.name for one in report().chart.series]
    assert len(set(names)) == 2
    assert all(re.fullmatch(r"pipeline \(dtvi_\w{6}…\)", name) for name in names)


def test_another_organization_counts_for_nothing(make_key, globex, report):
    mine, _ = make_key("mine")
    foreign, _ = make_key("foreign", organization=globex)
    count_requests(mine, NOON, 2)
    count_requests(foreign, NOON, 40, outcome=Outcome.EXPIRED)
    found = report()
    assert (found.figures.requests, found.figures.denied, found.keys) == (2, 0, 1)


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 7, "0.0%"),
        (1, 10**6, "<0.1%"),
        (1, 1000, "0.1%"),
        (1, 3, "33.3%"),
        (99_999, 100_000, "99.9%"),
        (3, 3, "100%"),
        (0, 0, "—"),
    ],
)
def test_parts_in_percent(make_key, report, part, whole, words):
    key, _ = make_key()
    for number, outcome in [
        (whole - part, Outcome.ALLOWED),
        (part, Outcome.UNKNOWN_ROUTE),
    ]:
        if number:
            count_requests(key, NOON, number, outcome=outcome)
    assert report().figures.error_rate == words
