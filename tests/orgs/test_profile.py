"""Your account: name, email, time zone, appearance, mails about keys."""

import datetime as dt
import json
import logging
import re
from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs import actions
from orgs.models import Membership, User
from orgs.refusals import AddressTaken
from orgs.roles import Role
from secretkeys.redaction import RedactingFormatter
from tests.conftest import PASSWORD
from tests.secretkeys.browsing import HTMX, text
from tests.secretkeys.test_actions import race

NEW = "ada@new.test"
LOGIN = "/account/login/"


@pytest.fixture
def browser(ada, acme, client_for) -> Client:
    """Ada's browser, signed in just now."""
    return client_for(ada)


def _ask(browser: Client, email: str = NEW, **more: str):
    return browser.post("/account/email", {"email": email} | more)


def _link() -> str:
    found = re.search(r"https?://\S+/account/email/confirm/(\S+)", mail.outbox[-1].body)
    assert found is not None
    return reverse("account_email_confirm", args=[found[1]])


def _can_sign_in(email: str) -> bool:
    form = {"login": email, "password": PASSWORD}
    return Client().post(LOGIN, form).status_code == 302


def test_profile_names_everything_there_is(browser, ada) -> None:
    shown = text(browser.get("/account/"))
    for words in ("Name", "Email", "Time zone", "Appearance", "Your organizations"):
        assert words in shown
    assert "ada@acme.test" in shown


def test_name_is_changed(browser, ada) -> None:
    response = browser.post("/account/name", {"name": "  Ada King "}, follow=True)
    ada.refresh_from_db()
    assert ada.name == "Ada King"
    assert "Name saved." in text(response)


@pytest.mark.parametrize("name", ["", " ", "a\u202eb", "x" * 65])
def test_bad_name_is_kept_in_the_form_with_a_sentence(browser, ada, name) -> None:
    response = browser.post("/account/name", {"name": name})
    assert response.status_code == 422
    assert 'id="name-error"' in response.content.decode()
    ada.refresh_from_db()
    assert ada.name == "Ada Lovelace"


def test_who_had_to_sign_in_again_comes_back_to_the_profile(browser) -> None:
    assert browser.get("/account/name").url == "/account/"


def test_time_zone_is_changed(browser, ada) -> None:
    browser.post("/account/time-zone", {"time_zone": "Asia/Singapore"})
    ada.refresh_from_db()
    assert ada.time_zone == "Asia/Singapore"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "a\0b"])
