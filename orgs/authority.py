"""Who may change an organization, judged under the lock of the change itself."""

from django.conf import settings

from orgs.audit import Actor
from orgs.models import Membership, Organization, User
from orgs.refusals import NotAllowed, OrganizationLocked
from orgs.roles import Ability


def lock_for(
    organization: Organization,
    *,
    actor: Actor,
    ability: Ability | None = None,
    even_while_locked: bool = False,
) -> Organization:
    """Lock an organization's row, which every change in the organization takes first.

    Changes to one organization so wait for each other here and nowhere else: whoever
    took another lock first could wait for somebody who waits for them. Rows that refer
    to the organization can be added meanwhile.

    A person needs ``ability`` now, whatever they had when the page was opened: two
    Admins who demote each other at once end with one winner. Commands, keys and account
    managers, whose rights were judged elsewhere, are no members: they name no ability.

    Raises:
        NotAllowed: the person is no member any more, or lacks the ability.
        OrganizationLocked: an account manager has locked it.
    """
    rows = Organization.objects.select_for_update(no_key=True)
    current = rows.get(pk=organization.pk)
    if actor.user is not None and ability is not None:
        membership = Membership.objects.in_organization(current, actor.user.pk)
        if membership is None or not membership.can(ability):
            raise NotAllowed
    if current.is_locked and not even_while_locked:
        raise OrganizationLocked
    return current


def lock_each_of(user_id: int) -> list[Organization]:
    """Lock the organizations of a person, for a change to the person themselves.

    Before any other row of the person: whoever changes an organization has its lock
    first, and writes into its log who they are. In one order, so that two who belong to
    the same ones do not wait in a ring.
    """
    rows = Organization.objects.select_for_update(no_key=True, of=("self",))
    return list(rows.filter(memberships__user=user_id).order_by("pk"))


def may_create_organizations(user: User) -> bool:
    """Tell whether somebody may make organizations of their own."""
    return settings.ORGANIZATION_CREATION == "anyone" or user.is_staff
