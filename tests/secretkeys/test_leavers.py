"""Removing a member: every key they leave is decided about, all of it or nothing."""

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgs.actions import invite, withdraw_invitation
from orgs.audit import COMMAND_LINE, Actor
from orgs.models import AuditEvent, Invitation, Membership, Organization
from orgs.roles import Role
from secretkeys import recording
from secretkeys.actions import KeyTerms, create_key, remove_key, rotate_key
from secretkeys.grants import Grant, Permission
from secretkeys.leavers import Decision, Fate, fingerprint, remove_member
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from tests.conftest import create_many_keys
from tests.secretkeys.browsing import HTMX, fields, text
from tests.secretkeys.test_actions import race
from tests.secretkeys.usage_rows import count_requests


def remove_url(user, organization):
    return reverse("secretkeys:member_remove", args=[organization.pk, user.pk])


@pytest.fixture
def left(make_key, abe):
    """Return a function that makes a key which abe has created."""

    def make(name="pipeline", **columns):
        key, plaintext = make_key(name, **columns)
        SecretKey.objects.filter(pk=key.pk).update(created_by=abe)
        key.refresh_from_db()
        return key, plaintext

    return make


@pytest.fixture
def remove(signed_in, abe, acme):
    """Return a function that opens the dialog for abe, fills it in and sends it."""

    def send(client=signed_in, htmx=True, **chosen):
        headers = HTMX if htmx else {}
        url = remove_url(abe, acme)
        form = fields(client.get(url, headers=headers), "leaver-form")
        return client.post(url, form | chosen, headers=headers)

    return send


def is_member(user):
    return Membership.objects.filter(user=user).exists()


def in_days(count):
    return (timezone.now() + dt.timedelta(days=count)).date()


def test_the_dialog_lists_keys_with_last_use_and_requests(
    signed_in, left, make_key, abe, acme
):
    key, _ = left("busy", last_used_at=timezone.now())
    left("idle")
    make_key("of-ada")
    count_requests(key, timezone.now(), 1204)
    words = text(signed_in.get(remove_url(abe, acme)))
    assert "Remove member? Abe Admin" in words
    assert (
        f"{key.stem}… · Last used: Just now · 1,204&nbsp;requests,&nbsp;7&nbsp;days"
        in words
    )
    assert "idle" in words
    assert words.index("busy") < words.index("idle")
    assert "of-ada" not in words


def test_keys_are_kept_unless_somebody_says_otherwise(remove, left, abe, decide):
    key, plaintext = left()
    response = remove()
    assert "Member removed." in response["HX-Trigger"]
    assert "members-changed" in response["HX-Trigger"]
    assert not is_member(abe)
    key.refresh_from_db()
    assert key.created_by == abe
    assert key.keeper is None
    assert decide(plaintext, "GET", f"/workspaces/{key.organization_id}").outcome is (
        Outcome.ALLOWED
    )
    assert AuditEvent.objects.filter(action="member.removed").count() == 1
    assert not AuditEvent.objects.filter(action="key.changed").exists()


def test_each_key_gets_what_was_chosen_for_it(remove, left, abe, ada, acme, decide):
    kept, given, ending, gone = (left(name)[0] for name in ("a", "b", "c", "d"))
    until = in_days(30)
    remove(
        **{
            f"fate_{kept.pk}": "keep",
            f"fate_{given.pk}": f"to-{ada.pk}",
            f"fate_{ending.pk}": "custom",
            f"until_{ending.pk}": until.isoformat(),
            f"fate_{gone.pk}": "remove",
        }
    )
    for key in (kept, given, ending, gone):
        key.refresh_from_db()
    assert (kept.keeper, kept.expires_at, kept.removed_at) == (None, None, None)
    assert given.keeper == ada
    assert ending.expires_at.date() == until
    assert gone.is_removed
    changed = AuditEvent.objects.filter(action="key.changed").order_by("subject")
    assert changed[0].changes == {"looked after by": ["nobody", "ada@acme.test"]}
    assert list(changed[1].changes) == ["expires"]
    assert AuditEvent.objects.filter(action="key.removed").count() == 1


def test_a_key_that_was_handed_over_says_so(remove, left, ada, acme, signed_in):
    key, _ = left()
    remove(**{f"fate_{key.pk}": f"to-{ada.pk}"})
    table = text(signed_in.get(reverse("secretkeys:list", args=[acme.pk])))
    page = text(signed_in.get(reverse("secretkeys:detail", args=[acme.pk, key.pk])))
    for words in (table, page):
        assert "Abe Admin now with Ada Lovelace" in words


