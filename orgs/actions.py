"""Changes to people and organizations; each is one transaction with its audit event."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from orgs import audit, names
from orgs.audit import Actor, AuditAction
from orgs.models import Membership, Organization, User
from orgs.roles import Role


class OwnerRequired(Exception):
    """The change would leave an organization without its Owner."""


@transaction.atomic
def create_organization(name: str, *, owner: User, actor: Actor) -> Organization:
    """Store an organization and make ``owner`` its Owner.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
    """
    organization = Organization.objects.create(name=names.clean(name))
    Membership.objects.create(
        organization=organization, user=owner, role=Role.OWNER.value
    )
    audit.record(
        AuditAction.ORGANIZATION_CREATED,
        organization,
        actor=actor,
        at=timezone.now(),
        subject=organization.name,
        changes={"owner": (None, owner.email)},
    )
    return organization


@transaction.atomic
def rename_organization(
    organization: Organization, name: str, *, actor: Actor
) -> Organization:
    """Give the organization another name; the same name changes nothing.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
    """
    name = names.clean(name)
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    if locked.name == name:
        return locked
    before, locked.name = locked.name, name
    locked.save(update_fields=["name", "updated_at"])
    audit.record(
        AuditAction.ORGANIZATION_RENAMED,
        locked,
        actor=actor,
        at=timezone.now(),
        subject=name,
        changes={"name": (before, name)},
    )
    return locked


@transaction.atomic
def change_terms(
    organization: Organization,
    *,
    key_limit: int,
    account_manager_email: str,
    locked: bool,
    actor: Actor,
    at: dt.datetime,
) -> Organization:
    """Change what an account manager decides about an organization.

    While it is locked, its keys are refused; members can look and remove keys.
    """
    current = Organization.objects.select_for_update().get(pk=organization.pk)
    before = _terms(current)
    current.key_limit = key_limit
    current.account_manager_email = account_manager_email
    if locked != current.is_locked:
        current.locked_at = at if locked else None
    changes = audit.differences(before, _terms(current))
    if not changes:
        return current
    current.save()
    audit.record(
        AuditAction.ORGANIZATION_CHANGED,
        current,
        actor=actor,
        subject=current.name,
        at=at,
        changes=changes,
    )
    return current


@transaction.atomic
def remove_member(organization: Organization, user_id: int, *, actor: Actor) -> None:
    """End somebody's membership; the keys they made stay with the organization.

    Raises:
        Membership.DoesNotExist: they are not a member.
        OwnerRequired: they are the Owner.
    """
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user")
        .get(organization=organization, user_id=user_id)
    )
    if membership.role == Role.OWNER:
        raise OwnerRequired
    membership.delete()
    audit.record(
        AuditAction.MEMBER_REMOVED,
        organization,
        actor=actor,
        at=timezone.now(),
        subject=membership.user.email,
        changes={"role": (membership.get_role_display(), None)},
    )


def _terms(organization: Organization) -> dict[str, str]:
    return {
        "key limit": str(organization.key_limit),
        "account manager": organization.account_manager_email or "nobody",
        "locked": "yes" if organization.is_locked else "no",
    }
