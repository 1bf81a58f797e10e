"""Account managers decide about organizations in a browser, and see nothing else."""

import re
import time

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs import actions
from orgs.audit import COMMAND_LINE
from orgs.models import AuditEvent, CatalogueEntry, Organization, User
from tests.commands import call
from tests.conftest import PASSWORD
from tests.second_factors import give_app, give_recovery_codes

ENTRIES = "/admin/orgs/catalogueentry/"
ORGANIZATIONS = "/admin/orgs/organization/"


@pytest.fixture
def staff(client_for, amy, acme):
    """Amy's browser."""
    return client_for(amy)


@pytest.fixture
def roads(acme):
    """A dataset of acme."""
    return CatalogueEntry.objects.create(
        organization=acme, category="dataset", external_id="ds1", name="Roads"
    )


def _shown(client, url: str) -> dict[str, str]:
    """Return the fields of the form on a page, filled in as the page has them."""
    form = client.get(url).context["adminform"].form
    fields = {}
    for bound in form:
        for prefix in ("", "initial-"):
            if prefix and not bound.field.show_hidden_initial:
                continue
            value = bound.value()
            if value not in (False, None):
                fields[prefix + bound.html_name] = "on" if value is True else value
    return fields


def _change(client, organization: Organization, **fields: str | None):
    url = f"{ORGANIZATIONS}{organization.pk}/change/"
    filled = _shown(client, url) | fields
    sent = {name: value for name, value in filled.items() if value is not None}
    response = client.post(url, sent)
    organization.refresh_from_db()
    return response


def test_sign_in_leads_back_to_the_page_that_was_asked_for(client, amy) -> None:
    code = give_recovery_codes(amy)[0]
    asked = client.get(ENTRIES, follow=True)
    assert asked.redirect_chain == [(f"/account/login/?next={ENTRIES}", 302)]
    form = {"login": amy.email, "password": PASSWORD}
    step = client.post(asked.redirect_chain[0][0], form)
    assert client.post(step.url, {"code": code}).url == ENTRIES


@pytest.mark.parametrize("page", ["", "orgs/organization/", "autocomplete/", "nowhere"])
def test_a_password_alone_is_not_enough_for_account_managers(staff, amy, page) -> None:
    amy.authenticator_set.all().delete()
    give_recovery_codes(amy)
    for answer in (staff.get(f"/admin/{page}"), staff.post(f"/admin/{page}")):
        assert answer.status_code == 403
        assert 'href="/account/security"' in answer.content.decode()


def test_pages_ask_for_a_recent_sign_in_before_anything_is_typed(
    client_for, amy, acme
) -> None:
    stale = client_for(amy, signed_in_at=time.time() - 15 * 60 - 1)
    for page in ("", "orgs/organization/?q=a", f"orgs/organization/{acme.pk}/change/"):
        asked = stale.get(f"/admin/{page}").url
        assert asked.startswith("/account/reauthenticate/?next=%2Fadmin%2F")
    # What a page that is open asks for by itself, and the way out.
    assert stale.get("/admin/jsi18n/").status_code == 200
    assert stale.post("/admin/logout/").url == "/account/login/"


def test_what_was_sent_too_late_is_kept_and_done_after_the_password(
    client_for, amy, acme
) -> None:
    url = f"{ORGANIZATIONS}{acme.pk}/change/"
    sent = _shown(client_for(amy), url) | {"key_limit": "7"}
    stale = client_for(amy, signed_in_at=1)
    asked = stale.post(url, sent)
    acme.refresh_from_db()
    assert acme.key_limit != 7
    answer = stale.post(asked.url, {"password": PASSWORD, "next": url})
    acme.refresh_from_db()
    assert (answer.url, acme.key_limit) == (ORGANIZATIONS, 7)


def test_staff_that_removes_its_second_factor_is_refused_on_the_next_request(
    staff, amy
) -> None:
    assert staff.get("/admin/").status_code == 200
    amy.authenticator_set.all().delete()
    assert staff.get("/admin/").status_code == 403


