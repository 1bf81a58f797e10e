"""Changes to who belongs to an organization and what they may do there."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Q

from orgs import audit, audit_chain, mails
from orgs.actions.invitations import end_invitations
from orgs.audit import Actor, AuditAction
from orgs.authority import lock_for
from orgs.models import (
    Invitation,
    Membership,
    Organization,
    OwnershipOffer,
    User,
)
from orgs.models.invitations import OwnershipOfferQuerySet
from orgs.refusals import NotAMember, OfferGone, OwnerRequired
from orgs.roles import INVITED, Ability, Role

# How long the next Owner can think about it.
OFFER_LASTS = dt.timedelta(days=7)


@transaction.atomic
def change_role(
    organization: Organization,
    user_id: int,
    role: Role,
    *,
    actor: Actor,
    at: dt.datetime,
) -> Membership:
    """Make somebody an Admin or a Member; the role they have changes nothing.

    Who is no Admin any more has invited nobody: their open invitations go.

    Raises:
        Refused: the person is no member, is the Owner, or the actor may not.
    """
    if role not in INVITED:
        raise OwnerRequired
    locked = lock_for(organization, actor=actor, ability=Ability.MANAGE_MEMBERS)
    membership = _membership(locked, user_id)
    if membership.role_value is Role.OWNER:
        raise OwnerRequired
    if membership.role_value is role:
        return membership
    before, membership.role = membership.get_role_display(), role.value
    # A new Admin is not told of keys from before.
    membership.key_mails_until = at
    membership.key_mails_told = audit_chain.end_of(locked).length
    membership.save(update_fields=["role", "key_mails_until", "key_mails_told"])
    if role is Role.MEMBER:
        _withdraw_invitations_of(membership.user, locked, actor=actor, at=at)
    audit.record(
        AuditAction.MEMBER_ROLE_CHANGED,
        locked,
        actor=actor,
        at=at,
        subject=membership.user.email,
        changes={"role": (before, role.label)},
    )
    mails.role_changed(membership, actor)
    return membership


@transaction.atomic
def remove_member(
    organization: Organization, user_id: int, *, actor: Actor, at: dt.datetime
) -> None:
    """End somebody's membership; the keys they made stay with the organization.

    Works in a locked organization too, since it takes rights away. Whoever leaves by
    themselves needs no right to.

    Raises:
        Refused: the person is no member, is the Owner, or the actor may not.
    """
    leaves = actor.user is not None and actor.user.pk == user_id
    ability = None if leaves else Ability.MANAGE_MEMBERS
    locked = lock_for(
        organization, actor=actor, ability=ability, even_while_locked=True
    )
    membership = _membership(locked, user_id)
    if membership.role_value is Role.OWNER:
        raise OwnerRequired
    membership.delete()
    _withdraw_invitations_of(membership.user, locked, actor=actor, at=at)
    offers = OwnershipOffer.objects.of(locked).made_to(membership.user)
    _end_offers(offers, actor=actor, at=at)
    audit.record(
        AuditAction.MEMBER_LEFT if leaves else AuditAction.MEMBER_REMOVED,
        locked,
        actor=actor,
        at=at,
        subject=membership.user.email,
        changes={"role": (membership.get_role_display(), None)},
    )
    if not leaves:
        mails.member_removed(membership.user.email, locked, actor)


@transaction.atomic
def offer_ownership(
    organization: Organization, user_id: int, *, actor: Actor, at: dt.datetime
) -> OwnershipOffer:
    """Ask a member to become the Owner; an earlier offer is replaced.

    Raises:
        Refused: the person is no member or is suspended, or the actor is not the
            Owner.
    """
    locked = lock_for(organization, actor=actor, ability=Ability.TRANSFER_OWNERSHIP)
    membership = _membership(locked, user_id)
    if not membership.user.is_active:
        raise NotAMember
    if membership.role_value is Role.OWNER:
        raise OwnerRequired
    before = OwnershipOffer.objects.of(locked).exclude(to=membership.user)
    _end_offers(before, actor=actor, at=at)
    offer, _ = OwnershipOffer.objects.update_or_create(
        organization=locked,
        defaults={
            "to": membership.user,
            "offered_at": at,
            "expires_at": at + OFFER_LASTS,
        },
    )
    _record_offer(AuditAction.OWNERSHIP_OFFERED, locked, offer, actor, at)
    mails.ownership_offered(offer, actor)
    return offer


@transaction.atomic
def end_ownership_offer(
    organization: Organization, *, actor: Actor, at: dt.datetime
) -> None:
    """Withdraw an offer, as the Owner, or decline it, as the one who was asked.

    Raises:
        Refused: there is none, or it is none of the actor's.
    """
    locked = lock_for(organization, actor=actor, even_while_locked=True)
    offer = _offer(locked)
    if actor.user is None or actor.user.pk != offer.to_id:
        lock_for(
            locked,
            actor=actor,
            ability=Ability.TRANSFER_OWNERSHIP,
            even_while_locked=True,
        )
    offer.delete()
    _record_offer(AuditAction.OWNERSHIP_OFFER_ENDED, locked, offer, actor, at)


@transaction.atomic
def accept_ownership(
    organization: Organization, user: User, *, actor: Actor, at: dt.datetime
) -> None:
    """Make whoever was asked the Owner; who was the Owner becomes an Admin.

    Raises:
        Refused: the ownership is not offered to ``user`` (any more).
    """
    locked = lock_for(organization, actor=actor, ability=Ability.VIEW_ORGANIZATION)
    offer = _offer(locked)
    if offer.to_id != user.pk or offer.is_expired(at):
        raise OfferGone
    _make_owner(locked, user, actor=actor, at=at)


@transaction.atomic
def appoint_owner(
    organization: Organization, user: User, *, actor: Actor, at: dt.datetime
) -> None:
    """Make somebody the Owner without asking: for whoever runs the server.

    Works in a locked organization, and for somebody who is no member yet.
    """
    locked = lock_for(organization, actor=actor, even_while_locked=True)
    _make_owner(locked, user, actor=actor, at=at)


@transaction.atomic
def record_activity(membership: Membership, *, at: dt.datetime) -> None:
    """Keep when a member was last active."""
    Membership.objects.filter(pk=membership.pk).update(last_active_at=at)


@transaction.atomic
def choose_key_mails(
    user: User, organization_ids: Collection[uuid.UUID], *, at: dt.datetime
) -> None:
    """Have mails tell of these organizations' keys from now on, and of no others."""
    mine = Membership.objects.of(user).who_get_key_mails()
    wanted = Q(organization_id__in=organization_ids)
    found = mine.filter(wanted, key_mails=False)
    told = {"key_mails_until": at, "key_mails_told": audit_chain.ends()}
    found.update(key_mails=True, **told)
    found = mine.exclude(wanted).filter(key_mails=True)
    found.update(key_mails=False, **told)


