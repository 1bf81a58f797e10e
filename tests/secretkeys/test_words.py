"""What a key may do is said in the same words wherever it is shown."""

import json
import re
import uuid

import httpx
import pytest
from django.urls import reverse

from orgs.models import AuditEvent
from secretkeys.grants import ROWS, Access, Grant, Permission, Resource
from secretkeys.scopes import Reach
from tests.commands import call
from tests.secretkeys.browsing import HTMX, text
from tests.secretkeys.conftest import PILOT, scopes

pytestmark = pytest.mark.django_db

VENDOR = Grant.preset(
    Permission.LABELER_ONLY,
    scopes(dataset={"pets", "cars"}, training=Reach.NONE, deployment=Reach.NONE),
)
LABELS = "Annotations: write · Datasets, Assets: read"
TRIAL = "Deployments: write · Models: read"
# Level, what it says for itself, what the table says beside it, the access.
SAID = {
    "full": (Grant.preset(Permission.FULL), "Full", "", "All"),
    "reader": (Grant.preset(Permission.READ_ONLY), "Read Only", "", "All"),
    "vendor": (VENDOR, "Labeler Only", LABELS, "2 datasets"),
    "trial": (PILOT, "Restricted", TRIAL, "All training, 1 deployment"),
    "every row": (
        Grant.restricted(dict.fromkeys(ROWS, Access.READ), scopes(dataset={"pets"})),
        *("Restricted", "Everything: read"),
        "1 dataset, all training, all deployments",
    ),
    "nowhere": (
        Grant.restricted({Resource.ASSETS: Access.READ}, scopes(dataset=Reach.NONE)),
        *("Restricted", "Assets: read", "None"),
    ),
    "nothing": (Grant.restricted({}), "Restricted", "Nothing", "All"),
}

EVERYTHING = {"Full": "Everything: write", "Read Only": "Everything: read"}


@pytest.fixture(params=SAID)
def said(request, featured, make_key):
    """A key, its plaintext, and what is said of it."""
    grant, *words = SAID[request.param]
    return (*make_key(grant=grant), *words)


def test_the_table_says_it(said, featured, signed_in):
    _, _, level, rows, access = said
    page = signed_in.get(reverse("secretkeys:list", args=[featured.pk]))
    cells = re.findall(r"<td[^>]*>.*?</td>", page.content.decode(), re.DOTALL)
    shown = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]
    assert shown[-3:-1] == [access, f"{level} {rows}".strip()]


def test_the_page_of_the_key_says_it(said, featured, signed_in):
    key, _, level, rows, access = said
    url = reverse("secretkeys:detail", args=[featured.pk, key.key_id])
    permission = f"Permission {level} {rows}".strip()
    assert f"{permission} Access {access} " in text(signed_in.get(url))


def test_the_reveal_says_it(said, featured, signed_in):
    key, _, level, rows, _ = said
    url = reverse("secretkeys:rotate", args=[featured.pk, key.key_id])
    form = {"overlap": "24", "nonce": str(uuid.uuid4())}
    shown = text(signed_in.post(url, form, headers=HTMX))
    words = f"{level} ({rows})" if rows else level
    assert f"pipeline · {words} · no expiration" in shown


def test_the_command_line_says_it(said, featured):
    _, _, level, rows, access = said
    out, _ = call("list_secret_keys", f"--organization={featured.pk}", "--json")
    (row,) = json.loads(out)
    assert Permission(row["permission"]).label == level
    assert row["grant"] == (rows or EVERYTHING[level])
    assert row["access"] == access


def test_whoami_says_it(said, featured):
    _, plaintext, level, rows, _ = said
    # Imported late: it sets up what runs the server.
    from config.wsgi import application

    headers = {"Authorization": f"Bearer {plaintext}"}
    headers |= {"Organization-Id": str(featured.pk)}
    with httpx.Client(transport=httpx.WSGITransport(application)) as program:
        found = program.get("http://127.0.0.1/auth/whoami", headers=headers).json()
    assert Permission(found["permission"]).label == level
    assert found["words"] == (rows or EVERYTHING[level])


def test_the_audit_log_names_every_row_and_every_object(featured, edit, make_key):
    key, _ = make_key(grant=VENDOR)
    rows = {f"{row}_level": "none" for row in ROWS} | {"models_level": "read"}
    edit(key, permission="restricted", training_reach="all", previewed="x", **rows)
    event = AuditEvent.objects.get(action="key.changed")
    assert event.changes == {
        "permission": ["Labeler Only", "Restricted (Models: read)"],
        "access": [
            "datasets: selected cars, pets; training resources: none; deployments: none",
            "datasets: selected cars, pets; training resources: all; deployments: none",
        ],
    }
