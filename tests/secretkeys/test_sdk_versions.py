"""Which versions of the client call, told apart from whatever else a program sends."""

import datetime as dt
import re
import string

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from vi.version import get_user_agent

from config import values
from secretkeys import sdk_versions
from secretkeys.models import MANY, KeyClient, SecretKey
from tests.secretkeys.usage_rows import SDK, seen_client

NOT_THE_CLIENT = [
    "",
    "curl/8.5.0",
    "vi",
    "vi/",
    "vi/0.1.0b7",
    "vi/0.1.0b7 (Python/3.11.7)",
    "vi/latest (Python/3.11.7; Linux/6.1)",
    "vi/1.0.x (Python/3.11.7; Linux/6.1)",
    "vi/0.1.0b7 (Python/; Linux/6.1)",
    "vi/0.1.0b7 (Python/<b>; Linux/6.1)",
    "vi/0.1.0b7 (Ruby/3.3; Linux/6.1)",
    "vi/0.1.0b7 (Python/3.11.7; Linux/6.1) extra",
    " vi/0.1.0b7 (Python/3.11.7; Linux/6.1)",
    "VI/0.1.0b7 (Python/3.11.7; Linux/6.1)",
    "my-vi/0.1.0b7 (Python/3.11.7; Linux/6.1)",
    "vi/٠.١.٠ (Python/3.11.7; Linux/6.1)",
    "vi/" + "1" * 180 + " (Python/3.11.7; Linux/6.1)",
]
# In order, as PEP 440 has it.
IN_ORDER = ["0.1.0a1", "0.1.0b5", "0.1.0b7", "0.1.0b10", "0.1.0rc1", "0.1.0", "0.2"]


def agent(version: str = "0.1.0b7", python: str = "3.11.7") -> str:
    """Return what the client of a version calls itself."""
    return f"vi/{version} (Python/{python}; Linux/6.1)"


def rendered(callers, organization) -> str:
    """Return the part of a page that lists them."""
    context = {"callers": callers, "organization": organization}
    return render_to_string("secretkeys/_sdk_versions.html", context)


def test_the_installed_client_is_recognized() -> None:
    sdk = sdk_versions.parse(get_user_agent())
    assert sdk
    assert sdk.version == Version("0.1.0b7")
    assert sdk.python.startswith("3.")


def test_version_python_and_system_are_read() -> None:
    sdk = sdk_versions.parse(SDK)
    assert sdk == sdk_versions.Sdk(Version("0.1.0b7"), "3.11.7", "Linux 6.1")


@pytest.mark.parametrize("user_agent", NOT_THE_CLIENT)
def test_nothing_is_guessed(user_agent: str) -> None:
    assert sdk_versions.parse(user_agent) is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for user_agent in (text, f"vi/{text}", agent(version=text), agent(python=text)):
        sdk = sdk_versions.parse(user_agent)
        assert sdk is None or isinstance(sdk.version, Version)


@given(st.text(string.digits + string.ascii_letters + ".+-_!", max_size=39))
def test_what_is_read_is_a_version_by_pep_440(text: str) -> None:
    sdk = sdk_versions.parse(agent(version=text))
    assert sdk is None or sdk.version == Version(text)


def test_versions_below_the_minimum_are_outdated(settings) -> None:
    settings.MINIMUM_SDK_VERSION = Version("0.1.0b7")
    outdated = [
        each for each in IN_ORDER if sdk_versions.parse(agent(each)).is_outdated
    ]
    assert outdated == IN_ORDER[:2]
    settings.MINIMUM_SDK_VERSION = Version("0.2")
    outdated = [
        each for each in IN_ORDER if sdk_versions.parse(agent(each)).is_outdated
    ]
    assert outdated == IN_ORDER[:-1]


def test_without_a_minimum_nothing_is_outdated(settings) -> None:
    settings.MINIMUM_SDK_VERSION = None
    assert not sdk_versions.parse(agent("0.0.1")).is_outdated


@pytest.mark.parametrize(("text", "version"), [("", None), (" ", None)])
def test_the_minimum_can_be_left_empty(text, version) -> None:
    assert values.sdk_version(text) is version
    assert values.sdk_version("0.1.0b7") == Version("0.1.0b7")


@pytest.mark.parametrize("text", ["latest", ">=0.1", "0.1.x", "0.1 0.2"])
def test_a_minimum_that_is_no_version_stops_the_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MINIMUM_SDK_VERSION must be a"):
        values.sdk_version(text)


def test_an_organization_sees_versions_with_their_keys_newest_first(
    acme, globex, make_key, settings
) -> None:
    settings.MINIMUM_SDK_VERSION = Version("0.1.0b7")
    now = timezone.now()
    one, _ = make_key("one")
    two, _ = make_key("two")
    foreign, _ = make_key("foreign", organization=globex)
    seen_client(one, now, user_agent=agent("0.1.0b5", "3.9.2"), number=3)
    # The same key from another address, with another Python: one key all the same.
    seen_client(one, now, user_agent=agent("0.1.0b7"), address="10.0.0.1", number=5)
    seen_client(one, now, user_agent=agent("0.1.0b7", "3.9.2"), number=7)
    seen_client(two, now, user_agent=agent("0.1.0b7"), number=11)
    seen_client(foreign, now, user_agent=agent("9.9"))
    callers = sdk_versions.callers(acme, at=now)
    rows = [
        (str(each.version), each.keys, each.python_words, each.badge)
        for each in callers.versions
    ]
    assert rows == [
        ("0.1.0b7", 2, "3.9.2, 3.11.7", ""),
        ("0.1.0b5", 1, "3.9.2", "Older than 0.1.0b7"),
    ]
    assert callers.outdated == 1


