"""What was there before people could be invited stays, and fits what came since."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("orgs", "0003_catalogueentry"), ("secretkeys", "0005_denials")]


@pytest.fixture
def before():
    """The models of the release before, on its schema; the schema comes back."""
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    MigrationExecutor(connection).migrate(BEFORE)
    yield MigrationExecutor(connection).loader.project_state(BEFORE).apps
    MigrationExecutor(connection).migrate(latest)


def add_rows(models):
    """Store an account and a log of three events; return the organization's id."""
    organization = models.get_model("orgs", "Organization")(name="Acme")
    organization.save()
    user = models.get_model("orgs", "User")(email="Old@acme.test", name="Old Hand")
    user.password = User(email="").password
    user.save()
    for number in range(3):
        models.get_model("orgs", "AuditEvent")(
            organization=organization,
            at=timezone.now(),
            action="organization.renamed",
            actor="old@acme.test",
            subject=f"Acme {number}",
            changes={"name": ["b", "a"]},
        ).save()
    return organization.pk


def test_old_accounts_sign_in_and_old_logs_are_chained(before, capsys):
    organization_id = add_rows(before)
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    MigrationExecutor(connection).migrate(latest)
    call_command("verify_audit", str(organization_id))
    assert capsys.readouterr().out.startswith(f"{organization_id} 3 events, ")
    MigrationExecutor(connection).migrate([("orgs", "0006_audit_chain")])
    MigrationExecutor(connection).migrate(latest)
    call_command("verify_audit", str(organization_id))
    old = User.objects.get()
    assert old.name_folded == "old hand"
    old.set_password(PASSWORD)
    old.save()
    form = {"login": "old@acme.test", "password": PASSWORD}
    assert Client().post(reverse("account_login"), form).status_code == 302
    address = old.emailaddress_set.get()
    assert (address.email, address.verified) == ("old@acme.test", True)
    MigrationExecutor(connection).migrate(BEFORE)
    assert before.get_model("orgs", "AuditEvent").objects.count() == 3
    call_command("flush", interactive=False, verbosity=0)
