"""The real client with a labeling vendor's key: two datasets, and nothing else."""

import pytest
from django.urls import reverse
from vi.client.errors import ViAuthenticationError, ViNotFoundError

from secretkeys import recording
from secretkeys.grants import Access, Grant, Permission, Resource
from secretkeys.models import Denial
from secretkeys.scopes import Reach
from tests.secretkeys.conftest import scopes

pytestmark = pytest.mark.django_db(transaction=True)

TWO = scopes(dataset={"pets", "cars"}, training=Reach.NONE, deployment=Reach.NONE)
VENDOR = Grant.preset(Permission.LABELER_ONLY, TWO)
WIDEN = " Ask an organization admin to widen its access."
ASK = " Ask an organization admin for a key that may."
ANOTHER = (
    "This secret key reaches selected datasets only, and this dataset is not one of "
    f"them.{WIDEN}"
)
# This server serves the organization only; the rest is decided here and served by
# others, so that what is allowed is told so.
ALLOWED = {
    "a dataset": ("datasets", lambda client: client.datasets.get("pets")),
    "the other dataset": ("datasets", lambda client: client.datasets.get("cars")),
    "its assets": ("assets", lambda client: client.assets.list("pets").items),
    "an asset": ("assets", lambda client: client.assets.get("cars", "one")),
    "labels": ("annotations", lambda client: client.annotations.list("pets", "one")),
    "a label": (
        "annotations",
        lambda client: client.annotations.get("pets", "one", "two"),
    ),
    "to delete a label": (
        "annotations",
        lambda client: client.annotations.delete("pets", "one", "two"),
    ),
}
LISTS = "This secret key reaches selected datasets only, so it may not list them all"
DENIED = {
    "every dataset": (
        f"{LISTS}; name one dataset.{WIDEN}",
        lambda client: client.datasets.list(),
    ),
    "another dataset": (ANOTHER, lambda client: client.datasets.get("roads")),
    "another's assets": (ANOTHER, lambda client: client.assets.list("roads")),
    "another's labels": (
        ANOTHER,
        lambda client: client.annotations.list("roads", "one"),
    ),
    "to delete another's label": (
        ANOTHER,
        lambda client: client.annotations.delete("roads", "one", "two"),
    ),
    "to delete a dataset": (
        f"This secret key is Labeler Only and may not change datasets.{ASK}",
        lambda client: client.datasets.delete("pets"),
    ),
    "to delete an asset": (
        f"This secret key is Labeler Only and may not change assets.{ASK}",
        lambda client: client.assets.delete("pets", "one"),
    ),
    "flows": (
        (
            "This secret key is Labeler Only and may not read training projects, flows "
            f"and runs.{ASK}"
        ),
        lambda client: client.flows.list(),
    ),
    "a model": (
        f"This secret key is Labeler Only and may not read models.{ASK}",
        lambda client: client.models.get("one"),
    ),
    "deployments": (
        f"This secret key is Labeler Only and may not read deployments.{ASK}",
        lambda client: client.deployments.list(),
    ),
    "members": (
        (
            "This secret key is Labeler Only and may not read the organization's settings "
            f"and members.{ASK}"
        ),
        lambda client: client.organizations.list_collaborators(),
    ),
}
# A key of another kind: it may do everything with what it reaches.
REACHES = {
    "runs": (
        (
            "This secret key has no Training Access, so it may not read training "
            f"projects, flows and runs.{WIDEN}"
        ),
        lambda client: client.runs.list(),
    ),
    "to delete a flow": (
        (
            "This secret key has no Training Access, so it may not change training "
            f"projects, flows and runs.{WIDEN}"
        ),
        lambda client: client.flows.delete("one"),
    ),
    "a model": (
        f"This secret key has no Training Access, so it may not read models.{WIDEN}",
        lambda client: client.models.get("one"),
    ),
    "deployments": (
        (
            "This secret key has no Deployment Access, so it may not read "
            f"deployments.{WIDEN}"
        ),
        lambda client: client.deployments.list(),
    ),
}


@pytest.fixture
def vendor(connect, make_key):
    """Return a client with the vendor's key."""
    return connect(make_key("labeling-vendor", grant=VENDOR)[1])


def refusal(client, call):
    """Return what the client raises for a request that is refused."""
    with pytest.raises(ViAuthenticationError) as refused:
        call(client)
    return refused.value


@pytest.mark.parametrize("kind", ALLOWED)
def test_a_vendor_gets_through_to_the_two_datasets(vendor, kind):
    resource, call = ALLOWED[kind]
    with pytest.raises(ViNotFoundError, match=f"it does not serve {resource}"):
        call(vendor)


@pytest.mark.parametrize("kind", DENIED)
def test_a_vendor_is_refused_everything_else_with_the_reason(vendor, kind):
    sentence, call = DENIED[kind]
    refused = refusal(vendor, call)
    assert (refused.status_code, refused.message) == (403, sentence)


@pytest.mark.parametrize("kind", REACHES)
def test_a_key_without_reach_is_told_which_reach_it_lacks(connect, make_key, kind):
    sentence, call = REACHES[kind]
    client = connect(make_key(grant=Grant.preset(Permission.FULL, TWO))[1])
    refused = refusal(client, call)
    assert (refused.status_code, refused.message) == (403, sentence)


def test_a_vendor_sees_the_organization_without_its_people(vendor, acme, ada):
    found = vendor.organizations.get()
    assert (found.organization_id, found.users) == (str(acme.pk), {})


def test_a_restricted_key_sees_people_where_its_row_says_so(connect, make_key, ada):
    rows = {Resource.ORGANIZATION: Access.READ}
    client = connect(make_key(grant=Grant.restricted(rows))[1])
    assert list(client.organizations.get().users) == [str(ada.pk)]
    refused = refusal(client, lambda client: client.datasets.get("pets"))
    assert refused.message.startswith("This secret key is Restricted and may not read")


def test_the_reference_of_a_refusal_opens_its_explanation(
    vendor, acme, client_for, mel
):
    refused = refusal(vendor, DENIED["another dataset"][1])
    recording.flush()
    assert Denial.objects.get().reference == refused.trace_id
    url = reverse("secretkeys:denial", args=[acme.pk, refused.trace_id])
    page = client_for(mel).get(url).content.decode()
    assert ANOTHER in page


def test_a_selected_dataset_can_be_taken_away_at_once(connect, make_key):
    key, plaintext = make_key(grant=VENDOR)
    client = connect(plaintext)
    with pytest.raises(ViNotFoundError):
        client.datasets.get("cars")
    key.grant = Grant.preset(Permission.LABELER_ONLY, scopes(dataset={"pets"}))
    key.save()
    assert (
        refusal(client, lambda client: client.datasets.get("cars")).message == ANOTHER
    )
    with pytest.raises(ViNotFoundError):
        client.datasets.get("pets")
