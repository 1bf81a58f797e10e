"""Settings → Usage: the numbers are those that were counted, whoever looks and when."""

import csv
import datetime as dt
import io
import re
import uuid
from collections import Counter
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs.models import Organization, User
from secretkeys import recording
from secretkeys.authentication import (
    AuthenticationFailed,
    PresentedRequest,
    authenticate,
)
from secretkeys.forms import UsageFilterForm
from secretkeys.grants import Access, Permission, Resource
from secretkeys.models import KeyUsage, OrganizationUsage, SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.periods import Period
from tests.conftest import create_many_keys
from tests.secretkeys.browsing import HTMX, text
from tests.secretkeys.usage_rows import count_requests, seen_client

DAY = dt.timedelta(days=1)


@pytest.fixture
def look(acme, client_for, ada):
    """Return a function that opens the page with a query string."""
    client = client_for(ada)
    url = reverse("secretkeys:usage", args=[acme.pk])

    def get(query="", **asked):
        return client.get(f"{url}{query}", asked)

    return get


@pytest.fixture
def export(acme, client_for, ada):
    """Return a function that reads the file as rows of a spreadsheet."""
    client = client_for(ada)

    def get(**asked):
        url = reverse("secretkeys:usage_export", args=[acme.pk])
        answer = client.get(url, asked)
        content = b"".join(answer.streaming_content).decode()
        return list(csv.DictReader(io.StringIO(content)))

    return get


def cards(page):
    """Return what the cards say, as (label, words)."""
    found = re.findall(
        r"<dt>(.+?)</dt><dd>(.+?)</dd>", page.content.decode(), re.DOTALL
    )
    plain = [re.sub(r"<span aria-hidden.+?</span>|<[^>]+>", " ", dd) for _, dd in found]
    words = (" ".join(unescape(each).split()) for each in plain)
    return dict(zip((dt for dt, _ in found), words, strict=True))


# Numbers ------------------------------------------------------------------------------


def test_counted_requests_are_on_the_page(make_key, look, acme):
    _, full = make_key("pipeline")
    _, reader = make_key("reader", permission=Permission.READ_ONLY)
    sent = [
        (full, "GET", f"/workspaces/{acme.pk}"),
        (full, "GET", "/plans"),
        (full, "GET", "/nowhere"),
        (reader, "GET", "/plans"),
        (reader, "PATCH", f"/workspaces/{acme.pk}"),
    ]
    for key, method, path in sent:
        presented = PresentedRequest(
            f"Bearer {key}",
            str(acme.pk),
            method,
            path,
            recording.Client("192.0.2.7", "curl/8.0"),
            uuid.uuid4().hex,
        )
        try:
            authenticate(presented, at=timezone.now())
        except AuthenticationFailed:
            continue
    recording.flush()
    for period in Period:
        page = look(period=period.value)
        assert cards(page) == {
            "Requests": "5 No data before",
            "Errors": "20.0% 1 request",
            "Denied": "1",
            "Active keys": "2 of 2",
        }
        words = text(page)
        assert re.search(r"pipeline dtvi_\w{6}… 3 60.0% 33.3% 0.0%", words)
        assert re.search(r"reader dtvi_\w{6}… 2 40.0% 0.0% 50.0%", words)
        assert "Permission denied 403 1" in words
        assert "PATCH /workspaces/" in words


def test_requests_with_unknown_keys_are_no_requests_of_keys(acme, make_key, look):
    key, plaintext = make_key()
    count_requests(key, timezone.now(), 4)
    count_requests(key, timezone.now(), 2, outcome=Outcome.EXPIRED)
    forged = str(plaintext)[:5] + "0" * 98
    presented = PresentedRequest(
        f"Bearer {forged}",
        str(acme.pk),
        "GET",
        "/plans",
        recording.Client("192.0.2.7", "curl/8.0"),
        uuid.uuid4().hex,
    )
    with pytest.raises(AuthenticationFailed):
        authenticate(presented, at=timezone.now())
    recording.flush()
    for asked, requests in [({}, 6), ({"outcome": "denied"}, 2)]:
        page = look(**asked)
        figures = page.context["report"].figures
        assert (figures.requests, figures.denied, figures.unknown) == (requests, 2, 1)
        assert page.context["report"].chart.total == requests
        words = text(page)
        assert re.search(r"Denied requests 2 .*Expired key 401 2", words)
        assert (
            "Unknown key 401 1 Not one of your keys: anybody can send these." in words
        )
        assert "outcome=unknown_key" not in page.content.decode()


