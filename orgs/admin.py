"""The pages of account managers: Django's admin over what they decide, nothing else.

Any active member of the platform's staff may do all of it. No page shows a key or an
account, and every change goes through ``orgs.actions``.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from allauth.account.decorators import secure_admin_login
from allauth.account.views import logout
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.widgets import AdminIntegerFieldWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from orgs import actions as commands
from orgs import catalogue, names
from orgs.audit import Actor
from orgs.categories import Category
from orgs.http import MemberRequest
from orgs.models import MOST_KEYS, CatalogueEntry, CatalogueEntryQuerySet, Organization

# Signing in is the product's own; the last would lead into organizations of others.
_CLOSED = {"login", "password_change_done", "view_on_site"}

# What the lists can be filtered by.
_LOOKUPS = {
    "access_scope__exact",
    "advanced_permissions__exact",
    "category__exact",
    "organization__id__exact",
    "organization__isnull",
}

_LONGEST_SEARCH = 100

# Each is a field of the form that confirms; Django takes 1000.
_MOST_DELETED = 500


class AccountManagersSite(admin.AdminSite):
    """Django's admin behind the product's own sign-in."""

    site_header = site_title = "Datature Vi · Account managers"
    index_title = "Organizations and what they choose from"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Answer somebody who is not of the staff with 403, not with a sign-in."""
        return secure_admin_login(super().admin_view(view, cacheable))

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


def _person(request: HttpRequest) -> Actor:
    return Actor.person(cast(MemberRequest, request).user)


# --- Organizations -------------------------------------------------------------------
class TermsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an account manager decides about an organization."""

    key_limit = forms.IntegerField(
        min_value=0, max_value=MOST_KEYS, widget=AdminIntegerFieldWidget
    )
    locked = forms.BooleanField(
        required=False,
        help_text="While locked, members can look and remove keys; keys are refused.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["locked"] = self.instance.is_locked
        for field in self.fields.values():
            # What somebody else changed since the page was opened is left alone.
            field.show_hidden_initial = True


@admin.register(Organization, site=site)
class OrganizationPages(StaffPages):
    """Feature switches, key limit, account manager and lock."""

    form = TermsForm
    fields = (
        "name",
        "id",
        "access_scope",
        "advanced_permissions",
        "key_limit",
        "account_manager_email",
        "locked",
    )
    readonly_fields = ("name", "id")
    list_display = (
        "name",
        "id",
        "access_scope",
        "advanced_permissions",
        "key_limit",
        "locked",
    )
    list_filter = ("access_scope", "advanced_permissions")
    ordering = ("name", "id")
    search_fields = ("name", "id")
    search_help_text = "Name or id"

    @admin.display(boolean=True, ordering="locked_at")
    def locked(self, organization: Organization) -> bool:
        return organization.is_locked

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Organization, form: Any, change: bool
    ) -> None:
        changed = {field: form.cleaned_data[field] for field in form.changed_data}
        commands.change_terms(obj, **changed, actor=_person(request), at=timezone.now())


# --- Catalogues ----------------------------------------------------------------------
class EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    """One entry of a catalogue."""

    external_id = forms.CharField(
        label="External ID",
        widget=AdminTextInputWidget,
        help_text="As the service that keeps it names it. It cannot be changed later.",
    )

    def clean_external_id(self) -> str:
        text: str = self.cleaned_data["external_id"]
        if not {"organization", "category"} <= self.cleaned_data.keys():
            return text
        try:
            return catalogue.clean_id(
                Category(self.cleaned_data["category"]),
                text,
                organization_id=str(self.cleaned_data["organization"].pk),
            )
        except catalogue.InvalidEntry as error:
            raise ValidationError(str(error)) from error

    def clean_name(self) -> str:
        try:
            return names.clean(self.cleaned_data["name"])
        except names.InvalidName as error:
            raise ValidationError(str(error)) from error


@admin.register(CatalogueEntry, site=site)
class CatalogueEntryPages(StaffPages):
    """What the access scopes of an organization choose from."""

    form = EntryForm
    fields = ("organization", "category", "external_id", "name")
    autocomplete_fields = ("organization",)
    list_display = ("name", "category", "external_id", "organization")
    list_filter = ("category", ("organization", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("organization",)
    # As the index: organizations can have many entries.
    ordering = ("organization_id", "category", "name_folded")
    search_fields = ("name", "external_id")
    search_help_text = "Name or external id"
    actions = ("delete_selected",)

    @admin.action(permissions=["delete"], description="Delete selected entries")
    def delete_selected(
        self, request: HttpRequest, queryset: models.QuerySet[CatalogueEntry]
    ) -> HttpResponse | None:
        """Ask first, naming each; a form can confirm only so many."""
        if queryset.count() > _MOST_DELETED:
            sentence = f"Select {_MOST_DELETED} entries or fewer at a time."
            self.message_user(request, sentence, messages.ERROR)
            return None
        return delete_selected(self, request, queryset)

    def get_readonly_fields(
        self, request: HttpRequest, obj: CatalogueEntry | None = None
    ) -> tuple[str, ...]:
        return ("organization", "category", "external_id") if obj else ()

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[CatalogueEntry],
        search_term: str,
    ) -> tuple[models.QuerySet[CatalogueEntry], bool]:
        found = cast(CatalogueEntryQuerySet, queryset)
        term = search_term.replace("\0", "")[:_LONGEST_SEARCH]
        return found.matching(term) if term else found, False

    def save_model(
        self, request: HttpRequest, obj: CatalogueEntry, form: Any, change: bool
    ) -> None:
        actor, at = _person(request), timezone.now()
        if change:
            commands.rename_entry(obj, obj.name, actor=actor, at=at)
            return
        entry = catalogue.Entry(Category(obj.category), obj.external_id, obj.name)
        obj.pk = commands.add_entry(obj.organization, entry, actor=actor, at=at).pk

    def delete_model(self, request: HttpRequest, obj: CatalogueEntry) -> None:
        commands.remove_entries([obj], actor=_person(request), at=timezone.now())

    def delete_queryset(
        self, request: HttpRequest, queryset: models.QuerySet[CatalogueEntry]
    ) -> None:
        commands.remove_entries(queryset, actor=_person(request), at=timezone.now())

    def get_deleted_objects(
        self, objs: Iterable[CatalogueEntry], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the entries alone: what refers to them is none of this page's."""
        entries = [str(entry) for entry in objs]
        return entries, {"catalogue entries": len(entries)}, set(), []
