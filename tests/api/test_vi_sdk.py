"""The real client, vi-sdk 0.1.0b7, against a running server."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone
from vi.client.errors import (
    ViAuthenticationError,
    ViConflictError,
    ViNotFoundError,
    ViValidationError,
)

from orgs.actions import set_quota
from orgs.audit import COMMAND_LINE
from orgs.models import AuditEvent, Membership, Organization
from orgs.quotas import QuotaKind
from secretkeys import keyformat
from secretkeys.actions import KeyTerms, remove_key, rotate_key, update_key
from secretkeys.grants import PRESETS, Access, Grant, Permission, Resource
from secretkeys.models import SecretKey

pytestmark = pytest.mark.django_db(transaction=True)

INVALID = "This secret key is not valid for this organization."

# A few calls of every kind that the client offers.
CALLS = {
    "info": lambda client: client.organizations.info(),
    "get": lambda client: client.organizations.get(),
    "list": lambda client: client.organizations.list(),
    "plans": lambda client: client.plans.list(),
    "rename": lambda client: client.organizations.update(spec={"name": "Renamed"}),
    "collaborators": lambda client: client.organizations.list_collaborators(),
    "quota": lambda client: client.organizations.get_quota(),
    "datasets": lambda client: client.datasets.list(),
    "delete dataset": lambda client: client.datasets.delete("pets"),
    "asset": lambda client: client.assets.get("pets", "one"),
    "delete asset": lambda client: client.assets.delete("pets", "one"),
    "annotations": lambda client: client.annotations.list("pets", "one"),
    "delete label": lambda client: client.annotations.delete("pets", "one", "two"),
    "flows": lambda client: client.flows.list(),
    "delete flow": lambda client: client.flows.delete("one"),
    "model": lambda client: client.models.get("one"),
    "deployments": lambda client: client.deployments.list(),
    "delete deployment": lambda client: client.deployments.delete("one"),
}
IDENTITY = {"info", "get", "list", "plans"}
READS = {"datasets", "asset", "annotations", "flows", "model", "deployments"}
# What each level may do here; this server serves only the organization's part.
MAY = {
    Permission.FULL: set(CALLS),
    Permission.READ_ONLY: IDENTITY | READS | {"collaborators", "quota"},
    Permission.LABELER_ONLY: IDENTITY
    | {"datasets", "asset", "annotations", "delete label"},
    Permission.RESTRICTED: IDENTITY | {"model", "deployments", "delete deployment"},
}
CHOSEN = {Resource.MODELS: Access.READ, Resource.DEPLOYMENTS: Access.WRITE}
GRANTS = {level: Grant.preset(level) for level in PRESETS} | {
    Permission.RESTRICTED: Grant.restricted(CHOSEN)
}
SERVED = IDENTITY | {"rename", "collaborators", "quota"}


@pytest.fixture
def client(connect, make_key):
    """Return a client with a Full key."""
    return connect(make_key()[1])


def refusal(call):
    """Return what the client raises for a key that is refused."""
    with pytest.raises(ViAuthenticationError) as refused:
        call()
    return refused.value


def test_get_returns_the_organization(client, acme, ada):
    found = client.organizations.get()
    assert found.organization_id == str(acme.pk)
    assert found.name == "Acme"
    assert found.kind == "Workspace"
    assert list(found.users) == [str(ada.pk)]
    assert found.lock_status.is_locked is False


def test_info_prints_the_organization(client, capsys):
    client.organizations.info()
    assert "Acme" in capsys.readouterr().out


def test_list_has_the_key_s_own_organization_only(client, acme, globex):
    pages = client.organizations.list()
    assert [each.organization_id for each in pages.all_items()] == [str(acme.pk)]


def test_update_renames_the_organization(client, acme):
    renamed = client.organizations.update(spec={"name": "Acme Robotics"})
    acme.refresh_from_db()
    assert renamed.name == acme.name == "Acme Robotics"
    assert AuditEvent.objects.filter(action="organization.renamed").count() == 1


def test_update_of_metadata_is_refused_with_a_sentence(client, acme):
    with pytest.raises(ViValidationError, match="Only the name of an organization"):
        client.organizations.update(metadata={"team": "vision"})
    acme.refresh_from_db()
    assert acme.name == "Acme"


def test_list_collaborators_names_every_member(client, ada, abe, mel, gus):
    found = client.organizations.list_collaborators().items
    assert [(each["userId"], each["role"]) for each in found] == [
        (str(ada.pk), "Owner"),
        (str(abe.pk), "Admin"),
        (str(mel.pk), "Member"),
    ]


def test_remove_collaborator_ends_a_membership(client, mel):
    assert client.organizations.remove_collaborator(str(mel.pk)) is True
    assert not Membership.objects.filter(user=mel).exists()


def test_remove_collaborator_keeps_the_owner(client, ada):
    with pytest.raises(ViConflictError, match="Owner"):
        client.organizations.remove_collaborator(str(ada.pk))
    assert Membership.objects.filter(user=ada).exists()


def test_remove_collaborator_cannot_reach_another_organization(client, gus, globex):
    with pytest.raises(ViNotFoundError, match="no such collaborator"):
        client.organizations.remove_collaborator(str(gus.pk))
    assert Membership.objects.filter(user=gus).exists()


def test_remove_collaborator_cannot_climb_out_of_its_path(client, acme):
    with pytest.raises((ViNotFoundError, ViValidationError, ViAuthenticationError)):
        client.organizations.remove_collaborator("../../x?y=1")
    assert acme.memberships.count() == 1


def test_get_quota_counts_members_and_keys(client, make_key, mel):
    make_key("another")
    quota = client.organizations.get_quota()
    assert quota["collaborators"]["used"] == 2
    assert quota["secretKeys"] == {"used": 2, "limit": 1000, "renewsAt": None}


def test_get_quota_tells_what_account_managers_have_set(client, acme):
    set_quota(
        acme,
        QuotaKind.DATA_ROWS,
        used=7,
        limit=2**62,
        renews_on=dt.date(2027, 1, 31),
        actor=COMMAND_LINE,
        at=timezone.now(),
    )
    renews_at = 1_801_353_600_000
    assert client.organizations.get_quota() == {
        "dataRows": {"used": 7, "limit": 2**62, "renewsAt": renews_at},
        "computeCredits": {"used": 0, "limit": None, "renewsAt": None},
        "collaborators": {"used": 1, "limit": None, "renewsAt": None},
        "secretKeys": {"used": 1, "limit": 1000, "renewsAt": None},
    }


def test_plans_are_listed_and_read(client):
    (plan,) = client.plans.list().items
    assert client.plans.get(plan["planId"]) == plan
    with pytest.raises(ViNotFoundError, match="no such plan"):
        client.plans.get("other")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("permission", MAY)
def test_a_level_can_what_it_may_and_nothing_else(connect, make_key, permission, call):
    client = connect(make_key(grant=GRANTS[permission])[1])
    if call not in MAY[permission]:
        error = refusal(lambda: CALLS[call](client))
        assert error.status_code == 403
        assert f"This secret key is {permission.label} and may not" in error.message
    elif call not in SERVED:
        with pytest.raises(ViNotFoundError, match="it does not serve"):
            CALLS[call](client)
    else:
        CALLS[call](client)


@pytest.mark.parametrize("permission", [Permission.LABELER_ONLY, Permission.RESTRICTED])
def test_people_are_hidden_from_keys_that_may_not_read_them(
    connect, make_key, acme, permission
):
    Organization.objects.update(account_manager_email="manager@vi.test")
    client = connect(make_key(grant=GRANTS[permission])[1])
    for found in (client.organizations.get(), client.organizations.list().items[0]):
        assert found.users == {}
        assert not found.metadata.account_manager


def test_a_wrong_key_is_refused(connect, make_key, settings):
    make_key()
    stranger = keyformat.generate(settings.SIGNING_KEYS[0]).plaintext
    error = refusal(connect(stranger).organizations.get)
    assert error.status_code == 401
    assert error.message.startswith(INVALID)


def test_a_key_of_another_server_is_refused(connect):
    error = refusal(connect(keyformat.generate(bytes(32)).plaintext).plans.list)
    assert (error.status_code, error.message.startswith(INVALID)) == (401, True)


@pytest.mark.parametrize("other", ["globex", "unknown", "text", "upper"])
def test_another_organization_id_is_refused(connect, make_key, acme, globex, other):
    _, plaintext = make_key()
    ids = {
        "globex": globex.pk,
        "unknown": uuid.uuid4(),
        "text": "acme",
        "upper": str(acme.pk).upper(),
    }
    client = connect(plaintext, ids[other])
    for call in (client.organizations.get, client.plans.list, client.datasets.list):
        error = refusal(call)
        assert (error.status_code, error.message.startswith(INVALID)) == (401, True)


def test_an_expired_key_is_told_so(connect, make_key):
    past = timezone.now() - dt.timedelta(seconds=1)
    client = connect(make_key(expires_at=past)[1])
    error = refusal(client.organizations.get)
    assert error.status_code == 401
    assert error.message.startswith("This secret key has expired.")


def test_a_removed_key_is_refused_on_the_very_next_call(connect, make_key):
    key, plaintext = make_key()
    client = connect(plaintext)
    client.organizations.get()
    remove_key(key, actor=COMMAND_LINE, at=timezone.now())
    error = refusal(client.organizations.get)
    assert (error.status_code, error.message.startswith(INVALID)) == (401, True)


def test_another_permission_counts_on_the_very_next_call(connect, make_key):
    key, plaintext = make_key()
    client = connect(plaintext)
    client.organizations.update(spec={"name": "First"})
    terms = KeyTerms(key.name, Grant.preset(Permission.READ_ONLY), None)
    update_key(
        key,
        terms,
        confirmed=True,
        seen=KeyTerms.of(key).fingerprint,
        actor=COMMAND_LINE,
        at=timezone.now(),
    )
    error = refusal(lambda: client.organizations.update(spec={"name": "Second"}))
    assert error.status_code == 403
    assert "Read Only and may not change the organization's settings" in error.message


def test_a_locked_organization_is_refused_on_the_very_next_call(client, acme):
    client.organizations.get()
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    error = refusal(client.organizations.get)
    assert error.status_code == 403
    assert error.message.startswith("This organization is locked.")


def test_a_rotated_key_works_until_its_overlap_ends(connect, make_key):
    key, plaintext = make_key()
    old = connect(plaintext)
    now = timezone.now()
    overlap = dt.timedelta(hours=1)
    _, successor = rotate_key(
        key, overlap=overlap, nonce=uuid.uuid4(), actor=COMMAND_LINE, at=now
    )
    for client in (old, connect(successor)):
        assert client.organizations.get().name == "Acme"
    SecretKey.objects.filter(pk=key.pk).update(expires_at=now)
    assert refusal(old.organizations.get).message.startswith("This secret key has exp")


def test_the_reference_of_an_error_reaches_the_client(connect):
    client = connect(keyformat.generate(bytes(32)).plaintext)
    first, second = (refusal(client.organizations.get) for _ in range(2))
    assert len(first.trace_id) == len(second.trace_id) == 32
    assert first.trace_id != second.trace_id


def test_the_reference_of_a_missing_thing_reaches_the_client(client):
    with pytest.raises(ViNotFoundError) as missing:
        client.datasets.list()
    assert len(missing.value.trace_id) == 32
