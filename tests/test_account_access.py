"""Who gets what from the pages that belong to no organization."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from tests.conftest import ROLES
from tests.test_access_matrix import PAGES, url_patterns

SIGNED_OUT = ("anonymous", "suspended")
NOWHERE = 2**40
# (status of GET, status of an empty POST) for whoever is signed in, by URL name.
OWN = {
    "orgs:home": (302, 405),
    "orgs:organization_create": (200, 422),
    "orgs:invitation_accept": (405, 302),
    "account_profile": (200, 405),
    "account_rename": (302, 422),
    "account_time_zone": (302, 422),
    "account_appearance": (302, 422),
    "account_key_mails": (302, 302),
    "account_email_change": (302, 422),
    "account_email_resend": (302, 302),
    "account_email_withdraw": (302, 302),
    "account_change_password": (200, 200),
    # Only for accounts without one.
    "account_set_password": (302, 302),
    "account_logout": (200, 302),
    "account_reauthenticate": (200, 200),
    "account_sign_in_again": (200, 405),
    "account_confirmed": (200, 405),
    "mfa_index": (200, 405),
    "mfa_activate_totp": (200, 200),
    # After the page that shows it.
    "mfa_app_qr_code": (404, 405),
    "mfa_deactivate_totp": (404, 404),
    "mfa_add_webauthn": (200, 200),
    "mfa_list_webauthn": (302, 302),
    "mfa_edit_webauthn": (404, 404),
    "mfa_remove_webauthn": (404, 404),
    "mfa_generate_recovery_codes": (200, 200),
    "mfa_view_recovery_codes": (404, 405),
    # Lead on to the password: nothing else is set up.
    "mfa_reauthenticate": (302, 302),
    "mfa_reauthenticate_webauthn": (302, 302),
    "usersessions_list": (200, 405),
    "usersessions_end": (302, 302),
    "usersessions_end_others": (302, 302),
}
# The same for people who are not signed in, and then for those who are.
OPEN = {
    "orgs:invitation": ((404, 404), (404, 404)),
    "account_login": ((200, 200), (302, 302)),
    "mfa_login_webauthn": ((302, 302), (302, 302)),
    "mfa_authenticate": ((302, 302), (302, 302)),
    "account_signup": ((200, 200), (302, 302)),
    "account_inactive": ((200, 405), (200, 405)),
    "account_email_verification_sent": ((200, 405), (200, 405)),
    "account_email_confirm": ((404, 404), (404, 404)),
    "account_reset_password": ((200, 200), (200, 200)),
    "account_reset_password_done": ((200, 405), (200, 405)),
    "account_reset_password_from_key": ((200, 200), (200, 200)),
    "account_reset_password_from_key_done": ((200, 405), (200, 405)),
}
NAMED = {
    "orgs:invitation": ["made-up-token"],
    "orgs:invitation_accept": [NOWHERE],
    "account_email_confirm": ["made:up"],
    "account_reset_password_from_key": ["1", "made-up"],
    "mfa_edit_webauthn": [NOWHERE],
    "mfa_remove_webauthn": [NOWHERE],
    "usersessions_end": [NOWHERE],
}


def _url(name: str) -> str:
    return reverse(name, args=NAMED.get(name, []))


def _statuses(client: Client, name: str) -> tuple[int, int]:
    return client.get(_url(name)).status_code, client.post(_url(name)).status_code


@pytest.mark.parametrize("role", SIGNED_OUT)
@pytest.mark.parametrize("name", OWN)
def test_own_pages_lead_to_the_sign_in(
    name: str, role: str, person: Callable[[str], Client]
) -> None:
    client = person(role)
    for answer in (client.get(_url(name)), client.post(_url(name))):
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("role", [each for each in ROLES if each not in SIGNED_OUT])
@pytest.mark.parametrize("name", OWN)
def test_own_pages_are_the_same_for_every_role(
    name: str, role: str, person: Callable[[str], Client]
) -> None:
    client = person(role)
    expected = OWN[name]
    # Whoever has no organization is told so.
    if name == "orgs:home" and role == "removed":
        expected = (200, 405)
    if role == "staff" and name in _STAFF_DIFFERS:
        expected = _STAFF_DIFFERS[name]
    assert _statuses(client, name) == expected


# Amy has an app already, and is asked for a code where others are for a password.
_STAFF_DIFFERS = {
    "mfa_activate_totp": (302, 302),
    "mfa_deactivate_totp": (200, 302),
    "mfa_generate_recovery_codes": (200, 302),
    "mfa_reauthenticate": (200, 200),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", OPEN)
def test_open_pages_answer_everybody(
    name: str, role: str, person: Callable[[str], Client]
) -> None:
    client = person(role)
    assert _statuses(client, name) == OPEN[name][role not in SIGNED_OUT]


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
@pytest.mark.parametrize("name", [*OWN, *OPEN])
def test_post_without_a_token_changes_nothing(
    name: str, htmx: bool, client_for: Callable[..., Client], ada
) -> None:
    client = client_for(ada)
    client.handler.enforce_csrf_checks = True
    headers = {"HX-Request": "true"} if htmx else {}
    answer = client.post(_url(name), headers=headers)
    assert answer.status_code == 403
    assert b"out of date" in answer.content


def test_tables_name_every_url() -> None:
    names = {name for name, _ in url_patterns(get_resolver()) if name}
    others = {name for name in names if name in PAGES or name.startswith("admin:")}
    assert names - others == {*OWN, *OPEN}
