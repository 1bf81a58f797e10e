"""Account managers make organizations, set their quota and appoint their Owner."""

import re

import pytest
from django.contrib.messages import get_messages
from django.core.management import CommandError
from django.utils import timezone

from orgs import actions
from orgs.actions import invite
from orgs.audit import COMMAND_LINE
from orgs.models import AuditEvent, Invitation, Membership, Organization, Quota, User
from orgs.quotas import MOST_UNITS, QuotaKind
from orgs.roles import Role
from tests.commands import call

ORGANIZATIONS = "/admin/orgs/organization/"
ADD = f"{ORGANIZATIONS}add/"


@pytest.fixture
def staff(client_for, amy):
    """Amy's browser."""
    return client_for(amy)


@pytest.fixture
def change(staff, acme):
    """Return a function that sends acme's page as it is shown, but for some fields."""
    url = f"{ORGANIZATIONS}{acme.pk}/change/"

    def send(**changed: str):
        form = staff.get(url).context["adminform"].form
        shown = {}
        for bound in form:
            for prefix in ("", "initial-"):
                value = bound.value()
                if value not in (None, False, "") or (
                    value == 0 and value is not False
                ):
                    text = "on" if value is True else value
                    shown[prefix + bound.html_name] = text
        response = staff.post(url, shown | changed)
        acme.refresh_from_db()
        return response

    return send


@pytest.fixture
def add(staff, django_capture_on_commit_callbacks):
    """Return a function that adds an organization; its mails are sent."""

    def send(**fields: str):
        with django_capture_on_commit_callbacks(execute=True):
            return staff.post(ADD, fields)

    return send


def _errors(response) -> str:
    return " ".join(re.findall(r"errorlist[^>]*>(.*?)</ul>", response.content.decode()))


def test_new_owner_gets_a_mail_and_chooses_a_password(
    add, amy, mailoutbox, client, settings
) -> None:
    add(name=" Initech ", owner_email="bill@initech.test")
    made = Organization.objects.get(name="Initech")
    owner = Membership.objects.get(organization=made, role="owner").user
    assert (owner.email, owner.has_usable_password()) == ("bill@initech.test", False)
    event = AuditEvent.objects.get(organization=made)
    assert (event.action, event.actor_user) == ("organization.created", amy)
    (mail,) = mailoutbox
    assert mail.to == [owner.email]
    link = re.search(
        rf"{settings.PUBLIC_ORIGIN}(/account/password/reset/key/\S+)", mail.body
    )
    client.logout()
    page = client.get(link[1], follow=True)
    password = {
        "password1": "a long enough secret",
        "password2": "a long enough secret",
    }
    client.post(page.request["PATH_INFO"], password)
    owner.refresh_from_db()
    assert owner.check_password("a long enough secret")


def test_mail_leads_to_the_configured_origin_whatever_the_host(
    add, mailoutbox, settings
) -> None:
    settings.PUBLIC_ORIGIN = "https://keys.example.test"
    add(name="Initech", owner_email="bill@initech.test")
    assert "https://keys.example.test/account/password/reset/key/" in mailoutbox[0].body
    assert "testserver" not in mailoutbox[0].body


def test_known_person_becomes_the_owner_and_is_told(add, gus, mailoutbox) -> None:
    before = gus.password
    add(name="Initech", owner_email=gus.email.upper())
    gus.refresh_from_db()
    made = Organization.objects.get(name="Initech")
    assert Membership.objects.get(organization=made).user == gus
    assert gus.password == before
    assert [mail.to for mail in mailoutbox] == [[gus.email]]
    assert "password" not in mailoutbox[0].body


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "", "owner_email": "b@x.test"}, "This field is required."),
        ({"name": "a\u202eb", "owner_email": "b@x.test"}, "Use letters, digits"),
        ({"name": "Initech", "owner_email": "b"}, "Enter a valid email address."),
        ({"name": "Initech", "owner_email": ""}, "This field is required."),
        ({"name": "Initech", "owner_email": "b\0@x.test"}, "Null characters"),
        ({"name": "Initech", "owner_email": f"{'b' * 250}@x.test"}, "Ensure this"),
    ],
)
def test_bad_organization_is_refused_and_nobody_is_written_to(
    add, mailoutbox, fields, sentence
) -> None:
    page = add(**fields)
    assert page.status_code == 200
    assert sentence in _errors(page)
    assert not Organization.objects.exists()
    assert not mailoutbox


def test_suspended_account_becomes_no_owner(add, change, gus) -> None:
    User.objects.filter(pk=gus.pk).update(is_active=False)
    for page in (
        add(name="Initech", owner_email=gus.email),
        change(new_owner=gus.email),
    ):
        assert "This account is suspended." in _errors(page)
    assert not Membership.objects.filter(user=gus).exists()


def test_quota_is_set_for_each_kind_that_changed(change, acme, amy) -> None:
    change(data_rows_used="7", data_rows_limit="10", collaborators_limit="3")
    rows = {each.kind: (each.used, each.limit) for each in Quota.objects.all()}
    assert rows == {"data_rows": (7, 10), "collaborators": (0, 3)}
    events = AuditEvent.objects.filter(action="organization.quota_changed")
    assert {(each.subject, each.actor_user) for each in events} == {
        ("Data rows", amy),
        ("Collaborators", amy),
    }
    change(data_rows_renews_on="2027-01-31")
    row = Quota.objects.get(kind="data_rows")
    assert (row.used, row.limit, str(row.renews_on)) == (7, 10, "2027-01-31")


