"""Inviting people into an organization, and what becomes of the invitations."""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from orgs import addresses, audit, audit_chain, mails, names, resources
from orgs.audit import NOWHERE, Actor, AuditAction, Origin
from orgs.authority import lock_for
from orgs.models import Invitation, Membership, Organization, Quota, User
from orgs.models.invitations import (
    InvitationQuerySet,
    new_token,
    token_digest,
)
from orgs.quotas import Meter, QuotaKind
from orgs.refusals import (
    AccountExists,
    AddressesRefused,
    CollaboratorLimitReached,
    InvitationGone,
    OwnerRequired,
    WrongAccount,
)
from orgs.roles import INVITED, Ability, Role

INVITATION_LASTS = dt.timedelta(days=7)
# Where no account manager has set a limit: nobody who gets into one account can have
# this server write to everybody.
MOST_COLLABORATORS = 1000


@transaction.atomic
def invite(
    organization: Organization,
    emails: Sequence[str],
    role: Role,
    *,
    actor: Actor,
    at: dt.datetime,
) -> list[Invitation]:
    """Send everybody an invitation, or nobody.

    An expired invitation to the same address is replaced.

    Raises:
        AddressesRefused: some are no addresses, members or invited already.
        Refused: there are too many for the limit, or the actor may not.
    """
    locked = lock_for(organization, actor=actor, ability=Ability.MANAGE_MEMBERS)
    if role not in INVITED:
        raise OwnerRequired
    emails = addresses.clean(emails)
    invited = Invitation.objects.of(locked)
    invited.filter(email__in=emails, expires_at__lte=at).delete()
    invited.forgotten_at(at).delete()
    _check_new(locked, emails)
    _check_limit(locked, len(emails), at=at)
    new = [_new(locked, email, role, actor=actor, at=at) for email in emails]
    rows = Invitation.objects.bulk_create(row for row, _ in new)
    for row, token in new:
        _record(AuditAction.INVITATION_SENT, row, actor, at, (None, role.label))
        mails.invitation(row, token, actor)
    return rows


@transaction.atomic
def resend_invitation(
    organization: Organization, pk: int, *, actor: Actor, at: dt.datetime
) -> Invitation:
    """Send an invitation anew; the link that was sent before stops working.

    Raises:
        InvitationGone: it was accepted or withdrawn.
        Refused: it had expired and its place is taken, or the actor may not.
    """
    locked = lock_for(organization, actor=actor, ability=Ability.MANAGE_MEMBERS)
    row = _open_row(locked, pk)
    if row.is_expired(at):
        _check_limit(locked, 1, at=at)
    token = new_token()
    row.token_digest, row.invited_by = token_digest(token), actor.user
    row.sent_at, row.expires_at = at, at + INVITATION_LASTS
    row.save(update_fields=["token_digest", "invited_by", "sent_at", "expires_at"])
    _record(AuditAction.INVITATION_RESENT, row, actor, at)
    mails.invitation(row, token, actor)
    return row


@transaction.atomic
def withdraw_invitation(
    organization: Organization, pk: int, *, actor: Actor, at: dt.datetime
) -> None:
    """End an invitation; its link stops working.

    Raises:
        InvitationGone: it was accepted or withdrawn.
        Refused: the actor may not.
    """
    locked = lock_for(
        organization,
        actor=actor,
        ability=Ability.MANAGE_MEMBERS,
        even_while_locked=True,
    )
    rows = Invitation.objects.of(locked).filter(pk=pk)
    if not end_invitations(rows, actor=actor, at=at):
        raise InvitationGone


@transaction.atomic(savepoint=False)
def end_invitations(rows: InvitationQuerySet, *, actor: Actor, at: dt.datetime) -> int:
    """Withdraw invitations for callers that hold their organization's lock.

    Returns how many there were.
    """
    found = list(rows.select_related("organization"))
    rows.delete()
    for row in found:
        before = row.get_role_display()
        _record(AuditAction.INVITATION_WITHDRAWN, row, actor, at, (before, None))
    return len(found)


@transaction.atomic
def accept_invitation(
    token: str, user: User, *, origin: Origin = NOWHERE, at: dt.datetime
) -> Membership:
    """Make whoever was invited a member; the link works once.

    Who is a member already stays what they are.

    Raises:
        InvitationGone: it was used, withdrawn or replaced, has expired, or whoever
            sent it may not invite any more.
        WrongAccount: it is for another address.
        OrganizationLocked: an account manager has locked the organization.
    """
    found = Invitation.objects.with_token(token)
    return _accept(found, Actor.person(user, origin), user, at=at)


