"""The audit log."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from orgs import exports
from orgs.access import member_view
from orgs.audit_log import COLUMNS, as_cells, audit_news, audit_page, exported
from orgs.http import MemberRequest, is_htmx, is_poll
from orgs.roles import Ability


@require_safe
@member_view(Ability.VIEW_AUDIT_LOG, polled=True)
def audit_log(request: MemberRequest) -> HttpResponse:
    """Show what was changed and by whom; htmx gets the part of the page that changes."""
    if is_poll(request):
        return _news(request)
    page = "orgs/_audit_answer.html" if is_htmx(request) else "orgs/audit_log.html"
    return render(request, page, audit_page(request.organization, request.GET))


def _news(request: MemberRequest) -> HttpResponse:
    news = audit_news(request.organization, request.GET)
    if news["is_anew"]:
        news |= audit_page(request.organization, request.GET)
    return render(request, "orgs/_audit_news.html", news)


@require_safe
@member_view(Ability.VIEW_AUDIT_LOG)
def audit_export(request: MemberRequest, file_format: str) -> HttpResponseBase:
    """Send what the filters leave as a file, oldest first."""
    rows = exported(request.organization, request.GET)
    name = f"audit-log-{request.organization.pk}.{file_format}"
    if file_format == "json":
        return exports.json_file(name, rows)
    return exports.csv_file(name, COLUMNS, map(as_cells, rows))
