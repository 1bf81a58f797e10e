"""Organizations from the command line."""

import re
import uuid

import pytest
from django.core.management import CommandError

from orgs.models import AuditEvent, Membership, Organization, User
from tests.commands import call, run

pytestmark = pytest.mark.django_db

BAD_NAMES = {
    "empty": "",
    "blank": "  ",
    "long": "x" * 65,
    "line break": "a\nb",
    "right-to-left": "a\u202eb",
    "bytes that are no text": "a\udcff",
}
BAD_ADDRESSES = {
    "empty": "",
    "a name": "ada",
    "two": "a@b.test,c@d.test",
    "line break": "a@b.test\n",
    "NUL": "a\0@b.test",
    "too long": "a" * 250 + "@b.test",
    "bytes that are no text": "\udcff@b.test",
}


def test_create_prints_the_id_alone_on_standard_output():
    out, err = call("create_organization", "Acme", "--owner=ada@acme.test")
    organization = Organization.objects.get(pk=uuid.UUID(out.strip()))
    owner = Membership.objects.get(organization=organization)
    assert out == f"{organization.pk}\n"
    assert organization.name == "Acme"
    assert (owner.user.email, owner.role) == ("ada@acme.test", "owner")
    assert AuditEvent.objects.get().actor == "Command line"
    password = re.fullmatch(r".*ada@acme\.test with password (\S+)\n", err)[1]
    assert owner.user.check_password(password)


@pytest.mark.parametrize("address", ["ada@acme.test", "ADA@Acme.Test"])
def test_create_gives_a_known_person_no_new_password(ada, address):
    _, err = call("create_organization", "Second", f"--owner={address}")
    before = ada.password
    ada.refresh_from_db()
    assert err == ""
    assert ada.password == before
    assert ada.memberships.count() == 1


def test_two_organizations_may_have_one_name(acme):
    call("create_organization", "Acme", "--owner=ada@acme.test")
    assert Organization.objects.filter(name="Acme").count() == 2


@pytest.mark.parametrize(
    "command", ["create_organization", "create_first_organization"]
)
@pytest.mark.parametrize("kind", BAD_NAMES)
def test_a_bad_name_is_refused_and_nothing_made(command, kind):
    name = BAD_NAMES[kind]
    named = [f"--name={name}"] if "first" in command else ["--", name]
    with pytest.raises(CommandError) as refused:
        call(command, "--owner=ada@acme.test", *named)
    assert "\n" not in str(refused.value)
    assert not Organization.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "command", ["create_organization", "create_first_organization"]
)
@pytest.mark.parametrize("kind", BAD_ADDRESSES)
def test_a_bad_address_is_refused_and_nothing_made(command, kind):
    named = [] if "first" in command else ["Acme"]
    with pytest.raises(CommandError) as refused:
        call(command, f"--owner={BAD_ADDRESSES[kind]}", *named)
    assert "\n" not in str(refused.value)
    assert not Organization.objects.exists()
    assert not User.objects.exists()


def test_the_first_organization_can_be_signed_in_to(client, settings):
    out, err = call("create_first_organization", "--owner=ada@acme.test")
    found = dict(re.findall(r"^  ([\w -]+): +(\S+)$", out, re.MULTILINE))
    owner = User.objects.get(email=found["e-mail"])
    assert owner.check_password(found["password"])
    assert str(Organization.objects.get().pk) == found["organization id"]
    assert f"{settings.PUBLIC_ORIGIN}/account/login/" in out
    assert err == ""


def test_the_first_organization_is_made_once():
    call("create_first_organization")
    before = list(Organization.objects.values())
    assert call("create_first_organization") == ("", "")
    assert list(Organization.objects.values()) == before
    assert User.objects.count() == 1


def test_an_installation_in_use_gets_no_first_organization(acme):
    assert call("create_first_organization") == ("", "")
    assert User.objects.count() == 1


def test_the_first_organization_can_go_to_somebody_known(ada):
    out, _ = call("create_first_organization", "--owner=ada@acme.test")
    before = ada.password
    ada.refresh_from_db()
    assert ada.memberships.count() == 1
    assert ada.password == before
    assert "password:" not in out


@pytest.mark.django_db(transaction=True)
def test_commands_print_and_exit_as_scripts_expect():
    status, out, err = run("create_organization", "Acme", "--owner=ada@acme.test")
    assert (status, len(out), err.count("\n")) == (0, 37, 1)
    status, out, err = run("create_organization", "Acme", "--owner=ada")
    assert (status, out) == (1, "")
    assert err == "CommandError: 'ada' is not an e-mail address.\n"
    assert run("create_first_organization") == (0, "", "")
