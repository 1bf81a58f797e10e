"""Settings → Resources: what is used, limited and renewed."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs import actions
from orgs.audit import COMMAND_LINE
from orgs.models import Organization, Quota
from orgs.quotas import MOST_UNITS, Meter, MeterState, QuotaKind
from orgs.roles import Role
from tests.secretkeys.browsing import text


@pytest.fixture
def look(acme, client_for):
    """Return a function that opens the page as somebody."""

    def get(user):
        return client_for(user).get(reverse("orgs:resources", args=[acme.pk]))

    return get


def _set(organization: Organization, kind: QuotaKind, **values: object) -> None:
    actions.set_quota(
        organization, kind, **values, actor=COMMAND_LINE, at=timezone.now()
    )


@pytest.mark.parametrize(
    ("used", "limit", "words", "state"),
    [
        (0, None, "No limit", MeterState.OK),
        (MOST_UNITS, None, "No limit", MeterState.OK),
        (0, 5, "0 % used", MeterState.OK),
        (799, 1000, "79 % used", MeterState.OK),
        (800, 1000, "80 % used", MeterState.NEAR),
        (999, 1000, "99 % used", MeterState.NEAR),
        (1000, 1000, "Limit reached", MeterState.FULL),
        (1001, 1000, "Limit reached", MeterState.FULL),
        (0, 0, "Limit reached", MeterState.FULL),
        (MOST_UNITS, MOST_UNITS, "Limit reached", MeterState.FULL),
    ],
)
def test_meter_says_in_words_what_it_shows(used, limit, words, state) -> None:
    meter = Meter(used, limit)
    assert (meter.words, meter.state) == (words, state)
    assert 0 <= meter.filled <= 100


def test_every_kind_is_there_without_a_limit_until_one_is_set(look, ada) -> None:
    shown = text(look(ada))
    for label in ("Data rows", "Compute credits", "Collaborators"):
        assert f"{label} No limit" in shown
    assert "Secret keys 0 % used 0 of 1,000" in shown
    assert shown.count("Does not renew") == 2
    assert "1 used 1 member, 0 invited" in shown
    assert "0 of 1,000 Expired and replaced keys do not count" in shown


def test_use_limit_and_renewal_are_shown(look, acme, ada) -> None:
    renews_on = dt.date(2027, 1, 31)
    _set(acme, QuotaKind.DATA_ROWS, used=41_000, limit=50_000, renews_on=renews_on)
    shown = text(look(ada))
    assert "Data rows 82 % used 41,000 of 50,000 Renews on 31 Jan 2027" in shown


def test_numbers_as_large_as_a_column_are_shown(look, acme, ada) -> None:
    _set(acme, QuotaKind.COMPUTE_CREDITS, used=MOST_UNITS, limit=MOST_UNITS)
    assert "9,223,372,036,854,775,807 of" in text(look(ada))


def test_collaborators_are_members_and_open_invitations(look, acme, ada, mel) -> None:
    for at in (timezone.now() - dt.timedelta(days=30), timezone.now()):
        actions.invite(
            acme,
            [f"day{at.day}-{at.month}@acme.test"],
            Role.MEMBER,
            actor=COMMAND_LINE,
            at=at,
        )
    _set(acme, QuotaKind.COLLABORATORS, limit=3)
    assert "Collaborators Limit reached 3 of 3" in text(look(ada))


def test_expired_and_removed_keys_take_no_place(look, acme, ada, make_key) -> None:
    now = timezone.now()
    make_key("one")
    make_key("expired", expires_at=now - dt.timedelta(days=1))
    make_key("removed", removed_at=now)
    Organization.objects.filter(pk=acme.pk).update(key_limit=1)
    assert "Secret keys Limit reached 1 of 1" in text(look(ada))


def test_everybody_sees_it_and_is_told_whom_to_ask(look, acme, mel) -> None:
    assert "Need more? Ask whoever runs this server." in text(look(mel))
    Organization.objects.filter(pk=acme.pk).update(account_manager_name="Amy Manager")
    assert "Need more? Ask your account manager." in text(look(mel))
    Organization.objects.filter(pk=acme.pk).update(
        account_manager_name="Amy Manager", account_manager_email="amy@datature.test"
    )
    body = look(mel).content.decode()
    assert 'href="mailto:amy@datature.test">Ask Amy Manager</a>' in body


def test_quota_of_another_organization_is_not_shown(look, acme, globex, ada) -> None:
    _set(globex, QuotaKind.DATA_ROWS, used=77, limit=99)
    assert "77" not in text(look(ada))
    assert Quota.objects.count() == 1


def test_page_takes_few_queries(
    acme, ada, client_for, django_assert_max_num_queries
) -> None:
    client, url = client_for(ada), reverse("orgs:resources", args=[acme.pk])
    client.get(url)
    with django_assert_max_num_queries(11):
        client.get(url)
