"""The audit log's chain: whoever changes a row behind the product's back is found out."""

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from orgs.actions import rename_organization
from orgs.audit import Actor
from orgs.audit_chain import link
from orgs.models import AuditChain, AuditEvent
from tests.conftest import MakeKey


@pytest.fixture
def log(acme, ada):
    """Return the rows of a log of five events."""
    for number in range(4):
        rename_organization(
            acme, f"Acme {number}", actor=Actor.person(ada), at=timezone.now()
        )
    return list(AuditEvent.objects.of(acme).in_order())


def _findings(capsys, organization=None) -> list[str]:
    with pytest.raises(CommandError):
        call_command("verify_audit", *([str(organization.pk)] if organization else []))
    return capsys.readouterr().err.splitlines()


def _execute(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def test_untouched_log_is_confirmed_with_its_head(log, acme, capsys):
    call_command("verify_audit", str(acme.pk))
    assert capsys.readouterr().out == f"{acme.pk} 5 events, {log[-1].digest}\n"


def test_keys_and_organizations_share_one_chain(log, acme, make_key: MakeKey, capsys):
    make_key()
    call_command("verify_audit")
    assert " 6 events, " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "somebody@else.test"),
        ("subject", "Another"),
        ("action", "key.removed"),
        ("at", "2026-01-01 00:00:00+00:00"),
        ("changes", '{"name": ["Acme", "Other"]}'),
        ("address", "203.0.113.9"),
        ("user_agent", "curl"),
    ],
)
def test_edited_event_is_named(column, value, log, acme, capsys):
    _execute(
        f"UPDATE orgs_auditevent SET {column} = %s WHERE id = %s", value, log[2].pk
    )
    findings = _findings(capsys, acme)
    assert len(findings) == 1
    assert f"Event 3 (row {log[2].pk}, " in findings[0]
    assert "was edited" in findings[0]


def test_edit_with_a_fitting_digest_breaks_the_next_link(log, acme, capsys):
    forged = log[2]
    forged.subject = "Forged"
    digest = link(log[1].digest, forged)
    AuditEvent.objects.filter(pk=forged.pk).update(subject="Forged", digest=digest)
    assert "Event 4 " in _findings(capsys, acme)[0]


@pytest.mark.parametrize("place", [0, 2, 4])
def test_removed_event_is_named(place, log, acme, capsys):
    log[place].delete()
    findings = _findings(capsys, acme)
    assert findings[0].endswith(f"Event {place + 1} is missing.")


def test_events_that_changed_places_are_both_named(log, acme, capsys):
    one, other = log[1], log[3]
    _execute("UPDATE orgs_auditevent SET sequence = 99 WHERE id = %s", one.pk)
    _execute("UPDATE orgs_auditevent SET sequence = 2 WHERE id = %s", other.pk)
    _execute("UPDATE orgs_auditevent SET sequence = 4 WHERE id = %s", one.pk)
    text = "\n".join(_findings(capsys, acme))
    assert f"Event 2 (row {other.pk}, " in text
    assert f"Event 4 (row {one.pk}, " in text


def test_words_that_changed_places_are_found_in_both_events(log, acme, capsys):
    for row, words in ((log[1], log[3].subject), (log[3], log[1].subject)):
        _execute("UPDATE orgs_auditevent SET subject = %s WHERE id = %s", words, row.pk)
    text = "\n".join(_findings(capsys, acme))
    assert "Event 2 " in text
    assert "Event 4 " in text


def test_event_of_another_organization_in_the_place_of_a_removed_one_is_named(
    log, acme, globex, capsys
):
    foreign = AuditEvent.objects.of(globex).in_order()[0]
    log[2].delete()
    AuditEvent.objects.filter(pk=foreign.pk).update(
        organization=acme, sequence=3, digest=log[2].digest
    )
    findings = "\n".join(_findings(capsys))
    assert f"{acme.pk}: Event 3 (row {foreign.pk}, " in findings
    assert f"{globex.pk}: Event 1 is missing." in findings


