"""What people may do in an organization, by role."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A person's part in one organization; the value is what is stored."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"

    @property
    def label(self) -> str:
        """The role as pages name it."""
        return self.value.title()


# What somebody can be invited as, or made; there is one Owner, who hands that over.
INVITED = (Role.ADMIN, Role.MEMBER)


class Ability(StrEnum):
    """One thing that a page or a form asks for."""

    VIEW_KEYS = "view_keys"
    # Charts, outcomes and denials of one key; Members have it where their organization
    # says so.
    VIEW_KEY_USAGE = "view_key_usage"
    MANAGE_KEYS = "manage_keys"
    VIEW_ORGANIZATION = "view_organization"
    MANAGE_ORGANIZATION = "manage_organization"
    MANAGE_MEMBERS = "manage_members"
    VIEW_AUDIT_LOG = "view_audit_log"
    TRANSFER_OWNERSHIP = "transfer_ownership"


_MEMBER = frozenset(
    {Ability.VIEW_KEYS, Ability.VIEW_KEY_USAGE, Ability.VIEW_ORGANIZATION}
)

ABILITIES: Mapping[Role, frozenset[Ability]] = {
    Role.OWNER: frozenset(Ability),
    Role.ADMIN: frozenset(Ability) - {Ability.TRANSFER_OWNERSHIP},
    Role.MEMBER: _MEMBER,
}

# What the organization can take from its Members.
MEMBERS_MAY_LACK = frozenset({Ability.VIEW_KEY_USAGE})


def abilities(role: Role, *, members_see_usage: bool = True) -> frozenset[Ability]:
    """Return what somebody with ``role`` may do in an organization with this rule."""
    if role is Role.MEMBER and not members_see_usage:
        return ABILITIES[role] - MEMBERS_MAY_LACK
    return ABILITIES[role]
