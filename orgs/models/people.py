"""Users, and what they are to organizations."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Coalesce, Lower, Now, NullIf
from django.utils import timezone
from django.utils.crypto import salted_hmac

from orgs import names
from orgs.models.folded import FoldedName
from orgs.models.organizations import Organization
from orgs.roles import Ability, Role, abilities

# What django-allauth calls them (allauth/mfa/models.py).
SECOND_FACTORS = ("totp", "webauthn")

# How exactly pages know when somebody was last active.
LAST_ACTIVE_RESOLUTION = dt.timedelta(minutes=5)


class UserManager(BaseUserManager["User"]):
    """Makes users, who sign in by e-mail address."""

    def create_user(
        self, email: str, password: str | None = None, name: str = ""
    ) -> "User":
        """Store a user; without a password nobody can sign in as them yet.

        Somebody vouches for the address: the operator, an identity provider, or the
        person who opened an invitation that was sent to it.
        """
        user = self.model(email=email.lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        return user

    def with_email(self, email: str) -> "User | None":
        """Return whoever signs in with this address, in any case; by an index."""
        wanted = email.lower()
        found = self.alias(any_case=Lower("email")).filter(any_case=wanted)
        # Databases take some letters for others, Python none.
        return next((each for each in found if each.email.lower() == wanted), None)

    def proposing(self, user_id: int, email: str, credentials: str) -> "User | None":
        """Return a person as long as they want to sign in with this address.

        Only while they sign in with the ``credentials`` that they asked with.
        """
        found = self.filter(pk=user_id, new_email=email, is_active=True).first()
        return found if found and found.credentials == credentials else None


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in."""

    # django-allauth's rows of this user; it has no types.
    emailaddress_set: Any
    authenticator_set: Any

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=names.MAX_LENGTH, blank=True)
    # What search and order compare. Folding can lengthen.
    name_folded = FoldedName(
        max_length=18 * names.MAX_LENGTH,
        editable=False,
        blank=True,
        default="",
        db_default="",
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    # IANA's name of the zone in which pages say times.
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    # What they want to sign in with; counts for nothing until they confirm it.
    new_email = models.EmailField(blank=True, default="", db_default="")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_any_case_unique")
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """What pages call this person."""
        return self.name or self.email

    @property
    def credentials(self) -> str:
        """A digest of email and password: whatever carries it ends with either."""
        words = f"{self.get_session_auth_hash()} {self.email}"
        return salted_hmac("orgs.credentials", words, algorithm="sha256").hexdigest()

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in asks for more than a password; one query."""
        return bool(self.authenticator_set.filter(type__in=SECOND_FACTORS).exists())


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Reads of who belongs where."""

    def of(self, user: User) -> Self:
        """Return the memberships of one person, with their organizations by name."""
        return (
            self.filter(user=user, user__is_active=True)
            .select_related("organization", "user")
            .order_by("organization__name", "organization_id")
        )

    def with_second_factor(self) -> Self:
        """Tell of each whether their account asks for more than a password.

        Sets ``has_second_factor``; recovery codes alone are none.
        """
        protected = Membership.objects.filter(
            pk=models.OuterRef("pk"), user__authenticator__type__in=SECOND_FACTORS
        )
        return self.annotate(has_second_factor=models.Exists(protected))

    def in_organization(
        self, organization: Organization, user_id: int
    ) -> "Membership | None":
        """Return what one person is to an organization; None: nothing.

        Who is suspended is nothing anywhere.
        """
        return self.filter(user__is_active=True).anybody_in(organization, user_id)

    def anybody_in(
        self, organization: Organization, user_id: int
    ) -> "Membership | None":
        """Return what one person is to an organization, suspended or not."""
        # Through the account, whose lookup knows numbers that are too large.
        found = self.filter(organization=organization, user__pk=user_id)
        return found.select_related("organization", "user").first()

    def matching(self, text: str) -> Self:
        """Return members whose name or address contains ``text``, in any case."""
        text = text.strip()
        return self.filter(
            models.Q(user__name_folded__contains=names.fold(text))
            | models.Q(user__email__icontains=text.lower())
        )

    def by_name(self) -> Self:
        """Order as pages name people, whatever the case."""
        named = NullIf("user__name_folded", models.Value(""))
        return self.order_by(Coalesce(named, Lower("user__email")), "pk")

    def without_second_factor(self) -> Self:
        """Return those whose account asks for a password alone."""
        return self.with_second_factor().filter(has_second_factor=False)

    def owned_by(self, user: User) -> Self:
        """Return the memberships that make one person an Owner."""
        return self.of(user).filter(role=Role.OWNER.value)

    def owner_of(self, organization: Organization) -> "Membership | None":
        """Return the Owner of an organization."""
        found = self.filter(organization=organization, role=Role.OWNER.value)
        return found.select_related("organization", "user").first()

    def who_get_key_mails(self) -> Self:
        """Return those whom mails can tell what happens to keys."""
        return self.filter(role__in=[Role.OWNER.value, Role.ADMIN.value])

    def who_manage(self, organization: Organization) -> Self:
        """Return an organization's Owner and Admins."""
        found = self.of_organization(organization.pk)
        return found.who_get_key_mails()

    def owed_key_mails(self, actions: Iterable[str]) -> Self:
        """Return who manages keys, wants mails about them and was not told all yet.

        ``actions`` are what mails tell of, as the audit log names it.
        """
        events = "organization__audit_events__"
        by_number = {f"{events}sequence__gt": models.F("key_mails_told")}
        by_time = {f"{events}at__gt": models.F("key_mails_until")}
        untold = Membership.objects.filter(
            models.Q(**by_number) | models.Q(key_mails_told=None, **by_time),
            **{f"{events}action__in": list(actions)},
            pk=models.OuterRef("pk"),
        )
        found = self.who_get_key_mails().filter(
            models.Exists(untold), key_mails=True, user__is_active=True
        )
        # Whom the organization's pages are closed to learns nothing by mail either.
        found = found.with_second_factor().exclude(
            organization__second_factor_required=True, has_second_factor=False
        )
        return found.select_related("organization", "user").order_by("pk")

    def of_organization(self, organization_id: uuid.UUID) -> Self:
        """Return the members of one organization, in the order they joined."""
        return (
            self.filter(organization_id=organization_id, user__is_active=True)
            .select_related("user")
            .order_by("created_at", "pk")
        )


class Membership(models.Model):
    """One person's role in one organization."""

    # Set by MembershipQuerySet.with_second_factor().
    has_second_factor: bool

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    # An organization must not lose its Owner by the deletion of an account.
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(
        max_length=10, choices=[(role.value, role.label) for role in Role]
    )
    created_at = models.DateTimeField(default=timezone.now)
    # The last page they opened, give or take LAST_ACTIVE_RESOLUTION.
    last_active_at = models.DateTimeField(null=True, blank=True)
    # Whether mails tell them which keys were created, rotated, disabled, enabled and
    # removed, and up to which event they were told; the time stands in for a number
    # that was never set.
    key_mails = models.BooleanField(default=True, db_default=True)
    key_mails_until = models.DateTimeField(default=timezone.now, db_default=Now())
    key_mails_told = models.PositiveBigIntegerField(null=True, blank=True)
    # Since when a process is at sending the next of these mails; see orgs/digests.py.
    key_mails_claimed_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="membership_unique"
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(role=Role.OWNER.value),
                name="membership_one_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]),
                name="membership_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} of {self.organization}"

    def can(self, ability: Ability) -> bool:
        """Tell whether this member's role has ``ability``."""
        return ability in self.abilities

    @property
    def gets_key_mails(self) -> bool:
        """Whether mails can tell them what happens to keys."""
        return self.can(Ability.MANAGE_KEYS)

    def was_active_lately(self, at: dt.datetime) -> bool:
        """Whether ``last_active_at`` is as exact as pages are."""
        last = self.last_active_at
        return last is not None and at - last < LAST_ACTIVE_RESOLUTION

    @property
    def abilities(self) -> frozenset[Ability]:
        """What they may do, by their role and the organization's rules."""
        return abilities(
            self.role_value, members_see_usage=self.organization.members_see_usage
        )

    @property
    def role_value(self) -> Role:
        """Their role."""
        return Role(self.role)