def test_whoever_took_a_key_over_is_asked_about_it_when_they_leave(
    make_key, remove, abe
):
    key, _ = make_key(keeper=abe)
    remove()
    key.refresh_from_db()
    assert key.keeper is None
    event = AuditEvent.objects.get(action="key.changed")
    assert event.changes == {"looked after by": ["abe@acme.test", "nobody"]}


def test_who_leaves_looks_after_no_key_any_more(
    make_key, left, client_for, signed_in, abe, ada, acme
):
    taken, made, other = make_key("a", keeper=abe)[0], left("b")[0], make_key("c")[0]
    SecretKey.objects.filter(pk=other.pk).update(created_by=abe, keeper=ada)
    client_for(abe).post(reverse("secretkeys:leave", args=[acme.pk]))
    assert not is_member(abe)
    kept_by = {key.pk: key.keeper for key in SecretKey.objects.all()}
    assert kept_by == {taken.pk: None, made.pk: None, other.pk: ada}
    event = AuditEvent.objects.get(action="key.changed")
    assert event.changes == {"looked after by": ["abe@acme.test", "nobody"]}
    assert event.subject == str(taken)
    page = signed_in.get(reverse("secretkeys:detail", args=[acme.pk, taken.pk]))
    assert "now with" not in text(page)


@pytest.mark.parametrize("leaves", [True, False])
def test_a_rotated_key_is_with_nobody_who_has_left(
    make_key, remove, client_for, abe, ada, acme, leaves
):
    key, _ = make_key(keeper=abe)
    hour, nonce, actor = dt.timedelta(hours=1), uuid.uuid4(), Actor.person(ada)
    rotate_key(key, overlap=hour, nonce=nonce, actor=actor, at=timezone.now())
    if leaves:
        client_for(abe).post(reverse("secretkeys:leave", args=[acme.pk]))
    else:
        remove()
    assert not SecretKey.objects.filter(keeper=abe).exists()
    assert AuditEvent.objects.filter(action="key.changed").count() == 2


def test_a_key_that_was_handed_over_is_not_asked_about_again(
    left, signed_in, ada, abe, acme
):
    left(keeper=ada)
    words = text(signed_in.get(remove_url(abe, acme)))
    assert "They have no keys." in words


def rotated(key, actor, hours=24, at=None):
    """Rotate a key, and return its successor."""
    successor, _ = rotate_key(
        SecretKey.objects.get(pk=key.pk),
        overlap=dt.timedelta(hours=hours),
        nonce=uuid.uuid4(),
        actor=Actor.person(actor),
        at=at or timezone.now(),
    )
    return successor


def test_replaced_keys_that_work_stand_under_their_successor_and_share_its_fate(
    signed_in, left, remove, abe, acme, decide
):
    key, plaintext = left()
    middle = rotated(key, abe)
    last = rotated(middle, abe, hours=1)
    words = text(signed_in.get(remove_url(abe, acme)))
    assert f"The key it replaced, {middle.stem}…, stops in 1 hour" in words
    assert f"One before it, {key.stem}…, stops in 24 hours" in words
    form = fields(signed_in.get(remove_url(abe, acme)), "leaver-form")
    assert [name for name in form if name[:5] == "fate_"] == [f"fate_{last.pk}"]
    remove(**{f"fate_{last.pk}": "remove"})
    assert SecretKey.objects.removed().count() == 3
    assert decide(plaintext, "GET", f"/workspaces/{acme.pk}").outcome is not (
        Outcome.ALLOWED
    )


def test_disabling_a_key_stops_what_it_replaced_no_later(left, remove, abe):
    key, _ = left()
    successor = rotated(key, abe, hours=24 * 7)
    until = in_days(2)
    remove(**{f"fate_{successor.pk}": "custom", f"until_{successor.pk}": str(until)})
    ends = SecretKey.objects.values_list("expires_at", flat=True)
    assert {end.date() for end in ends} == {until}


def test_a_key_that_somebody_else_replaced_is_listed_while_it_works(
    signed_in, left, remove, abe, ada, acme
):
    key, _ = left()
    successor = rotated(key, ada)
    over, _ = left("over")
    rotated(over, ada, hours=1, at=timezone.now() - dt.timedelta(hours=2))
    form = fields(signed_in.get(remove_url(abe, acme)), "leaver-form")
    assert [name for name in form if name[:5] == "fate_"] == [f"fate_{key.pk}"]
    remove(**{f"fate_{key.pk}": "remove"})
    assert list(SecretKey.objects.removed()) == [key]
    assert SecretKey.objects.current().filter(pk=successor.pk).exists()