def test_unknown_time_zone_is_refused_with_a_sentence(browser, ada, zone) -> None:
    response = browser.post("/account/time-zone", {"time_zone": zone})
    assert response.status_code == 422
    assert "Choose a time zone from the list." in text(response)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_appearance_is_a_cookie_that_pages_obey_at_once(browser, theme) -> None:
    response = browser.post("/account/appearance", {"theme": theme}, follow=True)
    assert f'data-theme="{theme}"' in response.content.decode()
    cookie = browser.cookies["theme"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == dt.timedelta(days=365).total_seconds()


def test_cookie_of_the_appearance_is_secure_under_https(browser, settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    response = browser.post("/account/appearance", {"theme": "dark"})
    assert response.cookies["theme"]["secure"]


def test_appearance_of_the_system_needs_no_cookie(browser) -> None:
    browser.post("/account/appearance", {"theme": "dark"})
    response = browser.post("/account/appearance", {"theme": "system"}, follow=True)
    assert "data-theme" not in response.content.decode()
    assert browser.cookies["theme"].value == ""


def test_unknown_appearance_is_refused_with_a_sentence(browser) -> None:
    response = browser.post("/account/appearance", {"theme": "neon"})
    assert response.status_code == 422
    assert "Choose Light, Dark or System." in text(response)


def test_mails_about_keys_are_chosen_by_organization(browser, ada, acme) -> None:
    browser.post("/account/key-mails", {})
    assert not Membership.objects.get(user=ada).key_mails
    browser.post("/account/key-mails", {"organization": [str(acme.pk), "nonsense"]})
    assert Membership.objects.get(user=ada).key_mails


def test_what_is_chosen_again_is_told_from_where_it_was_left(
    browser, ada, acme, globex
):
    Membership.objects.create(user=ada, organization=globex, role=Role.ADMIN.value)
    hour_ago = timezone.now() - dt.timedelta(hours=1)
    Membership.objects.update(key_mails_until=hour_ago)
    browser.post("/account/key-mails", {"organization": [str(acme.pk)]})
    mine = Membership.objects.filter(user=ada)
    kept, ended = (mine.get(organization=each) for each in (acme, globex))
    assert (kept.key_mails, kept.key_mails_until) == (True, hour_ago)
    assert (ended.key_mails, ended.key_mails_until > hour_ago) == (False, True)
    assert Membership.objects.get(organization=globex, role="owner").key_mails


def test_members_are_not_asked_about_mails_they_never_get(mel, client_for) -> None:
    assert "Mails about keys" not in text(client_for(mel).get("/account/"))


def test_only_who_is_not_the_owner_is_led_to_leave(mel, ada, acme, client_for) -> None:
    leave = reverse("secretkeys:leave", args=[acme.pk])
    assert leave in client_for(mel).get("/account/").content.decode()
    assert leave not in client_for(ada).get("/account/").content.decode()


def test_email_changes_once_the_link_is_opened(browser, ada) -> None:
    assert _ask(browser).status_code == 302
    assert mail.outbox[-1].to == [NEW]
    assert not _can_sign_in(NEW)
    assert _can_sign_in("ada@acme.test")
    # In another browser, where nobody is signed in.
    link, other = _link(), Client()
    assert "ada@acme.test" in text(other.get(link))
    assert other.post(link).status_code == 302
    ada.refresh_from_db()
    address = EmailAddress.objects.get(user=ada)
    assert (ada.email, address.email) == (NEW, NEW)
    assert (address.verified, address.primary) == (True, True)
    assert _can_sign_in(NEW)
    assert not _can_sign_in("ada@acme.test")


def test_old_address_is_told_of_the_change(browser, ada) -> None:
    _ask(browser)
    browser.post(_link())
    assert mail.outbox[-1].to == ["ada@acme.test"]


def test_opening_the_link_changes_nothing_by_itself(browser, ada) -> None:
    _ask(browser)
    browser.get(_link())
    ada.refresh_from_db()
    assert ada.email == "ada@acme.test"


def test_link_works_once(browser) -> None:
    _ask(browser)
    browser.post(_link())
    again = Client().post(_link_of(mail.outbox))
    assert "This link no longer works" in text(again)


def _link_of(outbox) -> str:
    bodies = [re.search(r"/account/email/confirm/\S+", each.body) for each in outbox]
    return next(found[0] for found in bodies if found)


def test_withdrawn_change_cannot_be_confirmed(browser, ada) -> None:
    _ask(browser)
    browser.post("/account/email/withdraw")
    assert Client().post(_link()).status_code == 404
    ada.refresh_from_db()
    assert (ada.email, ada.new_email) == ("ada@acme.test", "")


def test_newer_change_replaces_an_older_one(browser, ada) -> None:
    _ask(browser)
    older = _link()
    _ask(browser, "ada@newer.test")
    assert Client().post(older).status_code == 404
    assert Client().post(_link()).status_code == 302
    ada.refresh_from_db()
    assert ada.email == "ada@newer.test"


def test_link_can_be_sent_again_after_a_while(browser, settings) -> None:
    _ask(browser)
    soon = browser.post("/account/email/resend", follow=True)
    assert "lately" in text(soon)
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": None, "manage_email": None}
    later = browser.post("/account/email/resend", follow=True)
    assert "The link was sent again." in text(later)
    assert len(mail.outbox) == 2


def test_address_of_somebody_else_cannot_be_taken_nor_told_apart(
    browser, ada, gus
) -> None:
    taken = _ask(browser, gus.email.upper())
    free = _ask(browser, NEW)
    assert (taken.status_code, taken.url) == (free.status_code, free.url)
    _ask(browser, gus.email)
    User.objects.filter(pk=ada.pk).update(new_email=gus.email)
    response = Client().post(_link_of(mail.outbox))
    assert response.status_code == 409
    ada.refresh_from_db()
    assert ada.email == "ada@acme.test"


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_one_address_at_once_end_with_one_owner(
    browser, gus, client_for, settings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": None, "manage_email": None}
    links = []
    for each in (browser, client_for(gus)):
        _ask(each)
        links.append(_link_of(mail.outbox))
    answers: list[int] = []

    def confirming(link):
        return lambda: answers.append(Client().post(link).status_code)

    assert race(*map(confirming, links)) == ["done", "done"]
    # The other one meets an address that is taken, or is too late for the link itself.
    won, lost = sorted(answers)
    assert won == 302
    assert lost in {404, 409}
    assert User.objects.filter(email=NEW).count() == 1


def test_waiting_address_gets_no_new_password(browser, ada) -> None:
    _ask(browser)
    mail.outbox.clear()
    Client().post("/account/password/reset/", {"email": NEW})
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Enter an email address."),
        ("ada", "Enter an email address such as name@example.com."),
        ("a" * 250 + "@x.test", "Use 254 characters or fewer."),
        ("ADA@acme.test", "You sign in with this email already."),
    ],
)
def test_bad_email_is_refused_with_a_sentence(browser, email, sentence) -> None:
    response = _ask(browser, email)
    assert response.status_code == 422
    assert sentence in text(response)
    assert mail.outbox == []


def test_changing_the_email_asks_for_a_recent_sign_in(ada, client_for) -> None:
    browser = client_for(ada, signed_in_at=1.0)
    response = _ask(browser)
    assert response.status_code == 422
    assert "Confirm it is you" in text(response)
    assert f'value="{NEW}"' in response.content.decode()
    assert mail.outbox == []
    assert _ask(browser, password=PASSWORD).status_code == 302


def test_link_leads_to_the_configured_origin(browser, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_ORIGIN = "https://keys.example.com"
    form = {"email": NEW}
    browser.post("/account/email", form, headers={"Host": "evil.test"})
    assert "https://keys.example.com/account/email/confirm/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body


@pytest.mark.parametrize("key", ["x", "WzEsImEiXQ:1:abc"])
def test_made_up_link_says_that_it_does_not_work(db, key) -> None:
    response = Client().get(reverse("account_email_confirm", args=[key]))
    assert response.status_code == 404
    assert "This link no longer works" in text(response)


def _reset_password(password: str) -> None:
    """Do what the victim of somebody who knows the password does."""
    Client().post("/account/password/reset/", {"email": "ada@acme.test"})
    link = re.search(r"/account/password/reset/key/\S+", mail.outbox[-1].body)[0]
    form, browser = {"password1": password, "password2": password}, Client()
    assert browser.post(browser.get(link).url, form).status_code == 302


def test_new_password_ends_what_an_intruder_asked_for(browser, ada) -> None:
    _ask(browser, "intruder@evil.test")
    link = _link()
    _reset_password("a brand new long password")
    assert Client().get(link).status_code == 404
    assert Client().post(link).status_code == 404
    ada.refresh_from_db()
    assert (ada.email, ada.new_email) == ("ada@acme.test", "")


def test_link_ends_with_the_password_however_that_was_changed(browser, ada) -> None:
    _ask(browser)
    link = _link()
    User.objects.filter(pk=ada.pk).update(password="changed by a command")
    assert Client().post(link).status_code == 404
    ada.refresh_from_db()
    with pytest.raises(AddressTaken):
        actions.take_address(ada.pk, NEW, "of before", at=timezone.now())


def test_request_of_before_the_new_password_proposes_nothing(browser, ada) -> None:
    stale = User.objects.get(pk=ada.pk)
    actions.choose_password(ada, "a brand new long password", at=timezone.now())
    actions.propose_address(stale, "intruder@evil.test", at=timezone.now())
    ada.refresh_from_db()
    assert ada.new_email == ""


def test_present_address_is_told_that_a_change_was_asked_for(
    browser, ada, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        _ask(browser)
    told = next(each for each in mail.outbox if each.to == ["ada@acme.test"])
    assert told.subject == "Your email address is about to change"
    assert "ada@new.test" in told.body.replace("\N{ZERO WIDTH SPACE}", "")
    assert "/account/password/change/" in told.body


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("time-zone", {"time_zone": "Asia/Tokyo"}, "Time zone saved."),
        ("key-mails", {}, "Mails saved."),
        ("email", {"email": NEW}, "A link was sent to the new email."),
    ],
)
def test_card_is_saved_in_place_so_that_others_keep_what_is_typed(
    browser, path: str, form: dict[str, str], said: str
) -> None:
    saved = browser.post(f"/account/{path}", form, headers=HTMX)
    assert saved.status_code == 200
    assert json.loads(saved["HX-Trigger"]) == {"dialog-done": {"toast": said}}
    # The page says it in no other way, now or later.
    assert said not in text(saved)
    assert said not in text(browser.get("/account/"))


def test_time_zone_counts_at_once_where_it_is_chosen(browser) -> None:
    form = {"time_zone": "Asia/Tokyo"}
    saved = browser.post("/account/time-zone", form, headers=HTMX)
    assert "JST. Charts by day" in text(saved)


def test_links_that_open_an_account_reach_no_log(browser, ada, caplog) -> None:
    _ask(browser)
    new_email = _link()
    Client().post("/account/password/reset/", {"email": "ada@acme.test"})
    found = re.search(r"/account/password/reset/key/\S+", mail.outbox[-1].body)
    new_password = found[0]
    with caplog.at_level(logging.DEBUG):
        for link in (new_email, new_password, quote(new_email), quote(new_email, "")):
            logging.getLogger("django.request").warning("Not Found: %s", link)
        # What Django itself writes of a form without a token.
        strict = Client(enforce_csrf_checks=True)
        strict.post(new_email)
        strict.post(new_password)
    formatter = RedactingFormatter("{message}", style="{")
    lines = "".join(formatter.format(record) for record in caplog.records)
    assert "/account/email/confirm/" in lines
    for secret in (new_email.split("/")[-1][-20:], new_password.split("/")[-2][-20:]):
        assert secret not in lines