def test_requests_with_unknown_keys_alone_are_shown(acme, make_key, look):
    make_key()
    for _ in range(3):
        recording.record_unknown(str(acme.pk), at=timezone.now())
    recording.flush()
    words = text(look())
    assert "No requests in this period" in words
    assert "Denied requests 0 None in this period. Unknown key 401 3" in words


def test_requests_of_one_outcome_are_called_by_it(mixed, look):
    page = look(outcome="denied")
    assert cards(page) == {
        "Denied requests": "18 No data before",
        "Active keys": "2 of 2",
    }
    heads = re.findall(r'<th [^>]*role="columnheader">(\w+)', page.content.decode())
    assert heads == ["Name", "Requests", "Share"]
    assert "Requests: expired key" in cards(look(outcome="expired"))
    assert "Denied requests 0 None of these requests." in text(look(outcome="allowed"))


# Time ---------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_a_viewer_in_another_zone_sees_the_days_of_utc(
    make_key, look, ada, monkeypatch, zone
):
    key, _ = make_key("pipeline")
    now = timezone.now()
    # Midnight does not pass while the test runs.
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for back in range(30):
        count_requests(key, now - back * DAY, back + 1)
    there_is = table_of(look())
    User.objects.filter(pk=ada.pk).update(time_zone=zone)
    page = look()
    assert table_of(page) == there_is
    assert there_is[0] == [f"{now.day} {now:%b %Y}", "1", "1"]
    assert re.search(r"As of \d\d:\d\d:\d\d UTC\.", text(page))


@pytest.mark.parametrize("turn", ["2026-03-29", "2026-10-25"], ids=["on", "back"])
def test_the_night_the_clocks_change_has_24_hours(
    make_key, look, ada, monkeypatch, turn
):
    User.objects.filter(pk=ada.pk).update(time_zone="Europe/Berlin")
    morning = dt.datetime.fromisoformat(f"{turn}T06:30:00+00:00")
    key, _ = make_key("pipeline", created_at=morning - DAY)
    monkeypatch.setattr("django.utils.timezone.now", lambda: morning)
    hours = [morning - dt.timedelta(hours=back) for back in range(24)]
    for hour in hours:
        count_requests(key, hour, hour.hour + 1)
    rows = table_of(look(period="24h"))
    assert [row[1] for row in rows] == [str(hour.hour + 1) for hour in hours]
    assert [row[0][-5:] for row in rows] == [f"{hour:%H}:00" for hour in hours]


