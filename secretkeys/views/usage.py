"""How an organization's keys are used."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from orgs import exports
from orgs.access import member_view
from orgs.http import MemberRequest, is_poll
from orgs.roles import Ability
from secretkeys import sdk_versions, usage_export, usage_report
from secretkeys.forms import UsageFilterForm
from secretkeys.periods import Period, Window
from secretkeys.usage_query import UsageQuery


@require_safe
@member_view(Ability.VIEW_KEY_USAGE)
def usage(request: MemberRequest) -> HttpResponse:
    """Show the page; htmx picks from it what changes."""
    filters = UsageFilterForm(request.GET)
    now = timezone.now()
    question = _question(request, filters, Window.ending(filters.chosen_period, now))
    report = usage_report.usage_report(question)
    # The parts that a page asks for are not there in one that has nothing to draw.
    if is_poll(request) and ("empty" in request.GET) == bool(report.requests):
        return HttpResponseClientRefresh()
    kept, period = filters.kept(), filters.chosen_period
    context: dict[str, Any] = {
        "filters": filters,
        "is_filtered": bool(kept),
        "period": period,
        "periods": [(each, _query(kept, each)) for each in Period],
        "query": _query(kept, period),
        "clear_query": _query({}, period),
        "reason_query": _query(_without_outcome(kept), period),
        "report": report,
        "callers": sdk_versions.callers(request.organization, at=now),
        "now": now,
        "counted_words": _counted_words(),
    }
    return render(request, "secretkeys/usage.html", context)


@require_safe
@member_view(Ability.VIEW_KEY_USAGE)
def usage_file(request: MemberRequest) -> HttpResponseBase:
    """Send what was counted for each key as a file."""
    filters = UsageFilterForm(request.GET)
    window = Window.ending(filters.chosen_period, timezone.now())
    rows = usage_export.exported(_question(request, filters, window))
    name = f"usage-{request.organization.pk}-{filters.chosen_period}.csv"
    return exports.csv_file(name, usage_export.COLUMNS, rows)


def _question(
    request: MemberRequest, filters: UsageFilterForm, window: Window
) -> UsageQuery:
    search, resource = filters.value("q"), filters.value("resource")
    return UsageQuery(request.organization, window, search, resource, filters.outcomes)


def _without_outcome(kept: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in kept.items() if name != "outcome"}


def _counted_words() -> str:
    """Say how late a request may be counted; nothing where no thread writes counts."""
    seconds = settings.USAGE_FLUSH_SECONDS
    unit = "second" if seconds == 1 else "seconds"
    return f"Requests are counted within {seconds:g} {unit}." if seconds else ""


def _query(kept: dict[str, str], period: Period) -> str:
    return "?" + urlencode(kept | {"period": period.value})