def test_other_programs_are_named_and_the_rest_is_counted(acme, make_key) -> None:
    now = timezone.now()
    key, _ = make_key()
    for number in range(13):
        seen = now - dt.timedelta(minutes=number)
        seen_client(key, seen, user_agent=f"tool/{number}")
    callers = sdk_versions.callers(acme, at=now)
    assert [each.user_agent for each in callers.others] == [
        f"tool/{number}" for number in range(10)
    ]
    page = rendered(callers, acme)
    assert "Other: tool/9" in page
    assert "and 3 others" in page


def test_what_was_not_seen_for_30_days_is_left_out(acme, make_key) -> None:
    now = timezone.now()
    key, _ = make_key()
    at_the_border = now - dt.timedelta(days=30)
    seen_client(key, at_the_border, user_agent=agent("0.1.0b7"))
    earlier = at_the_border - dt.timedelta(seconds=1)
    seen_client(key, earlier, user_agent=agent("0.1.0b6"))
    seen_client(key, now, user_agent=MANY, address=MANY, number=99)
    callers = sdk_versions.callers(acme, at=now)
    assert [str(each.version) for each in callers.versions] == ["0.1.0b7"]
    assert callers.others == []


def test_an_organization_without_clients_gets_no_list(acme) -> None:
    assert not rendered(sdk_versions.callers(acme, at=timezone.now()), acme).strip()


def test_hostile_programs_are_escaped_and_cut(acme, make_key) -> None:
    now = timezone.now()
    key, _ = make_key()
    seen_client(key, now, user_agent="<script>alert(1)</script>" + "x" * 170)
    page = rendered(sdk_versions.callers(acme, at=now), acme)
    assert "<script>" not in page
    assert "Other: &lt;script&gt;alert(1)" in page
    assert "x" * 60 not in page


def test_an_old_version_leads_to_its_keys(acme, make_key, settings) -> None:
    settings.MINIMUM_SDK_VERSION = Version("0.2")
    now = timezone.now()
    for number in range(7):
        key, _ = make_key(f"key {number}")
        # From two addresses and with two versions: one key all the same.
        seen_client(key, now, user_agent=agent("0.1"), address="10.0.0.1")
        seen_client(key, now, user_agent=agent("0.1"), address="10.0.0.2")
        seen_client(key, now, user_agent=agent("0.1", "3.9.2"))
    seen_client(key, now, user_agent=agent("0.0.9"))
    seen_client(key, now, user_agent=agent("0.3"))
    callers = sdk_versions.callers(acme, at=now)
    assert [each.keys for each in callers.versions] == [1, 7, 1]
    assert callers.outdated == 7
    page = rendered(callers, acme)
    old = page[page.index("vi-sdk 0.1") : page.index("vi-sdk 0.0.9")]
    assert re.findall(r"<bdi>(key \d)</bdi>", old) == [
        f"key {number}" for number in range(5)
    ]
    assert "and 2 others" in old
    first = SecretKey.objects.get(name="key 0")
    assert f'href="{reverse("secretkeys:detail", args=[acme.pk, first.pk])}"' in old
    # Nobody has to look after what is new enough.
    assert "<bdi>" not in page[: page.index("vi-sdk 0.1")]


def test_made_up_names_hide_no_old_version_and_are_said_to_be_cut(
    acme, make_key, settings
) -> None:
    settings.MINIMUM_SDK_VERSION = Version("0.2")
    now = timezone.now()
    key, _ = make_key()
    for number in range(12):
        seen_client(key, now, user_agent=agent(f"1.{number}"))
    seen_client(key, now, user_agent=agent("0.1"))
    callers = sdk_versions.callers(acme, at=now)
    assert (len(callers.versions), callers.more_versions) == (10, 3)
    assert str(callers.versions[-1].version) == "0.1"
    assert "and 3 other versions" in rendered(callers, acme)
    assert "programs seen last are counted" not in rendered(callers, acme)
    KeyClient.objects.bulk_create(
        KeyClient(key=key, user_agent=f"x{n}", first_seen=now, last_seen=now, count=1)
        for n in range(sdk_versions.MOST_PROGRAMS)
    )
    page = rendered(sdk_versions.callers(acme, at=now), acme)
    assert "Only the 2,000 programs seen last are counted." in page


@pytest.mark.parametrize("number", [1, 30])
def test_many_keys_and_clients_take_two_queries(
    acme, make_key, number, django_assert_num_queries
) -> None:
    for name in range(number):
        key, _ = make_key(f"key {name}")
        for address in range(3):
            seen_client(key, timezone.now(), address=f"10.0.0.{address}")
    with django_assert_num_queries(2):
        (caller,) = sdk_versions.callers(acme, at=timezone.now()).versions
    assert caller.keys == number
