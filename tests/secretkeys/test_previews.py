"""What a change would have denied is shown before it is made."""

import datetime as dt

import pytest
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone

from secretkeys import recording
from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.models import MANY, KeyActivity, SecretKey
from secretkeys.outcomes import Outcome
from secretkeys.scopes import Reach
from tests.secretkeys.browsing import HTMX, fields, text
from tests.secretkeys.conftest import scopes

pytestmark = pytest.mark.django_db

WOULD = "This change would have denied"
OFFICE = recording.Client("198.51.100.4", "vi/0.1.0b7")
LABEL = "assets/a1/annotations/n1"


@pytest.fixture
def use(acme, decide):
    """Return a function that makes allowed requests below a dataset, and counts them."""

    def make(plaintext, method="GET", below="assets", dataset="pets", times=1, **how):
        path = f"/workspaces/{acme.pk}/datasets/{acme.pk}_{dataset}/{below}"
        for _ in range(times):
            outcome = decide(plaintext, method, path, **how).outcome
            assert outcome is Outcome.ALLOWED
        recording.flush()

    return make


@pytest.fixture
def preview(signed_in):
    """Return a function that asks what the open form of a key would deny."""

    def ask(key, **typed):
        url = reverse("secretkeys:edit", args=[key.organization_id, key.key_id])
        form = fields(signed_in.get(url), "edit-form") | typed
        return signed_in.post(f"{url}/preview", form, headers=HTMX)

    return ask


def ago(**time):
    """Return a moment in the past."""
    return timezone.now() - dt.timedelta(**time)


def test_a_narrower_level_shows_what_it_would_have_denied(edit, use, make_key):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL, times=3, at=ago(hours=3, minutes=1))
    use(plaintext, times=7)
    response = edit(key, permission="read_only")
    assert response.status_code == 422
    assert (
        f"{WOULD} 3 requests (annotations write, 192.0.2.7, last 3 hours ago)."
        in text(response)
    )
    assert "Counted over the last 30 days. Save changes to go on" in text(response)
    key.refresh_from_db()
    assert key.permission == Permission.FULL


def test_the_most_frequent_kind_is_named_and_the_others_are_counted(
    edit, use, make_key
):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL, times=2, client=OFFICE, at=ago(days=1, hours=1))
    use(plaintext, "PUT", LABEL, times=1, at=ago(days=3))
    use(plaintext, "DELETE", "assets/a1", times=1, at=ago(minutes=5))
    use(plaintext, "DELETE", "assets/a1", dataset="cars", times=1, at=ago(minutes=9))
    shown = text(edit(key, permission="read_only"))
    assert f"{WOULD} 5 requests (mostly annotations write, 198.51.100.4, last" in shown
    assert "last 5 minutes ago)" in shown
    assert "30 days: 3 annotations write, 2 assets write." in shown


def test_one_request_is_one_request(edit, use, make_key):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL)
    shown = text(edit(key, permission="read_only"))
    assert f"{WOULD} 1 request (annotations write, 192.0.2.7, last just now)." in shown


@pytest.mark.parametrize("address", [None, "unix:", ""])
def test_a_client_without_an_address_is_named_by_none(edit, use, make_key, address):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL, client=recording.Client(address, "curl"))
    shown = text(edit(key, permission="read_only"))
    assert f"{WOULD} 1 request (annotations write, last just now)." in shown


@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
def test_a_change_is_saved_once_it_was_shown(signed_in, edit, use, make_key, htmx):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL)
    shown = edit(key, htmx=htmx, permission="read_only", name="reader")
    url = reverse("secretkeys:edit", args=[key.organization_id, key.key_id])
    sent = fields(shown, "edit-form")
    answer = signed_in.post(url, sent, headers=HTMX if htmx else {})
    key.refresh_from_db()
    assert answer.status_code == (200 if htmx else 302)
    assert (key.permission, key.name) == ("read_only", "reader")


def test_another_change_than_was_shown_is_shown_anew(edit, use, make_key):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL)
    use(plaintext, "DELETE", "assets/a1", times=2)
    (seen,) = fields(edit(key, permission="labeler_only"), "edit-form")["previewed"]
    again = edit(key, permission="read_only", previewed=seen)
    assert f"{WOULD} 3 requests" in text(again)
    assert fields(again, "edit-form")["previewed"] != [seen]
    key.refresh_from_db()
    assert key.permission == Permission.FULL


@pytest.mark.parametrize("forged", ["", "x", "0" * 32, "\0"])
def test_what_was_not_shown_is_not_taken_as_shown(edit, use, make_key, forged):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL)
    assert edit(key, permission="read_only", previewed=forged).status_code == 422


