"""What account managers decide about an organization."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from orgs import actions, http
from orgs.admin.forms import AddForm, TermsForm
from orgs.admin.site import StaffPages, site
from orgs.models import Organization
from orgs.quotas import QuotaKind
from orgs.resources import collaborators

_TERMS = (
    "access_scope",
    "advanced_permissions",
    "key_limit",
    "account_manager_name",
    "account_manager_email",
    "locked",
)


@admin.register(Organization, site=site)
class OrganizationPages(StaffPages):
    """Features, limits, quota, account manager, Owner and lock; nobody deletes one."""

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
    _adding = ((None, {"fields": ("name", "owner_email")}),)
    _changing = (
        (None, {"fields": ("name", "id", *_TERMS[:3])}),
        ("Account manager", {"fields": _TERMS[3:5]}),
        *(
            (f"{kind.label} quota", {"fields": (fields,)})
            for kind, fields in {
                QuotaKind.DATA_ROWS: (
                    "data_rows_used",
                    "data_rows_limit",
                    "data_rows_renews_on",
                ),
                QuotaKind.COMPUTE_CREDITS: (
                    "compute_credits_used",
                    "compute_credits_limit",
                    "compute_credits_renews_on",
                ),
                QuotaKind.COLLABORATORS: (
                    "collaborators_limit",
                    "collaborators_renews_on",
                ),
            }.items()
        ),
        ("Owner and lock", {"fields": ("new_owner", "locked")}),
    )

    @admin.display(boolean=True, ordering="locked_at")
    def locked(self, organization: Organization) -> bool:
        return organization.is_locked

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = TermsForm if obj else AddForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._changing if obj else self._adding

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("name", "id") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Organization, form: Any, change: bool
    ) -> None:
        if change:
            _change(request, obj, form)
            return
        name, email = form.cleaned_data["name"], form.cleaned_data["owner_email"]
        made = actions.create_organization_for(
            name, email, actor=http.actor(request), at=timezone.now()
        )
        obj.pk = made.pk
        messages.info(request, f"A mail tells {email} that they are the Owner.")


def _change(request: HttpRequest, organization: Organization, form: TermsForm) -> None:
    """Make each change that was asked for, with an event of its own."""
    actor, at = http.actor(request), timezone.now()
    changed = set(form.changed_data)
    terms = {field: form.cleaned_data[field] for field in _TERMS if field in changed}
    actions.change_terms(organization, **terms, actor=actor, at=at)
    for kind in QuotaKind:
        if quota := form.changed_quota(kind):
            actions.set_quota(organization, kind, **quota, actor=actor, at=at)
    limit = form.cleaned_data["collaborators_limit"]
    if "collaborators_limit" in changed and limit is not None:
        _warn_of_too_many(request, organization, limit, at=at)
    if owner := form.cleaned_data["new_owner"]:
        actions.appoint_owner(organization, owner, actor=actor, at=at)


def _warn_of_too_many(
    request: HttpRequest, organization: Organization, limit: int, *, at: dt.datetime
) -> None:
    if (used := collaborators(organization, at=at)) > limit:
        messages.warning(
            request,
            f"{used} collaborators are there already, counting pending invitations: "
            f"nobody loses access, and nobody can be added above {limit}.",
        )