def test_emptied_limit_is_none(change, acme) -> None:
    change(data_rows_used="7", data_rows_limit="10")
    change(data_rows_used="", data_rows_limit="")
    row = Quota.objects.get()
    assert (row.used, row.limit) == (0, None)


def test_saving_an_old_page_leaves_alone_what_a_meter_counted(staff, change, acme):
    url = f"{ORGANIZATIONS}{acme.pk}/change/"
    change(data_rows_used="7")
    old = {"key_limit": "9", "initial-key_limit": "1000"}
    old |= {"data_rows_used": "7", "initial-data_rows_used": "7"}
    counted = {"used": 8, "actor": COMMAND_LINE, "at": timezone.now()}
    actions.set_quota(acme, QuotaKind.DATA_ROWS, **counted)
    staff.post(url, old)
    acme.refresh_from_db()
    assert (acme.key_limit, Quota.objects.get().used) == (9, 8)


@pytest.mark.parametrize(
    "field",
    [
        {"data_rows_limit": "-1"},
        {"data_rows_limit": str(MOST_UNITS + 1)},
        {"data_rows_used": "9" * 5000},
        {"data_rows_renews_on": "soon"},
        {"compute_credits_limit": "many"},
        {"new_owner": "nobody@acme.test"},
        {"account_manager_name": "a\u202eb"},
    ],
)
def test_bad_value_is_refused_and_nothing_changes(change, acme, field) -> None:
    page = change(**field, key_limit="7")
    assert page.status_code == 200
    assert _errors(page)
    assert acme.key_limit == 1000
    assert not Quota.objects.exists()


def test_limit_below_what_is_used_is_taken_with_a_warning(change, acme, ada, mel):
    warned = change(collaborators_limit="1")
    (said,) = [each.message for each in get_messages(warned.wsgi_request)][:1]
    assert said.startswith("2 collaborators are there already")
    assert Quota.objects.get(kind="collaborators").limit == 1
    texts = [e.message for e in get_messages(change(data_rows_used="7").wsgi_request)]
    assert not any("already" in each for each in texts)


def test_account_manager_is_kept_by_name_and_address(change, acme) -> None:
    change(account_manager_name=" Amy ", account_manager_email="amy@datature.test")
    event = AuditEvent.objects.get(action="organization.changed")
    assert event.changes == {"account manager": ["nobody", "Amy <amy@datature.test>"]}


@pytest.mark.parametrize("is_locked", [False, True])
def test_another_owner_is_appointed(
    change,
    acme,
    ada,
    mel,
    amy,
    is_locked,
    mailoutbox,
    django_capture_on_commit_callbacks,
) -> None:
    Organization.objects.filter(pk=acme.pk).update(
        locked_at=timezone.now() if is_locked else None
    )
    with django_capture_on_commit_callbacks(execute=True):
        change(new_owner=mel.email)
    roles = dict(Membership.objects.values_list("user__email", "role"))
    assert roles == {mel.email: "owner", ada.email: "admin"}
    event = AuditEvent.objects.get(action="organization.owner_changed")
    assert event.actor_user == amy
    assert event.changes == {"owner": [ada.email, mel.email]}
    assert {mail.to[0] for mail in mailoutbox} == {ada.email, mel.email}


def test_command_appoints_another_owner(acme, ada, gus) -> None:
    call("change_organization", str(acme.pk), "--owner", "GUS@globex.test")
    roles = dict(Membership.objects.values_list("user__email", "role"))
    assert roles == {gus.email: "owner", ada.email: "admin"}
    event = AuditEvent.objects.get(action="organization.owner_changed")
    assert event.actor == "Command line"


def test_command_keeps_the_account_managers_name(acme) -> None:
    options = ("--account-manager-name", "Amy", "--account-manager", "amy@x.test")
    _, err = call("change_organization", str(acme.pk), *options)
    assert "account manager Amy <amy@x.test>" in err
    call("change_organization", str(acme.pk), "--account-manager-name", "")
    acme.refresh_from_db()
    assert (acme.account_manager_name, acme.account_manager_email) == ("", "amy@x.test")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--owner", "nobody@acme.test"), "There is no account with the address"),
        (("--owner", "nobody"), "is not an e-mail address"),
        (("--owner", ""), "is not an e-mail address"),
        (("--owner", "\udcff@b.test"), "is not an e-mail address"),
        (("--owner", "mel@acme.test", "--key-limit", "x"), "--key-limit takes"),
        (("--account-manager-name", "x" * 65), "Use 64 characters or fewer"),
        (("--account-manager-name", "\udcff"), "Use letters, digits"),
    ],
)
def test_command_refuses_with_a_sentence_and_changes_nothing(
    acme, ada, mel, options, sentence
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call("change_organization", str(acme.pk), *options)
    assert Membership.objects.get(role="owner").user == ada


def test_no_page_holds_a_secret_or_what_is_stored_of_one(
    staff, change, acme, ada, amy, make_key
) -> None:
    key, plaintext = make_key()
    at = timezone.now()
    invite(acme, ["new@acme.test"], Role.MEMBER, actor=COMMAND_LINE, at=at)
    change(key_limit="7", data_rows_limit="9", new_owner=ada.email)
    pages = ["/admin/", ORGANIZATIONS, ADD]
    pages += [f"{ORGANIZATIONS}{acme.pk}/{page}/" for page in ("change", "history")]
    text = "".join(staff.get(page).content.decode() for page in pages)
    events = AuditEvent.objects.values_list("digest", flat=True)
    hidden = [str(plaintext), key.key_id, key.digest, ada.password, amy.password]
    hidden += [Invitation.objects.get().token_digest, *filter(None, events)]
    assert len(hidden) > 6
    assert not [each for each in hidden if each in text]
