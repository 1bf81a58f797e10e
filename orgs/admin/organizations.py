"""What account managers decide about an organization."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.http import HttpRequest
from django.utils import timezone

from orgs import actions
from orgs.admin.site import StaffPages, person, site
from orgs.models import MOST_KEYS, Organization


# Django's classes take no type arguments at run time.
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
        actions.change_terms(obj, **changed, actor=person(request), at=timezone.now())
