"""The page of one key: whether it is used, by whom, what fails, what it would stop."""

import datetime as dt
import platform
import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone
from packaging.version import Version

from orgs.audit import COMMAND_LINE, Actor
from orgs.models import AuditEvent
from secretkeys import recording
from secretkeys.actions import disable_key, enable_key, remove_key, rotate_key
from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.models import MANY
from secretkeys.outcomes import Outcome
from secretkeys.periods import Period, Window
from tests.secretkeys.browsing import HTMX, text
from tests.secretkeys.conftest import scopes
from tests.secretkeys.usage_rows import count_requests, seen_client

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
# Every part that the page shows anew by itself, with and without requests.
BUSY_PARTS = [
    "as-of",
    "detail-facts",
    "key-figures",
    "requests-plot",
    "requests-table",
    "key-clients",
    "key-outcomes",
    "key-denials",
    "key-resources",
    "key-loss",
]
CALM_PARTS = [
    "as-of",
    "detail-facts",
    "key-figures",
    "key-body",
    "key-clients",
    "key-outcomes",
    "key-denials",
    "key-resources",
    "key-loss",
]


@pytest.fixture
def look_at(signed_in):
    """Return a function that opens the page of a key."""

    def open_page(key, client=signed_in, **query):
        url = reverse("secretkeys:detail", args=[key.organization_id, key.key_id])
        return client.get(url, query)

    return open_page


def section(page, part: str, end: str = "</main>") -> str:
    """Return what people read from the element with an id on."""
    _, _, body = page.content.decode().partition(f'id="{part}"')
    shown = body.partition(">")[2].partition(end)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


def figures(page) -> str:
    return section(page, "key-figures", "</dl>")


def bars(page) -> list[str]:
    """Return what each bar says of itself, oldest first."""
    body = page.content.decode()
    plot = body[body.index('id="requests-plot"') : body.index('id="requests-table"')]
    return re.findall(r"<g [^>]*><title>([^<]*)</title>", plot)


def table(page) -> list[list[str]]:
    """Return the rows of the chart's table, oldest first."""
    body = page.content.decode()
    rows = body[body.index('id="requests-table"') :].partition("</table>")[0]
    found = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", rows)
    cells = [re.sub(r"<[^>]+>", " ", each).split("  ") for each in found]
    return [[cell.strip() for cell in row if cell.strip()] for row in cells][::-1]


def test_requests_errors_and_denials_are_told_apart(make_key, look_at) -> None:
    key, _ = make_key()
    now = timezone.now()
    count_requests(key, now, 6)
    count_requests(key, now - DAY, 3, outcome=Outcome.UNKNOWN_ROUTE, resource=None)
    count_requests(key, now - DAY, 1, outcome=Outcome.PERMISSION_DENIED)
    page = look_at(key)
    assert figures(page) == "Requests 10 Errors 30.0% 3 requests Denied 1"
    outcomes = section(page, "key-outcomes")
    assert outcomes.startswith(
        "Requests by outcome 10 Allowed 6 Unknown endpoint 404 3 Permission denied 403 1"
    )


def test_the_chart_says_what_its_table_says(make_key, look_at) -> None:
    key, _ = make_key()
    now = timezone.now()
    for back in (0, 1, 5, 29):
        count_requests(key, now - back * DAY, 1000 + back)
        count_requests(key, now - back * DAY, back, outcome=Outcome.PERMISSION_DENIED)
    count_requests(key, now - 5 * DAY, 2, outcome=Outcome.UNKNOWN_ROUTE)
    page = look_at(key)
    rows, titles = table(page), bars(page)
    assert len(rows) == len(titles) == 30
    for (label, *numbers), title in zip(rows, titles, strict=True):
        allowed, errors, denied, total = numbers
        expected = [f"{label}: {total} requests"]
        expected += [f"Denied: {denied}"] if denied != "0" else []
        expected += [f"Errors: {errors}"] if errors != "0" else []
        expected += [f"Allowed: {allowed}"] if allowed != "0" else []
        assert title.split("\n") == expected
    assert rows[-6][1:] == ["1,005", "2", "5", "1,012"]