def table_of(page):
    """Return the rows of the chart's table, as texts."""
    body = page.content.decode()
    table = re.search(r'id="usage-chart-table".+?<tbody>(.+?)</tbody>', body, re.DOTALL)
    rows = re.findall(r"<tr>(.+?)</tr>", table.group(1), re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


# Keys ---------------------------------------------------------------------------------


def test_chart_and_table_and_cards_have_the_same_numbers(make_key, look):
    for number in range(6):
        key, _ = make_key(f"key {number}")
        for back in range(12):
            at = timezone.now() - back * DAY
            count_requests(key, at, number * 7 + back + 1)
    page = look()
    rows = [[int(cell) for cell in row[1:]] for row in table_of(page)]
    assert all(sum(values) == total for *values, total in rows)
    total = sum(row[-1] for row in rows)
    assert cards(page)["Requests"].startswith(f"{total:,} ")
    bars = re.findall(r"<title>(\d+ \w{3} \d{4}): ([\d,]+) req", page.content.decode())
    told = {day: int(number.replace(",", "")) for day, number in bars}
    assert told == {row[0]: int(row[-1]) for row in table_of(page)}


# Filters ------------------------------------------------------------------------------


@pytest.fixture
def mixed(make_key):
    """Keys with requests of several kinds."""
    alpha, _ = make_key("alpha")
    beta, _ = make_key("beta")
    kinds = [
        (alpha, 1, Resource.ASSETS, Outcome.ALLOWED),
        (alpha, 2, Resource.MODELS, Outcome.PERMISSION_DENIED),
        (alpha, 4, None, Outcome.UNKNOWN_ROUTE),
        (beta, 8, Resource.ASSETS, Outcome.ALLOWED),
        (beta, 16, None, Outcome.EXPIRED),
        (beta, 32, Resource.MODELS, Outcome.ALLOWED),
    ]
    for key, number, resource, outcome in kinds:
        now = timezone.now()
        count_requests(key, now, number, resource=resource, outcome=outcome)
    return alpha, beta


@pytest.mark.parametrize("period", ["24h", "30d"])
@pytest.mark.parametrize(
    ("asked", "requests", "keys"),
    [
        ({}, 63, {"alpha": 7, "beta": 56}),
        ({"q": "alp"}, 7, {"alpha": 7}),
        ({"resource": "assets"}, 9, {"alpha": 1, "beta": 8}),
        ({"resource": "models", "q": "beta"}, 32, {"beta": 32}),
        ({"outcome": "allowed"}, 41, {"alpha": 1, "beta": 40}),
        ({"outcome": "errors"}, 4, {"alpha": 4}),
        ({"outcome": "denied"}, 18, {"alpha": 2, "beta": 16}),
        ({"outcome": "expired"}, 16, {"beta": 16}),
        ({"outcome": "allowed", "resource": "models"}, 32, {"beta": 32}),
    ],
)
def test_filters_narrow_page_and_file_alike(
    mixed, look, export, period, asked, requests, keys
):
    page = look(period=period, **asked)
    assert next(iter(cards(page).values())).startswith(f"{requests} ")
    found = page.context["report"]
    assert {line.name: line.requests for line in found.lines} == keys
    assert {one.name: one.total for one in found.chart.series} == keys
    counted = Counter()
    for row in export(period=period, **asked):
        counted[row["name"]] += int(row["requests"])
    assert counted == keys


def test_a_key_is_found_by_what_lists_and_logs_show_of_it(mixed, look):
    alpha, _ = mixed
    for words in (alpha.stem, f"{alpha.stem}…", alpha.key_id):
        found = look(q=words).context["report"]
        assert [line.name for line in found.lines] == ["alpha"]
        assert found.keys == 1


def test_reasons_lead_to_the_page_of_that_reason(mixed, look):
    page = look(period="7d", q="beta").content.decode()
    href = re.search(r'id="usage-reason-expired" href="([^"]+)"', page).group(1)
    assert "q=beta" in href
    found = look(unescape(href))
    assert cards(found)["Requests: expired key"].startswith("16 ")
    assert found.context["period"] is Period.WEEK


def test_filters_can_be_cleared(mixed, look):
    assert "Clear filters" not in text(look(period="7d"))
    page = look(period="7d", outcome="denied").content.decode()
    assert (
        '<a class="button button--ghost" id="usage-clear-link" href="?period=7d">'
        in (page)
    )


def test_periods_keep_the_filters(mixed, look):
    page = look(period="7d", q="alpha", outcome="errors").content.decode()
    assert 'href="?q=alpha&amp;outcome=errors&amp;period=90d"' in page


@pytest.mark.parametrize(
    "query",
    [
        "?period=",
        "?period=1y&outcome=nothing&resource=everything",
        "?period=24h&period=zz",
        "?q=%00",
        "?q=%ff%fe",
        "?q=%F0%9F%94%91",
        "?q=" + "a" * 300,
        "?q=%25_%27%22--",
        "?outcome=unknown_key",
        "?outcome=no_credentials",
        "?resource=identity&outcome=denied&q=dtvi_",
        "?outcome[]=allowed&;;&=&&page=-1",
    ],
)
def test_odd_queries_are_answered(mixed, look, export, query):
    assert look(query).status_code == 200
    # What is not understood narrows nothing.
    rows = export(period="x", outcome=query, resource=query)
    assert sum(int(row["requests"]) for row in rows) == 63


def test_filter_words_are_those_that_can_be_counted():
    choices = dict(UsageFilterForm.base_fields["outcome"].choices)
    assert choices["expired"] == "Expired key (401)"
    never = {Outcome.UNKNOWN_KEY, Outcome.NO_CREDENTIALS, Outcome.UNAVAILABLE}
    assert choices.keys() & {each.value for each in Outcome} == set(Outcome) - never
    resources = dict(UsageFilterForm.base_fields["resource"].choices)
    assert resources["identity"] == Resource.IDENTITY.label == "Profile and plans"


def test_whoever_filters_hears_what_is_left(mixed, look, acme, client_for, ada):
    url = reverse("secretkeys:usage", args=[acme.pk])
    said = r'id="usage-said" role="status">([^<]*)<'
    page = client_for(ada).get(url, {"q": "alpha"}, headers=HTMX).content.decode()
    assert re.search(said, page).group(1) == "Requests: 7, of 1 key"
    assert not re.search(said, look(q="alpha").content.decode()).group(1)
    # And nothing says it again every 30 seconds.
    parts = re.findall(r'hx-select-oob="([^"]+)"', page)
    assert ["usage-said" in each for each in parts] == [True, False]


# Nothing to show ----------------------------------------------------------------------


def test_without_requests_the_page_says_when_there_will_be_some(
    make_key, look, settings
):
    settings.USAGE_FLUSH_SECONDS = 5.0
    make_key()
    page = look()
    words = text(page)
    assert "No requests in this period Requests are counted every 5 seconds." in words
    assert len(words_about_counting(page)) == 1
    assert "Keys by usage" not in words
    assert "No data before" not in words
    assert cards(page)["Errors"] == "—"


def test_without_keys_the_page_leads_to_the_first(
    acme, look, make_key, mel, client_for
):
    create = reverse("secretkeys:create", args=[acme.pk])
    usage = reverse("secretkeys:usage", args=[acme.pk])
    page = look()
    assert "No secret keys yet" in text(page)
    assert f'id="usage-create-key" href="{create}"' in page.content.decode()
    page = client_for(mel).get(usage)
    assert "No secret keys yet" in text(page)
    assert "usage-create-key" not in page.content.decode()
    make_key()
    assert "No secret keys yet" not in text(look())


def test_filters_that_leave_nothing_say_so(mixed, look):
    words = text(look(q="gamma"))
    assert "No requests match “ gamma ”" in words
    assert "Clear filters" in words


# Who may see it -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["usage", "usage_export"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_members_see_it_where_their_organization_lets_them(
    acme, mel, client_for, name, headers
):
    client, url = client_for(mel), reverse(f"secretkeys:{name}", args=[acme.pk])
    keys = reverse("secretkeys:list", args=[acme.pk])
    assert client.get(url, headers=headers).status_code == 200
    assert "settings/usage" in client.get(keys).content.decode()
    Organization.objects.filter(pk=acme.pk).update(members_see_usage=False)
    assert client.get(url, headers=headers).status_code == 403
    assert "settings/usage" not in client.get(keys).content.decode()


