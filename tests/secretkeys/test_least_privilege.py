"""A key that uses less than it was granted can be reduced to what it uses."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from secretkeys import recording
from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.outcomes import Outcome
from secretkeys.scopes import Reach
from tests.secretkeys.browsing import HTMX, fields, text
from tests.secretkeys.conftest import scopes, switch

pytestmark = pytest.mark.django_db

LABEL = ("PUT", "/workspaces/{org}/datasets/{org}_pets/assets/a1/annotations/n1")
LOOK = ("GET", "/workspaces/{org}/datasets/{org}_pets")
EVERYTHING = {
    "organization": ("PATCH", "/workspaces/{org}"),
    "datasets": ("DELETE", "/workspaces/{org}/datasets/{org}_pets"),
    "assets": ("DELETE", "/workspaces/{org}/datasets/{org}_pets/assets/a1"),
    "annotations": LABEL,
    "training": ("DELETE", "/workspaces/{org}/runs/r1"),
    "models": ("GET", "/workspaces/{org}/runs/r1/outputs"),
    "deployments": ("DELETE", "/workspaces/{org}/deployments/d1"),
}
READS_OF_EVERYTHING = [
    ("GET", "/workspaces/{org}/" + below)
    for below in [
        *("quota", "datasets", "datasets/{org}_pets/assets", "flows"),
        *("datasets/{org}_pets/assets/a1/annotations", "runs/r1/outputs"),
        "deployments",
    ]
]


@pytest.fixture
def make_key(make_key):
    """Return a function that creates a key that has been there for some time."""

    def make(*args, days=14, **how):
        at = timezone.now() - dt.timedelta(days=days, minutes=1)
        return make_key(*args, at=at, **how)

    return make


@pytest.fixture
def use(acme, decide):
    """Return a function that makes requests and counts them."""

    def make(plaintext, *requests, outcome=Outcome.ALLOWED, **how):
        for method, path in requests:
            decided = decide(plaintext, method, path.format(org=acme.pk), **how)
            assert decided.outcome is outcome
        recording.flush()

    return make


@pytest.fixture
def look_at(signed_in):
    """Return a function that opens the page of a key."""

    def open_page(key, client=signed_in):
        url = reverse("secretkeys:detail", args=[key.organization_id, key.key_id])
        return client.get(url)

    return open_page


def reduce_link(page):
    """Return where Reduce… leads to; None where it is not offered."""
    found = re.search(r'id="use-less" href="([^"]*)"', page.content.decode())
    return found and found[1]


def test_a_key_is_told_how_much_of_its_rights_it_uses(featured, make_key, use, look_at):
    key, plaintext = make_key()
    use(plaintext, LABEL, LOOK, ("GET", "/plans"))
    assert (
        "Granted 7, used 2 in 60 days. Enough would be: Restricted (Annotations: "
        "write · Datasets: read). Reduce…"
    ) in text(look_at(key))


@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
def test_reduce_opens_the_form_filled_in_and_saving_it_asks_nothing(
    featured, make_key, use, look_at, ada, client_for, htmx
):
    key, plaintext = make_key()
    use(plaintext, LABEL, LOOK)
    stale = client_for(ada, signed_in_at=1)
    page = stale.get(reduce_link(look_at(key)), headers=HTMX if htmx else {})
    assert "Filled in for you: Annotations: write · Datasets: read." in text(page)
    url = reverse("secretkeys:edit", args=[featured.pk, key.key_id])
    answer = stale.post(url, fields(page, "edit-form"), headers=HTMX)
    key.refresh_from_db()
    assert (answer.status_code, answer.content) == (200, b"")
    needed = {Resource.ANNOTATIONS: Access.WRITE, Resource.DATASETS: Access.READ}
    assert key.grant == Grant.restricted(needed)
    assert reduce_link(look_at(key)) is None


def test_what_is_used_works_after_the_reduction(
    featured, make_key, use, look_at, signed_in
):
    key, plaintext = make_key()
    use(plaintext, LABEL, LOOK)
    link = reduce_link(look_at(key))
    signed_in.post(link.partition("?")[0], fields(signed_in.get(link), "edit-form"))
    key.refresh_from_db()
    assert key.permission == Permission.RESTRICTED
    use(plaintext, LABEL, LOOK)
    use(plaintext, EVERYTHING["models"], outcome=Outcome.PERMISSION_DENIED)


def test_narrowing_beyond_what_is_used_is_previewed(
    featured, make_key, use, look_at, signed_in
):
    key, plaintext = make_key()
    use(plaintext, LABEL, LOOK)
    link = reduce_link(look_at(key))
    sent = fields(signed_in.get(link), "edit-form") | {"annotations_level": "read"}
    response = signed_in.post(link.partition("?")[0], sent, headers=HTMX)
    assert "would have denied 1 request (annotations write," in text(response)


READS = Grant.preset(Permission.READ_ONLY)
ROW = Grant.restricted({Resource.ANNOTATIONS: Access.WRITE})


@pytest.mark.parametrize(
    ("grant", "requests", "told"),
    [
        (READS, READS_OF_EVERYTHING, "Granted 7, used 7"),
        (ROW, [LABEL], "Granted 1, used 1"),
    ],
)
def test_a_key_that_uses_everything_is_offered_nothing(
    featured, make_key, use, look_at, grant, requests, told
):
    key, plaintext = make_key(grant=grant)
    use(plaintext, *requests)
    page = look_at(key)
    assert f"{told} in 60 days" in text(page)
    assert reduce_link(page) is None


def test_a_key_that_does_everything_there_is_to_do_is_offered_nothing(
    featured, make_key, use, look_at
):
    key, plaintext = make_key()
    use(plaintext, *EVERYTHING.values())
    page = look_at(key)
    assert "Granted 7, used 7 in 60 days" in text(page)
    assert reduce_link(page) is None


@pytest.mark.parametrize(
    ("permission", "requests", "offer"),
    [
        (Permission.FULL, [LOOK], "Labeler Only (Annotations: write"),
        (Permission.FULL, [LABEL], "Labeler Only (Annotations: write"),
        (Permission.FULL, [LOOK, EVERYTHING["models"]], "Read Only."),
        (Permission.FULL, [LABEL, EVERYTHING["models"]], None),
        (Permission.FULL, [EVERYTHING["datasets"]], None),
        (Permission.READ_ONLY, [EVERYTHING["models"]], None),
        (Permission.READ_ONLY, [LOOK], None),
        (Permission.LABELER_ONLY, [LABEL], None),
    ],
)
def test_without_advanced_permissions_the_smallest_level_is_offered(
    make_key, use, look_at, permission, requests, offer
):
    key, plaintext = make_key(permission=permission)
    use(plaintext, *requests)
    page = look_at(key)
    shown = text(page).partition(" in 60 days")[2]
    assert (reduce_link(page) is None) is (offer is None)
    assert shown.startswith(f". Enough would be: {offer}" if offer else ".")


def test_a_reduction_keeps_the_access_scope(
    featured, make_key, use, look_at, signed_in
):
    scope = scopes(dataset={"pets", "cars"}, training=Reach.NONE)
    key, plaintext = make_key(grant=Grant.preset(Permission.FULL, scope))
    use(plaintext, LOOK)
    link = reduce_link(look_at(key))
    switch(featured, access_scope=False)
    signed_in.post(link.partition("?")[0], fields(signed_in.get(link), "edit-form"))
    key.refresh_from_db()
    assert key.grant == Grant.restricted({Resource.DATASETS: Access.READ}, scope)


def test_an_unused_key_is_told_nothing(featured, make_key, use, look_at):
    key, plaintext = make_key()
    use(plaintext, ("GET", "/plans"), ("GET", "/workspaces/{org}"))
    assert "in 60 days" not in text(look_at(key))


def test_only_requests_that_were_allowed_count_as_used(
    featured, make_key, use, look_at
):
    key, plaintext = make_key(permission=Permission.READ_ONLY)
    use(plaintext, EVERYTHING["training"], outcome=Outcome.PERMISSION_DENIED)
    assert "in 60 days" not in text(look_at(key))


@pytest.mark.parametrize(("days", "used"), [(59, 2), (61, 1)])
def test_sixty_days_are_looked_back(featured, make_key, use, look_at, days, used):
    key, plaintext = make_key()
    use(plaintext, LABEL, at=timezone.now() - dt.timedelta(days=days))
    use(plaintext, LOOK)
    assert f"Granted 7, used {used} in 60 days" in text(look_at(key))


def test_rights_that_were_taken_away_are_neither_counted_nor_given_back(
    featured, make_key, use, look_at
):
    key, plaintext = make_key()
    use(plaintext, LABEL, LOOK)
    key.grant = Grant.restricted(
        {Resource.DATASETS: Access.READ, Resource.MODELS: Access.READ}
    )
    key.save()
    shown = text(look_at(key))
    assert "Granted 2, used 1 in 60 days. Enough would be: Restricted" in shown
    assert "(Datasets: read). Reduce…" in shown


def test_members_are_told_and_not_led_to_the_form(
    featured, make_key, use, look_at, mel, client_for
):
    key, plaintext = make_key()
    use(plaintext, LOOK)
    page = look_at(key, client=client_for(mel))
    assert "Granted 7, used 1 in 60 days" in text(page)
    assert reduce_link(page) is None


@pytest.mark.parametrize("stopped", ["replaced", "removed", "locked"])
def test_a_key_that_cannot_be_edited_is_told_nothing(
    featured, make_key, use, look_at, stopped
):
    key, plaintext = make_key()
    use(plaintext, LOOK)
    assert "in 60 days" in text(look_at(key))
    match stopped:
        case "replaced":
            key.replaced_by, _ = make_key("successor")
        case "removed":
            key.removed_at = timezone.now()
        case _:
            type(featured).objects.update(locked_at=timezone.now())
    key.save()
    assert "in 60 days" not in text(look_at(key))


@pytest.mark.parametrize(
    ("days", "requests", "told"), [(13, 99, False), (14, 1, True), (0, 100, True)]
)
def test_few_requests_of_a_new_key_say_nothing(
    featured, make_key, use, look_at, days, requests, told
):
    key, plaintext = make_key(days=days)
    use(plaintext, *[LOOK] * requests)
    assert ("in 60 days" in text(look_at(key))) is told


def test_the_form_opens_as_the_key_is_where_there_is_nothing_to_reduce(
    signed_in, acme, make_key
):
    key, _ = make_key(permission=Permission.READ_ONLY)
    url = reverse("secretkeys:edit", args=[acme.pk, key.key_id])
    page = signed_in.get(f"{url}?least")
    assert fields(page, "edit-form")["permission"] == ["read_only"]
    assert "Filled in for you" not in text(page)
