"""How an organization's keys are used."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgs import exports
from orgs.access import member_view
from orgs.http import MemberRequest, is_poll
from orgs.roles import Ability
from secretkeys import sdk_versions, usage_export, usage_report
from secretkeys.forms import UsageFilterForm
from secretkeys.models import SecretKey
from secretkeys.periods import Period, Window
from secretkeys.usage_query import UsageQuery


@require_safe
@member_view(Ability.VIEW_KEY_USAGE, polled=True)
def usage(request: MemberRequest) -> HttpResponse:
    """Show the page; htmx picks from it what changes."""
    filters = UsageFilterForm(request.GET)
    now = timezone.now()
    window = Window.ending(filters.chosen_period, now)
    kept, period = filters.kept(), filters.chosen_period
    report = usage_report.usage_report(_asked(request, filters, window))
    keys = SecretKey.objects.of(request.organization)
    polled = is_poll(request)
    callers = None if polled else sdk_versions.callers(request.organization, at=now)
    context: dict[str, Any] = {
        "filters": filters,
        "is_filtered": bool(kept),
        "period": period,
        "periods": [(each, _query(kept, each)) for each in Period],
        "query": _query(kept, period),
        "clear_query": _query({}, period),
        "reason_query": _query(_without_outcome(kept), period),
        "report": report,
        "has_keys": bool(report.keys) or keys.exists(),
        # They come with the page, and not every 30 seconds.
        "callers": callers,
        "is_poll": polled,
        "now": now,
    }
    return render(request, "secretkeys/usage.html", context)


@require_safe
@member_view(Ability.VIEW_KEY_USAGE)
def usage_file(request: MemberRequest) -> HttpResponseBase:
    """Send what was counted for each key as a file."""
    filters = UsageFilterForm(request.GET)
    window = Window.ending(filters.chosen_period, timezone.now())
    rows = usage_export.exported(_asked(request, filters, window))
    name = f"usage-{request.organization.pk}-{filters.chosen_period}.csv"
    return exports.csv_file(name, usage_export.COLUMNS, rows)


def _asked(
    request: MemberRequest, filters: UsageFilterForm, window: Window
) -> UsageQuery:
    search, resource = filters.value("q"), filters.value("resource")
    return UsageQuery(request.organization, window, search, resource, filters.outcomes)


def _without_outcome(kept: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in kept.items() if name != "outcome"}


def _query(kept: dict[str, str], period: Period) -> str:
    return "?" + urlencode(kept | {"period": period.value})