@pytest.mark.parametrize(
    ("period", "bars_shown"), [("24h", 24), ("7d", 7), ("30d", 30), ("90d", 90)]
)
def test_the_period_can_be_chosen(make_key, look_at, period, bars_shown) -> None:
    key, _ = make_key()
    count_requests(key, timezone.now())
    page = look_at(key, period=period)
    assert len(bars(page)) == len(table(page)) == bars_shown
    chosen = re.findall(r'href="\?period=(\w+)" aria-current', page.content.decode())
    assert chosen == [period]


@pytest.mark.parametrize("period", ["", "1h", "30", "24H", "<b>", "\x00", "9" * 999])
def test_any_other_period_is_30_days(make_key, look_at, period) -> None:
    key, _ = make_key()
    count_requests(key, timezone.now())
    page = look_at(key, period=period)
    assert page.status_code == 200
    assert len(bars(page)) == 30
    assert "<b>" not in section(page, "key-usage")


@pytest.mark.parametrize(("period", "step"), [("24h", HOUR), ("30d", DAY)])
def test_the_first_and_the_last_moment_of_a_period_count(
    make_key, look_at, period, step
) -> None:
    key, _ = make_key(at=timezone.now() - 99 * DAY)
    window = Window.ending(Period(period), timezone.now())
    count_requests(key, window.start - dt.timedelta(microseconds=1), 1000)
    count_requests(key, window.start, 1)
    count_requests(key, window.start + step - dt.timedelta(microseconds=1), 2)
    count_requests(key, window.start + step, 4)
    count_requests(key, window.end - dt.timedelta(microseconds=1), 8)
    page = look_at(key, period=period)
    totals = [row[-1] for row in table(page)]
    assert totals[:2] == ["3", "4"]
    assert totals[-1] == "8"
    assert figures(page).startswith("Requests 15 ")


def test_a_key_without_requests_shows_no_empty_axis(make_key, look_at) -> None:
    key, _ = make_key()
    page = look_at(key)
    assert "No requests in this period" in text(page)
    assert 'id="requests-plot"' not in page.content.decode()


def test_every_part_that_is_shown_anew_is_there_to_be_swapped(make_key, look_at):
    busy, _ = make_key("busy")
    calm, _ = make_key("calm")
    count_requests(busy, timezone.now())
    for key, parts in ((busy, BUSY_PARTS), (calm, CALM_PARTS)):
        body = look_at(key, period="7d").content.decode()
        asked = re.search(r'data-poll hx-get="([^"]*)".*hx-select-oob="([^"]*)"', body)
        assert asked[1].endswith("?period=7d")
        assert asked[2] == ",".join(f"#{part}" for part in parts)
        assert [body.count(f'id="{part}"') for part in parts] == [1] * len(parts)


def test_an_answer_to_asking_anew_has_the_new_numbers(make_key, look_at, signed_in):
    key, _ = make_key()
    count_requests(key, timezone.now(), 2)
    look_at(key)
    count_requests(key, timezone.now(), 3)
    url = reverse("secretkeys:detail", args=[key.organization_id, key.key_id])
    answer = signed_in.get(url, headers={**HTMX, "X-Poll": "1"})
    assert figures(answer).startswith("Requests 5 ")


@pytest.mark.django_db(transaction=True)
def test_the_real_client_appears_with_its_version_and_python(
    make_key, connect, look_at
) -> None:
    key, plaintext = make_key()
    connect(plaintext).organizations.info()
    recording.flush()
    shown = section(look_at(key), "key-clients")
    assert f"vi-sdk 0.1.0b7 Python {platform.python_version()}" in shown
    assert "127.0.0.1 Just now Just now 1" in shown


