"""The same requests are counted by hour and by day, by key and by organization."""

import datetime as dt
import uuid

import pytest
from django.db import OperationalError, connection

from secretkeys import authentication, keyformat, recording
from secretkeys.models import (
    KeyDayTotal,
    KeyUsage,
    KeyUsageDay,
    OrganizationUsage,
    OrganizationUsageDay,
)
from secretkeys.outcomes import Outcome
from secretkeys.periods import Period, Window

pytestmark = pytest.mark.django_db

# The last moment of a day, the night clocks go back in Berlin.
MIDNIGHT = dt.datetime(2026, 10, 25, tzinfo=dt.UTC)
INSTANT = dt.timedelta(microseconds=1)
ALL = (KeyUsage, KeyUsageDay, KeyDayTotal, OrganizationUsage, OrganizationUsageDay)


@pytest.fixture
def present(acme):
    """Return a function that presents a key at a moment."""

    def present(key, at, *, organization=acme.pk, path="/plans"):
        presented = authentication.PresentedRequest(
            f"Bearer {key}",
            str(organization),
            "GET",
            path,
            recording.Client("192.0.2.7", "curl/8.0"),
            uuid.uuid4().hex,
        )
        try:
            authentication.authenticate(presented, at=at)
        except authentication.AuthenticationFailed as refused:
            return refused.outcome
        return Outcome.ALLOWED

    return present


def totals():
    return [model.objects.total() for model in ALL]


def test_every_request_is_in_all_sums(make_key, present) -> None:
    _, first = make_key("first")
    _, second = make_key("second")
    for minute in range(5):
        present(first, MIDNIGHT + dt.timedelta(minutes=40 * minute))
    present(second, MIDNIGHT)
    present(second, MIDNIGHT, path="/nowhere")
    recording.flush()
    assert totals() == [7] * 5
    assert OrganizationUsageDay.objects.get(resource="identity").count == 6


def test_hours_and_days_end_with_their_last_instant(make_key, present) -> None:
    _, key = make_key()
    present(key, MIDNIGHT - INSTANT)
    present(key, MIDNIGHT)
    present(key, MIDNIGHT + dt.timedelta(hours=1) - INSTANT)
    present(key, MIDNIGHT + dt.timedelta(hours=1))
    recording.flush()
    hours = [(hour, count) for hour, _, count in KeyUsage.objects.by_time()]
    assert hours == [
        (MIDNIGHT - dt.timedelta(hours=1), 1),
        (MIDNIGHT, 2),
        (MIDNIGHT + dt.timedelta(hours=1), 1),
    ]
    days = [(day, count) for day, _, count in OrganizationUsageDay.objects.by_time()]
    assert days == [(MIDNIGHT - dt.timedelta(days=1), 1), (MIDNIGHT, 3)]


@pytest.mark.parametrize("period", list(Period))
def test_a_window_holds_its_hours_or_days_and_the_one_before_the_rest(
    make_key, present, period
) -> None:
    _, key = make_key()
    now = MIDNIGHT + dt.timedelta(hours=5, minutes=30)
    window = Window.ending(period, now)
    for at in (
        window.before.start - INSTANT,
        window.before.start,
        window.start - INSTANT,
        window.start,
        now,
        window.end - INSTANT,
    ):
        present(key, at)
    recording.flush()
    model = KeyUsage if period.is_hourly else KeyUsageDay
    assert model.objects.within(window).total() == 3
    assert model.objects.within(window.before).total() == 2
    assert len(window.starts) == period.buckets
    assert window.starts[-1] + window.step == window.end > now


def test_an_unknown_key_is_counted_for_the_organization_it_names(
    make_key, present, acme, globex, settings
) -> None:
    make_key()
    stranger = keyformat.generate(settings.SIGNING_KEYS[0]).plaintext
    for key in (stranger, "dtvi_short", keyformat.generate(bytes(32)).plaintext):
        assert present(key, MIDNIGHT) is Outcome.UNKNOWN_KEY
    recording.flush()
    assert OrganizationUsage.objects.of(acme).by_outcome() == {Outcome.UNKNOWN_KEY: 3}
    assert OrganizationUsageDay.objects.of(acme).total() == 3
    assert not OrganizationUsage.objects.of(globex).exists()
    assert not KeyUsage.objects.exists()


@pytest.mark.parametrize(
    "named", ["", "acme", "0" * 32, str(uuid.uuid4()), "x" * 10_000, "\0"]
)
def test_organizations_that_there_are_not_are_not_counted(present, named) -> None:
    assert present("dtvi_short", MIDNIGHT, organization=named) is Outcome.UNKNOWN_KEY
    recording.flush()
    assert totals() == [0] * 5


def test_strangers_cannot_fill_the_memory(acme, present, monkeypatch) -> None:
    monkeypatch.setattr(recording.waiting, "_MOST_ORGANIZATIONS", 3)
    present("dtvi_short", MIDNIGHT)
    for _ in range(20):
        present("dtvi_short", MIDNIGHT, organization=uuid.uuid4())
    present("dtvi_short", MIDNIGHT)
    assert len(recording.waiting._waiting.unknown) == 3
    recording.flush()
    assert OrganizationUsage.objects.of(acme).total() == 2


def test_strangers_cannot_fill_the_memory_while_nothing_can_be_written(
    present, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(recording.waiting, "_MOST_ORGANIZATIONS", 3)

    def fail(execute, sql, params, many, context):
        raise OperationalError("disk full")

    for _ in range(4):
        for _ in range(5):
            present("dtvi_short", MIDNIGHT, organization=uuid.uuid4())
        with connection.execute_wrapper(fail):
            recording.flush()
    assert "could not be written yet" in caplog.text
    assert len(recording.waiting._waiting.unknown) == 3
