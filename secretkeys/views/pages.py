"""The pages that show keys, how they are used and why they were refused."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect, push_url, reswap

from orgs.access import member_view
from orgs.http import STOP_POLLING, MemberRequest, is_htmx, with_events
from orgs.roles import Ability
from secretkeys import catalogue_words, proposals
from secretkeys.key_facts import key_facts
from secretkeys.key_page import key_page
from secretkeys.table import key_table
from secretkeys.views.lookups import find_denial, find_key, is_reference

# How long an open reveal asks whether the key has been used.
_WATCH_FIRST_REQUEST = dt.timedelta(minutes=30)


@require_safe
@member_view(Ability.VIEW_KEYS, polled=True)
def key_list(request: MemberRequest) -> HttpResponse:
    """Show the table; htmx gets the part of the page that changes.

    Whoever searches for the reference of an answer is led to why it was a refusal.
    """
    if is_reference(searched := request.GET.get("q", "").strip()):
        url = reverse("secretkeys:denial", args=[request.organization.pk, searched])
        return HttpResponseClientRedirect(url) if is_htmx(request) else redirect(url)
    template = "secretkeys/_region.html" if is_htmx(request) else "secretkeys/list.html"
    context = key_table(
        request.organization,
        request.GET,
        sees_usage=request.membership.can(Ability.VIEW_KEY_USAGE),
        at=timezone.now(),
    )
    if (found := context["identified"]) and not is_htmx(request):
        context["focused_id"] = found.key.pk
    response = render(request, template, context)
    if request.htmx.trigger == "key-filters":
        # Without the filters that were left empty.
        push_url(response, f"{request.path}?{context['query']}".rstrip("?"))
    return response


@require_safe
@member_view(Ability.VIEW_KEY_USAGE, polled=True)
def key_detail(request: MemberRequest, key_id: str) -> HttpResponse:
    """Show one key, what it may do and how it is used."""
    with_history = request.membership.can(Ability.VIEW_AUDIT_LOG)
    key, now = find_key(request, key_id), timezone.now()
    context = key_page(key, request.GET, at=now, with_history=with_history)
    return render(request, "secretkeys/detail.html", context)


@require_safe
@member_view(Ability.VIEW_KEY_USAGE)
def denial_detail(request: MemberRequest, reference: str) -> HttpResponse:
    """Explain a refused request to whoever has its reference."""
    denial = find_denial(request, reference)
    if denial is None:
        return render(request, "secretkeys/denial_unknown.html", status=404)
    now = timezone.now()
    remedy, proposal = proposals.remedy(denial, at=now)
    context: dict[str, Any] = {
        "denial": denial,
        "key": denial.key,
        "facts": key_facts(denial.key, at=now),
        "object_name": catalogue_words.object_name(denial),
        "remedy": remedy.value,
        "proposal": proposal,
    }
    return render(request, "secretkeys/denial.html", context)


@require_safe
@member_view(Ability.MANAGE_KEYS, polled=True)
def key_first_request(request: MemberRequest, key_id: str) -> HttpResponse:
    """Tell an open reveal whether its key has been used yet."""
    key = find_key(request, key_id)
    state, status = "waiting", 200
    if key.is_removed:
        state, status = "removed", STOP_POLLING
    elif key.last_used_at:
        state, status = "seen", STOP_POLLING
    elif timezone.now() - key.created_at > _WATCH_FIRST_REQUEST:
        state, status = "stopped", STOP_POLLING
    context = {"key": key, "state": state}
    template = "secretkeys/_first_request.html"
    response = render(request, template, context, status=status)
    if state == "waiting":
        # Nothing changes, so nothing is announced.
        return reswap(response, "none")
    # The table behind the dialog has something to show, too.
    return with_events(response, keys_changed={})
