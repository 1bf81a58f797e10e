"""Settings → Audit log: who changed what, to read and to take away."""

import csv
import datetime as dt
import io
import json
from ipaddress import ip_network

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs import audit
from orgs.actions import rename_organization
from orgs.audit import Actor, AuditAction, Origin
from orgs.models import AuditEvent, User


@pytest.fixture
def page(acme, ada, client_for):
    """Return a function that opens the log as ada and returns the page's text."""
    client = client_for(ada)

    def page(name="orgs:audit_log", *arguments, **query):
        url = reverse(name, args=[acme.pk, *arguments])
        return client.get(url, query, follow=True)

    return page


def _record(acme, subject, *, at=None, actor="ada@acme.test", **changes):
    audit.record(
        AuditAction.KEY_CHANGED,
        acme,
        actor=Actor(actor, origin=Origin("203.0.113.24", "Firefox")),
        subject=subject,
        at=at or timezone.now(),
        changes=changes,
    )


def test_change_is_shown_with_actor_words_and_address(page, acme):
    _record(acme, "pipeline (dtvi_8Kq2mX…)", permission=("Full", "Read Only"))
    response = page()
    text = response.content.decode()
    for words in ("Changed key", "pipeline (dtvi_8Kq2mX…)", "203.0.113.24", "Full"):
        assert words in text
    newest_first = [each.action for each in response.context["events"]]
    assert newest_first == ["key.changed", "organization.created"]


def test_markup_in_names_is_text(page, acme, ada):
    rename_organization(acme, "<b>Acme</b>", actor=Actor.person(ada), at=timezone.now())
    assert "<b>Acme</b>" not in page().content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"q": "ABE"}, {"two"}),
        ({"q": "one"}, {"one"}),
        ({"q": "203.0.113"}, {"one", "two"}),
        ({"q": "0.113"}, set()),
        ({"event": "key.changed"}, {"one", "two"}),
        ({"event": "keys"}, {"one", "two"}),
        ({"event": "people"}, set()),
        ({"event": "nonsense"}, {"one", "two"}),
        ({"key": "TW"}, {"two"}),
        ({"key": "zzz"}, set()),
        ({"since": "2026-03-02"}, {"two"}),
        ({"until": "2026-03-01"}, {"one"}),
        ({"since": "2026-03-01", "until": "2026-03-01"}, {"one"}),
        ({"since": "0001-01-01", "until": "9999-12-31"}, {"one", "two"}),
        ({"since": "yesterday"}, {"one", "two"}),
        ({"before": "-1"}, {"one", "two"}),
        ({"before": "9" * 30}, {"one", "two"}),
        ({"after": "x"}, {"one", "two"}),
        ({"q": "\0"}, {"one", "two"}),
    ],
)
def test_filters_leave_what_they_say(query, shown, page, acme):
    AuditEvent.objects.all().delete()
    _record(acme, "one", at=dt.datetime(2026, 3, 1, 23, 59, tzinfo=dt.UTC))
    _record(
        acme,
        "two",
        actor="abe@acme.test",
        at=dt.datetime(2026, 3, 2, 0, 0, tzinfo=dt.UTC),
    )
    response = page(**query)
    assert response.status_code == 200
    assert {each.subject for each in response.context["events"]} == shown


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"event": "nonsense"}, "Not understood, so left out: event."),
        (
            {"since": "yesterday", "until": "<b>"},
            "Not understood, so left out: first day, last day.",
        ),
        ({"q": "x" * 300, "key": "\0"}, "so left out: search, key."),
        ({"before": "x", "seen": "x", "after": "-1"}, None),
        ({"event": "keys", "q": "one", "since": ""}, None),
    ],
)
def test_page_says_which_filters_it_does_not_understand(query, said, page):
    text = page(**query).content.decode()
    assert ("so left out" in text) == (said is not None)
    assert said is None or said in text


