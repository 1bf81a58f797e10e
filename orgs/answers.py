"""How dialogs answer: for htmx, and as pages for browsers without scripts."""

from pathlib import PurePosixPath
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from orgs.http import Request, is_htmx, sentence, with_events


def dialog(
    request: Request, page: str, form: BaseForm, *, back_url: str, **context: Any
) -> HttpResponse:
    """Render a form: ``orgs/invite.html``, or for htmx ``orgs/_invite_dialog.html``.

    Args:
        request: what asks for the form or posts it.
        page: the template of the page, without its ending.
        form: what is filled in; one that was posted is shown again with 422.
        back_url: where Cancel leads in a browser without scripts.
        context: what else the templates name.
    """
    path = PurePosixPath(page)
    template = path.with_name(f"_{path.name}_dialog") if is_htmx(request) else path
    context |= {"form": form, "back_url": back_url, "scripted": is_htmx(request)}
    is_refused = form.is_bound and not getattr(form, "is_refining", False)
    status = 422 if is_refused else 200
    return render(request, f"{template}.html", context, status=status)


def done(request: Request, text: str, *, back_url: str, changed: str) -> HttpResponse:
    """Close the dialog, say what happened, and fire ``<changed>-changed``."""
    if is_htmx(request):
        events: dict[str, dict[str, str]] = {"dialog_done": {"toast": text}}
        return with_events(HttpResponse(), **events, **{f"{changed}_changed": {}})
    messages.success(request, text)
    return redirect(back_url)


def said(response: HttpResponse, text: str) -> HttpResponse:
    """Say what happened beside what htmx puts on the page."""
    return with_events(response, dialog_done={"toast": text})


def conflicted(
    request: Request, text: str, *, back_url: str, changed: str
) -> HttpResponse:
    """Say why this cannot be done any more; the page behind is shown anew."""
    if is_htmx(request):
        return with_events(sentence(text, 409), **{f"{changed}_changed": {}})
    messages.error(request, text)
    return redirect(back_url)


def go(request: Request, url: str, text: str) -> HttpResponse:
    """Leave the dialog and the page for another, which says what happened."""
    messages.success(request, text)
    return HttpResponseClientRedirect(url) if is_htmx(request) else redirect(url)