def test_a_change_that_denies_nothing_is_saved_at_once(edit, use, make_key):
    key, plaintext = make_key()
    use(plaintext, times=5)
    assert edit(key, permission="read_only").status_code == 200
    key.refresh_from_db()
    assert key.permission == Permission.READ_ONLY


@pytest.mark.parametrize(
    "change", [{"permission": "full"}, {"name": "renamed"}, {"expiration": "7"}, {}]
)
def test_a_change_that_takes_no_right_away_shows_nothing(edit, use, make_key, change):
    key, plaintext = make_key(permission=Permission.READ_ONLY)
    use(plaintext, times=5)
    assert edit(key, **change).status_code == 200


def test_requests_that_were_denied_anyway_are_not_counted(decide, edit, acme, make_key):
    key, plaintext = make_key(permission=Permission.READ_ONLY)
    path = f"/workspaces/{acme.pk}"
    assert decide(plaintext, "PATCH", path).outcome is Outcome.PERMISSION_DENIED
    recording.flush()
    assert edit(key, permission="labeler_only").status_code == 200


def test_what_every_key_may_is_never_counted_as_denied(decide, edit, acme, make_key):
    key, plaintext = make_key()
    for path in ("/plans", f"/workspaces/{acme.pk}"):
        assert decide(plaintext, "GET", path).outcome is Outcome.ALLOWED
    recording.flush()
    assert edit(key, permission="labeler_only").status_code == 200


@pytest.mark.parametrize(
    ("scope", "denied"),
    [
        ({"dataset_reach": "selected", "dataset_ids": ["pets"]}, "3 requests"),
        ({"dataset_reach": "selected", "dataset_ids": ["roads"]}, "5 requests"),
        ({"dataset_reach": "selected", "dataset_ids": ["cars", "pets"]}, None),
        ({"dataset_reach": "none"}, "5 requests"),
        ({"training_reach": "none", "deployment_reach": "none"}, None),
    ],
)
def test_a_scope_counts_the_objects_it_leaves_out(
    edit, use, featured, make_key, scope, denied
):
    key, plaintext = make_key()
    use(plaintext, times=2)
    use(plaintext, dataset="cars", times=3)
    response = edit(key, **scope)
    assert response.status_code == (422 if denied else 200)
    assert denied is None or f"{WOULD} {denied} (assets read," in text(response)


def test_a_list_of_everything_is_denied_by_any_selection(
    decide, edit, featured, make_key
):
    key, plaintext = make_key()
    decide(plaintext, "GET", f"/workspaces/{featured.pk}/datasets")
    recording.flush()
    response = edit(key, dataset_reach="selected", dataset_ids=["pets"])
    assert f"{WOULD} 1 request (datasets read," in text(response)


def test_a_row_of_the_matrix_counts_what_it_takes_away(
    preview, use, featured, make_key
):
    rows = {Resource.ASSETS: Access.WRITE, Resource.ANNOTATIONS: Access.WRITE}
    key, plaintext = make_key(grant=Grant.restricted(rows))
    use(plaintext, "PUT", LABEL, times=2)
    use(plaintext, times=3)
    shown = [
        text(preview(key, **{f"{row}_level": level}))
        for row, level in [
            ("annotations", "read"),
            ("assets", "read"),
            ("assets", "none"),
            ("models", "write"),
        ]
    ]
    assert f"{WOULD} 2 requests (annotations write," in shown[0]
    assert f"{WOULD} 3 requests (assets read," in shown[2]
    assert (shown[1], shown[3]) == ("", "")


@pytest.mark.parametrize(("days", "counted"), [(0, 1), (29, 1), (30, 0), (31, 0)])
def test_requests_of_the_last_thirty_days_count(edit, use, make_key, days, counted):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL, at=ago(days=days))
    response = edit(key, permission="read_only")
    assert response.status_code == (422 if counted else 200)


def test_days_that_nobody_looks_back_to_are_dropped(use, make_key):
    _, plaintext = make_key()
    use(plaintext, at=ago(days=31))
    use(plaintext, at=ago(days=29))
    assert KeyActivity.objects.count() == 1


def test_a_removal_shows_all_requests_of_the_key(signed_in, use, acme, make_key):
    key, plaintext = make_key()
    _, other = make_key("other")
    use(plaintext, "PUT", LABEL, times=2)
    use(plaintext, times=4)
    use(other, times=9)
    url = reverse("secretkeys:remove", args=[acme.pk, key.key_id])
    shown = text(signed_in.get(url, headers=HTMX))
    assert (
        "Removing this key would have denied 6 requests (mostly assets read," in shown
    )
    assert "Save changes" not in shown


