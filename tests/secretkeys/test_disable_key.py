"""Disable and Enable: a key is refused from its next request on, until it may again."""

import time

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from vi.client.errors import ViAuthenticationError

from orgs.audit import Actor
from orgs.models import AuditEvent, Organization
from secretkeys import recording
from secretkeys.actions import disable_key
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from tests.conftest import PASSWORD
from tests.secretkeys.browsing import HTMX, fields, text
from tests.secretkeys.usage_rows import count_requests

SENTENCE = "This secret key is disabled. An organization admin can enable it again."


@pytest.fixture
def post(signed_in):
    """Return a function that sends Disable or Enable of a key, as the dialog does."""

    def send(name, key, client=signed_in, htmx=True, **fields):
        return client.post(url(name, key), fields, headers=HTMX if htmx else {})

    return send


@pytest.fixture
def disabled(make_key, ada):
    """Return a function that makes a key which ada has disabled."""

    def make(name="pipeline", **columns):
        key, plaintext = make_key(name, **columns)
        disable_key(key, actor=Actor.person(ada), at=timezone.now())
        key.refresh_from_db()
        return key, plaintext

    return make


def url(name, key):
    return reverse(f"secretkeys:{name}", args=[key.organization_id, key.key_id])


def refused(response):
    """Return the sentence that a dialog closes with."""
    assert response.status_code == 409
    return response.content.decode()


def test_the_very_next_request_is_refused_and_the_next_after_enabling_is_not(
    post, decide, make_key, acme
):
    key, plaintext = make_key()
    path = f"/workspaces/{acme.pk}/datasets"
    assert decide(plaintext, "GET", path).outcome is Outcome.ALLOWED
    assert "Secret key disabled." in post("disable", key)["HX-Trigger"]
    assert decide(plaintext, "GET", path)[:2] == (Outcome.DISABLED, SENTENCE)
    assert "Secret key enabled." in post("enable", key)["HX-Trigger"]
    assert decide(plaintext, "GET", path).outcome is Outcome.ALLOWED


@pytest.mark.django_db(transaction=True)
def test_the_client_reads_why(connect, post, make_key):
    key, plaintext = make_key()
    client = connect(plaintext)
    assert client.organizations.get().name == "Acme"
    post("disable", key)
    with pytest.raises(ViAuthenticationError) as error:
        client.organizations.get()
    assert error.value.status_code == 401
    assert error.value.message.startswith(SENTENCE)


def test_refused_requests_are_counted(disabled, decide, acme):
    key, plaintext = disabled()
    decide(plaintext, "GET", f"/workspaces/{acme.pk}")
    recording.flush()
    assert key.usage_days.get().outcome == Outcome.DISABLED.value


def test_both_work_without_script(post, signed_in, make_key):
    key, _ = make_key()
    for name, button in (("disable", "Disable key"), ("enable", "Enable key")):
        page = signed_in.get(url(name, key))
        assert button in text(page)
        form = fields(page, f"{name}-form")
        response = post(name, key, htmx=False, **form)
        assert (response.status_code, response.url.split("/")[-1]) == (
            302,
            "secret-keys",
        )
    assert not SecretKey.objects.get().is_disabled


def test_the_dialog_says_what_would_stop_and_that_it_can_be_undone(
    signed_in, make_key, decide, acme
):
    key, plaintext = make_key()
    decide(plaintext, "GET", f"/workspaces/{acme.pk}/datasets")
    recording.flush()
    words = text(signed_in.get(url("disable", key), headers=HTMX))
    assert "Disabling this key would have denied 1 request (datasets read" in words
    assert "You can enable it again." in words


def test_enabling_asks_for_the_password_and_disabling_does_not(
    post, make_key, client_for, ada
):
    key, _ = make_key()
    stale = client_for(ada, signed_in_at=time.time() - 60 * 60)
    assert post("disable", key, client=stale).status_code == 200
    asked = post("enable", key, client=stale, reason="It was a drill.")
    assert asked.status_code == 422
    assert "An enabled key gives access to your organization." in text(asked)
    assert 'value="It was a drill."' in asked.content.decode()
    key.refresh_from_db()
    assert key.is_disabled
    assert post("enable", key, client=stale, password=PASSWORD).status_code == 200


def test_who_did_it_and_why_is_kept(post, make_key, acme, signed_in):
    key, plaintext = make_key()
    post("disable", key, reason=f"  found\n{plaintext} in a log ")
    post("enable", key)
    events = AuditEvent.objects.of(acme).filter(subject=str(key))
    _, stopped, enabled = events.order_by("sequence")
    assert (stopped.action, stopped.actor) == ("key.disabled", "ada@acme.test")
    assert stopped.changes == {"reason": [None, f"found {key.stem}… in a log"]}
    assert (enabled.action, enabled.changes) == ("key.enabled", {})
    log = text(signed_in.get(reverse("orgs:audit_log", args=[acme.pk])))
    assert "Disabled key" in log
    assert "Enabled key" in log