# The file -----------------------------------------------------------------------------


def test_the_file_has_a_row_for_each_kind_of_request(make_key, export):
    key, _ = make_key("pipeline")
    now = timezone.now()
    count_requests(key, now, 3)
    count_requests(key, now, 2, access=Access.WRITE, outcome=Outcome.PERMISSION_DENIED)
    hour = now.replace(minute=0, second=0, microsecond=0).isoformat()
    day = now.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
    for period, start in [("24h", hour), ("90d", day)]:
        common = {
            "key": f"{key.stem}…",
            "key_id": key.key_id,
            "name": "pipeline",
            "start": start,
            "resource": "assets",
        }
        assert export(period=period) == [
            common
            | {
                "access": "read",
                "outcome": "allowed",
                "status": "200",
                "requests": "3",
            },
            common
            | {
                "access": "write",
                "outcome": "permission_denied",
                "status": "403",
                "requests": "2",
            },
        ]


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+1", "-1"])
def test_no_name_in_the_file_is_a_formula(make_key, export, name):
    key, _ = make_key(name)
    count_requests(key, timezone.now())
    assert [row["name"] for row in export()] == [f"'{name}"]


def test_the_file_is_offered_with_the_period_and_filters_of_the_page(
    acme, mixed, look, ada, client_for
):
    page = look(period="7d", outcome="allowed").content.decode()
    url = reverse("secretkeys:usage_export", args=[acme.pk])
    assert f'href="{url}?outcome=allowed&amp;period=7d">Export CSV' in page
    answer = client_for(ada).get(url, {"period": "7d"})
    name = f'attachment; filename="usage-{acme.pk}-7d.csv"'
    assert answer["Content-Disposition"] == name
    assert answer.streaming
    b"".join(answer.streaming_content)


