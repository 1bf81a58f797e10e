"""The plaintext exists in the response to the creating POST and nowhere else."""

import re
import uuid

import pytest
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from orgs.models import Organization
from secretkeys.models import SecretKey

WHOLE_KEY = re.compile(r"dtvi_[0-9A-Za-z]{98}")


def _create(client: Client, acme: Organization, **headers: str):
    form = {
        "name": "pipeline",
        "expiration": "90",
        "permission": "full",
        "nonce": str(uuid.uuid4()),
    }
    return client.post(
        reverse("secretkeys:create", args=[acme.pk]), form, headers=headers
    )


@pytest.mark.parametrize("htmx", [{"HX-Request": "true"}, {}], ids=["dialog", "page"])
def test_plaintext_stands_once_in_the_creating_response(signed_in, acme, htmx) -> None:
    response = _create(signed_in, acme, **htmx)
    keys = WHOLE_KEY.findall(response.content.decode())
    assert response.status_code == 200
    assert len(keys) == 1
    assert keys[0][5:21] == SecretKey.objects.get().key_id


@pytest.mark.parametrize("htmx", [{"HX-Request": "true"}, {}], ids=["dialog", "page"])
def test_reveal_is_never_stored_by_a_browser(signed_in, acme, htmx) -> None:
    response = _create(signed_in, acme, **htmx)
    assert response["Cache-Control"] == "no-store"
    assert not any(WHOLE_KEY.search(value) for value in response.headers.values())


def test_no_other_page_shows_the_plaintext(signed_in, acme: Organization) -> None:
    plaintext = WHOLE_KEY.search(_create(signed_in, acme).content.decode())[0]
    key = SecretKey.objects.get()
    pages = [
        reverse("secretkeys:list", args=[acme.pk]),
        *(
            reverse(f"secretkeys:{name}", args=[acme.pk, key.key_id])
            for name in ("detail", "edit", "rotate", "remove", "first_request")
        ),
    ]
    for url in pages:
        body = signed_in.get(url).content.decode()
        assert plaintext[21:] not in body
        assert not WHOLE_KEY.search(body)


def test_nothing_that_is_stored_holds_the_secret(
    signed_in, acme: Organization, caplog: pytest.LogCaptureFixture
) -> None:
    secret = WHOLE_KEY.search(_create(signed_in, acme).content.decode())[0][21:85]
    stored = [
        repr(row)
        for model in apps.get_models()
        for row in model._base_manager.values_list()
    ]
    stored += [repr(dict(signed_in.session)), caplog.text, repr(mail.outbox)]
    stored.append(repr(getattr(cache, "_cache", {})))
    assert len(stored) > 4
    assert not any(secret in text for text in stored)