def test_an_old_client_gets_a_badge(make_key, look_at, settings) -> None:
    settings.MINIMUM_SDK_VERSION = Version("0.1.0b7")
    key, _ = make_key()
    old = "vi/0.1.0b5 (Python/3.10.1; Linux/6.1)"
    seen_client(key, timezone.now(), user_agent=old)
    seen_client(key, timezone.now())
    shown = section(look_at(key), "key-clients")
    assert "vi-sdk 0.1.0b5 Older than 0.1.0b7 Python 3.10.1" in shown
    assert "vi-sdk 0.1.0b7 Python 3.11.7" in shown
    settings.MINIMUM_SDK_VERSION = None
    assert "Older than" not in text(look_at(key))


def test_the_25_latest_clients_are_named_and_the_others_counted(
    make_key, look_at
) -> None:
    key, _ = make_key()
    now = timezone.now()
    for number in range(30):
        seen = now - number * HOUR
        seen_client(key, seen, address=f"10.0.0.{number}", number=100)
    page = look_at(key)
    shown = re.findall(r">(10\.0\.0\.\d+)<", page.content.decode())
    assert shown == [f"10.0.0.{number}" for number in range(25)]
    assert "and 5 others 500" in section(page, "key-clients")
    seen_client(key, now, address=MANY, user_agent=MANY, number=7)
    assert "and more than 5 others 507" in section(look_at(key), "key-clients")


def test_what_a_program_calls_itself_is_text(make_key, look_at, decide) -> None:
    key, plaintext = make_key()
    hostile = recording.Client(
        "192.0.2.7", "<img src=x onerror=alert(1)>\u202e" + "y" * 500
    )
    decide(plaintext, "GET", "/plans", client=hostile)
    decide(plaintext, "GET", "/plans", client=recording.Client(None, ""))
    recording.flush()
    page = look_at(key)
    assert "<img" not in page.content.decode()
    shown = section(page, "key-clients")
    assert "Other: &lt;img src=x onerror=alert(1)&gt;" in shown
    assert "y" * 80 not in page.content.decode()
    assert "\u202e" not in page.content.decode()
    assert "Other: no name Not recorded Just now" in shown


def test_granted_and_used_rights_stand_side_by_side(make_key, look_at) -> None:
    key, _ = make_key(permission=Permission.LABELER_ONLY)
    now = timezone.now()
    count_requests(key, now, 5, resource=Resource.ANNOTATIONS, access=Access.READ)
    count_requests(key, now, 7, resource=Resource.ASSETS, access=Access.READ)
    count_requests(key, now, 2, resource=Resource.IDENTITY, access=Access.READ)
    refused = {"access": Access.WRITE, "outcome": Outcome.PERMISSION_DENIED}
    count_requests(key, now, 9, resource=Resource.MODELS, **refused)
    shown = section(look_at(key), "key-resources")
    assert (
        "Resource Granted Reads Writes Datasets Not used Read 0 0 Assets Read 7 0 "
        "Annotations Only read Write 5 0 Training None 0 0 Models None 0 0 "
        "Deployments None 0 0 Organization None 0 0 Profile and plans Read 2 0"
    ) in shown


def test_it_says_what_would_stop_without_the_key(make_key, look_at, decide, acme):
    key, plaintext = make_key()
    for number in range(5):
        client = recording.Client(
            f"10.0.0.{number}", "vi/0.1.0b7 (Python/3.11.7; Linux/6)"
        )
        decide(plaintext, "GET", f"/workspaces/{acme.pk}/quota", client=client)
    decide(plaintext, "GET", "/plans")
    recording.flush()
    words = text(look_at(key))
    assert (
        "6 requests of the last 30 days would have been denied, the last just now"
        in (words)
    )
    assert "organization read (5), profile and plans read (1)." in words
    assert re.search(r"From [\d., ]+ and 3 other addresses\.", words)
    assert "vi-sdk 0.1.0b7" in words[words.index("If this key were removed now") :]


