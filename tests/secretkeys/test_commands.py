"""Keys from the command line: what is printed where, and what is refused how."""

import datetime as dt
import json
import uuid

import pytest
from django.core.management import CommandError
from django.utils import timezone

from orgs.models import AuditEvent, Organization
from secretkeys import keyformat
from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.models import SecretKey
from secretkeys.scopes import Reach
from tests.commands import call, run
from tests.secretkeys.conftest import scopes, switch

pytestmark = pytest.mark.django_db

BAD_OPTIONS = {
    "empty name": ["--name="],
    "blank name": ["--name=  "],
    "long name": ["--name=" + "x" * 65],
    "line break": ["--name=a\nb"],
    "right-to-left": ["--name=a\u202eb"],
    "bytes that are no text": ["--name=a\udcff"],
    "no days": ["--expires-in-days=0"],
    "days gone by": ["--expires-in-days=-1"],
    "too many days": ["--expires-in-days=3651"],
    "absurdly many days": ["--expires-in-days=" + "9" * 30],
    "days in words": ["--expires-in-days=ten"],
    "unknown level": ["--permission=root"],
    "locked level": ["--permission=restricted", "--allow=datasets=read"],
    "locked scope": ["--dataset-access=none"],
    "rows for a level": ["--permission=full", "--allow=datasets=read"],
}
# Of an organization with both features; each is told what it says.
BAD_GRANTS = {
    "no row": (["--permission=restricted"], "Choose Read or Write for at least one"),
    "unknown row": (
        ["--permission=restricted", "--allow=identity=read"],
        "training, models, deployments, organization, then =read or =write.",
    ),
    "no access": (["--permission=restricted", "--allow=assets"], "=read or =write."),
    "access none": (["--permission=restricted", "--allow=assets=none"], "or =write."),
    "two accesses": (["--permission=restricted", "--allow=assets=read=write"], "or ="),
    "empty row": (["--permission=restricted", "--allow="], "--allow takes one of"),
    "rows for a level": (
        ["--permission=read_only", "--allow=assets=read"],
        "--allow goes with --permission restricted only.",
    ),
    "unknown id": (["--dataset-access=pets,ghost"], "which does not have: ghost."),
    "other category": (["--training-access=pets"], "which does not have: pets."),
    "no id": (["--dataset-access="], "An access takes all, none, or external ids"),
    "commas": (["--dataset-access=,,"], "An access takes all, none, or external ids"),
    "a space": (["--dataset-access=pets, cars"], "An access takes all, none, or"),
    "NUL": (["--dataset-access=\0"], "An access takes all, none, or external ids"),
    "no text": (["--dataset-access=\udcff"], "An access takes all, none, or external"),
    "101 ids": (
        ["--dataset-access=" + ",".join(f"ds{number}" for number in range(101))],
        "Select at most 100 of datasets.",
    ),
}
NO_ORGANIZATION = ["", "acme", "1", str(uuid.UUID(int=0)), "\udcff", "a" * 1000]


def create(organization, *options, name="pipeline"):
    """Create a key on the command line; return what was printed."""
    chosen = (f"--organization={organization.pk}", f"--name={name}")
    return call("create_secret_key", *chosen, *options)


def test_create_prints_the_key_alone_on_standard_output(acme, settings):
    out, err = create(acme)
    parsed = keyformat.parse(out.removesuffix("\n"), settings.SIGNING_KEYS)
    assert SecretKey.objects.get().key_id == parsed.key_id
    assert err.splitlines() == [
        f"Created pipeline ({out[:11]}…): Full, never expires.",
        "The key is shown this once.",
    ]


def test_create_takes_a_level_and_a_lifetime(acme):
    _, err = create(acme, "--permission=labeler_only", "--expires-in-days=30")
    key = SecretKey.objects.get()
    left = key.expires_at - timezone.now()
    assert dt.timedelta(days=29, hours=23) < left <= dt.timedelta(days=30)
    assert key.permission == Permission.LABELER_ONLY
    assert f"Labeler Only, expires {key.expires_at:%Y-%m-%d}." in err