def test_log_that_was_emptied_is_found(log, acme, capsys):
    AuditEvent.objects.of(acme).delete()
    assert _findings(capsys, acme)[0].endswith("Events 1 to 5 are missing.")


def test_chain_that_forgets_its_end_is_found(log, acme, capsys):
    AuditChain.objects.filter(organization=acme).delete()
    text = "\n".join(_findings(capsys, acme))
    for number in range(1, 6):
        assert f"Event {number} (row " in text


def test_long_chain_is_read_to_its_last_event(acme, ada, capsys):
    for number in range(2100):
        name = f"Acme {number}"
        rename_organization(acme, name, actor=Actor.person(ada), at=timezone.now())
    call_command("verify_audit", str(acme.pk))
    assert " 2101 events, " in capsys.readouterr().out
    AuditEvent.objects.of(acme).filter(sequence=2050).update(actor="nobody")
    assert "Event 2050 " in _findings(capsys, acme)[0]


def test_events_removed_at_the_end_are_named(log, acme, capsys):
    AuditEvent.objects.filter(pk__in=[log[3].pk, log[4].pk]).delete()
    assert _findings(capsys, acme)[0].endswith("Events 4 to 5 are missing.")


def test_replaced_last_event_is_found(log, acme, capsys):
    last = log[4]
    last.subject = "Forged"
    AuditEvent.objects.filter(pk=last.pk).update(
        subject="Forged", digest=link(log[3].digest, last)
    )
    assert "The last event was replaced" in _findings(capsys, acme)[0]


@pytest.mark.parametrize("sequence", [0, 6])
def test_inserted_event_is_named(sequence, log, acme, capsys):
    forged = AuditEvent.objects.create(
        organization=acme,
        at=timezone.now(),
        action="key.removed",
        actor="nobody",
        subject="nothing",
        sequence=sequence,
        digest=log[0].digest,
    )
    findings = _findings(capsys, acme)
    assert len(findings) == 1
    assert f"row {forged.pk}" in findings[0]
    assert "was inserted" in findings[0]


def test_two_events_cannot_take_one_place(log, acme):
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.filter(pk=log[1].pk).update(sequence=1)


def test_event_moved_to_another_organization_is_missed(log, acme, globex, capsys):
    AuditEvent.objects.filter(pk=log[2].pk).update(organization=globex, sequence=0)
    findings = "\n".join(_findings(capsys))
    assert f"{acme.pk}: Event 3 is missing." in findings
    assert f"{globex.pk}: Event (row {log[2].pk}" in findings


def test_one_damaged_log_leaves_the_others_confirmed(log, acme, globex, capsys):
    log[1].delete()
    with pytest.raises(CommandError, match="1 audit log was changed"):
        call_command("verify_audit")
    captured = capsys.readouterr()
    assert str(globex.pk) in captured.out
    assert str(acme.pk) not in captured.out


def test_unknown_organization_is_a_sentence(db):
    with pytest.raises(CommandError, match="There is no organization"):
        call_command("verify_audit", "nowhere")


def test_account_of_an_actor_can_go(log, acme, capsys):
    AuditEvent.objects.update(actor_user=None)
    call_command("verify_audit", str(acme.pk))
    assert AuditChain.objects.get(organization=acme).length == 5


def test_late_events_of_an_older_release_are_adopted_and_named(log, acme, capsys):
    late = AuditEvent.objects.create(
        organization=acme,
        at=timezone.now(),
        action="key.removed",
        actor="old@acme.test",
        subject="pipeline",
    )
    call_command("verify_audit", "--adopt")
    captured = capsys.readouterr()
    assert f"{acme.pk}: adopted {late}, now 6." in captured.err
    assert f"{acme.pk} 6 events" in captured.out
    call_command("verify_audit", "--adopt")
    assert "adopted" not in capsys.readouterr().err
