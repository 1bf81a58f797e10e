"""The security rules of an organization, and that each is kept."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError
from django.urls import URLPattern, reverse

from orgs import urls as org_urls
from orgs.models import AuditEvent, Membership, Organization, User
from orgs.rules import Rules
from secretkeys import urls as key_urls
from secretkeys.models import SecretKey
from tests.commands import call
from tests.conftest import PASSWORD
from tests.secretkeys.browsing import HTMX, fields, text

OPEN = Rules()
STRICT = Rules(90, second_factor_required=True, members_see_usage=False)


@pytest.fixture
def change(acme, ada, client_for):
    """Return a function that sends the rules as ada's page has them, but for some."""

    def send(client=None, seen: str | None = None, **changed: str | None):
        client = client or client_for(ada)
        url = reverse("orgs:rules", args=[acme.pk])
        form = {
            name: each[0]
            for name, each in fields(client.get(url), "rules-form").items()
        }
        form |= changed
        if seen:
            form["seen"] = seen
        sent = {name: value for name, value in form.items() if value is not None}
        response = client.post(url, sent, follow=True)
        acme.refresh_from_db()
        return response

    return send


def _protect(user: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})


def _set(organization: Organization, **rules: object) -> None:
    Organization.objects.filter(pk=organization.pk).update(**rules)
    organization.refresh_from_db()


@pytest.mark.parametrize(
    ("before", "after", "loosens"),
    [
        (OPEN, STRICT, False),
        (STRICT, OPEN, True),
        (STRICT, STRICT, False),
        (Rules(90), Rules(91), True),
        (Rules(90), Rules(89), False),
        (Rules(), Rules(3650), False),
        (Rules(), Rules(second_factor_required=True), False),
        (Rules(members_see_usage=False), Rules(), True),
    ],
)
def test_a_rule_that_asks_less_or_shows_more_is_looser(before, after, loosens):
    assert after.loosens(before) is loosens


@pytest.mark.parametrize(
    ("lifetime", "days", "kept"),
    [
        ("none", "", None),
        ("30", "", 30),
        ("365", "nonsense", 365),
        ("custom", "45", 45),
        ("custom", "3650", 3650),
    ],
)
def test_longest_lifetime_is_kept(change, acme, lifetime, days, kept) -> None:
    page = change(lifetime=lifetime, days=days)
    assert "Changes saved." in text(page)
    assert acme.longest_key_days == kept


@pytest.mark.parametrize("days", ["", "0", "3651", "-1", "many", "9" * 5000, "1.5"])
def test_bad_number_of_days_is_refused_and_kept(change, acme, days) -> None:
    page = change(lifetime="custom", days=days)
    assert page.status_code == 422
    assert "Enter a number of days from 1 to 3650." in text(page)
    assert f'value="{days}" aria-invalid="true"' in page.content.decode()
    assert acme.longest_key_days is None


def test_change_is_audited_in_words(change, ada) -> None:
    _protect(ada)
    change(lifetime="90", second_factor_required="on", members_see_usage=None)
    event = AuditEvent.objects.get(action="organization.rules_changed")
    assert event.actor == ada.email
    assert event.changes == {
        "longest key lifetime": ["no limit", "90 days"],
        "second factor": ["no", "yes"],
        "members see usage by key": ["yes", "no"],
    }


def test_loosening_a_rule_asks_who_it_is_and_tightening_does_not(
    change, acme, ada, client_for
) -> None:
    client = client_for(ada, signed_in_at=1.0)
    change(client, lifetime="90")
    assert acme.longest_key_days == 90
    asked = change(client, lifetime="none")
    assert "Enter your password to go on." in text(asked)
    assert acme.longest_key_days == 90
    change(client, lifetime="none", password=PASSWORD)
    assert acme.longest_key_days is None


def test_nobody_loosens_unawares_what_somebody_else_has_tightened(change, acme) -> None:
    opened_with = acme.rules.fingerprint
    _set(acme, longest_key_days=30)
    page = change(seen=opened_with, lifetime="none", members_see_usage=None)
    assert page.status_code == 422
    assert "Now they are: longest key lifetime: 30 days" in text(page)
    assert acme.rules == Rules(30)
    again = {name: each[0] for name, each in fields(page, "rules-form").items()}
    assert "members_see_usage" not in again
    assert again["seen"] == acme.rules.fingerprint


def test_form_without_its_hidden_field_is_refused(acme, ada, client_for) -> None:
    url = reverse("orgs:rules", args=[acme.pk])
    page = client_for(ada).post(url, {"lifetime": "30"})
    assert page.status_code == 422
    assert "This form is incomplete. Reload the page and try again." in text(page)
    acme.refresh_from_db()
    assert acme.rules == Rules()


def test_who_has_no_second_factor_cannot_shut_themselves_out(change, acme, ada):
    page = change(second_factor_required="on")
    assert page.status_code == 422
    assert "Set up a second factor for your own account first" in text(page)
    assert not acme.second_factor_required
    _protect(ada)
    change(second_factor_required="on")
    assert acme.second_factor_required


def test_page_says_who_would_be_led_to_set_one_up(ada, abe, mel, acme, client_for):
    url = reverse("orgs:general", args=[acme.pk])
    said = "3 of 3 members have none and will be led to set one up"
    assert said in text(client_for(ada).get(url))
    for user in (ada, abe):
        _protect(user)
    said = "1 of 3 members has none and will be led to set one up"
    assert said in text(client_for(ada).get(url))
    _protect(mel)
    assert "Every member has one." in text(client_for(ada).get(url))


