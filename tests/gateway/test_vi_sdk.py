"""The real client (vi-sdk) through nginx, over TLS."""

import httpx
import pytest
import vi
from django.utils import timezone
from vi.client.errors import ViAuthenticationError
from vi.client.http.retry import RetryConfig

from orgs.audit import COMMAND_LINE
from secretkeys.actions import remove_key

pytestmark = pytest.mark.django_db(transaction=True)


def dataset(organization_id):
    """Return a dataset as the services describe it."""
    access = {"isPublic": False, "isReadOnly": False}
    counts = {"assetTotal": 0, "annotationTotal": 0, "assetAnnotated": 0}
    names = ("users", "tags", "preference", "assetStatuses")
    return {
        "kind": "Dataset",
        "datasetId": f"{organization_id}_pets",
        "name": "Pets",
        "owner": str(organization_id),
        "workspaceId": str(organization_id),
        "type": "phrase-grounding",
        "content": "Image",
        "createDate": 1764000000000,
        "statistic": {**counts, "tagsCount": {}},
        "cohorts": [],
        "status": 0,
        "lastAccessed": 1764000000000,
        "isLocked": False,
        "access": access,
        "selfLink": "/x",
        "etag": "1",
        **{name: {} for name in names},
    }


@pytest.fixture
def client(nginx, monkeypatch, make_key, acme, services):
    monkeypatch.setenv("SSL_CERT_FILE", str(nginx.certificate))
    page = {"items": [dataset(acme.pk)]}
    services.answers[f"/workspaces/{acme.pk}/datasets?s=10"] = page
    client = vi.Client(
        secret_key=str(make_key()[1]),
        organization_id=str(acme.pk),
        endpoint=nginx.url,
        timeout=httpx.Timeout(10),
        retry_config=RetryConfig(max_retries=0, max_rate_limit_retries=0),
    )
    yield client
    client.close()


def test_the_client_lists_what_the_services_answer(client):
    [found] = client.datasets.list().items
    assert found.name == "Pets"


def test_the_client_reads_its_organization(client):
    assert client.organizations.get().name == "Acme"


def test_the_client_is_told_why_it_is_refused(client, acme):
    client.datasets.list()
    key = acme.secret_keys.get()
    remove_key(key, actor=COMMAND_LINE, at=timezone.now())
    with pytest.raises(ViAuthenticationError) as refused:
        client.datasets.list()
    assert refused.value.status_code == 401
    assert refused.value.message.startswith("This secret key is not valid")
    assert len(refused.value.trace_id) == 32
