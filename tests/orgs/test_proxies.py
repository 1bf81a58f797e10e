"""Whose address a request has behind proxies: never one that a stranger made up."""

from ipaddress import ip_address

import pytest
from django.core.checks import Tags, run_checks
from hypothesis import given
from hypothesis import strategies as st

from config import values
from orgs.proxies import client_address

OURS, SOCKETS = values.trusted_proxies(
    "TRUSTED_PROXIES", ["10.0.0.0/8", "2001:db8:1::/48", "::ffff:192.0.2.0/120"], {}
)
CLIENT = "203.0.113.9"


def _address(forwarded_for, peer="10.0.0.1", *, sockets=SOCKETS):
    return client_address(peer, forwarded_for, OURS, sockets=sockets)


@pytest.mark.parametrize(
    "written",
    [
        CLIENT,
        f"198.51.100.6, {CLIENT}",
        f"10.0.0.7, {CLIENT}",
        f"{CLIENT},10.0.0.2",
        f"198.51.100.6 , {CLIENT} ,  10.0.0.2,2001:db8:1::5, 192.0.2.77",
        f"{CLIENT}:51234",
        f"::ffff:{CLIENT}",
        f"[::ffff:{CLIENT}]:443, [2001:db8:1::2]:80",
        f"<script>, {CLIENT}, ::ffff:10.0.0.9",
        f"{'1.2.3.4,' * 10_000}{CLIENT}",
    ],
)
def test_client_is_whom_the_outermost_proxy_was_asked_by(written):
    assert _address(written) == CLIENT


def test_addresses_of_version_6_are_written_in_one_way():
    for written in ("2001:DB8:0::0001", "[2001:db8::1]", "[2001:db8::1]:8443"):
        assert _address(written) == "2001:db8::1"
    assert _address("fe80::1%eth0") == "fe80::1"


@pytest.mark.parametrize(
    "garbage",
    [
        *("unknown", "", " ", "\0", "_hidden", "%", "[]", "x" * 5000, "٣.١.١.١"),
        *("1.2.3", "1.2.3.4.5", "1.2.3.4 5.6.7.8", "1.2.3.4:x", "1.2.3.4:"),
        *("[::1", "::1]"),
    ],
)
def test_proxy_that_reports_no_address_is_the_answer_itself(garbage):
    assert _address(garbage) == "10.0.0.1"
    assert _address(f"198.51.100.6, {garbage}, 10.0.0.2") == "10.0.0.2"


def test_whoever_is_no_proxy_is_not_believed():
    assert _address("198.51.100.6", CLIENT) == CLIENT
    assert _address("198.51.100.6", f"::ffff:{CLIENT}") == CLIENT
    assert _address(None) == _address("") == "10.0.0.1"


def test_peer_behind_a_socket_file_is_believed_where_that_is_said():
    for peer in (None, ""):
        assert _address(CLIENT, peer) is None
        assert _address(f"198.51.100.6, {CLIENT}", peer, sockets=True) == CLIENT
    assert _address(None, None, sockets=True) is None


def test_endless_rows_of_proxies_are_read_a_short_way():
    assert _address(f"{CLIENT}," + ",".join(["10.0.0.3"] * 10_000)) == "10.0.0.3"
    inside = ",".join(f"10.0.0.{number}" for number in range(3, 12))
    assert _address(f"{CLIENT},{inside}") == CLIENT


@given(st.text(max_size=200), st.ip_addresses().filter(lambda a: not a.is_private))
def test_what_strangers_write_never_matters(invented, asked_from):
    reported = _address(str(asked_from))
    assert _address(f"{invented},{asked_from}") == reported
    assert reported is None or ip_address(reported)


def test_socket_files_are_named_by_a_word():
    found = values.trusted_proxies("TRUSTED_PROXIES", ["unix", " 10.0.0.7"], {})
    assert found == (values.networks("", ["10.0.0.7/32"]), True)


@pytest.mark.parametrize(("proxies", "complaints"), [([], 1), (["10.0.0.7"], 0)])
def test_deployment_behind_a_proxy_that_is_not_named_is_warned(
    settings, proxies, complaints
):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.TRUSTED_PROXIES = values.networks("", proxies)
    found = run_checks(tags=[Tags.security], include_deployment_checks=True)
    assert [each.id for each in found].count("orgs.W002") == complaints
