"""What people may do in an organization, by role."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A person's part in one organization; the value is what is stored."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Ability(StrEnum):
    """One thing that a page or a form asks for."""

    VIEW_KEYS = "view_keys"
    MANAGE_KEYS = "manage_keys"


ABILITIES: Mapping[Role, frozenset[Ability]] = {
    Role.OWNER: frozenset(Ability),
    Role.ADMIN: frozenset(Ability),
    Role.MEMBER: frozenset({Ability.VIEW_KEYS}),
}


def can(role: Role, ability: Ability) -> bool:
    """Tell whether somebody with ``role`` has ``ability``."""
    return ability in ABILITIES[role]