def test_filters_say_aloud_what_they_leave_and_polls_do_not(
    page, client_for, acme, ada
):
    _record(acme, "one")
    client = client_for(ada)
    url = reverse("orgs:audit_log", args=[acme.pk])
    assert 'id="audit-found" role="status"></p>' in page().content.decode()
    said = {"one": "1 event found.", "": "2 events found.", "zzz": "No events match."}
    for text, sentence in said.items():
        answer = client.get(url, {"q": text}, headers={"HX-Request": "true"})
        line = f'<p id="audit-found" hx-swap-oob="innerHTML">{sentence}</p>'
        assert line in answer.content.decode()
    poll = {"HX-Request": "true", "X-Poll": "1"}
    for query in ({"seen": 1}, {"seen": 0, "empty": "on"}):
        answer = client.get(url, query, headers=poll)
        assert "audit-found" not in answer.content.decode()


def test_what_came_from_nowhere_says_so(page):
    text = page(q="Acme").content.decode()
    assert "Not recorded" in text
    assert ">None<" not in text


def test_page_promises_news_only_where_scripts_run(page):
    words = '<span class="script-only">New events appear by themselves.</span>'
    assert words in page().content.decode()


def test_files_hold_what_the_page_shows_in_the_zone_of_the_reader(page, acme, ada):
    User.objects.filter(pk=ada.pk).update(time_zone="Pacific/Kiritimati")
    AuditEvent.objects.all().delete()
    # There it is the second of March from ten o'clock in the morning, UTC.
    _record(acme, "one", at=dt.datetime(2026, 3, 1, 9, 59, tzinfo=dt.UTC))
    _record(acme, "two", at=dt.datetime(2026, 3, 1, 10, 0, tzinfo=dt.UTC))
    day = {"since": "2026-03-02", "until": "2026-03-02"}
    shown = [each.subject for each in page(**day).context["events"]]
    file = json.loads(page("orgs:audit_export", "json", **day).getvalue())
    assert shown == [row["subject"] for row in file] == ["two"]


def test_day_of_the_change_to_summer_time_is_whole(page, acme, ada):
    User.objects.filter(pk=ada.pk).update(time_zone="Europe/Berlin")
    AuditEvent.objects.all().delete()
    # 29 March 2026 has 23 hours there.
    for subject, hour in (("before", 22), ("first", 23)):
        at = dt.datetime(2026, 3, 28, hour, 30, tzinfo=dt.UTC)
        _record(acme, subject, at=at)
    for subject, hour in (("last", 21), ("after", 22)):
        at = dt.datetime(2026, 3, 29, hour, 30, tzinfo=dt.UTC)
        _record(acme, subject, at=at)
    day = {"since": "2026-03-29", "until": "2026-03-29"}
    assert [e.subject for e in page(**day).context["events"]] == ["last", "first"]