def test_a_removal_of_an_unused_key_shows_nothing(signed_in, acme, make_key):
    key, _ = make_key()
    url = reverse("secretkeys:remove", args=[acme.pk, key.key_id])
    assert "would have denied" not in text(signed_in.get(url, headers=HTMX))


def test_the_open_form_shows_what_a_choice_would_deny(preview, use, make_key):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL, times=1234)
    response = preview(key, permission="read_only")
    assert response.status_code == 200
    assert f"{WOULD} 1,234 requests (annotations write," in text(response)
    assert text(preview(key, permission="labeler_only")) == ""
    key.refresh_from_db()
    assert key.permission == Permission.FULL


def test_what_the_open_form_has_shown_is_saved_at_once(preview, edit, use, make_key):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL)
    shown = preview(key, permission="read_only").content.decode()
    seen = shown.partition('name="previewed" value="')[2].partition('"')[0]
    assert edit(key, permission="read_only", previewed=seen).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"permission": "root"},
        {"dataset_reach": "selected"},
        {"expiration": "custom", "expires_on": "soon"},
        {"seen": ""},
    ],
)
def test_the_open_form_shows_nothing_while_it_is_wrong(
    preview, use, featured, make_key, wrong
):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL)
    response = preview(key, **({"permission": "read_only"} | wrong))
    assert (response.status_code, text(response)) == (200, "")


def test_a_change_that_gives_and_takes_shows_and_asks_at_once(
    edit, use, ada, client_for, make_key
):
    key, plaintext = make_key(permission=Permission.LABELER_ONLY)
    use(plaintext, "PUT", LABEL)
    stale = client_for(ada, signed_in_at=1)
    response = edit(key, client=stale, permission="read_only")
    assert f"{WOULD} 1 request" in text(response)
    assert "Confirm it is you" in text(response)
    key.refresh_from_db()
    assert key.permission == Permission.LABELER_ONLY


def test_many_objects_in_a_day_are_not_kept_apart_and_all_counted(
    preview, use, decide, featured, make_key
):
    key, plaintext = make_key()
    for _ in range(3):
        for number in range(400):
            datasets = f"/workspaces/{featured.pk}/datasets/{featured.pk}_"
            decide(plaintext, "GET", f"{datasets}ds{number}")
            decide(plaintext, "GET", f"{datasets}more{number}")
        recording.flush()
    use(plaintext, times=2)
    # What does not fit is one row for each kind of request.
    assert KeyActivity.objects.count() == 500 + 2
    # Those kept apart are counted apart, later in the day, too.
    assert KeyActivity.objects.filter(count=3).count() == 500
    assert "2,402 requests" in text(preview(key, dataset_reach="none"))


@pytest.mark.django_db(transaction=True)
def test_a_failing_database_only_delays_what_is_shown(preview, use, make_key):
    key, plaintext = make_key()

    def fail(execute, sql, params, many, context):
        if sql.startswith("INSERT INTO secretkeys_keyactivity"):
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        use(plaintext, "PUT", LABEL, times=3)
    use(plaintext, "PUT", LABEL, times=2)
    assert f"{WOULD} 5 requests" in text(preview(key, permission="read_only"))


def test_a_selection_still_counts_what_was_not_kept_apart(
    preview, use, featured, make_key
):
    key, plaintext = make_key(grant=Grant.preset(Permission.FULL, scopes()))
    use(plaintext, times=2)
    KeyActivity.objects.update(object_id=MANY, address=MANY)
    response = preview(key, dataset_reach="selected", dataset_ids=["pets"])
    assert f"{WOULD} 2 requests (assets read, last just now)." in text(response)
    assert text(preview(key, training_reach=Reach.NONE.value)) == ""


def test_what_was_forbidden_before_is_not_counted_again(featured, edit, use, make_key):
    key, plaintext = make_key()
    use(plaintext, "PUT", LABEL, times=3)
    SecretKey.objects.update(permission=Permission.READ_ONLY.value)
    key.refresh_from_db()
    assert edit(key, name="renamed").status_code == 200
    key.refresh_from_db()
    assert key.name == "renamed"
    # What is forbidden now is counted, and nothing else.
    use(plaintext, times=2)
    assert f"{WOULD} 2 requests (assets read" in text(
        edit(key, permission="restricted", models_level="read")
    )
