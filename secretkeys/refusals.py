"""Why a change to a key cannot be made, in words for the person who asked."""

from collections.abc import Mapping

from orgs.models import Organization
from secretkeys.models import SecretKey


class Refused(Exception):
    """A change that cannot be made; ``sentence`` tells the person who asked why.

    ``field`` names what they can mend in the form.
    """

    sentence: str
    field: str | None = None


class NameTaken(Refused):
    """Another key of the organization has this name, or one that reads the same."""

    sentence = "A key with this name already exists. Choose another name."
    field = "name"


class KeyLimitReached(Refused):
    """The organization has as many keys as it may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.sentence = (
            f"Your organization has reached its limit of {limit} keys. "
            "Remove an unused key first."
        )


class ChangedMeanwhile(Refused):
    """Somebody else has changed the key since the form was opened."""

    def __init__(self, now: Mapping[str, str]) -> None:
        super().__init__(now)
        self.sentence = (
            "Somebody changed this key while the form was open. Now its name is "
            f"{now['name']}, its permission {now['permission']}, and it expires: "
            f"{now['expires']}. Check what you chose and save again."
        )


class Conflict(Refused):
    """What was asked for was overtaken by something that has happened since."""


class AlreadyCreated(Conflict):
    """This form was sent before and has made its key."""

    sentence = (
        "This key was already created. Its secret is shown once only; if you did not "
        "copy it, remove the key and create another."
    )


class AlreadyRemoved(Conflict):
    """The key was removed, so nothing about it can change any more."""

    sentence = "This key was already removed."


class AlreadyReplaced(Conflict):
    """The key was rotated: it stops as announced, and only its successor changes."""

    sentence = "This key was rotated. Edit or rotate the key that replaced it."


class OrganizationLocked(Conflict):
    """While an organization is locked, its keys can only be removed."""

    sentence = (
        "This organization is locked. Keys can be removed, but not created or changed."
    )


def check_unlocked(organization: Organization) -> None:
    """Raise OrganizationLocked where it is."""
    if organization.is_locked:
        raise OrganizationLocked


def check_removable(key: SecretKey) -> None:
    """Raise the Conflict that stands against removing a key, if one does."""
    if key.is_removed:
        raise AlreadyRemoved


def check_changeable(key: SecretKey) -> None:
    """Raise the Conflict that stands against editing or rotating a key, if one does."""
    check_removable(key)
    if key.is_replaced:
        raise AlreadyReplaced
    check_unlocked(key.organization)
