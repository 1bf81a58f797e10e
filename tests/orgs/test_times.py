"""Pages say times in the zone of whoever looks at them, and in which zone."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs import times
from orgs.models import User
from orgs.templatetags import ui

WINTER = dt.datetime(2026, 1, 15, 23, 30, tzinfo=dt.UTC)
SUMMER = dt.datetime(2026, 7, 15, 23, 30, tzinfo=dt.UTC)


@pytest.fixture
def in_zone(ada):
    """Return a function that has Ada live somewhere."""

    def move(name: str) -> None:
        User.objects.filter(pk=ada.pk).update(time_zone=name)

    return move


@pytest.mark.parametrize(
    ("zone", "at", "words"),
    [
        ("UTC", WINTER, "15 Jan 2026, 23:30 UTC"),
        ("Europe/Berlin", WINTER, "16 Jan 2026, 00:30 CET"),
        ("Europe/Berlin", SUMMER, "16 Jul 2026, 01:30 CEST"),
        ("America/New_York", SUMMER, "15 Jul 2026, 19:30 EDT"),
        ("Asia/Singapore", WINTER, "16 Jan 2026, 07:30 UTC+08:00"),
        ("America/Sao_Paulo", WINTER, "15 Jan 2026, 20:30 UTC-03:00"),
        ("Asia/Kathmandu", WINTER, "16 Jan 2026, 05:15 UTC+05:45"),
    ],
)
def test_moments_name_their_zone(zone: str, at: dt.datetime, words: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert times.minute(at) == words
        assert f">{words}</time>" in ui.moment(at)
        assert f'title="{words}"' in ui.day(at)
        # What programs read of a page stays in UTC.
        assert f'datetime="{at.isoformat()}"' in ui.day(at)


def test_days_are_those_of_the_zone() -> None:
    with timezone.override(ZoneInfo("Asia/Singapore")):
        assert ">16 Jan 2026<" in ui.day(WINTER)
        assert times.end_of_day(dt.date(2026, 1, 15)) == dt.datetime(
            2026, 1, 15, 15, 59, 59, tzinfo=dt.UTC
        )


@pytest.mark.parametrize("name", ["Gone/Away", "", "../x", "a\0b"])
def test_zone_that_is_gone_counts_as_utc(name: str) -> None:
    assert times.zone(name) == dt.UTC


def test_places_are_listed_once_with_their_present_offset() -> None:
    winter, summer = (
        {name: words for _, places in times.zones(at) for name, words in places}
        for at in (WINTER, SUMMER)
    )
    assert winter["Asia/Tokyo"] == "Tokyo (UTC+9)"
    assert winter["Asia/Kathmandu"] == "Kathmandu (UTC+5:45)"
    assert winter["America/Argentina/Salta"] == "Argentina, Salta (UTC-3)"
    assert winter["America/St_Johns"] == "St Johns (UTC-3:30)"
    assert winter["Europe/London"] == "London (UTC)"
    assert summer["Europe/London"] == "London (UTC+1)"
    # An old name of Asia/Kolkata.
    assert "Asia/Calcutta" not in winter


def test_pages_say_times_in_the_zone_of_the_person(
    in_zone, make_key, ada, client_for
) -> None:
    key, _ = make_key(at=WINTER)
    url = reverse("secretkeys:detail", args=[key.organization_id, key.key_id])
    in_zone("Asia/Singapore")
    assert "16 Jan 2026, 07:30 UTC+08:00" in client_for(ada).get(url).content.decode()
    in_zone("Europe/Berlin")
    assert "16 Jan 2026, 00:30 CET" in client_for(ada).get(url).content.decode()
    assert timezone.get_current_timezone_name() == "UTC"


def test_custom_end_of_a_key_is_the_day_of_the_person(
    in_zone, acme, ada, client_for
) -> None:
    in_zone("Asia/Singapore")
    client = client_for(ada)
    url = reverse("secretkeys:create", args=[acme.pk])
    page = client.get(url)
    assert "Until the end of the day, Asia/Singapore." in page.content.decode()
    day = dt.date.today() + dt.timedelta(days=9)  # noqa: DTZ011 - any near day
    form = {"name": "key", "expiration": "custom", "expires_on": day.isoformat()}
    nonce = page.context["form"]["nonce"].value()
    client.post(url, form | {"permission": "full", "nonce": str(nonce)})
    key = acme.secret_keys.get()
    assert key.expires_at == dt.datetime.combine(
        day, dt.time(15, 59, 59), tzinfo=dt.UTC
    )


@pytest.mark.parametrize("path", ["/static/css/base.css", "/plans"])
def test_static_files_and_programs_load_nobody(
    ada, acme, client_for, django_assert_num_queries, path: str
) -> None:
    client = client_for(ada)
    client.get("/account/")
    with django_assert_num_queries(0):
        client.get(path).close()
