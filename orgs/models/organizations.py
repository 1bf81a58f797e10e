"""Organizations, and what account managers and Owners decide about them."""

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from orgs import names
from orgs.rules import Rules

# What an account manager can allow an organization.
MOST_KEYS = 1_000_000


class Organization(models.Model):
    """A tenant: its members share its secret keys. The wire says "workspace"."""

    # Other shapes of ids are mangled by the client's error texts (vi/client/errors.py).
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=names.MAX_LENGTH)
    key_limit = models.PositiveIntegerField(default=1000)
    # Shown where a feature has to be asked for; empty when nobody is assigned.
    account_manager_email = models.EmailField(blank=True)
    account_manager_name = models.CharField(
        max_length=names.MAX_LENGTH, blank=True, db_default=""
    )
    # What an account manager has switched on; the database knows the defaults too, so
    # that the release before this one can still add a row.
    access_scope = models.BooleanField(default=False, db_default=False)
    advanced_permissions = models.BooleanField(default=False, db_default=False)
    # What its Admins decide: how long a new key may last in days (null: for ever),
    # whether a password is enough to open it, what Members see.
    longest_key_days = models.PositiveIntegerField(null=True, blank=True)
    second_factor_required = models.BooleanField(default=False, db_default=False)
    members_see_usage = models.BooleanField(default=True, db_default=True)
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

    @property
    def rules(self) -> Rules:
        """What its Admins have decided."""
        return Rules(
            self.longest_key_days, self.second_factor_required, self.members_see_usage
        )

    @property
    def account_manager_words(self) -> str:
        """Whom to ask for more, by name and address."""
        name, email = self.account_manager_name, self.account_manager_email
        return f"{name} <{email}>" if name and email else name or email or "nobody"
