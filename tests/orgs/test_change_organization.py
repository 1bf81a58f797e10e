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


@pytest.mark.parametrize("feature", ["access scope", "advanced permissions"])
def test_feature_is_switched_on_and_off_again(acme, feature) -> None:
    option = f"--{feature.replace(' ', '-')}"
    seen = []
    for word in ("on", "on", "off"):
        _change(acme, option, word)
        seen.append(getattr(acme, feature.replace(" ", "_")))
    events = AuditEvent.objects.filter(action="organization.changed").order_by("pk")
    assert seen == [True, True, False]
    assert [event.changes for event in events] == [
        {feature: ["off", "on"]},
        {feature: ["on", "off"]},
    ]


def test_feature_stays_as_it_is_unless_named(acme) -> None:
    _change(acme, "--access-scope", "on")
    _change(acme, "--advanced-permissions", "on", "--key-limit", "5")
    assert (acme.access_scope, acme.advanced_permissions) == (True, True)


@pytest.mark.parametrize(
    "options",
    [
        ("--access-scope", "yes"),
        ("--advanced-permissions", ""),
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