@pytest.mark.parametrize(
    ("created", "used", "words"),
    [
        (0, None, "It has not been used yet."),
        (29, None, "It has not been used yet."),
        (31, None, "it has never been used. It can be removed."),
        (50, 31, "it has not been used in 30 days. It can be removed."),
        (50, 29, "none of its requests of the last 30 days was allowed."),
    ],
)
def test_only_what_was_silent_for_long_is_said_to_be_removable(
    make_key, look_at, created, used, words
) -> None:
    now = timezone.now()
    used_at = now - used * DAY if used else None
    key, _ = make_key(at=now - created * DAY, last_used_at=used_at)
    shown = section(look_at(key), "key-loss", "</section>")
    assert words in shown
    assert ("It can be removed." in shown) is ("It can be removed." in words)


@pytest.fixture
def rotated(make_key):
    """A key and its successor, made just now; the key stops in a day."""
    old, plaintext = make_key("press", at=timezone.now() - 60 * DAY)
    new, _ = rotate_key(
        old,
        overlap=DAY,
        nonce=uuid.uuid4(),
        actor=COMMAND_LINE,
        at=timezone.now(),
    )
    old.refresh_from_db()
    return old, new, plaintext


def test_a_successor_that_nobody_has_taken_up_is_not_called_removable(
    rotated, look_at
) -> None:
    old, new, _ = rotated
    shown = section(look_at(new), "key-loss", "</section>")
    assert shown.endswith(
        f"It has not been used yet. It replaces {old.stem}… , which stops in 24 hours."
    )


def test_a_key_and_its_successor_lead_to_each_other(rotated, look_at) -> None:
    old, new, _ = rotated
    for key, other, words in (
        (old, new, f"Replaced by {new.stem}…"),
        (new, old, f"Replaces {old.stem}… stops in 24 hours"),
    ):
        page = look_at(key)
        assert section(page, "detail-facts", "</dl>").endswith(words)
        url = reverse("secretkeys:detail", args=[key.organization_id, other.key_id])
        assert f'href="{url}"' in page.content.decode()


def test_a_successor_s_history_begins_with_the_rotation(rotated, look_at, edit) -> None:
    old, new, _ = rotated
    edit(new, name="printer")
    history = section(look_at(new), "key-history")
    assert "Changed key printer" in history
    assert f"Rotated key press ({old.stem}…)" in history
    assert "Created key" not in history


def test_an_old_key_that_was_stopped_stops_no_more(rotated, look_at) -> None:
    old, new, _ = rotated
    remove_key(old, actor=COMMAND_LINE, at=timezone.now())
    page = look_at(new)
    assert f"Replaces {old.stem}…" in section(page, "detail-facts", "</dl>")
    assert "stops in" not in text(page)


def test_a_removed_key_still_tells_its_story(make_key, look_at, decide, acme) -> None:
    key, plaintext = make_key()
    decide(
        plaintext, "GET", "/plans", client=recording.Client("10.0.0.1", "retired/1.0")
    )
    recording.flush()
    remove_key(key, actor=COMMAND_LINE, at=timezone.now())
    late = recording.Client("10.0.0.2", "forgotten/1.0")
    assert decide(plaintext, "GET", "/plans", client=late).outcome is Outcome.REMOVED
    recording.flush()
    page = look_at(key)
    words = text(page)
    assert re.search(r"State Removed \d+ \w+ \d+ Last Used Just now", words)
    assert "Removed key 401 1" in section(page, "key-outcomes")
    assert "Other: forgotten/1.0 Still presents it 10.0.0.2" in words
    assert "Other: retired/1.0 10.0.0.1" in words
    assert "Removed key" in section(page, "key-history")
    assert "If this key were removed now" not in words
    assert "Edit Permission" not in words


