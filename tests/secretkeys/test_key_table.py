"""The table of keys: what it shows, finds and sorts, however odd the query string."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from packaging.version import Version

from orgs.actions import rename_user
from orgs.models import Organization, User
from secretkeys.models import KeyUsage, SecretKey
from secretkeys.status import Review, Status
from tests.conftest import MakeKey, create_many_keys
from tests.secretkeys.usage_rows import count_requests, seen_client

COLUMNS = [
    "Name",
    "Last Used",
    "Created",
    "Created By",
    "Access",
    "Permission",
    "Action",
]

# The session, the person, the membership, the key, how many organizations; then what
# it used lately, what a removal would have denied, its requests. The page of a key adds
# requests by time and by kind, the last hours, clients, denials and history.
QUERIES = {"detail": 13, "edit": 6, "rotate": 6, "remove": 7}


@pytest.fixture
def table(acme: Organization, ada: User, client_for: Callable[[User], Client]):
    """Return a function that opens the page and gives its response."""
    client = client_for(ada)

    def open_page(headers: dict[str, str] | None = None, **query: str):
        url = reverse("secretkeys:list", args=[acme.pk])
        return client.get(url, query, headers=headers)

    return open_page


def _names(response) -> list[str]:
    return [key.name for key in response.context["page"].object_list]


def test_columns_stand_in_the_product_s_order(table, make_key: MakeKey) -> None:
    make_key()
    headings = re.findall(
        r"<th[^>]*columnheader.*?</th>", table().content.decode(), re.DOTALL
    )
    words = [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in headings]
    assert [word.removesuffix(" Sort") for word in words] == COLUMNS


def test_key_never_used_says_never(table, make_key: MakeKey) -> None:
    make_key()
    assert "Never" in table().content.decode()


def test_member_is_told_why_there_is_no_button(acme, mel, client_for, make_key) -> None:
    make_key()
    body = (
        client_for(mel).get(reverse("secretkeys:list", args=[acme.pk])).content.decode()
    )
    assert "Ask an organization admin to create, edit or remove keys." in body
    assert "Create New Secret Key" not in body
    assert "Remove Key" not in body


@pytest.mark.parametrize(
    "search", ["PIPE", "pipeline", "  pipeline ", "Lovelace", "ada@acme"]
)
def test_search_finds_by_name_and_creator(table, make_key, search: str) -> None:
    make_key("pipeline")
    assert _names(table(q=search)) == ["pipeline"]


@pytest.mark.parametrize("search", ["åsa", "ÅSA ÖBERG"])
def test_search_knows_every_letter_of_a_creator(table, make_key, ada, search) -> None:
    make_key("pipeline")
    rename_user(ada, "Åsa Öberg", at=timezone.now())
    assert _names(table(q=search)) == ["pipeline"]


@pytest.mark.parametrize("length", [6, 11, 21])
def test_search_finds_by_stem_and_public_id(table, make_key, length: int) -> None:
    key, plaintext = make_key("pipeline")
    make_key("other")
    assert _names(table(q=plaintext[:length])) == ["pipeline"] or length == 6
    assert "pipeline" in _names(table(q=f"{key.stem}…"))


def test_no_match_names_the_search_and_offers_the_way_back(table, make_key) -> None:
    make_key("pipeline")
    body = table(q="prodcution").content.decode()
    assert "No keys match “prodcution”" in re.sub(r"</?bdi>", "", body)
    assert "Clear filters" in body
    assert "0 of 1 key" in body


def test_organization_without_keys_sees_the_first_step(table) -> None:
    body = table().content.decode()
    assert "No secret keys yet" in body
    assert "Regularly rotate keys and remove unused ones" in body


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("", {"fresh", "resting", "ending", "idle", "over", "off"}),
        ("active", {"fresh", "rotated"}),
        ("idle", {"resting"}),
        ("expiring", {"ending"}),
        ("unused", {"idle"}),
        ("never-used", {"ending", "idle"}),
        ("disabled", {"off"}),
        ("no-expiration", {"fresh", "resting", "idle"}),
        ("expired", {"over"}),
        ("removed", {"gone"}),
        ("nonsense", {"fresh", "resting", "ending", "idle", "over", "off"}),
        ("stopping", {"rotated"}),
    ],
)
def test_status_filter(
    table, make_key: MakeKey, status: str, expected: set[str]
) -> None:
    now = timezone.now()
    make_key("fresh", last_used_at=now)
    make_key("resting", last_used_at=now - dt.timedelta(days=8))
    make_key("off", disabled_at=now)
    make_key("ending", expires_at=now + dt.timedelta(days=3))
    make_key("idle", at=now - dt.timedelta(days=100))
    make_key("over", expires_at=now - dt.timedelta(days=1))
    make_key("gone", removed_at=now)
    old, _ = make_key("rotated", last_used_at=now, expires_at=now + dt.timedelta(1))
    fresh = SecretKey.objects.get(name="fresh")
    SecretKey.objects.filter(pk=old.pk).update(replaced_by=fresh)
    if status in ("", "nonsense"):
        expected = expected | {"rotated"}
    assert set(_names(table(status=status))) == expected


def test_every_state_of_a_key_has_its_filter(table, make_key: MakeKey) -> None:
    make_key()
    body = table().content.decode()
    for state in Status:
        assert f'<option value="{state.value}">{state.label}</option>' in body


@pytest.mark.parametrize("state", [*Status, *Review])
def test_new_key_is_shown_beside_every_filter(table, make_key, settings, state) -> None:
    settings.MINIMUM_SDK_VERSION = Version("0.1")
    made, _ = make_key("made")
    page = table(status=state.value, new=made.pk)
    assert _names(page) == ["made"]
    assert page.context["filters"].state is state


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"status": "older", "permission": "full"}, "Status"),
        ({"permission": "<b>"}, "Permission"),
        ({"status": "older", "permission": "x"}, "Status, Permission"),
        ({"status": "active"}, ""),
    ],
)
def test_filter_that_is_not_understood_is_named(
    table, make_key: MakeKey, query: dict[str, str], named: str
) -> None:
    make_key()
    body = table(**query).content.decode()
    assert (f"left out: {named}." if named else "") in body
    assert ("left out" in body) is bool(named)


def test_older_clients_are_a_filter_where_the_operator_asks(
    table, make_key: MakeKey, settings
) -> None:
    old, _ = make_key("old")
    make_key("newer")
    seen_client(old, timezone.now(), user_agent="vi/0.0.9 (Python/3.11.7; Linux/6.1)")
    settings.MINIMUM_SDK_VERSION = Version("0.1")
    assert _names(table(status="older-clients")) == ["old"]
    settings.MINIMUM_SDK_VERSION = None
    assert "left out" in table(status="older-clients").content.decode()


def test_name_leads_to_the_key_for_who_may_see_usage(
    acme, mel, client_for, make_key
) -> None:
    key, _ = make_key("busy")
    client, url = client_for(mel), reverse("secretkeys:list", args=[acme.pk])
    detail = reverse("secretkeys:detail", args=[acme.pk, key.pk])
    link = f'<a id="name-{key.pk}" href="{detail}"><bdi>busy</bdi></a>'
    assert link in client.get(url).content.decode()
    Organization.objects.filter(pk=acme.pk).update(members_see_usage=False)
    assert detail not in client.get(url).content.decode()


def test_table_asks_for_what_it_shows(table, make_key: MakeKey) -> None:
    for number in range(51):
        make_key(f"key {number}")
    body = table(status="never-used", sort="name", page="2").content.decode()
    asked = re.search(r'data-poll hx-get="[^"]*\?([^"]*)".*hx-include="([^"]*)"', body)
    assert asked.groups() == (
        "status=never-used&amp;sort=name",
        "#keys-results, #new-key",
    )
    assert '<input type="hidden" id="keys-page" name="page" value="2">' in body


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["a", "B", "c"]),
        ("-name", ["c", "B", "a"]),
        ("last_used", ["B", "a", "c"]),
        ("-last_used", ["a", "B", "c"]),
        ("created", ["a", "B", "c"]),
        ("digest", ["a", "B", "c"]),
        ("--name", ["a", "B", "c"]),
    ],
)
def test_sorting_puts_never_used_last(table, make_key, sort: str, expected) -> None:
    now = timezone.now()
    for days, name, used in ((30, "a", 1), (20, "B", 2), (10, "c", None)):
        make_key(
            name,
            at=now - dt.timedelta(days=days),
            last_used_at=now - dt.timedelta(days=used) if used else None,
        )
    assert _names(table(sort=sort)) == expected


def test_creators_sort_by_what_is_shown(table, acme, make_key) -> None:
    for position, (email, name) in enumerate(
        [("zed@acme.test", ""), ("x@acme.test", "Mia"), ("ann@acme.test", "")]
    ):
        user = User.objects.create_user(email, name=name)
        make_key(f"key {position}", created_by=user)
    keys = table(sort="created_by").context["page"].object_list
    shown = [key.creator_name for key in keys]
    assert shown == ["ann@acme.test", "Mia", "zed@acme.test"]


@pytest.mark.parametrize("page", ["", "0", "-1", "99", "x", "2"])
def test_any_page_number_shows_a_page(table, make_key: MakeKey, page: str) -> None:
    make_key()
    assert len(_names(table(page=page))) == 1


def test_fifty_keys_stand_on_a_page(
    table, acme: Organization, make_key: MakeKey
) -> None:
    create_many_keys(acme, 51)
    assert len(_names(table())) == 50
    assert len(_names(table(page="2"))) == 1


def test_row_draws_the_requests_of_its_last_hours(table, make_key) -> None:
    key, _ = make_key("busy", last_used_at=timezone.now())
    make_key("quiet")
    # The last hour that is drawn, and one that no longer is.
    for hours, number in ((0, 2), (35, 5), (36, 70)):
        count_requests(key, timezone.now() - dt.timedelta(hours=hours), number)
    body = table().content.decode()
    assert body.count('class="spark"') == 1
    assert "Active. 7 requests in the last 36 hours, at most 5 in one" in body


def test_address_of_filters_leaves_out_what_is_empty(table, acme, make_key) -> None:
    make_key()
    headers = {"HX-Request": "true", "HX-Trigger": "key-filters"}
    asked = {"q": "", "status": "active", "permission": "", "sort": "name"}
    url = reverse("secretkeys:list", args=[acme.pk])
    pushed = [
        table(headers=headers, **query)["HX-Push-Url"]
        for query in (asked, {"q": "", "status": "", "permission": ""})
    ]
    assert pushed == [f"{url}?status=active&sort=name", url]


def test_refresh_of_the_table_leaves_the_address_alone(table, make_key) -> None:
    make_key()
    headers = {"HX-Request": "true", "HX-Trigger": "keys-region"}
    assert "HX-Push-Url" not in table(headers=headers)


def test_new_key_stands_first_whatever_the_sort(table, make_key: MakeKey) -> None:
    make_key("a")
    key, _ = make_key("z")
    assert _names(table(sort="name", new=key.key_id))[0] == "z"


@pytest.mark.parametrize("new", ["\0", "x", "0" * 16, "dtvi_"])
def test_odd_new_key_in_the_address_changes_nothing(table, make_key, new) -> None:
    make_key("alpha")
    assert _names(table(new=new)) == ["alpha"]


def test_search_of_another_organization_finds_nothing(table, globex, make_key) -> None:
    make_key("foreign", organization=globex)
    assert _names(table(q="foreign")) == []


@pytest.mark.parametrize("count", [1, 50, 200])
def test_page_costs_the_same_queries_for_any_number_of_keys(
    acme, ada, client_for, django_assert_max_num_queries, count: int
) -> None:
    create_many_keys(acme, count)
    client = client_for(ada)
    url = reverse("secretkeys:list", args=[acme.pk])
    client.get(url)
    with django_assert_max_num_queries(8):
        client.get(url)


@pytest.mark.parametrize(("page", "most"), QUERIES.items())
def test_pages_of_one_key_cost_few_queries_whatever_it_has_done(
    page, most, client_for, ada, make_key, django_assert_max_num_queries
) -> None:
    key, _ = make_key()
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    KeyUsage.objects.bulk_create(
        KeyUsage(
            key=key,
            hour=now - dt.timedelta(hours=hours),
            resource="assets",
            access=1,
            outcome="allowed",
            count=1,
        )
        for hours in range(500)
    )
    client = client_for(ada)
    url = reverse(f"secretkeys:{page}", args=[key.organization_id, key.key_id])
    client.get(url)
    with django_assert_max_num_queries(most):
        client.get(url)
