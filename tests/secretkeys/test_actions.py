"""Two people at once: one winner, a clear answer for the other, one event per effect."""

import datetime as dt
import threading
import uuid

import pytest
from django.db import connection
from django.utils import timezone

from orgs.audit import COMMAND_LINE, Actor
from orgs.models import AuditEvent, Organization, User
from orgs.refusals import NotAllowed
from secretkeys.actions import (
    KeyTerms,
    create_key,
    remove_key,
    rotate_key,
    update_key,
)
from secretkeys.grants import Grant, Permission
from secretkeys.models import SecretKey
from secretkeys.refusals import (
    AccessScopeLocked,
    AlreadyCreated,
    AlreadyRemoved,
    AlreadyReplaced,
    ChangedMeanwhile,
    KeyLimitReached,
    NameTaken,
)
from secretkeys.scopes import Reach
from tests.secretkeys.conftest import scopes

FULL = Grant.preset(Permission.FULL)
READ_ONLY = Grant.preset(Permission.READ_ONLY)
NO_TRAINING = Grant.preset(Permission.FULL, scopes(training=Reach.NONE))

pytestmark = pytest.mark.django_db(transaction=True)


def race(*jobs):
    """Run jobs at the same moment; return what each returned or raised, by kind."""
    start = threading.Barrier(len(jobs))
    done = [None] * len(jobs)

    def run(place, job):
        try:
            start.wait(10)
            job()
            done[place] = "done"
        except Exception as error:  # noqa: BLE001 - the test names the ones it expects
            done[place] = type(error).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(done)


def creating(organization, name="pipeline", nonce=None, grant=FULL):
    """Return a job that creates a key."""
    terms = KeyTerms(name, grant, None)
    return lambda: create_key(
        organization,
        terms,
        nonce=nonce or uuid.uuid4(),
        actor=COMMAND_LINE,
        at=timezone.now(),
    )


def renaming(key, name, grant=FULL):
    """Return a job that renames a key, or changes what it may do."""
    terms = KeyTerms(name, grant, None)
    return lambda: update_key(
        key,
        terms,
        confirmed=True,
        seen=KeyTerms.of(key).fingerprint,
        actor=COMMAND_LINE,
        at=timezone.now(),
    )


def removing(key):
    """Return a job that removes a key."""
    return lambda: remove_key(key, actor=COMMAND_LINE, at=timezone.now())


def rotating(key, nonce=None):
    """Return a job that rotates a key."""
    return lambda: rotate_key(
        key,
        overlap=dt.timedelta(hours=1),
        nonce=nonce or uuid.uuid4(),
        actor=COMMAND_LINE,
        at=timezone.now(),
    )


def events(action):
    """Return how many changes of one kind were audited."""
    return AuditEvent.objects.filter(action=action).count()


def losing(error, times):
    """Return what a race says in which one wins and the others get ``error``."""
    return sorted(["done", *[error.__name__] * times])


def test_one_name_makes_one_key(acme):
    names = ("pipeline", "Pipeline", "PIPELINE", "\uff50ipeline")
    assert race(*[creating(acme, name) for name in names]) == losing(NameTaken, 3)
    assert SecretKey.objects.count() == events("key.created") == 1


def test_one_form_sent_four_times_makes_one_key(acme):
    nonce = uuid.uuid4()
    jobs = [creating(acme, f"key {number}", nonce) for number in range(4)]
    assert race(*jobs) == losing(AlreadyCreated, 3)
    assert SecretKey.objects.count() == events("key.created") == 1


def test_two_organizations_do_not_get_in_each_other_s_way(acme, globex):
    nonce = uuid.uuid4()
    jobs = [creating(each, nonce=nonce) for each in (acme, globex)]
    assert race(*jobs) == ["done", "done"]


def test_the_limit_holds_under_a_rush(acme):
    acme.key_limit = 3
    acme.save()
    done = race(*[creating(acme, f"key {number}") for number in range(6)])
    assert done == sorted(["done"] * 3 + [KeyLimitReached.__name__] * 3)
    assert SecretKey.objects.count() == events("key.created") == 3


def test_two_keys_cannot_take_one_name(make_key):
    jobs = [renaming(make_key(f"key {number}")[0], "Same") for number in range(4)]
    assert race(*jobs) == losing(NameTaken, 3)
    assert SecretKey.objects.filter(name="Same").count() == 1
    assert events("key.changed") == 1


def test_one_key_renamed_twice_has_one_of_the_names(make_key):
    key, _ = make_key()
    assert race(renaming(key, "one"), renaming(key, "two")) == losing(
        ChangedMeanwhile, 1
    )
    key.refresh_from_db()
    event = AuditEvent.objects.get(action="key.changed")
    assert key.name == event.changes["name"][1]


