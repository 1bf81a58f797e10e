"""The overview: its numbers are those of the table, for whoever may see them."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from packaging.version import Version

from orgs.models import Membership, Organization, User
from secretkeys.grants import Permission
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from tests.conftest import MakeKey, create_many_keys
from tests.secretkeys.usage_rows import count_requests, seen_client

DAY = dt.timedelta(days=1)
# The session, the person, the membership, the states of all keys, their clients, four
# of how they are used, the latest changes, the other organizations.
QUERIES = 11
OLD_SDK = "vi/0.0.9 (Python/3.11.7; Linux/6.1)"


@pytest.fixture
def url(acme: Organization) -> str:
    return reverse("secretkeys:overview", args=[acme.pk])


@pytest.fixture
def overview(ada: User, client_for: Callable[[User], Client], url: str):
    """Return a function that opens the page for somebody, Ada where nobody is named."""
    return lambda user=ada: client_for(user).get(url)


@pytest.fixture
def troubled(acme: Organization, abe: User, mel: User, make_key: MakeKey) -> None:
    """Keys in every state, some of them in two."""
    now = timezone.now()
    far = now + 300 * DAY
    reader = {"permission": Permission.READ_ONLY, "last_used_at": now}
    make_key("calm", expires_at=far, **reader)
    make_key("endless", **reader)
    make_key("wide", expires_at=far, last_used_at=now)
    make_key("ending and left", expires_at=now + 3 * DAY, created_by=abe, **reader)
    make_key("left", expires_at=far, created_by=abe, **reader)
    make_key(
        "idle", expires_at=far, at=now - 100 * DAY, permission=reader["permission"]
    )
    make_key("off", expires_at=far, disabled_at=now)
    make_key("over", expires_at=now - DAY)
    make_key("gone", removed_at=now)
    denied, _ = make_key("denied", expires_at=far, **reader)
    count_requests(denied, now, 10, outcome=Outcome.PERMISSION_DENIED)
    leaked, _ = make_key("leaked", removed_at=now - DAY)
    count_requests(leaked, now, 3, outcome=Outcome.REMOVED)
    rotated, _ = make_key("rotated", expires_at=now + DAY, **reader)
    successor, _ = make_key(
        "successor", expires_at=far, permission=Permission.READ_ONLY
    )
    SecretKey.objects.filter(pk=rotated.pk).update(replaced_by=successor)
    seen_client(rotated, now, user_agent=OLD_SDK)
    Membership.objects.get(user=abe, organization=acme).delete()


def _numbers(response) -> dict[str, int]:
    return {card.label: card.number for card in response.context["cards"]}


@pytest.mark.usefixtures("troubled")
def test_cards_count_what_needs_somebody(overview) -> None:
    assert _numbers(overview()) == {
        "Replacement not in use": 1,
        "Elevated denials": 1,
        "Still presented": 1,
        "Expiring soon": 1,
        "Made by people who left": 2,
        "Unused 90+ days": 1,
        "Never expires": 1,
        "Widest grants": 1,
        "Disabled": 1,
    }


@pytest.mark.usefixtures("troubled")
def test_most_urgent_card_stands_first(overview) -> None:
    assert overview().context["cards"][0].label == "Replacement not in use"


@pytest.mark.usefixtures("troubled")
def test_number_of_each_card_is_that_of_the_table_behind_it(
    overview, ada: User, client_for: Callable[[User], Client], settings
) -> None:
    settings.MINIMUM_SDK_VERSION = Version("0.1")
    client = client_for(ada)
    cards = overview().context["cards"]
    assert len(cards) == 10
    for card in cards:
        table = client.get(card.url).context
        assert table["page"].paginator.count == card.number, card.label
        assert table["filters"].value("status") == card.name


def test_nothing_needs_attention_where_every_key_is_well(overview, make_key) -> None:
    now = timezone.now()
    make_key(
        permission=Permission.READ_ONLY, expires_at=now + 90 * DAY, last_used_at=now
    )
    body = overview().content.decode()
    assert "Nothing needs attention" in body
    assert "tally" not in body


def test_card_without_keys_stays_beside_those_with_some(overview, make_key) -> None:
    make_key()
    numbers = _numbers(overview())
    assert numbers["Never expires"] == 1
    assert numbers["Expiring soon"] == 0
    assert "Disabled" not in numbers
    assert "Replacement not in use" not in numbers
    assert "Still presented" not in numbers


def test_organization_without_keys_is_led_to_the_first(overview) -> None:
    body = overview().content.decode()
    assert "Create your first key" in body
    assert "Nothing needs attention" not in body
    assert "Requests per day" not in body


def test_chart_names_the_keys_and_leads_to_their_usage(
    overview, acme: Organization, make_key: MakeKey
) -> None:
    key, _ = make_key("busy")
    count_requests(key, timezone.now() - 2 * DAY, 7)
    page = overview()
    assert page.context["chart"].total == 7
    assert "Requests per day" in page.content.decode()
    assert reverse("secretkeys:usage", args=[acme.pk]) in page.content.decode()


def test_line_under_the_chart_says_what_fails(overview, make_key: MakeKey) -> None:
    key, _ = make_key()
    now = timezone.now()
    count_requests(key, now, 1997)
    count_requests(key, now - DAY, 2, outcome=Outcome.OUTSIDE_SCOPE)
    count_requests(key, now - DAY, outcome=Outcome.UNKNOWN_ROUTE)
    body = overview().content.decode()
    assert "2,000 requests · 1 error · 2 denied" in body


def test_latest_changes_are_five_and_in_words(overview, make_key) -> None:
    for number in range(6):
        make_key(f"key {number}")
    page = overview()
    body = page.content.decode()
    assert len(page.context["changes"]) == 5
    assert "Created key" in body
    assert "key 5" in body
    assert "key 0" not in body.partition("Latest changes")[2]


@pytest.mark.usefixtures("troubled")
def test_member_sees_no_changes(overview, mel: User) -> None:
    body = overview(mel).content.decode()
    assert "Latest changes" not in body
    assert "Elevated denials" in body
    assert "Requests per day" in body


@pytest.mark.usefixtures("troubled")
def test_member_who_may_not_see_usage_sees_states_alone(
    overview, acme: Organization, mel: User
) -> None:
    Organization.objects.filter(pk=acme.pk).update(members_see_usage=False)
    page = overview(mel)
    body = page.content.decode()
    assert not _numbers(page).keys() & {"Elevated denials", "Still presented"}
    assert _numbers(page)["Replacement not in use"] == 1
    assert _numbers(page)["Never expires"] == 1
    assert "Requests per day" not in body
    assert reverse("secretkeys:usage", args=[acme.pk]) not in body


def test_keys_of_older_clients_are_counted_where_the_operator_asks(
    overview, make_key: MakeKey, settings
) -> None:
    key, _ = make_key()
    make_key("newer")
    gone, _ = make_key("gone", removed_at=timezone.now())
    for each in (key, gone):
        seen_client(each, timezone.now(), user_agent=OLD_SDK)
    settings.MINIMUM_SDK_VERSION = None
    assert "Older clients" not in _numbers(overview())
    settings.MINIMUM_SDK_VERSION = Version("0.1")
    assert _numbers(overview())["Older clients"] == 1


def test_page_of_an_organization_says_nothing_of_another(
    overview, globex: Organization, make_key: MakeKey
) -> None:
    foreign, _ = make_key("foreign", organization=globex)
    count_requests(foreign, timezone.now(), 50, outcome=Outcome.OUTSIDE_SCOPE)
    page = overview()
    assert page.context["total"] == 0
    assert not any(_numbers(page).values())


@pytest.mark.parametrize("count", [5, 300])
def test_page_costs_the_same_queries_for_any_number_of_keys(
    acme, ada, client_for, url, django_assert_num_queries, settings, count: int
) -> None:
    settings.MINIMUM_SDK_VERSION = Version("0.1")
    create_many_keys(acme, count)
    for key in SecretKey.objects.all():
        count_requests(key, timezone.now(), 10, outcome=Outcome.PERMISSION_DENIED)
    client = client_for(ada)
    client.get(url)
    with django_assert_num_queries(QUERIES):
        client.get(url)


def test_sidebar_leads_to_the_overview_from_every_page(
    acme: Organization, mel: User, client_for: Callable[[User], Client], url: str
) -> None:
    page = client_for(mel).get(reverse("secretkeys:list", args=[acme.pk]))
    assert f'href="{url}"' in page.content.decode()