def _membership(organization: Organization, user_id: int) -> Membership:
    found = Membership.objects.anybody_in(organization, user_id)
    if found is None:
        raise NotAMember
    return found


def _offer(organization: Organization) -> OwnershipOffer:
    found = OwnershipOffer.objects.of(organization).first()
    if found is None:
        raise OfferGone
    return found


def _make_owner(
    organization: Organization, user: User, *, actor: Actor, at: dt.datetime
) -> None:
    before = Membership.objects.owner_of(organization)
    if before is not None and before.user_id == user.pk:
        return
    offers = OwnershipOffer.objects.of(organization)
    # One that is accepted by this has not ended otherwise.
    offers.made_to(user).delete()
    _end_offers(offers, actor=actor, at=at)
    # The database knows one Owner at a time, so the order matters.
    if before is not None:
        before.role = Role.ADMIN.value
        before.save(update_fields=["role"])
    joining: dict[str, Any] = {"organization": organization, "user": user}
    # Who manages keys from now on is not told of those from before.
    end = audit_chain.end_of(organization)
    told: dict[str, Any] = {"key_mails_until": at, "key_mails_told": end.length}
    Membership.objects.filter(**joining, role=Role.MEMBER.value).update(**told)
    role = {"role": Role.OWNER.value}
    after, _ = Membership.objects.update_or_create(
        **joining, defaults=role, create_defaults=role | told | {"created_at": at}
    )
    audit.record(
        AuditAction.OWNER_CHANGED,
        organization,
        actor=actor,
        at=at,
        subject=organization.name,
        changes={"owner": (before.user.email if before else None, user.email)},
    )
    for membership in (before, after):
        if membership is not None:
            mails.role_changed(membership, actor)


def _withdraw_invitations_of(
    user: User, organization: Organization, *, actor: Actor, at: dt.datetime
) -> None:
    """Withdraw what somebody sent who may not invite any more."""
    rows = Invitation.objects.of(organization).sent_by(user.pk)
    end_invitations(rows, actor=actor, at=at)


def _end_offers(
    offers: OwnershipOfferQuerySet, *, actor: Actor, at: dt.datetime
) -> None:
    """End offers with something else; one that has expired ended by itself."""
    ended = list(offers.open_at(at))
    offers.delete()
    for offer in ended:
        _record_offer(
            AuditAction.OWNERSHIP_OFFER_ENDED, offer.organization, offer, actor, at
        )


def _record_offer(
    action: AuditAction,
    organization: Organization,
    offer: OwnershipOffer,
    actor: Actor,
    at: dt.datetime,
) -> None:
    # Deleting an offer takes its primary key, which is the organization, away.
    audit.record(action, organization, actor=actor, at=at, subject=offer.to.email)