def test_filtering_takes_the_links_to_the_files_along(client_for, acme, ada):
    url = reverse("orgs:audit_log", args=[acme.pk])
    answer = client_for(ada).get(url, {"q": "x"}, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert 'id="audit-exports" hx-swap-oob="true"' in text
    assert "audit-log.csv?q=x" in text


def test_sidebar_leads_there_for_whoever_may(client_for, acme, ada, mel):
    link = reverse("orgs:audit_log", args=[acme.pk])
    general = reverse("orgs:general", args=[acme.pk])
    assert f'href="{link}"' in client_for(ada).get(general).content.decode()
    assert f'href="{link}"' not in client_for(mel).get(general).content.decode()


def test_pages_lead_to_the_oldest_event_and_back(page, acme):
    for number in range(120):
        _record(acme, f"event {number}")
    seen, response = [], page()
    while True:
        seen += [each.sequence for each in response.context["events"]]
        if not response.context["older_url"]:
            break
        before = response.context["older_url"].split("=")[1]
        response = page(before=before)
    assert seen == list(range(121, 0, -1))
    after = response.context["newer_url"].split("=")[1]
    newer = page(after=after).context
    assert [each.sequence for each in newer["events"]] == seen[-71:-21]
    assert newer["newer_url"]


def test_page_costs_the_same_however_long_the_log(
    page, acme, django_assert_max_num_queries
):
    for number in range(60):
        _record(acme, f"event {number}")
    page()
    with django_assert_max_num_queries(7):
        page()


def test_htmx_gets_the_part_that_changes(client_for, acme, ada):
    url = reverse("orgs:audit_log", args=[acme.pk])
    response = client_for(ada).get(url, headers={"HX-Request": "true"})
    assert b"<html" not in response.content


def test_csv_holds_what_the_filters_leave_and_no_formula(page, acme):
    _record(acme, "=HYPERLINK(1)", name=("-1+1", "@x"))
    response = page("orgs:audit_export", "csv", event="keys")
    rows = list(csv.reader(io.StringIO(response.getvalue().decode())))
    assert rows[0][:4] == ["number", "time", "actor", "event"]
    assert len(rows) == 2
    assert rows[1][4] == "'=HYPERLINK(1)"
    assert rows[1][5] == "name: -1+1 → @x"
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]


def test_json_holds_every_event_in_order(page, acme):
    _record(acme, "“quoted”", name=("a", None))
    rows = json.loads(page("orgs:audit_export", "json").getvalue())
    assert [row["number"] for row in rows] == [1, 2]
    assert rows[1]["subject"] == "“quoted”"
    assert rows[1]["changes"] == {"name": ["a", None]}
    assert json.loads(page("orgs:audit_export", "json", q="zzz").getvalue()) == []


def test_other_organizations_events_are_nowhere(page, acme, globex):
    _record(globex, "secret plan")
    assert "secret plan" not in page().content.decode()
    assert b"secret plan" not in page("orgs:audit_export", "csv").getvalue()


def test_members_cannot_read_the_log(client_for, acme, mel):
    for name, arguments in (("orgs:audit_log", []), ("orgs:audit_export", ["csv"])):
        url = reverse(name, args=[acme.pk, *arguments])
        assert client_for(mel).get(url).status_code == 403


def test_change_in_a_page_keeps_where_it_came_from(acme, ada, client_for, settings):
    settings.TRUSTED_PROXIES = frozenset([ip_network("127.0.0.1")])
    client_for(ada).post(
        reverse("orgs:rename", args=[acme.pk]),
        {"name": "Acme Two"},
        headers={
            "X-Forwarded-For": "192.0.2.1, 203.0.113.61",
            "User-Agent": "Fire\x07fox",
        },
    )
    event = AuditEvent.objects.of(acme).latest_first()[0]
    assert (event.action, event.actor) == ("organization.renamed", "ada@acme.test")
    assert (event.address, event.user_agent) == ("203.0.113.61", "Firefox")


def test_people_are_found_and_shown_by_name(page, acme, ada):
    rename_organization(acme, "Acme Two", actor=Actor.person(ada), at=timezone.now())
    _record(acme, "by a command", actor="Command line")
    response = page(q="lovelace")
    assert [each.subject for each in response.context["events"]] == ["Acme Two"]
    assert "Ada Lovelace" in response.content.decode()


