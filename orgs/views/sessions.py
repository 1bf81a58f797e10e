"""Your account: where you are signed in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from orgs import actions, sessions
from orgs.http import PersonRequest, form_view


@require_safe
def session_list(request: PersonRequest) -> HttpResponse:
    """List every session of somebody, the present one first."""
    found = _sessions(request)
    context = {"sessions": found, "others": len(found) - 1}
    return render(request, "usersessions/list.html", context)


@form_view
def session_end(request: PersonRequest, pk: int) -> HttpResponse:
    """End one of the other sessions."""
    return _end(request, [each for each in _sessions(request) if each.pk == pk])


@form_view
def session_end_others(request: PersonRequest) -> HttpResponse:
    """End every session but this one."""
    return _end(request, _sessions(request))


def _end(request: PersonRequest, chosen: list[sessions.OpenSession]) -> HttpResponse:
    if request.method != "POST":
        return redirect("usersessions_list")
    others = [each.pk for each in chosen if not each.is_current]
    actions.end_sessions(request.user, others)
    if others:
        count = len(others)
        text = "The session" if count == 1 else f"{count} sessions"
        messages.success(request, f"{text} ended.")
    else:
        messages.info(request, "That session had ended already.")
    return redirect("usersessions_list")


def _sessions(request: PersonRequest) -> list[sessions.OpenSession]:
    return sessions.open_sessions(request.user, request.session.session_key or "")