@pytest.mark.parametrize("days", ["1", "3650"])
def test_create_takes_one_day_to_ten_years(acme, days):
    create(acme, f"--expires-in-days={days}")
    assert SecretKey.objects.get().expires_at is not None


def test_create_is_audited(acme):
    create(acme)
    event = AuditEvent.objects.get(action="key.created")
    assert (event.actor, event.actor_user) == ("Command line", None)


def test_create_takes_rows_and_an_access_scope(featured):
    _, err = create(
        featured,
        "--permission=restricted",
        *("--allow=annotations=write", "--allow=datasets=read", "--allow=assets=read"),
        *("--dataset-access=pets,cars", "--training-access=none"),
    )
    rows = {Resource.DATASETS: Access.READ, Resource.ASSETS: Access.READ}
    assert SecretKey.objects.get().grant == Grant.restricted(
        rows | {Resource.ANNOTATIONS: Access.WRITE},
        scopes(dataset={"pets", "cars"}, training=Reach.NONE),
    )
    assert "Restricted (Annotations: write · Datasets, Assets: read), never" in err


def test_create_takes_an_access_scope_for_any_level(featured):
    create(featured, "--permission=labeler_only", "--dataset-access=pets")
    scope = scopes(dataset={"pets"})
    level = Permission.LABELER_ONLY
    assert SecretKey.objects.get().grant == Grant.preset(level, scope)


@pytest.mark.parametrize("kind", BAD_GRANTS)
def test_create_refuses_a_bad_grant_in_one_sentence(featured, kind):
    options, sentence = BAD_GRANTS[kind]
    with pytest.raises(CommandError) as refused:
        create(featured, *options)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not SecretKey.objects.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--dataset-access=pets"], "Access scope configuration is not available"),
        (
            ["--permission=restricted", "--allow=assets=read"],
            "This permission is not available to your organization.",
        ),
    ],
)
def test_create_refuses_what_is_not_switched_on(featured, options, sentence):
    switch(featured, access_scope=False, advanced_permissions=False)
    with pytest.raises(CommandError, match=sentence):
        create(featured, *options)
    assert not SecretKey.objects.exists()


@pytest.mark.parametrize("kind", BAD_OPTIONS)
def test_create_refuses_bad_options_and_makes_nothing(acme, kind):
    with pytest.raises(CommandError) as refused:
        create(acme, *BAD_OPTIONS[kind])
    assert "\n" not in str(refused.value)
    assert not SecretKey.objects.exists()


def test_create_refuses_a_name_that_is_taken(acme, make_key):
    make_key("Pipeline")
    with pytest.raises(CommandError, match="A key with this name already exists"):
        create(acme)


def test_create_refuses_more_keys_than_the_limit(acme, make_key):
    make_key("first")
    Organization.objects.update(key_limit=1)
    with pytest.raises(CommandError, match="reached its limit of 1 keys"):
        create(acme)
    assert SecretKey.objects.count() == 1


@pytest.mark.parametrize("text", NO_ORGANIZATION, ids=ascii)
@pytest.mark.parametrize("command", ["create_secret_key", "list_secret_keys"])
def test_an_unknown_organization_is_refused(acme, command, text):
    options = ["--name=pipeline"] if command == "create_secret_key" else []
    with pytest.raises(CommandError, match="There is no organization with the id"):
        call(command, f"--organization={text}", *options)
    assert not SecretKey.objects.exists()


def test_list_shows_current_keys_by_name(acme, make_key):
    make_key("zebra")
    make_key("Ant", permission=Permission.READ_ONLY)
    make_key("gone", removed_at=timezone.now())
    out, err = call("list_secret_keys", f"--organization={acme.pk}")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[1:6] for row in rows] == [
        ["Ant", "read_only", "Everything: read", "All", "active"],
        ["zebra", "full", "Everything: write", "All", "active"],
    ]
    assert err == ""


