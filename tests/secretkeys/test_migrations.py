"""Rows of the release before keep what they allow, and its code runs on the new schema."""

import uuid

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from secretkeys.grants import Grant, Permission
from secretkeys.models import (
    KeyDayTotal,
    KeyUsage,
    KeyUsageDay,
    OrganizationUsage,
    OrganizationUsageDay,
    SecretKey,
)
from secretkeys.outcomes import Outcome
from tests.secretkeys.conftest import scopes

pytestmark = pytest.mark.django_db(transaction=True)

SUMS = (KeyUsage, KeyUsageDay, KeyDayTotal, OrganizationUsage, OrganizationUsageDay)
FIRST = [("secretkeys", "0001_initial"), ("orgs", "0001_initial")]
# What rows of the first release allow: Restricted was shown and could not be chosen.
KEPT = {
    "full": Grant.preset(Permission.FULL),
    "read_only": Grant.preset(Permission.READ_ONLY),
    "labeler_only": Grant.preset(Permission.LABELER_ONLY),
    "restricted": Grant.restricted({}),
}


def migrate(targets):
    """Bring the schema to a state; return the models of it."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.fixture
def first_release():
    """The models of the first release, on its schema; the schema comes back."""
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate(FIRST)
    migrate(latest)


def add_rows(models):
    """Store a key of every level and a count, as code that knows these models does."""
    organization = models.get_model("orgs", "Organization")(name="Acme")
    organization.save()
    for permission in KEPT:
        key = models.get_model("secretkeys", "SecretKey")(
            key_id=permission.rjust(16, "0").replace("_", "0"),
            organization=organization,
            name=permission,
            name_folded=permission,
            permission=permission,
            creation_nonce=uuid.uuid4(),
        )
        key.save()
    usage = {"resource": "assets", "access": 1, "outcome": "allowed", "count": 3}
    usage_model = models.get_model("secretkeys", "KeyUsage")
    usage_model(key=key, hour=timezone.now(), **usage).save()


def test_keys_of_the_first_release_keep_what_they_allow(first_release):
    add_rows(first_release)
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    assert {key.name: key.grant for key in SecretKey.objects.all()} == KEPT
    assert [model.objects.total() for model in SUMS] == [3] * 5
    organization = SecretKey.objects.first().organization
    assert (organization.access_scope, organization.advanced_permissions) == (0, 0)


def test_the_first_release_can_still_write_on_the_new_schema(db):
    add_rows(MigrationExecutor(connection).loader.project_state(FIRST).apps)
    assert {key.name: key.grant for key in SecretKey.objects.all()} == KEPT


def test_the_schema_can_go_back_with_the_rows(make_key, decide, acme):
    _, plaintext = make_key(permission=Permission.LABELER_ONLY)
    assert decide(plaintext, "GET", "/plans").outcome is Outcome.ALLOWED
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        models = migrate(FIRST)
        keys = models.get_model("secretkeys", "SecretKey").objects
        assert keys.values_list("permission", flat=True).get() == "labeler_only"
    finally:
        migrate(latest)
    assert decide(plaintext, "GET", "/plans").outcome is Outcome.ALLOWED


def test_the_schema_does_not_go_back_where_that_would_widen_a_key(make_key):
    make_key(grant=Grant.preset(Permission.FULL, scopes(dataset={"pets"})))
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        with pytest.raises(RuntimeError, match="Keys with an access scope exist"):
            migrate(FIRST)
    finally:
        migrate(latest)
    assert SecretKey.objects.get().grant.scopes == scopes(dataset={"pets"})