KEYS = ("old (dtvi_8Kq2mX…)", "new (dtvi_8Kq2mX…)", "old (dtvi_9Lr3nY…)")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("dtvi_8Kq2mX", KEYS[:2]),
        ("dtvi_8Kq2mX…", KEYS[:2]),
        # Its id, and the whole of it.
        ("dtvi_8Kq2mX0123456789", KEYS[:2]),
        ("dtvi_8Kq2mX" + "a" * 92, KEYS[:2]),
        ("8Kq2mX0123456789", KEYS[:2]),
        ("8Kq2mX", KEYS[:2]),
        ("8Kq2mX01", KEYS[:2]),
        ("dtvi_8kq2mx", ()),
        ("dtvi_8Kq", KEYS[:2]),
        ("OLD", (KEYS[0], KEYS[2])),
    ],
)
def test_events_of_a_key_are_found_by_its_first_characters_or_name(
    asked, shown, page, acme
):
    for subject in (*KEYS, "fake (dtvi_8Kq2mX…) (dtvi_9Lr3nY…)"):
        _record(acme, subject)
    record = {"actor": Actor("ada"), "at": timezone.now()}
    audit.record(AuditAction.MEMBER_LEFT, acme, subject=KEYS[0], **record)
    found = {each.subject for each in page(key=asked).context["events"]}
    if asked in {"dtvi_8Kq", "8Kq2mX"}:
        found.discard("fake (dtvi_8Kq2mX…) (dtvi_9Lr3nY…)")
    assert found == set(shown)


def test_whole_key_that_was_pasted_is_in_no_link(page, acme):
    _record(acme, KEYS[0])
    secret = "dtvi_8Kq2mX" + "s" * 92
    for name in ("q", "key"):
        response = page(**{name: secret})
        assert [each.subject for each in response.context["events"]] == [KEYS[0]]
        assert "s" * 20 not in response.content.decode()


@pytest.fixture
def news(client_for, acme, ada):
    """Return a function that asks for what was added, as an open page does."""
    client = client_for(ada)
    url = reverse("orgs:audit_log", args=[acme.pk])
    headers = {"HX-Request": "true", "X-Poll": "1"}
    return lambda **query: client.get(url, query, headers=headers)


def test_open_page_gets_what_was_added_and_nothing_twice(page, news, acme):
    seen = page().context["seen"]
    assert not news(seen=seen).context["events"]
    for subject in ("one", "two"):
        _record(acme, subject)
    answer = news(seen=seen)
    assert [each.subject for each in answer.context["events"]] == ["two", "one"]
    text = answer.content.decode()
    assert text.count('class="is-new"') == 2
    assert "2 new events." in text
    assert 'id="audit-rows" hx-swap-oob="afterbegin"' in text
    again = news(seen=answer.context["seen"])
    assert not again.context["events"]
    assert "audit-rows" not in again.content.decode()
    assert "audit-said" not in again.content.decode()


def test_filtered_page_gets_what_the_filters_leave(page, news, acme):
    seen = page(event="people").context["seen"]
    _record(acme, "one")
    answer = news(event="people", seen=seen)
    assert not answer.context["events"]
    # What was passed over is not looked through again.
    assert answer.context["seen"] == seen + 1
    assert news(event="keys", seen=seen).context["events"]


@pytest.mark.parametrize("query", [{"seen": 0}, {"empty": "on"}])
def test_page_that_shows_nothing_or_missed_much_is_shown_anew(query, page, news, acme):
    seen = page().context["seen"]
    for number in range(51 if "seen" in query else 1):
        _record(acme, f"event {number}")
    answer = news(**{"seen": seen} | query)
    text = answer.content.decode()
    assert 'id="audit-results" hx-swap-oob="true"' in text
    assert "New events are shown." in text
    assert len(answer.context["events"]) == (50 if "seen" in query else 2)


def test_only_the_first_page_asks_for_more(page, acme):
    for number in range(60):
        _record(acme, f"event {number}")
    assert b"data-poll" in page().content
    assert b"data-poll" not in page(before=40).content
    odd = ({"seen": "x"}, {"seen": "-1"}, {"seen": "9" * 30}, {"empty": "x"})
    assert [page(**query).status_code for query in odd] == [200] * 4


def test_odd_news_are_no_error(news):
    odd = ({}, {"seen": "x"}, {"seen": "-1"}, {"seen": "9" * 30}, {"empty": "x"})
    assert [news(**query).status_code for query in odd] == [200] * 5
