"""What somebody was offered and has not taken yet: a membership, the ownership."""

import datetime as dt
import hashlib
import secrets
from typing import Self

from django.db import models

from orgs.models.organizations import Organization
from orgs.models.people import Membership, User
from orgs.roles import INVITED, Ability, Role

# How long pages show what can no longer be accepted.
EXPIRED_KEPT = dt.timedelta(days=30)


def new_token() -> str:
    """Return the secret part of an invitation's link: 43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """Return what is stored of a token; its entropy needs no slow hash."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Reads of who is invited."""

    def of(self, organization: Organization) -> Self:
        """Return the invitations of one organization, the latest first."""
        found = self.filter(organization=organization).select_related("invited_by")
        return found.order_by("-sent_at", "-pk")

    def to(self, email: str) -> Self:
        """Return the invitations to one address, in any case."""
        return self.filter(email=email.lower())

    def open_at(self, at: dt.datetime) -> Self:
        """Leave out the expired."""
        return self.filter(expires_at__gt=at)

    def forgotten_at(self, at: dt.datetime) -> Self:
        """Return what expired so long ago that nobody sends it again."""
        return self.filter(expires_at__lte=at - EXPIRED_KEPT)

    def open_to(self, user: User, at: dt.datetime) -> Self:
        """Return what somebody can accept, the latest first."""
        found = self.to(user.email).open_at(at)
        return found.select_related("organization", "invited_by").order_by("-sent_at")

    def sent_by(self, user_id: int) -> Self:
        """Return what one person has sent; it ends with their right to."""
        return self.filter(invited_by=user_id)

    def with_pk(self, organization: Organization, pk: int) -> "Invitation | None":
        """Return one invitation of an organization."""
        return self.of(organization).filter(pk=pk).first()

    def with_token(self, token: str) -> Self:
        """Return the invitation that a link leads to, expired or not."""
        found = self.filter(token_digest=token_digest(token))
        return found.select_related("organization", "invited_by")


class Invitation(models.Model):
    """A membership offered to whoever reads the mail of an address.

    The row goes when the invitation is accepted or withdrawn; the audit log has both.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    # In lower case.
    email = models.EmailField()
    role = models.CharField(
        max_length=10, choices=[(role.value, role.label) for role in INVITED]
    )
    token_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"], name="invitation_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in INVITED]),
                name="invitation_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email}, {self.get_role_display()} of {self.organization}"

    def is_expired(self, at: dt.datetime) -> bool:
        """Whether its link has stopped working."""
        return self.expires_at <= at

    def works(self, at: dt.datetime) -> bool:
        """Whether it can be accepted: whoever sent it could send it now.

        What a command has sent stands by itself.
        """
        if self.is_expired(at):
            return False
        if self.invited_by is None:
            return True
        sender = Membership.objects.in_organization(
            self.organization, self.invited_by.pk
        )
        return sender is not None and sender.can(Ability.MANAGE_MEMBERS)

    @property
    def role_value(self) -> Role:
        """The role that is offered."""
        return Role(self.role)


class OwnershipOfferQuerySet(models.QuerySet["OwnershipOffer"]):
    """Reads of who is asked to become the Owner."""

    def open_at(self, at: dt.datetime) -> Self:
        """Leave out the expired."""
        return self.filter(expires_at__gt=at)

    def of(self, organization: Organization) -> Self:
        """Return the offer of one organization, if there is one."""
        found = self.filter(organization=organization)
        return found.select_related("organization", "to")

    def made_to(self, user: User) -> Self:
        """Return what somebody is asked."""
        return self.filter(to=user)


class OwnershipOffer(models.Model):
    """The Owner wants a member to become the Owner; it takes that member's consent."""

    organization = models.OneToOneField(
        Organization,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="ownership_offer",
    )
    to = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = OwnershipOfferQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.organization} to {self.to}"

    def is_expired(self, at: dt.datetime) -> bool:
        """Whether it can no longer be accepted."""
        return self.expires_at <= at