def test_admin_has_no_sign_in_and_no_password_page_of_its_own(staff) -> None:
    assert staff.get("/admin/login/").status_code == 404
    changed = staff.get("/admin/password_change/")
    assert changed.url == reverse("account_change_password")
    assert staff.post("/admin/logout/").url == "/account/login/"
    assert staff.get("/admin/").status_code == 302


def test_start_page_leads_account_managers_to_their_pages(staff) -> None:
    assert staff.get("/").url == "/admin/"


def test_nothing_but_organizations_and_catalogues_is_offered(staff) -> None:
    body = staff.get("/admin/").content.decode()
    assert set(re.findall(r'href="/admin/orgs/(\w+)/"', body)) == {
        "catalogueentry",
        "organization",
    }
    for path in ("orgs/user/", "auth/group/", "secretkeys/secretkey/", "account/"):
        assert staff.get(f"/admin/{path}").status_code == 404


def test_no_page_leads_in_a_circle(staff) -> None:
    assert "View site" not in staff.get("/admin/").content.decode()


def test_pages_name_the_account_managers_site(staff) -> None:
    body = staff.get("/admin/").content.decode()
    assert "Datature Vi · Account managers" in body


@pytest.mark.parametrize("by_id", [False, True])
def test_organization_is_found_by_name_or_id(staff, acme, globex, by_id) -> None:
    words = str(acme.pk) if by_id else "cme"
    body = staff.get(ORGANIZATIONS, {"q": words}).content.decode()
    assert str(acme.pk) in body
    assert str(globex.pk) not in body


def test_features_and_terms_are_changed_with_one_event(staff, acme, amy) -> None:
    _change(staff, acme, access_scope="on", key_limit="7")
    event = AuditEvent.objects.get(action="organization.changed")
    assert (acme.access_scope, acme.key_limit, acme.is_locked) == (True, 7, False)
    assert event.changes == {"access scope": ["off", "on"], "key limit": ["1000", "7"]}
    assert (event.actor, event.actor_user) == (amy.email, amy)


def test_lock_is_a_checkbox(staff, acme) -> None:
    _change(staff, acme, locked="on")
    locked = acme.is_locked
    _change(staff, acme, locked=None)
    assert (locked, acme.is_locked) == (True, False)


def test_saving_an_old_page_leaves_alone_what_others_changed(staff, acme) -> None:
    url = f"{ORGANIZATIONS}{acme.pk}/change/"
    old = _shown(staff, url)
    actions.change_terms(acme, locked=True, actor=COMMAND_LINE, at=timezone.now())
    staff.post(url, old | {"key_limit": "7"})
    acme.refresh_from_db()
    assert (acme.is_locked, acme.key_limit) == (True, 7)


@pytest.mark.parametrize(
    "field",
    [
        {"key_limit": "-1"},
        {"key_limit": "1000001"},
        {"key_limit": "many"},
        {"account_manager_email": "nobody"},
    ],
)
def test_bad_terms_are_refused(staff, acme, field) -> None:
    assert _change(staff, acme, **field).status_code == 200
    assert not AuditEvent.objects.filter(action="organization.changed").exists()


def test_name_and_id_cannot_be_changed_and_nothing_deleted(staff, acme) -> None:
    before = acme.pk
    _change(staff, acme, name="Other", id="x")
    assert (acme.name, acme.pk) == ("Acme", before)
    assert staff.post(f"{ORGANIZATIONS}{acme.pk}/delete/").status_code == 403


def test_entry_is_added_as_it_is_stored_and_audited(staff, acme, amy) -> None:
    form = {"organization": acme.pk, "category": "dataset", "name": "Roads"}
    staff.post(f"{ENTRIES}add/", form | {"external_id": f"{acme.pk}_{'a' * 64}"})
    entry = CatalogueEntry.objects.get()
    event = AuditEvent.objects.get(action="catalogue_entry.added")
    assert (entry.external_id, entry.name) == ("a" * 64, "Roads")
    assert event.changes == {"name": [None, "Roads"]}
    assert (event.subject, event.actor_user) == (f"dataset {'a' * 64}", amy)