def test_it_says_why_a_key_was_stopped(make_key, look_at, client_for, mel, ada) -> None:
    leaked, _ = make_key("leaked")
    remove_key(leaked, actor=Actor.person(ada), at=timezone.now(), leaked=True)
    paused, _ = make_key("paused")
    for reason in ("an older one", "<b>audit</b>"):
        disable_key(paused, actor=COMMAND_LINE, at=timezone.now(), reason=reason)
        enable_key(paused, actor=COMMAND_LINE, at=timezone.now(), reason="over")
    disable_key(paused, actor=COMMAND_LINE, at=timezone.now(), reason="<b>now</b>")
    for key, words in (
        (leaked, r"State Removed \d+ \w+ \d+ by Ada Lovelace Reason: leaked"),
        (paused, r"State Disabled since \d+ \w+ \d+ Reason: &lt;b&gt;now"),
    ):
        key.refresh_from_db()
        assert re.search(words, text(look_at(key, client_for(mel))))
    enable_key(paused, actor=COMMAND_LINE, at=timezone.now())
    assert "Reason:" not in text(look_at(paused, client_for(mel)))


def test_the_newer_of_two_last_moments_is_shown(make_key, look_at) -> None:
    now = timezone.now()
    key, _ = make_key(last_used_at=now - dt.timedelta(minutes=2))
    assert "Last Used 2 minutes ago" in section(look_at(key), "detail-facts")
    seen_client(key, now)
    assert "Last Used Just now" in section(look_at(key), "detail-facts")


def test_a_disabled_key_says_since_when(make_key, look_at, ada) -> None:
    key, _ = make_key(disabled_at=timezone.now(), disabled_by=ada)
    words = text(look_at(key))
    assert re.search(r"State Disabled since \d+ \w+ \d+ by Ada Lovelace", words)
    assert "If this key were removed now" not in words


def test_whoever_presents_an_expired_key_is_shown(make_key, look_at, decide) -> None:
    now = timezone.now()
    key, plaintext = make_key(expires_at=now + HOUR)
    type(key).objects.filter(pk=key.pk).update(expires_at=now - HOUR)
    decide(plaintext, "GET", "/plans", client=recording.Client("10.0.0.2", "late/1.0"))
    recording.flush()
    words = text(look_at(key))
    assert "Other: late/1.0 Still presents it" in words
    assert "If this key were removed now" not in words


def test_history_is_for_those_who_read_the_audit_log(
    make_key, look_at, client_for, mel
) -> None:
    key, _ = make_key()
    other, _ = make_key("other")
    page = look_at(key)
    assert "Created key" in section(page, "key-history")
    assert f"{other.stem}…" not in text(page)
    link = f"{reverse('orgs:audit_log', args=[key.organization_id])}?key={key.stem}"
    assert f'href="{link}"' in page.content.decode()
    member = look_at(key, client_for(mel))
    assert member.status_code == 200
    assert 'id="key-history"' not in member.content.decode()
    assert "Created key" not in text(member)


def test_the_ten_latest_events_are_shown(make_key, look_at, edit) -> None:
    key, _ = make_key("name 0")
    for number in range(1, 12):
        assert edit(key, name=f"name {number}").status_code == 200
        key.refresh_from_db()
    shown = section(look_at(key), "key-history")
    assert "name 11" in shown
    assert shown.count("Changed key") == 10
    assert "Created key" not in shown
    assert AuditEvent.objects.about_key(key.stem).count() == 12


def test_members_see_who_uses_a_key(make_key, look_at, client_for, mel) -> None:
    key, _ = make_key()
    seen_client(key, timezone.now())
    assert "10.2.0.7" in section(look_at(key, client_for(mel)), "key-clients")


def test_a_busy_key_costs_few_queries(
    make_key, look_at, featured, refuse, django_assert_max_num_queries
) -> None:
    everywhere = scopes(dataset=["pets"], training=["detector"], deployment=["edge"])
    grant = Grant.preset(Permission.FULL, everywhere)
    key, plaintext = make_key(grant=grant)
    for number in range(40):
        count_requests(key, timezone.now() - number * DAY, 10)
        seen_client(key, timezone.now(), address=f"10.0.0.{number}")
    refuse(plaintext, "GET", "/nothing")
    look_at(key)
    with django_assert_max_num_queries(14):
        words = text(look_at(key, period="90d"))
    assert "Dataset Access: Pets" in words
