"""What an account manager decides about an organization, from the command line."""

import pytest
from django.core.management import CommandError, call_command

from orgs.models import AuditEvent


def _change(organization, *options: str) -> None:
    call_command("change_organization", str(organization.pk), *options)
    organization.refresh_from_db()


def test_lock_refuses_keys_and_unlock_lets_them_in(acme, make_key, client) -> None:
    _, plaintext = make_key()
    headers = {
        "Authorization": f"Bearer {plaintext}",
        "Organization-Id": str(acme.pk),
    }
    _change(acme, "--lock")
    locked = client.get("/plans", headers=headers).status_code
    _change(acme, "--unlock")
    assert (locked, client.get("/plans", headers=headers).status_code) == (403, 200)


def test_limit_and_account_manager_are_kept_unless_named(acme) -> None:
    _change(acme, "--key-limit", "5", "--account-manager", "amy@datature.test")
    _change(acme, "--lock")
    assert (acme.key_limit, acme.account_manager_email) == (5, "amy@datature.test")


def test_change_is_audited_once(acme) -> None:
    _change(acme, "--key-limit", "5")
    _change(acme, "--key-limit", "5")
    event = AuditEvent.objects.get(action="organization.changed")
    assert event.changes == {"key limit": ["1000", "5"]}


@pytest.mark.parametrize(
    "options",
    [
        ("--key-limit", "many"),
        ("--key-limit", "-1"),
        ("--key-limit", "9" * 30),
        ("--account-manager", "nobody"),
    ],
)
def test_bad_value_is_refused_and_nothing_changes(acme, options) -> None:
    with pytest.raises(CommandError):
        _change(acme, *options)
    assert not AuditEvent.objects.filter(action="organization.changed").exists()