@pytest.mark.parametrize(
    "field",
    [
        {"external_id": "a/b"},
        {"external_id": "ds1"},
        {"name": "a\u202eb"},
        {"category": "model"},
        {"organization": "00000000-0000-4000-8000-000000000000"},
    ],
)
def test_bad_entry_is_refused(staff, acme, roads, field) -> None:
    form = {"organization": acme.pk, "category": "dataset", "external_id": "ds2"}
    response = staff.post(f"{ENTRIES}add/", form | {"name": "New"} | field)
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert list(CatalogueEntry.objects.all()) == [roads]


def test_organization_of_an_entry_is_found_by_typing(staff, acme, globex) -> None:
    field = {
        "app_label": "orgs",
        "model_name": "catalogueentry",
        "field_name": "organization",
    }
    found = staff.get("/admin/autocomplete/", field | {"term": "acm"}).json()
    assert found["results"] == [{"id": str(acme.pk), "text": "Acme"}]


def test_entry_is_renamed_and_keeps_the_rest(staff, roads, globex) -> None:
    sent = {"name": "Streets", "external_id": "x", "organization": globex.pk}
    staff.post(f"{ENTRIES}{roads.pk}/change/", sent)
    found = CatalogueEntry.objects.matching("streets").get()
    assert (found.external_id, found.organization) == ("ds1", roads.organization)
    event = AuditEvent.objects.get(action="catalogue_entry.renamed")
    assert event.changes == {"name": ["Roads", "Streets"]}


def test_removed_entry_is_gone_and_audited(staff, roads) -> None:
    staff.post(f"{ENTRIES}{roads.pk}/delete/", {"post": "yes"})
    event = AuditEvent.objects.get(action="catalogue_entry.removed")
    assert not CatalogueEntry.objects.exists()
    assert (event.subject, event.changes) == ("dataset ds1", {"name": ["Roads", None]})


def test_selected_entries_are_removed_with_an_event_each(staff, acme, roads) -> None:
    CatalogueEntry.objects.create(
        organization=acme, category="training", external_id="run", name="Run"
    )
    chosen = CatalogueEntry.objects.values_list("pk", flat=True)
    form = {"action": "delete_selected", "_selected_action": list(chosen)}
    asked = staff.post(ENTRIES, form).content.decode()
    staff.post(ENTRIES, form | {"post": "yes"})
    assert "Roads (dataset ds1)" in asked
    events = AuditEvent.objects.filter(action="catalogue_entry.removed")
    assert (CatalogueEntry.objects.count(), events.count()) == (0, 2)


def test_more_entries_than_a_form_can_confirm_are_left(staff, acme, roads) -> None:
    CatalogueEntry.objects.bulk_create(
        CatalogueEntry(
            organization=acme, category="training", external_id=f"{n}", name="Run"
        )
        for n in range(500)
    )
    form = {"action": "delete_selected", "select_across": "1"}
    body = staff.post(ENTRIES, form | {"_selected_action": [roads.pk]}, follow=True)
    assert "Select 500 entries or fewer at a time." in body.content.decode()
    assert CatalogueEntry.objects.count() == 501


@pytest.mark.parametrize(
    "query", [{"q": "ROAD"}, {"q": "ds1"}, {"category__exact": "dataset"}]
)
def test_entries_are_searched_and_filtered(staff, acme, globex, roads, query) -> None:
    CatalogueEntry.objects.create(
        organization=globex, category="training", external_id="run", name="Run"
    )
    results = staff.get(ENTRIES, query).context["cl"].queryset
    assert list(results) == [roads]
    by_organization = {"organization__id__exact": str(acme.pk)}
    assert list(staff.get(ENTRIES, by_organization).context["cl"].queryset) == [roads]


