"""The catalogues that access scopes choose from."""

import uuid
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from orgs import actions as commands
from orgs import catalogue, http, names
from orgs.admin.site import StaffPages, site
from orgs.categories import Category
from orgs.models import CatalogueEntry, CatalogueEntryQuerySet

_LONGEST_SEARCH = 100

# Each is a field of the form that confirms; Django takes 1000.
_MOST_DELETED = 500


# Django's classes take no type arguments at run time.
class EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    """One entry of a catalogue."""

    external_id = forms.CharField(
        label="External ID",
        widget=AdminTextInputWidget,
        help_text="As the service that keeps it names it. It cannot be changed later.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound and not _is_uuid(self.data.get("organization", "")):
            # Django's widget would fail on it where the form comes back.
            data = cast(QueryDict, self.data).copy()
            data["organization"] = ""
            self.data = data

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
        actor, at = http.actor(request), timezone.now()
        if change:
            commands.rename_entry(obj, obj.name, actor=actor, at=at)
            return
        entry = catalogue.Entry(Category(obj.category), obj.external_id, obj.name)
        obj.pk = commands.add_entry(obj.organization, entry, actor=actor, at=at).pk

    def delete_model(self, request: HttpRequest, obj: CatalogueEntry) -> None:
        commands.remove_entries([obj], actor=http.actor(request), at=timezone.now())

    def delete_queryset(
        self, request: HttpRequest, queryset: models.QuerySet[CatalogueEntry]
    ) -> None:
        commands.remove_entries(queryset, actor=http.actor(request), at=timezone.now())

    def get_deleted_objects(
        self, objs: Iterable[CatalogueEntry], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the entries alone: what refers to them is none of this page's."""
        entries = [str(entry) for entry in objs]
        return entries, {"catalogue entries": len(entries)}, set(), []


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
