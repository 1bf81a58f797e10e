from django.urls import path, register_converter

from orgs import views


class FileFormatConverter:
    """The ending of a file that people take away."""

    regex = "csv|json"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(FileFormatConverter, "file_format")

app_name = "orgs"
_ORGANIZATION = "org/<uuid:organization_id>/"

urlpatterns = [
    path("", views.home, name="home"),
    path("organizations/new", views.organization_create, name="organization_create"),
    path(f"{_ORGANIZATION}settings/general", views.general, name="general"),
    path(f"{_ORGANIZATION}settings/general/name", views.rename, name="rename"),
    path(f"{_ORGANIZATION}settings/general/rules", views.change_rules, name="rules"),
    path(f"{_ORGANIZATION}settings/members", views.member_list, name="members"),
    path(f"{_ORGANIZATION}settings/members/invite", views.invite, name="invite"),
    path(
        f"{_ORGANIZATION}settings/members/invitations/<int:pk>/resend",
        views.invitation_resend,
        name="invitation_resend",
    ),
    path(
        f"{_ORGANIZATION}settings/members/invitations/<int:pk>/withdraw",
        views.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path(
        f"{_ORGANIZATION}settings/members/<int:user_id>/role",
        views.member_role,
        name="member_role",
    ),
    path(
        f"{_ORGANIZATION}settings/members/<int:user_id>/ownership",
        views.ownership_offer,
        name="ownership_offer",
    ),
    path(
        f"{_ORGANIZATION}settings/members/ownership/accept",
        views.ownership_accept,
        name="ownership_accept",
    ),
    path(
        f"{_ORGANIZATION}settings/members/ownership/end",
        views.ownership_end,
        name="ownership_end",
    ),
    path("invitations/<str:token>", views.invitation, name="invitation"),
    path(
        "invitations/<int:pk>/accept",
        views.invitation_accept,
        name="invitation_accept",
    ),
    path(f"{_ORGANIZATION}settings/resources", views.resource_list, name="resources"),
    path(f"{_ORGANIZATION}settings/audit-log", views.audit_log, name="audit_log"),
    path(
        f"{_ORGANIZATION}settings/audit-log.<file_format:file_format>",
        views.audit_export,
        name="audit_export",
    ),
]
