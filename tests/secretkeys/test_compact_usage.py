"""Usage is kept by the hour for 35 days and by the day for 400."""

import datetime as dt

import pytest
from django.utils import timezone

from secretkeys.models import (
    Denial,
    KeyActivity,
    KeyClient,
    KeyDayTotal,
    KeyUsage,
    KeyUsageDay,
    OrganizationUsage,
    OrganizationUsageDay,
)
from tests.commands import call
from tests.secretkeys.usage_rows import count_requests, seen_client

pytestmark = pytest.mark.django_db

HOURLY = (KeyUsage, OrganizationUsage)
DAILY = (KeyUsageDay, KeyDayTotal, OrganizationUsageDay)
EVERYTHING = (*HOURLY, *DAILY, KeyClient, KeyActivity, Denial)


def left():
    return [model.objects.count() for model in EVERYTHING]


@pytest.fixture
def used(make_key):
    """A key that was used 1, 34, 36, 399 and 401 days ago, once each time."""
    key, _ = make_key()
    for days in (1, 34, 36, 399, 401):
        at = timezone.now() - dt.timedelta(days=days)
        count_requests(key, at)
        seen_client(key, at, user_agent=f"client of {days} days ago")
    return key


def test_hours_go_after_35_days_and_days_after_400(used) -> None:
    words, _ = call("compact_usage")
    assert [model.objects.count() for model in HOURLY] == [2, 2]
    assert [model.objects.count() for model in DAILY] == [4, 4, 4]
    assert KeyClient.objects.count() == 4
    assert "hours of keys 3" in words
    assert "days of keys 1" in words


def test_what_is_kept_by_the_day_adds_up_to_what_was_kept_by_the_hour(used) -> None:
    kept = timezone.now() - dt.timedelta(days=390)
    before = KeyUsage.objects.since(kept).total()
    call("compact_usage")
    assert KeyUsageDay.objects.since(kept).total() == before == 3


def test_compacting_twice_removes_no_more(used) -> None:
    call("compact_usage")
    before = left()
    assert call("compact_usage")[0].strip() == "Nothing is too old."
    assert left() == before


def test_objects_and_references_go_when_nobody_looks_back_to_them(used) -> None:
    today = timezone.now()
    for days in (29, 31):
        at = today - dt.timedelta(days=days)
        KeyActivity.objects.create(
            key=used, day=at.date(), resource="assets", access=1, count=1, last_at=at
        )
    for days in (6, 8):
        Denial.objects.create(
            reference=f"{days:032x}",
            key=used,
            at=today - dt.timedelta(days=days),
            outcome="permission_denied",
            access=1,
        )
    call("compact_usage")
    assert KeyActivity.objects.count() == 1
    assert Denial.objects.get().reference == f"{6:032x}"


def test_counting_goes_on_after_it(used) -> None:
    call("compact_usage")
    count_requests(used, timezone.now())
    assert KeyUsage.objects.total() == 3