def test_the_dialog_says_that_open_invitations_end(
    client_for, signed_in, ada, abe, acme
):
    now = timezone.now()
    for email in ("a@x.test", "b@x.test"):
        invite(acme, [email], Role.MEMBER, actor=Actor.person(abe), at=now)
    words = text(signed_in.get(remove_url(abe, acme)))
    assert "Their 2 open invitations end." in words
    leave = reverse("secretkeys:leave", args=[acme.pk])
    assert "Your 2 open invitations end." in text(client_for(abe).get(leave))
    withdraw_invitation(
        acme, Invitation.objects.first().pk, actor=Actor.person(ada), at=now
    )
    assert "Their 1 open invitation ends." in text(signed_in.get(remove_url(abe, acme)))


def test_who_takes_over_is_shown_with_an_address(signed_in, left, abe, acme):
    left()
    words = text(signed_in.get(remove_url(abe, acme)))
    assert "Hand over to Ada Lovelace, ada@acme.test" in words


def test_a_successor_stays_with_who_looks_after_the_key(make_key, abe, ada):
    key, _ = make_key(keeper=abe)
    successor, _ = rotate_key(
        key,
        overlap=dt.timedelta(hours=1),
        nonce=uuid.uuid4(),
        actor=Actor.person(ada),
        at=timezone.now(),
    )
    assert successor.keeper == abe


@pytest.mark.parametrize("htmx", [True, False])
def test_a_key_made_meanwhile_is_shown_and_nothing_happens(
    signed_in, left, abe, acme, htmx
):
    first, _ = left("first")
    url, headers = remove_url(abe, acme), HTMX if htmx else {}
    form = fields(signed_in.get(url, headers=headers), "leaver-form")
    second, _ = left("second")
    form[f"fate_{first.pk}"] = "remove"
    response = signed_in.post(url, form, headers=headers)
    assert response.status_code == 422
    words = text(response)
    assert "The keys of this person have changed" in words
    assert "second" in words
    assert is_member(abe)
    assert not SecretKey.objects.removed().exists()
    again = fields(response, "leaver-form")
    assert again[f"fate_{first.pk}"] == ["remove"]
    again[f"fate_{second.pk}"] = "keep"
    assert signed_in.post(url, again).status_code == 302
    assert not is_member(abe)
    assert list(SecretKey.objects.removed()) == [first]


def test_a_key_removed_meanwhile_is_asked_about_again(signed_in, left, abe, acme):
    key, _ = left()
    url = remove_url(abe, acme)
    form = fields(signed_in.get(url), "leaver-form")
    remove_key(key, actor=COMMAND_LINE, at=timezone.now())
    assert signed_in.post(url, form).status_code == 422
    assert is_member(abe)


def test_who_takes_over_has_to_manage_keys_still(signed_in, left, abe, ada, mel, acme):
    key, _ = left()
    url = remove_url(abe, acme)
    form = fields(signed_in.get(url), "leaver-form")
    for stranger in (mel.pk, abe.pk, 10**20, "x"):
        form[f"fate_{key.pk}"] = f"to-{stranger}"
        response = signed_in.post(url, form)
        assert response.status_code == 422
        assert "Choose what happens to this key." in text(response)
    assert is_member(abe)


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("", "Choose a date after today."),
        ("2020-01-01", "Choose a date after today."),
        ("nonsense", "Enter a date such as 2027-02-21."),
        ("9999-12-31", "Choose a date within the next 10 years."),
    ],
)
def test_a_date_has_to_be_one(remove, left, abe, until, sentence):
    key, _ = left()
    response = remove(**{f"fate_{key.pk}": "custom", f"until_{key.pk}": until})
    assert response.status_code == 422
    assert sentence in text(response)
    assert is_member(abe)


def test_a_key_does_not_live_longer_than_it_was_given(remove, left, abe):
    key, _ = left(expires_at=timezone.now() + dt.timedelta(days=5))
    chosen = {f"fate_{key.pk}": "custom", f"until_{key.pk}": in_days(9).isoformat()}
    response = remove(**chosen)
    assert response.status_code == 422
    assert "This key already stops on" in text(response)
    assert is_member(abe)


def test_hundreds_of_keys_share_one_choice(
    signed_in, abe, ada, acme, django_assert_max_num_queries
):
    create_many_keys(acme, 300)
    SecretKey.objects.update(created_by=abe)
    url = remove_url(abe, acme)
    with django_assert_max_num_queries(24):
        page = signed_in.get(url)
    assert "250 more keys" in text(page)
    form = fields(page, "leaver-form")
    assert len([name for name in form if name.startswith("fate_")]) == 51
    form["fate_rest"] = f"to-{ada.pk}"
    assert signed_in.post(url, form).status_code == 302
    assert SecretKey.objects.filter(keeper=ada).count() == 250


