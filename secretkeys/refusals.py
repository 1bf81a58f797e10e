"""Why a change to a key cannot be made, in words for the person who asked."""

import datetime as dt
from collections.abc import Iterable, Mapping

from orgs import refusals
from orgs.categories import Category
from orgs.models import CatalogueEntry, Organization
from orgs.refusals import Conflict, OrganizationLocked
from secretkeys.grants import Grant, Permission
from secretkeys.lifetimes import latest_end, longest_words
from secretkeys.models import SecretKey
from secretkeys.scopes import Scope

# Of one category, by one key.
MOST_SELECTED = 100


class Refused(refusals.Refused):
    """A key cannot be made or changed so; ``field`` names what to mend in the form."""

    field: str | None = None


class NameTaken(Refused):
    """Another key of the organization has this name, or one that reads the same."""

    sentence = "A key with this name already exists. Choose another name."
    field = "name"


class KeyLimitReached(Refused):
    """The organization has as many keys as it may have."""

    def __init__(self, limit: int) -> None:
        self.sentence = (
            f"Your organization has reached its limit of {limit} keys. "
            "Remove an unused key first."
        )


class LifetimeTooLong(Refused):
    """The organization wants its keys to end sooner."""

    field = "expiration"

    def __init__(self, organization: Organization) -> None:
        self.sentence = longest_words(organization)


class ChangedMeanwhile(Refused):
    """Somebody else has changed the key since the form was opened."""

    def __init__(self, now: Mapping[str, str]) -> None:
        self.sentence = (
            "Somebody changed this key while the form was open. Now its name is "
            f"{now['name']}, its permission {now['permission']}, its access "
            f"{now['access']}, and it expires: {now['expires']}. Check what you chose "
            "and save again."
        )


class AccessScopeLocked(Refused):
    """The organization may not choose an access scope."""

    sentence = (
        "Access scope configuration is not available for your organization. Contact "
        "your account manager."
    )


class AdvancedPermissionsLocked(Refused):
    """The organization may not choose the matrix row by row."""

    sentence = "This permission is not available to your organization."
    field = "permission"


class EmptyGrant(Refused):
    """A Restricted key that may do nothing is a slip."""

    sentence = "Choose Read or Write for at least one resource."
    field = "permission"


class VoidGrant(Refused):
    """The access scope leaves out everything that the permission covers."""

    sentence = (
        "This key could do nothing: its access scope leaves out everything that its "
        "permission covers."
    )
    field = "permission"


class NotInCatalogue(Refused):
    """The scope names something that the organization's catalogue does not have."""

    def __init__(self, category: Category, unknown: Iterable[str]) -> None:
        self.field = f"{category}_reach"
        self.sentence = (
            f"{category.label} are chosen from the catalogue of your organization, "
            f"which does not have: {', '.join(sorted(unknown))}."
        )


class TooManySelected(Refused):
    """Gateways hand the selected ids on in a header, which has to stay short."""

    def __init__(self, category: Category) -> None:
        self.field = f"{category}_reach"
        self.sentence = f"Select at most {MOST_SELECTED} of {category.label.lower()}."


class Unconfirmed(Refused):
    """The change gives a key more than it has now, and nobody was asked who they are."""

    sentence = (
        "Somebody changed this key while the form was open, and this gives it more than "
        "it has now. Enter your password to go on."
    )


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


class AlreadyDisabled(Conflict):
    """Somebody disabled the key before."""

    sentence = "This key is already disabled."


class AlreadyEnabled(Conflict):
    """The key is not disabled (any more)."""

    sentence = "This key is already enabled."


class TimeIsOver(Conflict):
    """Nothing but a later end would let the key work again."""

    sentence = "This key has expired. Choose a later expiration first, then enable it."


class ReplacedForGood(Conflict):
    """The key was rotated, and what was left of its time is over."""

    sentence = "This key was rotated and has stopped. Use the key that replaced it."


def check_lifetime(
    organization: Organization,
    expires_at: dt.datetime | None,
    *,
    at: dt.datetime,
    key: SecretKey | None = None,
) -> None:
    """Raise LifetimeTooLong for an end later than the organization allows.

    The end that a key has it may keep.
    """
    latest = latest_end(organization, at)
    if latest is None or (key is not None and key.expires_at == expires_at):
        return
    if expires_at is None or expires_at > latest:
        raise LifetimeTooLong(organization)


def check_removable(key: SecretKey) -> None:
    """Raise the Conflict that stands against removing a key, if one does."""
    if key.is_removed:
        raise AlreadyRemoved


def check_disableable(key: SecretKey) -> None:
    """Raise the Conflict that stands against disabling a key, if one does."""
    check_removable(key)
    if key.is_disabled:
        raise AlreadyDisabled


def check_enableable(key: SecretKey, *, at: dt.datetime) -> None:
    """Raise the Conflict that stands against enabling a key, if one does.

    A rotated one can be enabled for what is left of its time.
    """
    check_removable(key)
    if not key.is_disabled:
        raise AlreadyEnabled
    if key.is_expired(at):
        raise ReplacedForGood if key.is_replaced else TimeIsOver
    if key.organization.is_locked:
        raise OrganizationLocked


def check_changeable(key: SecretKey) -> None:
    """Raise the Conflict that stands against editing or rotating a key, if one does."""
    check_removable(key)
    if key.is_replaced:
        raise AlreadyReplaced
    if key.organization.is_locked:
        raise OrganizationLocked


def check_offered(
    organization: Organization, grant: Grant, *, besides: Grant | None = None
) -> None:
    """Refuse a grant that the organization cannot choose.

    What a key already has (``besides``) it may keep, whatever was switched off or left
    the catalogue in the meantime.

    Raises:
        AccessScopeLocked, AdvancedPermissionsLocked, EmptyGrant, NotInCatalogue,
            TooManySelected, VoidGrant: see there.
    """
    kept = besides or Grant.preset(Permission.FULL)
    if grant.scopes != kept.scopes and not organization.access_scope:
        raise AccessScopeLocked
    if grant.permission is Permission.RESTRICTED and not grant.same_rows(kept):
        if not organization.advanced_permissions:
            raise AdvancedPermissionsLocked
        if not any(grant.matrix.values()):
            raise EmptyGrant
    if grant.is_void and grant != besides:
        raise VoidGrant
    for category, scope in grant.scopes.items():
        _check_selection(organization, category, scope, kept.scopes[category])


def _check_selection(
    organization: Organization, category: Category, scope: Scope, kept: Scope
) -> None:
    if len(scope.ids) > MOST_SELECTED:
        raise TooManySelected(category)
    if fresh := scope.ids - kept.ids:
        known = CatalogueEntry.objects.named(organization, category, fresh)
        if unknown := fresh - known.keys():
            raise NotInCatalogue(category, unknown)
