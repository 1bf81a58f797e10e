"""Where a request came from, as each door keeps it: no header of a stranger counts."""

import pytest

from config import values
from secretkeys import recording
from secretkeys.models import KeyClient
from tests.gateway.asking import ASKS, wsgi_ask

pytestmark = pytest.mark.django_db(transaction=True)

PROXIES = ("127.0.0.1", "10.0.0.0/8")
DOORS = {
    "api": (wsgi_ask, "/workspaces/{}"),
    **{f"verify {form}": (ask, "/auth/verify") for form, ask in ASKS.items()},
    **{f"whoami {form}": (ask, "/auth/whoami") for form, ask in ASKS.items()},
}


@pytest.fixture(params=DOORS)
def seen(request, acme, make_key, settings):
    """Return a function that sends a request through a door; it tells whose it was."""
    settings.TRUSTED_PROXIES = values.networks("TRUSTED_PROXIES", PROXIES)
    settings.GATEWAY_PROXIES = values.networks("", [*PROXIES, "198.51.100.0/24"])
    ask, path = DOORS[request.param]
    key = make_key()[1]

    def seen(*forwarded_for, peer="127.0.0.1"):
        pairs = [
            ("Authorization", f"Bearer {key}"),
            ("Organization-Id", str(acme.pk)),
            ("X-Original-URI", f"/workspaces/{acme.pk}"),
            ("X-Original-Method", "GET"),
            *(("X-Forwarded-For", each) for each in forwarded_for),
        ]
        assert ask(path.format(acme.pk), pairs, "GET", peer).status_code == 200
        recording.flush()
        return KeyClient.objects.get().address

    return seen


def test_proxy_tells_the_address_and_a_forged_one_is_passed_over(seen):
    assert seen("192.0.2.66, 203.0.113.9, 10.0.0.4") == "203.0.113.9"


def test_header_that_a_client_sent_itself_stands_before_the_proxys(seen):
    assert seen("192.0.2.66", "203.0.113.9") == "203.0.113.9"


def test_whoever_is_no_trusted_proxy_is_not_believed(seen):
    assert seen("192.0.2.66", peer="198.51.100.7") == "198.51.100.7"


def test_address_that_cannot_be_one_is_not_kept(seen):
    assert seen("192.0.2.66, '; DROP TABLE") == "127.0.0.1"
