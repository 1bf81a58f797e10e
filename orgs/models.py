"""People and organizations."""

import uuid
from collections.abc import Iterable
from typing import ClassVar, Self, cast

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from orgs import catalogue, names
from orgs.categories import Category
from orgs.roles import Ability, Role, can

# What an account manager can allow an organization.
MOST_KEYS = 1_000_000


class UserManager(BaseUserManager["User"]):
    """Makes users, who sign in by e-mail address."""

    def create_user(
        self, email: str, password: str | None = None, name: str = ""
    ) -> "User":
        """Store a user; without a password nobody can sign in as them yet."""
        user = self.model(email=self.normalize_email(email), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=names.MAX_LENGTH, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)

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


class Organization(models.Model):
    """A tenant: its members share its secret keys. The wire says "workspace"."""

    # Other shapes of ids are mangled by the client's error texts (vi/client/errors.py).
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=names.MAX_LENGTH)
    key_limit = models.PositiveIntegerField(default=1000)
    # Shown where a feature has to be asked for; empty when nobody is assigned.
    account_manager_email = models.EmailField(blank=True)
    # What an account manager has switched on; the database knows the defaults too, so
    # that the release before this one can still add a row.
    access_scope = models.BooleanField(default=False, db_default=False)
    advanced_permissions = models.BooleanField(default=False, db_default=False)
    # While locked, members can look but keys are refused.
    locked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the page that opens the organization."""
        return reverse(settings.ORGANIZATION_HOME, args=[self.pk])

    @property
    def is_locked(self) -> bool:
        """Whether an account manager has locked the organization."""
        return self.locked_at is not None


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Reads of who belongs where."""

    def of(self, user: User) -> Self:
        """Return the memberships of one person, with their organizations by name."""
        return (
            self.filter(user=user, user__is_active=True)
            .select_related("organization", "user")
            .order_by("organization__name", "organization_id")
        )

    def of_organization(self, organization_id: uuid.UUID) -> Self:
        """Return the members of one organization, in the order they joined."""
        return (
            self.filter(organization_id=organization_id, user__is_active=True)
            .select_related("user")
            .order_by("created_at", "pk")
        )


class Membership(models.Model):
    """One person's role in one organization."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(
        max_length=10, choices=[(role.value, role.value.title()) for role in Role]
    )
    created_at = models.DateTimeField(default=timezone.now)

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
        return can(Role(self.role), ability)


# Django's fields take no type arguments at run time.
class FoldedName(models.CharField):  # type: ignore[type-arg]
    """Keeps names.fold(name) beside ``name``, in rows written in bulk too."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Return what is written."""
        entry = cast(CatalogueEntry, model_instance)
        entry.name_folded = folded = names.fold(entry.name)
        return folded


class CatalogueEntryQuerySet(models.QuerySet["CatalogueEntry"]):
    """Reads of what access scopes choose from."""

    def of(self, organization: Organization) -> Self:
        """Return the entries of one organization."""
        return self.filter(organization=organization)

    def in_category(self, category: Category) -> Self:
        """Return the entries of one category."""
        return self.filter(category=category.value)

    def with_ids(self, ids: Iterable[str]) -> Self:
        """Return the entries that these external ids name."""
        return self.filter(external_id__in=list(ids))

    def named(
        self, organization: Organization, category: Category, ids: Iterable[str]
    ) -> dict[str, str]:
        """Return the names of those of ``ids`` that an organization has, by id."""
        entries = self.of(organization).in_category(category).with_ids(ids).by_name()
        return dict(entries.values_list("external_id", "name"))

    def without_ids(self, ids: Iterable[str]) -> Self:
        """Leave out the entries that these external ids name."""
        return self.exclude(external_id__in=list(ids))

    def matching(self, text: str) -> Self:
        """Return entries whose name or external id contains ``text``, in any case."""
        text = text.strip()
        return self.filter(
            models.Q(name_folded__contains=names.fold(text))
            | models.Q(external_id__icontains=text)
        )

    def by_name(self) -> Self:
        """Order as people read: by category and name, whatever the case."""
        return self.order_by("category", "name_folded", "external_id")


class CatalogueEntry(models.Model):
    """A dataset, training or deployment that other services keep for an organization."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="catalogue"
    )
    category = models.CharField(
        max_length=10, choices=[(each.value, each.label) for each in Category]
    )
    # Without the organization's part; see catalogue.clean_id().
    external_id = models.CharField("external id", max_length=catalogue.MAX_ID_LENGTH)
    name = models.CharField(max_length=names.MAX_LENGTH)
    # What search and order compare. Folding can lengthen.
    name_folded = FoldedName(max_length=18 * names.MAX_LENGTH, editable=False)

    objects = CatalogueEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "catalogue entries"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "category", "external_id"],
                name="catalogue_entry_unique",
                violation_error_message="The catalogue has an entry with this id.",
            ),
            models.CheckConstraint(
                condition=models.Q(category__in=[each.value for each in Category]),
                name="catalogue_category_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "category", "name_folded"],
                name="catalogue_by_name",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.category} {self.external_id})"


class AuditEvent(models.Model):
    """One change, as it was made; rows are only ever added."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="audit_events"
    )
    at = models.DateTimeField()
    action = models.CharField(max_length=40)
    # Who did it, in words that outlive the account: an address, a key's stem, a command.
    actor = models.CharField(max_length=254)
    actor_user = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # What was changed: a key id, a member's address; its name at that time.
    subject = models.CharField(max_length=254)
    # {"field": [before, after]}; never a secret or a hash.
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["organization", "-at"], name="audit_by_time")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.subject} by {self.actor}"
