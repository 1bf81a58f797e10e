"""How the dialogs of keys answer."""

from typing import Any

from django.conf import settings
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from orgs import answers
from orgs.http import MemberRequest, is_htmx, with_events
from orgs.refusals import Conflict
from secretkeys.keyformat import Plaintext
from secretkeys.models import SecretKey


def dialog(
    request: MemberRequest, name: str, form: Form, **context: Any
) -> HttpResponse:
    """Render a form of the table of keys."""
    page = f"secretkeys/{name}"
    return answers.dialog(request, page, form, back_url=list_url(request), **context)


@sensitive_variables("plaintext", "context")
def reveal(
    request: MemberRequest,
    key: SecretKey,
    plaintext: Plaintext,
    toast: str,
) -> HttpResponse:
    """Show a new key. Not a redirect: the plaintext exists in this response only."""
    context = {
        "key": key,
        "plaintext": plaintext,
        "toast": toast,
        "state": "waiting",
        "api_origin": settings.PUBLIC_ORIGIN,
        "back_url": list_url(request),
    }
    template = "_reveal_dialog" if is_htmx(request) else "reveal"
    response = render(request, f"secretkeys/{template}.html", context)
    response["Cache-Control"] = "no-store"
    return with_events(response, keys_changed={})


def done(request: MemberRequest, text: str) -> HttpResponse:
    """Close the dialog and say what happened to a key."""
    return answers.done(request, text, back_url=list_url(request), changed="keys")


def conflicted(request: MemberRequest, conflict: Conflict) -> HttpResponse:
    """Say why this cannot be done to a key any more."""
    return answers.conflicted(
        request, conflict.sentence, back_url=list_url(request), changed="keys"
    )


def list_url(request: MemberRequest) -> str:
    return reverse("secretkeys:list", args=[request.organization.pk])
