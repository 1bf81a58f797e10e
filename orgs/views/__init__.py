"""The pages of people and organizations, apart from their keys."""

from orgs.views.audit_log import audit_export, audit_log
from orgs.views.general import change_rules, general, rename
from orgs.views.invitations import (
    invitation,
    invitation_accept,
    invitation_resend,
    invitation_withdraw,
    invite,
)
from orgs.views.members import (
    member_list,
    member_role,
    ownership_accept,
    ownership_end,
    ownership_offer,
)
from orgs.views.organizations import organization_create
from orgs.views.resources import resource_list
from orgs.views.start import csrf_failure, home

__all__ = [
    "audit_export",
    "audit_log",
    "change_rules",
    "csrf_failure",
    "general",
    "home",
    "invitation",
    "invitation_accept",
    "invitation_resend",
    "invitation_withdraw",
    "invite",
    "member_list",
    "member_role",
    "organization_create",
    "ownership_accept",
    "ownership_end",
    "ownership_offer",
    "rename",
    "resource_list",
]
