"""How a presented key can fare, and what its holder is told."""

from enum import StrEnum


class Outcome(StrEnum):
    """The result of one decision; the value is what usage rows store."""

    ALLOWED = "allowed"
    NO_CREDENTIALS = "no_credentials"
    UNKNOWN_KEY = "unknown_key"
    REMOVED = "removed"
    ORGANIZATION_MISMATCH = "organization_mismatch"
    EXPIRED = "expired"
    DISABLED = "disabled"
    ORGANIZATION_LOCKED = "organization_locked"
    PERMISSION_DENIED = "permission_denied"
    OUTSIDE_SCOPE = "outside_scope"
    UNKNOWN_ROUTE = "unknown_route"
    NOT_CANONICAL = "not_canonical"
    UNAVAILABLE = "unavailable"

    @property
    def status(self) -> int:
        """The HTTP status that says this."""
        return _STATUSES[self]

    @property
    def code(self) -> str:
        """The stable word in an API error.

        Three outcomes share one, so that an answer never tells whether a key exists.
        """
        return "invalid_key" if self in _INVALID else self.value

    @property
    def sentence(self) -> str:
        """The sentence for the person who reads the client's error."""
        return _SENTENCES.get(self, _INVALID_SENTENCE)

    @property
    def is_explained(self) -> bool:
        """Whether members can look up why: a key of theirs was refused."""
        return self in _EXPLAINED

    @property
    def is_told(self) -> bool:
        """Whether the answer says what it is, and not only that a key is not valid."""
        return self not in _INVALID

    @property
    def is_denied(self) -> bool:
        """Whether the key, as it is, may not do this."""
        return self.status in _DENIED_STATUSES

    @property
    def is_error(self) -> bool:
        """Whether it failed whatever the key may do.

        The request itself is wrong, or nobody could tell whose it was just then.
        """
        return self is not Outcome.ALLOWED and not self.is_denied

    @property
    def is_counted(self) -> bool:
        """Whether it is counted for a key: only once the secret has been verified."""
        return self not in _WITHOUT_KEY

    @property
    def label(self) -> str:
        """What a usage page calls this outcome."""
        return _LABELS[self]


_WITHOUT_KEY = frozenset(
    {Outcome.NO_CREDENTIALS, Outcome.UNKNOWN_KEY, Outcome.UNAVAILABLE}
)
# What a key that is stopped is refused with, whatever it asks for.
STOPPED = (Outcome.REMOVED, Outcome.DISABLED, Outcome.EXPIRED)
# What a working key is refused with: it asks for more than it may.
GRANT_DENIALS = (
    Outcome.PERMISSION_DENIED,
    Outcome.OUTSIDE_SCOPE,
    Outcome.ORGANIZATION_MISMATCH,
)

_INVALID = frozenset(
    {Outcome.UNKNOWN_KEY, Outcome.REMOVED, Outcome.ORGANIZATION_MISMATCH}
)
_INVALID_SENTENCE = (
    "This secret key is not valid for this organization. Check the secret key and "
    "the organization id."
)
_STATUSES = {
    Outcome.ALLOWED: 200,
    Outcome.NO_CREDENTIALS: 401,
    Outcome.UNKNOWN_KEY: 401,
    Outcome.REMOVED: 401,
    Outcome.ORGANIZATION_MISMATCH: 401,
    Outcome.EXPIRED: 401,
    Outcome.DISABLED: 401,
    Outcome.ORGANIZATION_LOCKED: 403,
    Outcome.PERMISSION_DENIED: 403,
    Outcome.OUTSIDE_SCOPE: 403,
    Outcome.UNKNOWN_ROUTE: 404,
    Outcome.NOT_CANONICAL: 400,
    Outcome.UNAVAILABLE: 503,
}
_DENIED_STATUSES = frozenset({401, 403})
# Where the key is genuine: its organization may know what its holder is not told.
_EXPLAINED = frozenset(Outcome) - _WITHOUT_KEY - {Outcome.ALLOWED}
_SENTENCES = {
    Outcome.NO_CREDENTIALS: (
        "Send a secret key in the Authorization header, as a Bearer token."
    ),
    Outcome.EXPIRED: "This secret key has expired. Ask an organization admin for one.",
    Outcome.DISABLED: (
        "This secret key is disabled. An organization admin can enable it again."
    ),
    Outcome.ORGANIZATION_LOCKED: (
        "This organization is locked. An organization admin can ask the account "
        "manager to unlock it."
    ),
    Outcome.PERMISSION_DENIED: "This secret key may not do this.",
    Outcome.OUTSIDE_SCOPE: "This secret key may not do this here.",
    Outcome.UNKNOWN_ROUTE: "There is no such endpoint.",
    Outcome.NOT_CANONICAL: (
        "The path of this request is ambiguous. Send it without dot segments, empty "
        "segments or needless escapes."
    ),
    Outcome.UNAVAILABLE: "Secret keys cannot be verified right now. Try again shortly.",
}
_LABELS = {
    Outcome.ALLOWED: "Allowed",
    Outcome.NO_CREDENTIALS: "No credentials",
    Outcome.UNKNOWN_KEY: "Unknown key",
    Outcome.REMOVED: "Removed key",
    Outcome.ORGANIZATION_MISMATCH: "Organization mismatch",
    Outcome.EXPIRED: "Expired key",
    Outcome.DISABLED: "Disabled key",
    Outcome.ORGANIZATION_LOCKED: "Organization locked",
    Outcome.PERMISSION_DENIED: "Permission denied",
    Outcome.OUTSIDE_SCOPE: "Outside access scope",
    Outcome.UNKNOWN_ROUTE: "Unknown endpoint",
    Outcome.NOT_CANONICAL: "Ambiguous path",
    Outcome.UNAVAILABLE: "Not verified",
}
