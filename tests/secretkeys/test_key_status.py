"""What state a key is in, to the second, and that every filter finds just those keys."""

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from orgs.models import Membership, Organization, User
from orgs.roles import Role
from secretkeys import reviews, status
from secretkeys.grants import ROWS, Access, Grant, Permission, Resource
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.requests_lately import requests_lately
from secretkeys.scopes import Reach
from secretkeys.status import Lately, Life, Review, Status
from tests.conftest import MakeKey
from tests.secretkeys.usage_rows import count_requests

NOW = dt.datetime(2026, 6, 15, 12, 30, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
DAY = dt.timedelta(days=1)
# A key that is used every day and expires some time.
CALM = {
    "created_at": NOW - 400 * DAY,
    "last_used_at": NOW - DAY,
    "expires_at": NOW + 300 * DAY,
    "removed_at": None,
    "disabled_at": None,
}
# (columns that differ from a calm key, most urgent state, badge)
CASES = [
    ({}, Status.ACTIVE, None),
    ({"expires_at": None}, Status.ACTIVE, None),
    ({"last_used_at": NOW - 7 * DAY + SECOND}, Status.ACTIVE, None),
    ({"last_used_at": NOW - 7 * DAY}, Status.IDLE, None),
    ({"last_used_at": NOW - 90 * DAY + SECOND}, Status.IDLE, None),
    ({"last_used_at": NOW - 90 * DAY}, Status.UNUSED, "Unused for 90 days"),
    ({"last_used_at": None}, Status.UNUSED, "Unused for 400 days"),
    (
        {"last_used_at": None, "created_at": NOW - 90 * DAY + SECOND},
        Status.NEVER_USED,
        None,
    ),
    (
        {"last_used_at": None, "created_at": NOW - 90 * DAY},
        Status.UNUSED,
        "Unused for 90 days",
    ),
    ({"expires_at": NOW + 14 * DAY + SECOND}, Status.ACTIVE, None),
    ({"expires_at": NOW + 14 * DAY}, Status.EXPIRING, "Expires in 14 days"),
    ({"expires_at": NOW + SECOND}, Status.EXPIRING, "Expires today"),
    ({"expires_at": NOW}, Status.EXPIRED, "Expired"),
    ({"disabled_at": NOW - DAY}, Status.DISABLED, "Disabled"),
    ({"removed_at": NOW - DAY}, Status.REMOVED, "Removed"),
    # The more urgent state wins.
    (
        {"expires_at": NOW + DAY, "last_used_at": NOW - 100 * DAY},
        Status.EXPIRING,
        "Expires in 1 day",
    ),
    ({"expires_at": NOW, "disabled_at": NOW - DAY}, Status.DISABLED, "Disabled"),
    ({"disabled_at": NOW - DAY, "removed_at": NOW}, Status.REMOVED, "Removed"),
    ({"expires_at": NOW, "removed_at": NOW}, Status.REMOVED, "Removed"),
]
MOMENTS = [
    NOW - age
    for age in (
        SECOND,
        7 * DAY - SECOND,
        7 * DAY,
        7 * DAY + SECOND,
        90 * DAY - SECOND,
        90 * DAY,
        90 * DAY + SECOND,
    )
]
ENDS = [None, NOW - SECOND, NOW, NOW + SECOND, NOW + 14 * DAY, NOW + 14 * DAY + SECOND]


def _row(acme: Organization, number: int, **columns: object) -> SecretKey:
    return SecretKey(
        key_id=f"{number:016}",
        organization=acme,
        name=f"key {number}",
        name_folded=f"key {number}",
        permission=Permission.READ_ONLY.value,
        creation_nonce=uuid.uuid4(),
        **(CALM | columns),
    )


def _found(acme: Organization, state: Status | Review) -> set[str]:
    return {key.pk for key in SecretKey.objects.of(acme).in_state(state, NOW)}


@pytest.mark.parametrize(("columns", "expected", "badge"), CASES)
def test_most_urgent_state_is_shown(
    acme: Organization, columns: dict[str, object], expected: Status, badge: str | None
) -> None:
    key = _row(acme, 1, **columns)
    shown = key.badge_at(NOW)
    assert key.statuses_at(NOW)[0] is expected
    assert (shown.text if shown else None) == badge


@pytest.mark.parametrize(
    ("ends", "badge"), [(SECOND, "Stops in 1 minute"), (-SECOND, "Replaced")]
)
def test_replaced_key_says_when_it_stops(
    acme: Organization, ends: dt.timedelta, badge: str
) -> None:
    key = _row(acme, 1, expires_at=NOW + ends, replaced_by_id="0" * 16)
    assert key.badge_at(NOW).text == badge


def test_filters_find_just_the_keys_in_their_state(acme: Organization) -> None:
    rows = [
        {"last_used_at": used, "created_at": made, "expires_at": ends} | other
        for used in [None, *MOMENTS]
        for made in (used and [used - DAY]) or MOMENTS
        for ends in ENDS
        for other in ({}, {"disabled_at": NOW - DAY}, {"removed_at": NOW - DAY})
    ]
    SecretKey.objects.bulk_create(
        _row(acme, number, **columns) for number, columns in enumerate(rows)
    )
    # Every fifth key has been rotated, and another stands in its place.
    everything = list(SecretKey.objects.order_by("key_id"))
    for key in everything[::5]:
        if key.expires_at:
            SecretKey.objects.filter(pk=key.pk).update(replaced_by=F("pk"))
    keys = list(SecretKey.objects.all())
    for state in Status:
        expected = {key.pk for key in keys if state in key.statuses_at(NOW)}
        assert _found(acme, state) == expected, state
        assert expected, state


@given(
    ages=st.lists(st.integers(0, 10**7), min_size=3, max_size=3),
    left=st.none() | st.integers(-(10**6), 10**7),
    flags=st.tuples(*[st.booleans()] * 4),
    denied=st.integers(0, 20),
)
def test_every_key_is_in_some_state_and_no_two_ways_at_once(
    ages, left, flags, denied
) -> None:
    removed, disabled, replaced, used = flags
    life = Life(
        created_at=NOW - dt.timedelta(seconds=sum(ages)),
        last_used_at=NOW - dt.timedelta(seconds=ages[0]) if used else None,
        expires_at=NOW + dt.timedelta(seconds=left or 1)
        if replaced or left is not None
        else None,
        is_removed=removed,
        is_disabled=disabled,
        is_replaced=replaced,
    )
    found = status.statuses(life, at=NOW)
    assert found
    assert found == sorted(set(found), key=list(Status).index)
    assert len({*found} & {Status.ACTIVE, Status.IDLE, Status.NEVER_USED}) <= 1
    status.badge(life, at=NOW, lately=Lately([], 20, denied))


@pytest.mark.parametrize(
    ("denied", "requests", "elevated"),
    [(9, 9, False), (10, 10, True), (10, 200, True), (10, 201, False), (11, 220, True)],
)
def test_denials_are_elevated_by_number_and_share(denied, requests, elevated) -> None:
    assert Lately([], requests, denied).has_elevated_denials is elevated


@pytest.mark.parametrize(
    ("counted", "elevated"),
    [
        ([(0, 9, Outcome.PERMISSION_DENIED)], False),
        ([(0, 10, Outcome.PERMISSION_DENIED)], True),
        ([(0, 6, Outcome.OUTSIDE_SCOPE), (23, 4, Outcome.PERMISSION_DENIED)], True),
        ([(0, 10, Outcome.ORGANIZATION_MISMATCH)], True),
        # The key, or everybody's, had been stopped: it asked for nothing unusual.
        ([(0, 99, Outcome.EXPIRED)], False),
        ([(0, 99, Outcome.DISABLED)], False),
        ([(0, 99, Outcome.REMOVED)], False),
        ([(0, 99, Outcome.ORGANIZATION_LOCKED)], False),
        ([(0, 9, Outcome.OUTSIDE_SCOPE), (1, 99, Outcome.DISABLED)], False),
        # A day ago, by the hour.
        ([(0, 6, Outcome.OUTSIDE_SCOPE), (24, 40, Outcome.OUTSIDE_SCOPE)], False),
        ([(0, 10, Outcome.OUTSIDE_SCOPE), (0, 190, Outcome.ALLOWED)], True),
        ([(0, 10, Outcome.OUTSIDE_SCOPE), (0, 191, Outcome.ALLOWED)], False),
        # No key could have made these requests.
        ([(0, 50, Outcome.UNKNOWN_ROUTE)], False),
    ],
)
def test_row_and_filter_agree_on_elevated_denials(
    acme: Organization, make_key: MakeKey, counted, elevated: bool
) -> None:
    key, _ = make_key()
    for hours, number, outcome in counted:
        count_requests(key, NOW - dt.timedelta(hours=hours), number, outcome=outcome)
    key.refresh_from_db()
    lately = requests_lately([key], at=NOW)[key.pk]
    shown = key.badge_at(NOW, lately)
    assert (shown is not None and shown.text == "Elevated denials") is elevated
    assert reviews.in_state(acme, Review.DENIED, at=NOW).exists() is elevated


@pytest.mark.parametrize(
    ("columns", "badge"),
    [
        ({}, "Elevated denials"),
        ({"expires_at": NOW + DAY}, "Elevated denials"),
        ({"expires_at": NOW}, "Expired"),
        ({"disabled_at": NOW}, "Disabled"),
        ({"removed_at": NOW}, "Removed"),
    ],
)
def test_denials_come_behind_what_has_stopped(
    acme: Organization, columns: dict[str, object], badge: str
) -> None:
    key = _row(acme, 1, **columns)
    assert key.badge_at(NOW, Lately([], 10, 10)).text == badge


def test_key_that_is_denied_often_stays_in_its_state(
    acme: Organization, ada: User, make_key: MakeKey, client_for
) -> None:
    now = timezone.now()
    key, _ = make_key("busy", last_used_at=now)
    count_requests(key, now, 10, outcome=Outcome.PERMISSION_DENIED)
    client, url = client_for(ada), reverse("secretkeys:list", args=[acme.pk])
    for asked in ("active", "denied"):
        answer = client.get(url, {"status": asked})
        shown = answer.context["page"].object_list
        assert [each.name for each in shown] == ["busy"], asked
        assert "Elevated denials</span>" in answer.content.decode()


def test_removed_keys_and_those_of_others_have_no_elevated_denials(
    acme: Organization, globex: Organization, make_key: MakeKey
) -> None:
    gone, _ = make_key("gone", removed_at=NOW)
    foreign, _ = make_key("foreign", organization=globex)
    for key in (gone, foreign):
        count_requests(key, NOW, 10, outcome=Outcome.OUTSIDE_SCOPE)
    assert not reviews.in_state(acme, Review.DENIED, at=NOW).exists()


def test_rotated_keys_are_found_until_something_uses_their_replacement(
    acme: Organization, make_key: MakeKey
) -> None:
    ends = NOW + 2 * DAY
    pairs = {
        "urgent": ({"expires_at": ends}, {}),
        "switched": ({"expires_at": ends}, {"last_used_at": NOW}),
        "over": ({"expires_at": NOW}, {}),
        "disabled": ({"expires_at": ends, "disabled_at": NOW}, {}),
        "removed": ({"expires_at": ends, "removed_at": NOW}, {}),
    }
    for name, (old, new) in pairs.items():
        key, _ = make_key(name, **old)
        successor, _ = make_key(f"new {name}", **new)
        SecretKey.objects.filter(pk=key.pk).update(replaced_by=successor)
    found = reviews.in_state(acme, Review.NOT_SWITCHED, at=NOW)
    assert [key.name for key in found] == ["urgent"]


@pytest.mark.parametrize(
    ("columns", "days", "outcome", "found"),
    [
        ({"removed_at": NOW - 29 * DAY}, 6, Outcome.REMOVED, True),
        ({"removed_at": NOW - 31 * DAY}, 0, Outcome.REMOVED, False),
        ({"removed_at": NOW - 20 * DAY}, 7, Outcome.REMOVED, False),
        ({"removed_at": NOW - DAY}, 2, Outcome.ALLOWED, False),
        ({"expires_at": NOW - DAY}, 0, Outcome.EXPIRED, True),
        ({"disabled_at": NOW - DAY}, 0, Outcome.DISABLED, True),
        # Enabled again, or given more time.
        ({}, 0, Outcome.DISABLED, False),
        ({"expires_at": NOW + DAY}, 0, Outcome.EXPIRED, False),
    ],
)
def test_stopped_keys_that_are_still_presented_are_found(
    acme: Organization, globex: Organization, make_key, columns, days, outcome, found
) -> None:
    key, _ = make_key(**columns)
    foreign, _ = make_key("foreign", organization=globex, **columns)
    for each in (key, foreign):
        count_requests(each, NOW - days * DAY, outcome=outcome)
    presented = reviews.in_state(acme, Review.STILL_PRESENTED, at=NOW)
    assert [each.pk for each in presented] == [key.pk] * found


def test_keys_without_an_end_are_found(acme: Organization, make_key: MakeKey) -> None:
    endless, _ = make_key("endless")
    make_key("ending", expires_at=NOW + 300 * DAY)
    make_key("disabled", disabled_at=NOW)
    make_key("removed", removed_at=NOW)
    assert _found(acme, Review.NO_EXPIRATION) == {endless.pk}


def test_keys_that_can_write_everything_everywhere_are_found(
    acme: Organization, make_key: MakeKey
) -> None:
    everything = dict.fromkeys(ROWS, Access.WRITE)
    almost = everything | {Resource.ORGANIZATION: Access.READ}
    full, _ = make_key("full")
    chosen, _ = make_key("chosen", grant=Grant.restricted(everything))
    make_key("almost", grant=Grant.restricted(almost))
    make_key("reader", permission=Permission.READ_ONLY)
    make_key("scoped", dataset_reach=Reach.SELECTED.value, dataset_ids="a")
    assert _found(acme, Review.WIDEST) == {full.pk, chosen.pk}


def test_keys_are_found_when_nobody_looks_after_them(
    acme: Organization, ada: User, abe: User, mel: User, make_key: MakeKey
) -> None:
    left, _ = make_key("left", created_by=abe)
    kept_by_left, _ = make_key("kept by who left", keeper=abe)
    make_key("kept", created_by=abe, keeper=mel)
    make_key("here")
    make_key("command", created_by=None)
    assert _found(acme, Review.PEOPLE_LEFT) == set()
    Membership.objects.get(user=abe, organization=acme).delete()
    assert _found(acme, Review.PEOPLE_LEFT) == {left.pk, kept_by_left.pk}


def test_suspended_people_look_after_nothing(
    acme: Organization, abe: User, make_key: MakeKey
) -> None:
    key, _ = make_key(created_by=abe)
    User.objects.filter(pk=abe.pk).update(is_active=False)
    assert _found(acme, Review.PEOPLE_LEFT) == {key.pk}


def test_member_of_another_organization_alone_has_left(
    acme: Organization, globex: Organization, gus: User, make_key: MakeKey
) -> None:
    key, _ = make_key(created_by=gus)
    assert _found(acme, Review.PEOPLE_LEFT) == {key.pk}
    Membership.objects.create(organization=acme, user=gus, role=Role.MEMBER.value)
    assert _found(acme, Review.PEOPLE_LEFT) == set()


@pytest.mark.parametrize("hidden", [False, True])
def test_denials_are_shown_to_those_who_may_see_usage(
    acme: Organization,
    mel: User,
    client_for: Callable[[User], Client],
    make_key: MakeKey,
    hidden: bool,
) -> None:
    key, _ = make_key()
    make_key("quiet")
    count_requests(key, timezone.now(), 10, outcome=Outcome.PERMISSION_DENIED)
    Organization.objects.filter(pk=acme.pk).update(members_see_usage=not hidden)
    url = reverse("secretkeys:list", args=[acme.pk])
    answer = client_for(mel).get(url, {"status": "denied"})
    body = answer.content.decode()
    shown = [key.name for key in answer.context["page"].object_list]
    assert len(shown) == (2 if hidden else 1)
    assert ("Elevated denials" in body) is not hidden
    assert ("Still presented" in body) is not hidden
    assert ('class="spark"' in body) is not hidden
