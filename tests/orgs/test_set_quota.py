"""What an organization may use, from the command line."""

import datetime as dt

import pytest
from django.core.management import CommandError
from django.utils import timezone

from orgs.actions import set_quota
from orgs.audit import COMMAND_LINE
from orgs.models import AuditEvent, Quota
from orgs.quotas import MOST_UNITS, QuotaKind
from tests.commands import call


def _set(organization, *options: str) -> str:
    return call("set_quota", str(organization.pk), *options)[1]


def test_options_given_alone_leave_the_others_as_they_are(acme) -> None:
    _set(acme, "data_rows", "--used", "7", "--limit", "10", "--renews", "2027-01-31")
    _set(acme, "data_rows", "--used", "8")
    row = Quota.objects.get()
    assert (row.used, row.limit, row.renews_on) == (8, 10, dt.date(2027, 1, 31))
    _set(acme, "data_rows", "--limit", "none")
    _set(acme, "data_rows", "--renews", "never")
    row.refresh_from_db()
    assert (row.used, row.limit, row.renews_on) == (8, None, None)


def test_command_says_what_holds_now(acme) -> None:
    said = _set(acme, "compute_credits", "--limit", "10", "--renews", "2027-01-31")
    assert said == ("Acme: Compute credits: 0 used, limit 10, renews on 2027-01-31.\n")
    said = _set(acme, "collaborators", "--limit", "none")
    assert said == "Acme: Collaborators: no limit, never renews.\n"


def test_change_is_audited_once(acme) -> None:
    for _ in range(2):
        _set(acme, "data_rows", "--limit", "10")
    event = AuditEvent.objects.get(action="organization.quota_changed")
    assert (event.subject, event.actor) == ("Data rows", "Command line")
    assert event.changes == {"limit": ["no limit", "10"]}


def test_largest_number_of_a_column_is_kept(acme) -> None:
    _set(acme, "data_rows", "--used", str(MOST_UNITS), "--limit", str(MOST_UNITS))
    row = Quota.objects.get()
    assert (row.used, row.limit) == (MOST_UNITS, MOST_UNITS)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("rows",), "'rows' is no kind; choose one of data_rows, compute_credits"),
        (("data_rows", "--used", "-1"), "--used takes 0 to 9223372036854775807."),
        (("data_rows", "--used", "none"), "--used takes 0 to 9223372036854775807."),
        (("data_rows", "--used", str(2**63)), "--used takes 0 to"),
        (("data_rows", "--limit", "1.5"), "--limit takes 0 to .* or none."),
        (("data_rows", "--limit", "9" * 5000), "--limit takes 0 to .* or none."),
        (("data_rows", "--limit", "²"), "--limit takes 0 to .* or none."),
        (("data_rows", "--renews", "soon"), "--renews takes a day such as 2027-01-31"),
        (("data_rows", "--renews", "2027-02-30"), "--renews takes a day"),
        (("collaborators", "--used", "3"), "Collaborators are counted"),
    ],
)
def test_bad_value_is_refused_and_nothing_changes(acme, options, sentence) -> None:
    with pytest.raises(CommandError, match=sentence):
        # Joined, because a value may begin like an option.
        _set(acme, options[0], *("=".join(options[1:]),) * bool(options[1:]))
    assert not Quota.objects.exists()


def test_unknown_organization_is_named(db) -> None:
    with pytest.raises(CommandError, match="There is no organization with the id 'x'"):
        call("set_quota", "x", "data_rows")


def test_what_is_counted_cannot_be_set(acme) -> None:
    who = {"actor": COMMAND_LINE, "at": timezone.now()}
    with pytest.raises(ValueError, match="counted"):
        set_quota(acme, QuotaKind.COLLABORATORS, used=1, limit=5, **who)
    assert not Quota.objects.exists()