def test_no_page_holds_a_key_or_a_hash(staff, acme, ada, roads, make_key) -> None:
    key, plaintext = make_key("very-secret-name")
    _change(staff, acme, key_limit="7")
    pages = ["/admin/", "/admin/orgs/", ORGANIZATIONS, ENTRIES, f"{ENTRIES}add/"]
    pages += [f"{ORGANIZATIONS}{acme.pk}/{page}/" for page in ("change", "history")]
    pages += [f"{ENTRIES}{roads.pk}/{page}/" for page in ("change", "delete")]
    text = "".join(staff.get(page).content.decode() for page in pages)
    secrets = (key.key_id, key.name, key.digest, ada.email, ada.password, "dtvi_")
    assert not [secret for secret in (*secrets, str(plaintext)) if secret in text]


def test_refused_people_see_the_product_and_not_a_form(client, ada) -> None:
    client.force_login(ada)
    response = client.get(ENTRIES)
    assert response.status_code == 403
    assert "No access" in response.content.decode()


def test_staff_that_is_none_anymore_is_refused_on_the_next_request(staff, amy) -> None:
    User.objects.filter(pk=amy.pk).update(is_staff=False)
    assert staff.get(ENTRIES).status_code == 403


def test_command_makes_an_account_manager_who_can_sign_in(client, acme) -> None:
    out, err = call("create_account_manager", "amy@datature.test")
    password = re.search(r"with password (\S+)\n", err)[1]
    form = {"login": "amy@datature.test", "password": password}
    signed_in = client.post("/account/login/?next=/admin/", form, follow=True)
    assert out == ""
    assert signed_in.redirect_chain[-1][0] == "/admin/"
    assert "Set up a second factor" in signed_in.content.decode()
    give_app(User.objects.get(email="amy@datature.test"))
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("address", ["ada@acme.test", "ADA@Acme.Test"])
def test_command_gives_a_known_person_no_new_password(ada, address) -> None:
    _, err = call("create_account_manager", address)
    before = ada.password
    ada.refresh_from_db()
    assert (ada.is_staff, ada.password) == (True, before)
    assert "password" not in err


@pytest.mark.parametrize("address", ["", "ada", "a@b.test\n", "\udcff@b.test"])
def test_command_refuses_what_is_no_address(db, address) -> None:
    with pytest.raises(Exception, match="is not an e-mail address") as refused:
        call("create_account_manager", "--", address)
    assert "\n" not in str(refused.value)
    assert not User.objects.exists()


def test_command_appoints_nobody_who_is_suspended(ada) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    with pytest.raises(Exception, match="is suspended"):
        call("create_account_manager", ada.email)
    ada.refresh_from_db()
    assert not ada.is_staff


@pytest.mark.parametrize(
    "asked",
    ["secret_keys__key_id__regex=^a", "name__regex=(a", "memberships__user__email=x"],
)
def test_a_list_answers_its_own_filters_and_nothing_else(staff, acme, asked):
    assert staff.get(f"{ORGANIZATIONS}?{asked}").status_code == 400
    own = staff.get(f"{ORGANIZATIONS}?access_scope__exact=0")
    assert acme.name in own.content.decode()


@pytest.mark.parametrize("searched", ["%00", "R%00oads"])
def test_a_search_for_what_no_name_has_is_answered(staff, roads, searched):
    for page in (ENTRIES, ORGANIZATIONS):
        assert staff.get(f"{page}?q={searched}").status_code == 200


@pytest.mark.parametrize("organization", ["nonsense", "' OR 1", "0" * 5000])
def test_an_organization_that_cannot_be_one_is_asked_for_again(staff, organization):
    sent = {"category": "dataset", "external_id": "ds1", "name": "Roads"}
    page = staff.post(f"{ENTRIES}add/", sent | {"organization": organization})
    assert page.status_code == 200
    assert "This field is required." in page.content.decode()
    assert not CatalogueEntry.objects.exists()
