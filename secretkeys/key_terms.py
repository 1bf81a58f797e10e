"""What an admin decides about a key."""

import datetime as dt
import hashlib
from dataclasses import dataclass

from orgs import names
from secretkeys.grants import Grant, access_facts, permission_facts
from secretkeys.models import SecretKey


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What an admin decides about a key; without ``expires_at`` it never stops."""

    name: str
    grant: Grant
    expires_at: dt.datetime | None

    def __post_init__(self) -> None:
        """Bring the name into its stored form; raises names.InvalidName."""
        object.__setattr__(self, "name", names.clean(self.name))

    @classmethod
    def of(cls, key: SecretKey) -> "KeyTerms":
        """Return what a key was given."""
        return cls(key.name, key.grant, key.expires_at)

    def is_alive(self, at: dt.datetime) -> bool:
        """Tell whether a key on these terms works at a moment."""
        return self.expires_at is None or self.expires_at > at

    @property
    def fingerprint(self) -> str:
        """What a form remembers of the terms it was opened with."""
        return hashlib.sha256(repr(self.facts).encode()).hexdigest()[:32]

    def widens(self, before: "KeyTerms") -> bool:
        """Tell whether a key gets more rights, a wider scope or a later end."""
        return not before.grant.includes(self.grant) or (
            before.expires_at is not None
            and (self.expires_at is None or self.expires_at > before.expires_at)
        )

    @property
    def facts(self) -> dict[str, str]:
        """The terms in words, as the audit log keeps them."""
        return {
            "name": self.name,
            "permission": permission_facts(self.grant),
            "access": access_facts(self.grant),
            "expires": expiry_words(self.expires_at),
        }


def expiry_words(at: dt.datetime | None) -> str:
    """Say when a key stops, as the audit log keeps it."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"
