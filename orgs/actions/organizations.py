"""Changes to an organization itself."""

import dataclasses
import datetime as dt

from django.db import transaction

from orgs import audit, mails, names
from orgs.audit import Actor, AuditAction
from orgs.authority import lock_for
from orgs.models import Membership, Organization, User
from orgs.password_links import password_link
from orgs.refusals import RulesChanged, SecondFactorMissing, TooManyOrganizations
from orgs.roles import Ability, Role
from orgs.rules import Rules

# A script that makes organizations without end stops here; an operator can make more.
MOST_OWNED = 20


@transaction.atomic
def create_organization(
    name: str, *, owner: User, actor: Actor, at: dt.datetime
) -> Organization:
    """Store an organization and make ``owner`` its Owner.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
    """
    organization = Organization.objects.create(name=names.clean(name), created_at=at)
    Membership.objects.create(
        organization=organization,
        user=owner,
        role=Role.OWNER.value,
        created_at=at,
        key_mails_until=at,
        key_mails_told=0,
    )
    audit.record(
        AuditAction.ORGANIZATION_CREATED,
        organization,
        actor=actor,
        at=at,
        subject=organization.name,
        changes={"owner": (None, owner.email)},
    )
    return organization


@transaction.atomic
def create_own_organization(
    name: str, *, user: User, actor: Actor, at: dt.datetime
) -> Organization:
    """Store an organization that somebody makes for themselves, who is its Owner.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
        TooManyOrganizations: the person owns MOST_OWNED already.
    """
    owner = User.objects.select_for_update().get(pk=user.pk)
    if Membership.objects.owned_by(owner).count() >= MOST_OWNED:
        raise TooManyOrganizations(MOST_OWNED)
    return create_organization(name, owner=owner, actor=actor, at=at)


@transaction.atomic
def create_organization_for(
    name: str, email: str, *, actor: Actor, at: dt.datetime
) -> Organization:
    """Store an organization for whoever has an address, and write to them.

    An account that is made for it has no password: the mail leads to choose one.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
    """
    known = User.objects.with_email(email)
    owner = known or User.objects.create_user(email)
    organization = create_organization(name, owner=owner, actor=actor, at=at)
    if known:
        mails.role_changed(
            Membership.objects.owned_by(owner).get(organization=organization), actor
        )
    else:
        mails.owner_welcome(owner, organization, password_link(owner))
    return organization


@transaction.atomic
def rename_organization(
    organization: Organization, name: str, *, actor: Actor, at: dt.datetime
) -> Organization:
    """Give the organization another name; the same name changes nothing.

    Raises:
        Refused: the actor may not, or the organization is locked.
        names.InvalidName: ``name`` cannot be a name.
    """
    name = names.clean(name)
    locked = lock_for(organization, actor=actor, ability=Ability.MANAGE_ORGANIZATION)
    if locked.name == name:
        return locked
    before, locked.name = locked.name, name
    locked.save(update_fields=["name", "updated_at"])
    audit.record(
        AuditAction.ORGANIZATION_RENAMED,
        locked,
        actor=actor,
        at=at,
        subject=name,
        changes={"name": (before, name)},
    )
    return locked


@transaction.atomic
def change_rules(
    organization: Organization,
    rules: Rules,
    *,
    seen: str,
    actor: Actor,
    at: dt.datetime,
) -> Organization:
    """Set the security rules of an organization.

    ``seen`` is the fingerprint of the rules that whoever asks has before them: nobody
    loosens unawares what somebody else has just tightened. Keys stay as they are.

    Raises:
        SecondFactorMissing: the actor has none and would be shut out.
        RulesChanged: these are not the rules that were seen.
        Refused: the actor may not, or the organization is locked.
    """
    locked = lock_for(organization, actor=actor, ability=Ability.MANAGE_ORGANIZATION)
    before = locked.rules
    if before.fingerprint != seen:
        raise RulesChanged(before.facts)
    changes = audit.differences(before.facts, rules.facts)
    if not changes:
        return locked
    if rules.second_factor_required and actor.user:
        _check_has_second_factor(actor.user)
    columns = dataclasses.asdict(rules)
    for column, value in columns.items():
        setattr(locked, column, value)
    locked.save(update_fields=[*columns, "updated_at"])
    audit.record(
        AuditAction.RULES_CHANGED,
        locked,
        actor=actor,
        subject=locked.name,
        at=at,
        changes=changes,
    )
    return locked


@transaction.atomic
def change_terms(
    organization: Organization,
    *,
    key_limit: int | None = None,
    account_manager_name: str | None = None,
    account_manager_email: str | None = None,
    locked: bool | None = None,
    access_scope: bool | None = None,
    advanced_permissions: bool | None = None,
    actor: Actor,
    at: dt.datetime,
) -> Organization:
    """Change what an account manager decides about an organization; None is left alone.

    While it is locked, its keys are refused; members can look and remove keys.
    """
    current = lock_for(organization, actor=actor, even_while_locked=True)
    before = _terms(current)
    if locked is not None and locked != current.is_locked:
        current.locked_at = at if locked else None
    terms = {
        "key_limit": key_limit,
        "account_manager_name": account_manager_name,
        "account_manager_email": account_manager_email,
        "access_scope": access_scope,
        "advanced_permissions": advanced_permissions,
    }
    for field, value in terms.items():
        if value is not None:
            setattr(current, field, value)
    changes = audit.differences(before, _terms(current))
    if not changes:
        return current
    current.save(update_fields=[*terms, "locked_at", "updated_at"])
    action = AuditAction.ORGANIZATION_CHANGED
    audit.record(
        action, current, actor=actor, subject=current.name, at=at, changes=changes
    )
    return current


def _check_has_second_factor(user: User) -> None:
    if not user.has_second_factor:
        raise SecondFactorMissing


def _terms(organization: Organization) -> dict[str, str]:
    return {
        "key limit": str(organization.key_limit),
        "account manager": organization.account_manager_words,
        "locked": "yes" if organization.is_locked else "no",
        "access scope": "on" if organization.access_scope else "off",
        "advanced permissions": "on" if organization.advanced_permissions else "off",
    }
