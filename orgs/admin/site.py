"""Who may open the pages of account managers, and how they are reached."""

from collections.abc import Iterator, Sequence
from functools import wraps
from typing import Any, cast

from allauth.account.decorators import secure_admin_login
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.account.views import logout
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, reverse

from orgs.http import PersonRequest
from orgs.reauthentication import is_recent

# Signing in is the product's own; the last would lead into organizations of others.
_CLOSED = {"login", "password_change_done", "view_on_site"}

# Signing out, and what pages that are open already ask for by themselves.
_AT_ANY_TIME = {"logout", "jsi18n", "autocomplete"}

# What the lists can be filtered by.
_LOOKUPS = {
    "access_scope__exact",
    "advanced_permissions__exact",
    "category__exact",
    "organization__id__exact",
    "organization__isnull",
}


class AccountManagersSite(admin.AdminSite):
    """Django's admin behind the product's own sign-in."""

    site_header = site_title = "Datature Vi · Account managers"
    index_title = "Organizations and what they choose from"
    # The start page leads account managers back here.
    site_url = None

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Answer somebody who is not of the staff with 403, not with a sign-in."""
        return secure_admin_login(_protected(super().admin_view(view, cacheable)))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Send anonymous people from every page to the product's sign-in."""
        urls = [
            each
            for each in super().get_urls()
            if not isinstance(each, URLPattern) or each.name not in _CLOSED
        ]
        for pattern in _pages(urls):
            # Read by LoginRequiredMiddleware.
            cast(Any, pattern.callback).login_url = settings.LOGIN_URL
        return urls

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Sign out as everywhere."""
        return logout(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Lead to the page that everybody changes a password on."""
        return redirect("account_change_password")


def _protected(view: Any) -> Any:
    """Open a page to staff with a second factor who signed in a short while ago.

    Others are led to set one up, or to confirm who they are; the library keeps what
    they sent until then and goes on with it. No form here has a secret in it.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user, match = cast(PersonRequest, request).user, request.resolver_match
        if not user.has_second_factor:
            return render(request, "orgs/staff_second_factor.html", status=403)
        if is_recent(request, user) or (match and match.url_name in _AT_ANY_TIME):
            return view(request, *args, **kwargs)
        return suspend_request(request, reverse("account_reauthenticate"))

    return wrapper


def _pages(urls: Sequence[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for each in urls:
        if isinstance(each, URLPattern):
            yield each
        else:
            yield from _pages(each.url_patterns)


site = AccountManagersSite()


# Django's classes take no type arguments at run time.
class StaffPages(admin.ModelAdmin):  # type: ignore[type-arg]
    """What any active member of the staff may open and change."""

    view_on_site = False
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Take what the filters beside a list ask; others could read what none shows."""
        return lookup in _LOOKUPS

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search; PostgreSQL refuses a NUL, and no name has one."""
        term = search_term.replace("\0", "")
        found: tuple[Any, bool] = super().get_search_results(request, queryset, term)
        return found

    def has_module_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)