@transaction.atomic
def accept_open_invitation(
    pk: int, user: User, *, origin: Origin = NOWHERE, at: dt.datetime
) -> Membership:
    """Accept as accept_invitation() does, without the link: by the own address.

    Raises:
        InvitationGone: there is none of this number to the user's address.
        OrganizationLocked: an account manager has locked the organization.
    """
    found = Invitation.objects.open_to(user, at).filter(pk=pk)
    return _accept(found, Actor.person(user, origin), user, at=at)


@transaction.atomic
def accept_with_new_account(
    token: str,
    name: str,
    password: str,
    *,
    origin: Origin = NOWHERE,
    at: dt.datetime,
) -> User:
    """Make an account for whoever was invited, and the account a member.

    Who has the link reads the mail of the address, so it counts as verified.

    Raises:
        names.InvalidName: ``name`` cannot be a name.
        InvitationGone, OrganizationLocked: see accept_invitation().
        AccountExists: the address has an account, which has to sign in.
    """
    row = Invitation.objects.with_token(token).first()
    if row is None or not row.works(at):
        raise InvitationGone
    if User.objects.with_email(row.email):
        raise AccountExists
    try:
        with transaction.atomic():
            user = User.objects.create_user(row.email, password, name=names.clean(name))
    except IntegrityError:
        # The same person at the same moment, from here or from another organization.
        raise AccountExists from None
    accept_invitation(token, user, origin=origin, at=at)
    return user


def _new(
    organization: Organization,
    email: str,
    role: Role,
    *,
    actor: Actor,
    at: dt.datetime,
) -> tuple[Invitation, str]:
    """Return an invitation that is not stored yet, and the secret of its link."""
    token = new_token()
    row = Invitation(
        organization=organization,
        email=email,
        role=role.value,
        token_digest=token_digest(token),
        invited_by=actor.user,
        sent_at=at,
        expires_at=at + INVITATION_LASTS,
    )
    return row, token


def _accept(
    rows: InvitationQuerySet, actor: Actor, user: User, *, at: dt.datetime
) -> Membership:
    found = rows.first()
    if found is None:
        raise InvitationGone
    # It may be gone once the lock is held.
    locked = lock_for(found.organization, actor=actor)
    row = rows.all().first()
    if row is None or not row.works(at):
        raise InvitationGone
    if row.email != user.email.lower():
        raise WrongAccount(row.email)
    row.delete()
    if present := Membership.objects.in_organization(locked, user.pk):
        return present
    membership = Membership.objects.create(
        organization=locked,
        user=user,
        role=row.role,
        created_at=at,
        key_mails_until=at,
        key_mails_told=audit_chain.end_of(locked).length,
    )
    _record(
        AuditAction.INVITATION_ACCEPTED, row, actor, at, (None, row.get_role_display())
    )
    return membership


def _check_new(organization: Organization, emails: Sequence[str]) -> None:
    invited = Invitation.objects.of(organization).filter(email__in=emails)
    waiting = "is already invited; resend that invitation instead."
    why = dict.fromkeys(invited.values_list("email", flat=True), waiting)
    # The suspended, too, whom pages do not name.
    members = Membership.objects.filter(organization=organization)
    for member in members.select_related("user"):
        is_active = member.user.is_active
        suspended = "is a member whose account is suspended."
        present = "is already a member." if is_active else suspended
        why[member.user.email.lower()] = present
    if sentences := [f"{each} {why[each]}" for each in emails if each in why]:
        raise AddressesRefused(sentences)


def _check_limit(organization: Organization, more: int, *, at: dt.datetime) -> None:
    limit = Quota.objects.limit_of(organization, QuotaKind.COLLABORATORS)
    limit = MOST_COLLABORATORS if limit is None else limit
    left = Meter(resources.collaborators(organization, at=at), limit).left or 0
    if more > left:
        raise CollaboratorLimitReached(limit, left)


def _open_row(organization: Organization, pk: int) -> Invitation:
    found = Invitation.objects.with_pk(organization, pk)
    if found is None:
        raise InvitationGone
    return found


def _record(
    action: AuditAction,
    row: Invitation,
    actor: Actor,
    at: dt.datetime,
    role: tuple[str | None, str | None] | None = None,
) -> None:
    audit.record(
        action,
        row.organization,
        actor=actor,
        at=at,
        subject=row.email,
        changes={"role": role} if role else None,
    )
