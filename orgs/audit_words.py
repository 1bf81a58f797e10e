"""What pages and files call the events of the audit log."""

from orgs.audit import AuditAction

_LABELS = {
    AuditAction.ORGANIZATION_CREATED: "Created organization",
    AuditAction.ORGANIZATION_RENAMED: "Renamed organization",
    AuditAction.ORGANIZATION_CHANGED: "Changed terms",
    AuditAction.RULES_CHANGED: "Changed security rules",
    AuditAction.QUOTA_CHANGED: "Changed quota",
    AuditAction.OWNER_CHANGED: "Changed Owner",
    AuditAction.OWNERSHIP_OFFERED: "Offered ownership",
    AuditAction.OWNERSHIP_OFFER_ENDED: "Ended ownership offer",
    AuditAction.CATALOGUE_IMPORTED: "Imported catalogue",
    AuditAction.CATALOGUE_ENTRY_ADDED: "Added catalogue entry",
    AuditAction.CATALOGUE_ENTRY_RENAMED: "Renamed catalogue entry",
    AuditAction.CATALOGUE_ENTRY_REMOVED: "Removed catalogue entry",
    AuditAction.INVITATION_SENT: "Invited",
    AuditAction.INVITATION_RESENT: "Invited again",
    AuditAction.INVITATION_WITHDRAWN: "Withdrew invitation",
    AuditAction.INVITATION_ACCEPTED: "Joined",
    AuditAction.MEMBER_ROLE_CHANGED: "Changed role",
    AuditAction.MEMBER_LEFT: "Left",
    AuditAction.MEMBER_REMOVED: "Removed member",
    AuditAction.MEMBER_RENAMED: "Changed own name",
    AuditAction.MEMBER_EMAIL_CHANGED: "Changed own email",
    AuditAction.MEMBER_PASSWORD_CHANGED: "Changed own password",
    AuditAction.MEMBER_SECOND_FACTOR_ADDED: "Added second factor",
    AuditAction.MEMBER_SECOND_FACTOR_REMOVED: "Removed second factor",
    AuditAction.MEMBER_RECOVERY_CODES_MADE: "Made recovery codes",
    AuditAction.MEMBER_SECOND_FACTORS_REMOVED: "Removed second factors",
    AuditAction.KEY_CREATED: "Created key",
    AuditAction.KEY_CHANGED: "Changed key",
    AuditAction.KEY_ROTATED: "Rotated key",
    AuditAction.KEY_DISABLED: "Disabled key",
    AuditAction.KEY_ENABLED: "Enabled key",
    AuditAction.KEY_REMOVED: "Removed key",
}
_GOOD = {
    AuditAction.ORGANIZATION_CREATED,
    AuditAction.INVITATION_ACCEPTED,
    AuditAction.KEY_CREATED,
}
_GRAVE = {
    AuditAction.CATALOGUE_ENTRY_REMOVED,
    AuditAction.MEMBER_REMOVED,
    AuditAction.MEMBER_SECOND_FACTOR_REMOVED,
    AuditAction.MEMBER_SECOND_FACTORS_REMOVED,
    AuditAction.KEY_REMOVED,
}

# What the filter offers, by the beginnings of the actions it stands for.
GROUPS = {
    "keys": ("All key events", ("key.",)),
    "people": ("All member events", ("member.", "invitation.")),
    "organization": ("All organization events", ("organization.",)),
    "catalogue": ("All catalogue events", ("catalogue",)),
}


def label(action: str) -> str:
    """Return an action in words; one of a later release stays as it is stored."""
    try:
        return _LABELS.get(AuditAction(action), action)
    except ValueError:
        return action


def kind(action: str) -> str:
    """Return the tone of an action's badge."""
    if action in _GOOD:
        return "ok"
    return "danger" if action in _GRAVE else "neutral"


def choices() -> list[tuple[str, str]]:
    """Return what the filter offers: everything, groups, single actions."""
    groups = [(name, text) for name, (text, _) in GROUPS.items()]
    return [("", "All events"), *groups, *((a.value, label(a)) for a in AuditAction)]


def actions_of(choice: str) -> list[str]:
    """Return the actions that a choice of the filter stands for; "" is every one."""
    if choice in GROUPS:
        beginnings = GROUPS[choice][1]
        return [each.value for each in AuditAction if each.startswith(beginnings)]
    return [choice] if choice else []