# Cost and freshness -------------------------------------------------------------------


@pytest.mark.parametrize("number", [3, 60])
@pytest.mark.parametrize("asked", [{}, {"q": "key", "outcome": "allowed"}])
def test_queries_do_not_grow_with_keys(
    acme, look, django_assert_max_num_queries, number, asked
):
    create_many_keys(acme, number)
    for key in SecretKey.objects.all():
        count_requests(key, timezone.now())
    look()
    with django_assert_max_num_queries(12):
        page = look(**asked)
    assert next(iter(cards(page).values())).startswith(f"{number} ")


def test_the_page_says_of_when_it_is_and_how_late_requests_are_counted(
    mixed, look, settings
):
    words = text(look())
    assert re.search(r"As of \d\d:\d\d:\d\d UTC\.", words)
    for seconds, said in [
        (5.0, "Requests are counted every 5 seconds."),
        (1, "Requests are counted every second."),
        (0.5, "Requests are counted every 0.5 seconds."),
        (0, "Requests are counted when the process that received them ends."),
    ]:
        settings.USAGE_FLUSH_SECONDS = seconds
        for page in (look(), look(q="nobody has this name")):
            assert words_about_counting(page) == [said]


def words_about_counting(page):
    """Return the sentences about when requests are counted."""
    return re.findall(r"Requests are counted [^.]+(?:\.\d[^.]*)?\.", text(page))


def test_a_page_shows_anew_what_there_is_and_loads_nothing_else(
    acme, make_key, client_for, ada
):
    client = client_for(ada)
    url = reverse("secretkeys:usage", args=[acme.pk])
    poll = HTMX | {"X-Poll": "1"}

    def asked_again(page):
        body = page.content.decode()
        query, parts = re.search(
            r'data-poll hx-get="([^"]+)".+?hx-select-oob="([^"]+)"', body
        ).groups()
        answer = client.get(f"{url}{unescape(query)}", headers=poll)
        assert "HX-Refresh" not in answer
        assert "empty" not in query
        return answer.content.decode(), parts.split(",")

    key, _ = make_key()
    empty = client.get(url, {"period": "24h"})
    count_requests(key, timezone.now())
    count_requests(key, timezone.now(), outcome=Outcome.EXPIRED)
    answer, parts = asked_again(empty)
    assert parts == ["#as-of", "#usage-cards", "#usage-body"]
    assert 'id="usage-denied"' in answer[answer.index('id="usage-body"') :]
    full = client.get(url, {"period": "24h"})
    answer, parts = asked_again(full)
    assert "#usage-denied" in parts
    assert "#usage-body" not in parts
    assert 'id="usage-body">' in answer
    KeyUsage.objects.all().delete()
    OrganizationUsage.objects.all().delete()
    # The parts are gone: the answer brings what stands in their place.
    answer, _ = asked_again(full)
    assert 'id="usage-body" hx-swap-oob="true">' in answer
    assert "No requests in this period" in answer


def test_versions_of_clients_are_not_counted_every_30_seconds(
    acme, make_key, client_for, ada
):
    key, _ = make_key()
    count_requests(key, timezone.now())
    seen_client(key, timezone.now())
    client, url = client_for(ada), reverse("secretkeys:usage", args=[acme.pk])
    assert "Client versions" in text(client.get(url))
    assert "Client versions" in text(client.get(url, headers=HTMX))
    poll = HTMX | {"X-Poll": "1"}
    assert "Client versions" not in text(client.get(url, headers=poll))


def test_every_part_that_is_shown_anew_is_in_the_page(mixed, look, acme, make_key):
    for page in (look(), look(q="nothing has this name")):
        body = page.content.decode()
        parts = re.search(r'hx-select-oob="(#as-of[^"]+)"', body).group(1)
        for part in parts.split(","):
            assert body.count(f'id="{part[1:]}"') == 1