def test_list_says_what_keys_may_do_and_where(featured, make_key):
    rows = {Resource.ASSETS: Access.READ, Resource.ANNOTATIONS: Access.WRITE}
    two = scopes(dataset={"pets", "cars"}, training=Reach.NONE)
    make_key("vendor", grant=Grant.restricted(rows, two))
    chosen = f"--organization={featured.pk}"
    (line,) = call("list_secret_keys", chosen)[0].splitlines()
    (row,) = json.loads(call("list_secret_keys", chosen, "--json")[0])
    words = ["restricted", "Annotations: write · Assets: read", "2 datasets"]
    assert line.split("\t")[2:5] == words
    assert [row[name] for name in ("permission", "grant", "access")] == words


def test_list_as_json_is_one_array(acme, make_key):
    expired = timezone.now() - dt.timedelta(days=1)
    key, plaintext = make_key(expires_at=expired, last_used_at=expired)
    out, _ = call("list_secret_keys", f"--organization={acme.pk}", "--json")
    (row,) = json.loads(out)
    assert row["key_id"] == key.key_id
    assert row["status"] == "expired"
    assert row["created_by"] == "Ada Lovelace"
    assert dt.datetime.fromisoformat(row["last_used_at"]) == expired
    assert plaintext[22:85] not in out


def test_list_of_no_keys_is_empty(acme):
    assert call("list_secret_keys", f"--organization={acme.pk}") == ("", "")
    out, _ = call("list_secret_keys", f"--organization={acme.pk}", "--json")
    assert json.loads(out) == []


def test_list_shows_no_other_organization(acme, globex, make_key):
    make_key()
    assert call("list_secret_keys", f"--organization={globex.pk}") == ("", "")


def test_remove_ends_a_key(make_key):
    key, _ = make_key()
    out, err = call("remove_secret_key", key.key_id)
    key.refresh_from_db()
    assert key.is_removed
    assert (out, err) == ("", f"Removed pipeline ({key.stem}…).\n")
    assert AuditEvent.objects.get(action="key.removed").actor == "Command line"


def test_remove_refuses_a_key_that_is_removed(make_key):
    key, _ = make_key(removed_at=timezone.now())
    with pytest.raises(CommandError, match="This key was already removed"):
        call("remove_secret_key", key.key_id)


@pytest.mark.parametrize(
    "text", ["", "x" * 16, "dtvi_", "\udcff", "x" * 5000], ids=ascii
)
def test_remove_refuses_an_unknown_id(make_key, text):
    make_key()
    with pytest.raises(CommandError, match="There is no secret key with this id"):
        call("remove_secret_key", text)


def test_remove_refuses_a_whole_key_without_repeating_it(make_key):
    _, plaintext = make_key()
    with pytest.raises(CommandError) as refused:
        call("remove_secret_key", plaintext)
    assert plaintext[22:85] not in str(refused.value)


@pytest.mark.django_db(transaction=True)
def test_commands_print_and_exit_as_scripts_expect(acme):
    chosen = (f"--organization={acme.pk}", "--name=pipeline")
    status, out, err = run("create_secret_key", *chosen)
    assert (status, len(out), err.count("\n")) == (0, 104, 2)
    status, out, err = run("create_secret_key", *chosen)
    assert (status, out) == (1, "")
    assert (
        err
        == "CommandError: A key with this name already exists. Choose another name.\n"
    )
    status, out, err = run("list_secret_keys", "--organization=acme")
    assert (status, out) == (1, "")
    assert err == "CommandError: There is no organization with the id 'acme'.\n"


@pytest.mark.django_db(transaction=True)
def test_remove_exits_as_scripts_expect(make_key):
    key, _ = make_key()
    removed = f"Removed pipeline ({key.stem}…).\n"
    already = "CommandError: This key was already removed.\n"
    assert run("remove_secret_key", key.key_id) == (0, "", removed)
    assert run("remove_secret_key", key.key_id) == (1, "", already)