def test_the_rest_keeps_earlier_ends(signed_in, abe, acme):
    create_many_keys(acme, 60)
    soon = timezone.now() + dt.timedelta(days=2)
    SecretKey.objects.update(created_by=abe, expires_at=soon)
    url = remove_url(abe, acme)
    form = fields(signed_in.get(url), "leaver-form")
    form |= {"fate_rest": "custom", "until_rest": in_days(30).isoformat()}
    assert signed_in.post(url, form).status_code == 302
    assert set(SecretKey.objects.values_list("expires_at", flat=True)) == {soon}


def test_removing_asks_for_a_recent_sign_in_and_keeps_what_was_chosen(
    left, remove, client_for, ada, abe
):
    key, _ = left()
    client = client_for(ada, signed_in_at=1.0)
    response = remove(client=client, **{f"fate_{key.pk}": "remove"})
    assert response.status_code == 422
    assert "Confirm it is you" in text(response)
    assert fields(response, "leaver-form")[f"fate_{key.pk}"] == ["remove"]
    assert is_member(abe)


def test_removal_takes_effect_on_the_next_request(remove, client_for, abe, acme):
    client = client_for(abe)
    page = reverse("secretkeys:list", args=[acme.pk])
    assert client.get(page).status_code == 200
    remove()
    assert client.get(page).status_code == 404
    assert client.post(reverse("secretkeys:create", args=[acme.pk])).status_code == 404


def test_the_owner_and_oneself_are_not_removed_here(client_for, ada, abe, acme):
    client = client_for(abe)
    for user in (ada, abe):
        assert client.get(remove_url(user, acme)).status_code == 404
        assert client.post(remove_url(user, acme)).status_code == 404
    assert is_member(ada)
    assert is_member(abe)


def test_members_and_outsiders_remove_nobody(client_for, mel, gus, abe, acme):
    assert client_for(mel).post(remove_url(abe, acme)).status_code == 403
    assert client_for(gus).post(remove_url(abe, acme)).status_code == 404
    assert Client().post(remove_url(abe, acme)).status_code == 302
    assert is_member(abe)


def test_removal_works_while_locked(remove, left, abe, acme):
    key, _ = left()
    Organization.objects.filter(pk=acme.pk).update(locked_at=timezone.now())
    remove(**{f"fate_{key.pk}": "remove"})
    assert not is_member(abe)
    assert SecretKey.objects.removed().count() == 1


def test_without_a_script_the_dialog_is_a_page(remove, left, abe, acme):
    left()
    response = remove(htmx=False)
    assert response.url == reverse("orgs:members", args=[acme.pk])
    assert not is_member(abe)


def test_counts_that_wait_do_not_bring_a_key_back(remove, left, decide, abe):
    key, plaintext = left()
    path = f"/workspaces/{key.organization_id}"
    decide(plaintext, "GET", path)
    remove(**{f"fate_{key.pk}": "remove"})
    recording.flush()
    assert decide(plaintext, "GET", path).outcome is not Outcome.ALLOWED


@pytest.mark.django_db(transaction=True)
def test_no_key_slips_through_while_somebody_is_removed(acme, ada, abe):
    keep = Decision(Fate.KEEP)
    leave = {"decisions": {}, "others": keep, "seen": fingerprint([])}
    leave |= {"actor": Actor.person(ada), "at": timezone.now()}
    done = race(
        lambda: remove_member(acme, abe.pk, **leave),
        lambda: create_key(
            acme,
            KeyTerms("last minute", Grant.preset(Permission.FULL), None),
            nonce=uuid.uuid4(),
            actor=Actor.person(abe),
            at=timezone.now(),
        ),
    )
    made = SecretKey.objects.filter(created_by=abe).exists()
    assert done == (["Overtaken", "done"] if made else ["NotAllowed", "done"])
    assert is_member(abe) == made


@pytest.mark.parametrize("fate", [Fate.REMOVE, Fate.DISABLE])
def test_many_keys_take_few_queries_each(
    left, ada, abe, acme, django_assert_max_num_queries, fate
):
    keys = [left(f"key {number}")[0] for number in range(20)]
    now = timezone.now()
    with django_assert_max_num_queries(4 * 20 + 20):
        remove_member(
            acme,
            abe.pk,
            decisions={},
            others=Decision(fate, ends_at=now),
            seen=fingerprint(keys),
            actor=Actor.person(ada),
            at=now,
        )
    assert not SecretKey.objects.of(acme).unexpired(now).exists()
    assert AuditEvent.objects.filter(action__startswith="key.").count() == 40