def test_a_reason_that_is_too_long_is_kept_in_the_form(post, make_key):
    key, _ = make_key()
    response = post("disable", key, reason="r" * 201)
    assert response.status_code == 422
    assert "Use 200 characters or fewer." in text(response)
    assert "r" * 201 in response.content.decode()


@pytest.mark.parametrize("name", ["disable", "enable"])
def test_doing_it_twice_is_told_so(post, make_key, name):
    key, _ = make_key()
    post("disable", key)
    events = AuditEvent.objects.count()
    if name == "enable":
        post("enable", key)
        events += 1
    assert refused(post(name, key)) == f"This key is already {name}d."
    assert AuditEvent.objects.count() == events


def test_a_removed_key_cannot_be_disabled_or_enabled(post, disabled):
    key, _ = disabled()
    SecretKey.objects.update(removed_at=timezone.now())
    for name in ("disable", "enable"):
        assert refused(post(name, key)) == "This key was already removed."


def test_what_has_expired_cannot_be_enabled(post, disabled):
    key, _ = disabled()
    SecretKey.objects.update(expires_at=timezone.now())
    assert refused(post("enable", key)) == (
        "This key has expired. Choose a later expiration first, then enable it."
    )


def test_a_disabled_key_can_be_edited_and_stays_disabled(edit, disabled):
    key, _ = disabled()
    assert edit(key, name="renamed").status_code == 200
    key.refresh_from_db()
    assert (key.name, key.is_disabled) == ("renamed", True)


def test_a_disabled_key_is_rotated_into_one_that_works(
    post, signed_in, disabled, decide, acme
):
    key, plaintext = disabled()
    page = signed_in.get(url("rotate", key))
    assert "This key is disabled and stays so;" in text(page)
    form = fields(page, "rotate-form")
    assert form["overlap"] == ["0"]
    revealed = signed_in.post(url("rotate", key), form).context["plaintext"]
    path = f"/workspaces/{acme.pk}/datasets"
    assert decide(revealed, "GET", path).outcome is Outcome.ALLOWED
    assert decide(plaintext, "GET", path).outcome is Outcome.DISABLED
    assert refused(post("enable", key)) == (
        "This key was rotated and has stopped. Use the key that replaced it."
    )


def test_a_rotated_key_can_be_stopped_early_and_again_for_what_is_left(
    post, signed_in, make_key, decide, acme
):
    key, plaintext = make_key()
    form = fields(signed_in.get(url("rotate", key)), "rotate-form")
    signed_in.post(url("rotate", key), form)
    post("disable", key)
    path = f"/workspaces/{acme.pk}"
    assert decide(plaintext, "GET", path).outcome is Outcome.DISABLED
    post("enable", key)
    assert decide(plaintext, "GET", path).outcome is Outcome.ALLOWED


def test_in_a_locked_organization_keys_are_disabled_and_not_enabled(
    post, make_key, acme, signed_in
):
    key, _ = make_key()
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    assert post("disable", key).status_code == 200
    assert "This organization is locked." in refused(post("enable", key))
    key.refresh_from_db()
    assert key.is_disabled
    assert url("enable", key) not in signed_in.get(url("detail", key)).content.decode()


def test_disabled_keys_count_towards_the_limit(create, disabled, acme):
    Organization.objects.filter(pk=acme.pk).update(key_limit=1)
    disabled()
    assert "limit of 1 keys" in text(create(name="another"))


def test_a_key_s_page_offers_the_one_that_is_possible(signed_in, make_key, post):
    key, _ = make_key()
    body = signed_in.get(url("detail", key)).content.decode()
    assert url("disable", key) in body
    assert url("enable", key) not in body
    post("disable", key)
    page = signed_in.get(url("detail", key))
    assert url("enable", key) in page.content.decode()
    assert "Disabled" in text(page)


def test_the_remove_dialog_offers_it_instead(signed_in, make_key, post):
    key, _ = make_key()
    page = url("remove", key)
    assert url("disable", key) in signed_in.get(page).content.decode()
    post("disable", key)
    assert url("disable", key) not in signed_in.get(page).content.decode()


def test_the_list_on_the_command_line_says_so(disabled, acme, capsys):
    disabled()
    call_command("list_secret_keys", organization=str(acme.pk))
    assert "\tdisabled\t" in capsys.readouterr().out


def test_other_keys_go_on_working(disabled, make_key, decide, acme):
    disabled("stopped")
    _, plaintext = make_key("works")
    outcome = decide(plaintext, "GET", f"/workspaces/{acme.pk}").outcome
    assert outcome is Outcome.ALLOWED


def test_requests_of_seven_days_stand_in_the_dialog(signed_in, make_key):
    key, _ = make_key()
    count_requests(key, timezone.now(), 1_234)
    assert "1,234" in text(signed_in.get(url("disable", key), headers=HTMX))