def test_two_changes_of_one_grant_leave_one_of_them(make_key, featured):
    key, _ = make_key()
    jobs = [renaming(key, "pipeline", each) for each in (READ_ONLY, NO_TRAINING)]
    assert race(*jobs) == losing(ChangedMeanwhile, 1)
    key.refresh_from_db()
    assert key.grant in (READ_ONLY, NO_TRAINING)
    changed = AuditEvent.objects.get(action="key.changed").changes
    assert list(changed) == (["permission"] if key.grant == READ_ONLY else ["access"])


def test_nobody_takes_a_right_back_that_was_taken_away_meanwhile(make_key):
    key, _ = make_key()
    widen = renaming(key, "other", FULL)
    renaming(key, "pipeline", READ_ONLY)()
    with pytest.raises(ChangedMeanwhile) as refused:
        widen()
    assert "its permission Read Only, its access All" in refused.value.sentence
    key.refresh_from_db()
    assert (key.name, key.grant) == ("pipeline", READ_ONLY)


def test_a_feature_switched_off_at_once_lets_in_a_whole_change_or_none(featured):
    def switch_off():
        Organization.objects.update(access_scope=False)

    done = race(switch_off, creating(featured, grant=NO_TRAINING))
    assert done in (["done", "done"], losing(AccessScopeLocked, 1))
    assert SecretKey.objects.count() == events("key.created") == done.count("done") - 1
    with pytest.raises(AccessScopeLocked):
        creating(featured, "later", grant=NO_TRAINING)()


def test_a_rename_and_a_creation_share_no_name(make_key, acme):
    key, _ = make_key()
    assert race(renaming(key, "Same"), creating(acme, "same")) == losing(NameTaken, 1)
    assert SecretKey.objects.filter(name_folded="same").count() == 1


def test_a_key_is_removed_once(make_key):
    key, _ = make_key()
    assert race(*[removing(key)] * 4) == losing(AlreadyRemoved, 3)
    assert events("key.removed") == 1


def test_a_key_is_rotated_once(make_key):
    key, _ = make_key()
    assert race(*[rotating(key) for _ in range(4)]) == losing(AlreadyReplaced, 3)
    assert SecretKey.objects.count() == 2
    assert events("key.rotated") == 1


def test_one_rotation_sent_four_times_makes_one_successor(make_key):
    key, _ = make_key()
    assert race(*[rotating(key, uuid.uuid4())] * 4) == losing(AlreadyCreated, 3)
    assert SecretKey.objects.count() == 2
    assert events("key.rotated") == 1


def test_a_key_rotated_and_removed_at_once_is_removed(make_key):
    key, _ = make_key()
    done = race(rotating(key), removing(key))
    assert done in (["done", "done"], losing(AlreadyRemoved, 1))
    key.refresh_from_db()
    assert key.is_removed
    rotated = done.count("done") - 1
    assert SecretKey.objects.count() == 1 + rotated
    assert (events("key.rotated"), events("key.removed")) == (rotated, 1)


def test_a_removed_key_cannot_be_renamed_behind_its_back(make_key):
    key, _ = make_key()
    done = race(renaming(key, "Other"), removing(key))
    assert done in (["done", "done"], losing(AlreadyRemoved, 1))
    assert events("key.changed") == done.count("done") - 1
    assert events("key.removed") == 1


@pytest.mark.parametrize("job", [creating, lambda acme: removing(acme.key)])
def test_a_change_that_cannot_be_audited_is_not_made(make_key, acme, job):
    acme.key, _ = make_key("old")
    before = list(SecretKey.objects.values())

    def fail(execute, sql, params, many, context):
        if sql.startswith("INSERT") and "auditevent" in sql:
            raise RuntimeError("no audit")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail), pytest.raises(RuntimeError):
        job(acme)()
    assert list(SecretKey.objects.values()) == before


def test_a_successor_keeps_name_rights_and_lifetime(make_key):
    born = timezone.now() - dt.timedelta(days=10)
    key, _ = make_key(
        at=born,
        expires_at=born + dt.timedelta(days=30),
        permission=Permission.LABELER_ONLY,
    )
    successor, _ = rotating(key)()
    key.refresh_from_db()
    assert (successor.name, successor.permission) == (key.name, key.permission)
    assert successor.expires_at == successor.created_at + dt.timedelta(days=30)
    assert key.expires_at == successor.created_at + dt.timedelta(hours=1)
    assert key.replaced_by_id == successor.pk


def test_nobody_who_is_suspended_changes_a_key(acme, abe, make_key):
    key, _ = make_key()
    User.objects.filter(pk=abe.pk).update(is_active=False)
    who = {"actor": Actor.person(abe), "at": timezone.now()}
    with pytest.raises(NotAllowed):
        remove_key(key, **who)
    with pytest.raises(NotAllowed):
        create_key(acme, KeyTerms("other", FULL, None), nonce=uuid.uuid4(), **who)
    assert events("key.removed") == 0
