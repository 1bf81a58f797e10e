"""How the dialogs answer: for htmx, and as pages for browsers without scripts."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from orgs.http import MemberRequest, is_htmx, sentence, with_events
from secretkeys.keyformat import Plaintext
from secretkeys.models import SecretKey
from secretkeys.refusals import Conflict


def dialog(
    request: MemberRequest, name: str, form: Form, **context: Any
) -> HttpResponse:
    """Render a form, as a dialog for htmx and as a page for everybody else."""
    template = f"_{name}_dialog" if is_htmx(request) else name
    context |= {
        "form": form,
        "list_url": list_url(request),
        "scripted": is_htmx(request),
    }
    is_refused = form.is_bound and not getattr(form, "is_refining", False)
    status = 422 if is_refused else 200
    return render(request, f"secretkeys/{template}.html", context, status=status)


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
        "list_url": list_url(request),
    }
    template = "_reveal_dialog" if is_htmx(request) else "reveal"
    response = render(request, f"secretkeys/{template}.html", context)
    response["Cache-Control"] = "no-store"
    return with_events(response, keys_changed={})


def done(request: MemberRequest, text: str) -> HttpResponse:
    """Close the dialog and say what happened."""
    if is_htmx(request):
        return with_events(HttpResponse(), dialog_done={"toast": text}, keys_changed={})
    messages.success(request, text)
    return redirect(list_url(request))


def conflicted(request: MemberRequest, conflict: Conflict) -> HttpResponse:
    """Say why this cannot be done any more."""
    if is_htmx(request):
        return with_events(sentence(conflict.sentence, 409), keys_changed={})
    messages.error(request, conflict.sentence)
    return redirect(list_url(request))


def list_url(request: MemberRequest) -> str:
    return reverse("secretkeys:list", args=[request.organization.pk])