def _patterns(module: Any) -> list[URLPattern]:
    """Return the patterns of an app, those of its folders too."""
    return [
        pattern
        for each in module.urlpatterns
        for pattern in getattr(each, "url_patterns", [each])
    ]


def _pages() -> list[str]:
    """Return the name of every page of an organization."""
    return [
        f"{prefix}{pattern.name}"
        for prefix, module in (("orgs:", org_urls), ("secretkeys:", key_urls))
        for pattern in _patterns(module)
        if prefix == "secretkeys:" or str(pattern.pattern).startswith("org/")
        # Nobody has to set something up in order to leave.
        if pattern.name != "leave"
    ]


def _address(name: str, organization: Organization, **named: object) -> str:
    """Return the address of a page, with whatever else its pattern names."""
    prefix, _, short = name.partition(":")
    module = org_urls if prefix == "orgs" else key_urls
    (pattern,) = [each for each in _patterns(module) if each.name == short]
    wanted = pattern.pattern.converters.keys() - {"organization_id"}
    return reverse(
        name,
        kwargs={"organization_id": organization.pk}
        | {each: named[each] for each in wanted},
    )


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.parametrize("name", _pages())
def test_every_page_waits_for_a_second_factor_where_one_is_required(
    acme, ada, mel, client_for, make_key, name, headers
) -> None:
    url = _address(
        name,
        acme,
        key_id=make_key()[0].key_id,
        user_id=mel.pk,
        pk=1,
        reference="0" * 32,
        category="dataset",
        file_format="csv",
    )
    _set(acme, second_factor_required=True)
    client = client_for(ada)
    answers = [client.get(url, headers=headers), client.post(url, headers=headers)]
    assert {each.status_code for each in answers} <= {403, 405}
    said = [text(each) for each in answers if each.status_code == 403]
    words = "This organization asks for" if headers else "Set up a second factor"
    assert said
    assert all(words in each for each in said)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_leaving_does_not_wait_for_a_second_factor(acme, mel, client_for, headers):
    _set(acme, second_factor_required=True)
    client, url = client_for(mel), reverse("secretkeys:leave", args=[acme.pk])
    assert "Leave organization?" in text(client.get(url, headers=headers))
    client.post(url, headers=headers)
    assert not Membership.objects.filter(user=mel).exists()


def test_setting_up_a_second_factor_lets_in(acme, ada, client_for) -> None:
    _set(acme, second_factor_required=True)
    client, url = client_for(ada), reverse("orgs:general", args=[acme.pk])
    page = client.get(url)
    part = client.get(url, headers=HTMX)
    assert f'href="{reverse("mfa_index")}"' in page.content.decode()
    assert part.content.decode() == (
        "This organization asks for a second factor. Set one up, then come back."
    )
    _protect(ada)
    assert client.get(url).status_code == 200


def test_security_page_leads_back_once_there_is_a_second_factor(
    acme, ada, client_for
) -> None:
    _set(acme, second_factor_required=True)
    client, url = client_for(ada), reverse("mfa_index")
    assert "Back to Acme" not in text(client.get(url))
    client.get(reverse("orgs:general", args=[acme.pk]))
    assert "Back to Acme" not in text(client.get(url))
    _protect(ada)
    page = client.get(url)
    assert "Back to Acme" in text(page)
    assert f'href="{acme.get_absolute_url()}"' in page.content.decode()
    Membership.objects.filter(user=ada).delete()
    assert "Back to Acme" not in text(client.get(url))


def test_changes_wait_for_a_second_factor_too(acme, ada, client_for) -> None:
    _set(acme, second_factor_required=True)
    url = reverse("orgs:rename", args=[acme.pk])
    assert client_for(ada).post(url, {"name": "Other"}).status_code == 403
    acme.refresh_from_db()
    assert acme.name == "Acme"


def test_recovery_codes_alone_are_no_second_factor(acme, ada, client_for) -> None:
    _set(acme, second_factor_required=True)
    kind = Authenticator.Type.RECOVERY_CODES
    Authenticator.objects.create(user=ada, type=kind, data={})
    url = reverse("orgs:general", args=[acme.pk])
    assert client_for(ada).get(url).status_code == 403


def test_keys_are_not_affected_by_a_required_second_factor(acme, make_key, client):
    _, plaintext = make_key()
    _set(acme, second_factor_required=True)
    headers = {"Authorization": f"Bearer {plaintext}", "Organization-Id": str(acme.pk)}
    assert client.get("/plans", headers=headers).status_code == 200


def test_command_keeps_the_longest_lifetime(acme) -> None:
    _set(acme, longest_key_days=1)
    asked = ("create_secret_key", "--organization", str(acme.pk), "--name", "ci")
    for more in ((), ("--expires-in-days", "2")):
        with pytest.raises(CommandError, match="keys last 1 day at most"):
            call(*asked, *more)
    assert not SecretKey.objects.exists()
    call(*asked, "--expires-in-days", "1")
    assert SecretKey.objects.get().expires_at is not None


def test_rules_are_saved_in_place_and_can_be_saved_again(acme, ada, client_for) -> None:
    client, url = client_for(ada), reverse("orgs:rules", args=[acme.pk])
    for lifetime in ("90", "30"):
        acme.refresh_from_db()
        seen = acme.rules.fingerprint
        form = {"lifetime": lifetime, "members_see_usage": "on", "seen": seen}
        saved = client.post(url, form, headers=HTMX)
        assert saved.status_code == 200
        assert "Changes saved." in saved["HX-Trigger"]
        acme.refresh_from_db()
        assert f'value="{acme.rules.fingerprint}"' in saved.content.decode()
    assert acme.longest_key_days == 30
