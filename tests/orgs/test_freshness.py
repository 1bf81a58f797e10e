"""A page that stays open asks for itself anew, and nobody was there because of that."""

import datetime as dt

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from orgs.models import Membership

POLL = {"X-Poll": "1", "HX-Request": "true"}
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def log_url(acme) -> str:
    return reverse("orgs:audit_log", args=[acme.pk])


def test_open_page_is_no_activity_of_a_member(client_for, ada, acme, log_url):
    client = client_for(ada)
    mine = Membership.objects.filter(user=ada, organization=acme)
    mine.update(last_active_at=LONG_AGO)
    assert client.get(log_url, headers=POLL).status_code == 200
    assert mine.get().last_active_at == LONG_AGO
    client.get(log_url)
    assert mine.get().last_active_at > LONG_AGO


def test_open_page_neither_uses_nor_prolongs_a_session(client_for, ada, log_url):
    client = client_for(ada)
    client.get(log_url)
    session = client.session
    session["seen_at"] = 0
    session.save()
    kept = Session.objects.get(session_key=session.session_key)
    UserSession.objects.update(last_seen_at=LONG_AGO)
    response = client.get(log_url, headers=POLL)
    assert "session" not in response.cookies
    assert Session.objects.get(pk=kept.pk).expire_date == kept.expire_date
    assert UserSession.objects.get(user=ada).last_seen_at == LONG_AGO


def test_open_page_does_not_change_where_the_start_page_leads(
    client_for, ada, acme, globex, log_url
):
    Membership.objects.create(
        organization=globex, user=ada, role="admin", created_at=timezone.now()
    )
    client = client_for(ada)
    client.get(log_url)
    client.get(reverse("orgs:audit_log", args=[globex.pk]), headers=POLL)
    assert str(acme.pk) in client.get("/").headers["Location"]


@pytest.mark.parametrize(
    "change",
    [{"REMOTE_ADDR": "203.0.113.66"}, {"HTTP_USER_AGENT": "curl/8"}],
    ids=["address", "browser"],
)
def test_open_page_somewhere_else_is_a_use_of_the_session(
    change, client_for, ada, log_url
):
    client = client_for(ada)
    client.get(log_url)
    session = client.session
    session["seen_at"] = 0
    session.save()
    UserSession.objects.update(last_seen_at=LONG_AGO)
    client.get(log_url, headers=POLL, **change)
    seen = UserSession.objects.get(user=ada)
    assert seen.last_seen_at > LONG_AGO
    assert change.get("REMOTE_ADDR", seen.ip) == seen.ip
    assert change.get("HTTP_USER_AGENT", seen.user_agent) == seen.user_agent


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("orgs:audit_export", ["json"]),
        ("secretkeys:usage_export", []),
        ("orgs:members", []),
    ],
)
def test_nothing_but_an_open_page_passes_for_one(
    name, arguments, client_for, ada, acme
):
    client = client_for(ada)
    mine = Membership.objects.filter(user=ada, organization=acme)
    mine.update(last_active_at=LONG_AGO)
    client.get(reverse(name, args=[acme.pk, *arguments]), headers=POLL)
    assert mine.get().last_active_at > LONG_AGO
    assert UserSession.objects.filter(user=ada).exists()
    assert client.session["organization_id"] == str(acme.pk)


def test_open_reveal_is_no_activity_either(client_for, ada, acme, make_key):
    key, _ = make_key()
    client = client_for(ada)
    mine = Membership.objects.filter(user=ada, organization=acme)
    mine.update(last_active_at=LONG_AGO)
    url = reverse("secretkeys:first_request", args=[acme.pk, key.key_id])
    text = client.get(url).content.decode()
    assert """hx-headers='{"X-Poll": "1"}'""" in text
    mine.update(last_active_at=LONG_AGO)
    client.get(url, headers=POLL)
    assert mine.get().last_active_at == LONG_AGO


def test_page_of_somebody_signed_out_stops_asking_without_a_word(client, log_url):
    response = client.get(log_url, headers=POLL)
    assert (response.status_code, response.content) == (286, b"")


def test_page_of_somebody_removed_stops_asking(client_for, ada, mel, gus, log_url):
    for user in (mel, gus):
        response = client_for(user).get(log_url, headers=POLL)
        assert (response.status_code, response.content) == (286, b"")


def test_change_is_never_taken_for_a_poll(client_for, mel, acme, client):
    url = reverse("orgs:rename", args=[acme.pk])
    answer = client_for(mel).post(url, {"name": "Mine"}, headers=POLL)
    assert answer.status_code == 403
    assert client.post(url, {"name": "Mine"}, headers=POLL).status_code == 401
