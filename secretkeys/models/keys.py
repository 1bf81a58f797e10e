"""Secret keys: the row of each, and how lists read them."""

import datetime as dt
import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils import timezone

from orgs import names
from orgs.models import Organization, User
from secretkeys import badges, keyformat
from secretkeys.grants import Access, Grant, Permission
from secretkeys.models.grant_fields import (
    GRANT_FIELDS,
    LEVEL_FIELDS,
    REACH_FIELDS,
    grant_columns,
    ids_field,
    level_field,
    reach_field,
    stored_grant,
)
from secretkeys.scopes import Reach


class SecretKeyQuerySet(models.QuerySet["SecretKey"]):
    """Reads of keys; pages start from an organization with ``of``."""

    def of(self, organization: Organization) -> Self:
        """Return the organization's keys, removed ones too."""
        return self.filter(organization=organization)

    def current(self) -> Self:
        """Return keys that are not removed; expired ones count as current."""
        return self.filter(removed_at=None)

    def with_id(self, key_id: str) -> Self:
        """Return the one key with this id, if there is one."""
        return self.filter(key_id=key_id)

    def removed(self) -> Self:
        """Return removed keys."""
        return self.exclude(removed_at=None)

    def unexpired(self, at: dt.datetime) -> Self:
        """Return current keys that have not expired."""
        return self.current().filter(Q(expires_at=None) | Q(expires_at__gt=at))

    def counted(self, at: dt.datetime) -> Self:
        """Return keys that the limit counts: a rotated one has left its place."""
        return self.unexpired(at).not_replaced()

    def expired(self, at: dt.datetime) -> Self:
        """Return current keys whose time is over."""
        return self.current().filter(expires_at__lte=at)

    def expiring_soon(self, at: dt.datetime) -> Self:
        """Return keys that expire within two weeks."""
        return self.current().filter(
            expires_at__gt=at, expires_at__lte=at + badges.EXPIRES_SOON
        )

    def not_replaced(self) -> Self:
        """Leave out keys that rotation has put a successor in the place of."""
        return self.filter(replaced_by=None)

    def holding_name(self, folded: str) -> Self:
        """Return the key whose name this is; removed and rotated ones let go of it."""
        return self.current().not_replaced().filter(name_folded=folded)

    def created_with(self, nonce: uuid.UUID) -> Self:
        """Return the key that the form with this nonce has made."""
        return self.filter(creation_nonce=nonce)

    def unused_since(self, moment: dt.datetime) -> Self:
        """Return current keys neither used nor created after ``moment``."""
        return self.current().filter(
            Q(last_used_at__lte=moment) | Q(last_used_at=None, created_at__lte=moment)
        )

    def with_permission(self, permission: str) -> Self:
        """Return keys of one level."""
        return self.filter(permission=permission)

    def matching(self, text: str) -> Self:
        """Return keys whose name, stem or creator contains ``text``."""
        key_id = text.strip().removeprefix(keyformat.PREFIX).rstrip("….")
        found = (
            Q(name_folded__contains=names.fold(text.strip()))
            | Q(created_by__name__icontains=text.strip())
            | Q(created_by__email__icontains=text.strip())
        )
        if key_id.isascii() and key_id.isalnum():
            found |= Q(key_id__startswith=key_id[: keyformat.ID_LENGTH])
        return self.filter(found)

    def for_table(self) -> Self:
        """Load what a table row shows, in two queries: joined rows sort slower."""
        return self.prefetch_related("created_by").defer("digest")

    def for_page(self) -> Self:
        """Load what a page about one key shows, in one query."""
        return self.select_related("created_by", "organization").defer("digest")

    def sorted_by(self, column: str, first: str = "") -> Self:
        """Order by a column of the table; ``-`` reverses; never used comes last.

        The key whose id is ``first`` stands before all others.
        """
        sorted_by = SORT_FIELDS[column.removeprefix("-")]
        field = F(sorted_by) if isinstance(sorted_by, str) else sorted_by
        order: list[models.expressions.OrderBy | str] = [
            field.desc(nulls_last=True)
            if column.startswith("-")
            else field.asc(nulls_last=True),
            F("created_at").desc(),
            "key_id",
        ]
        if first:
            order.insert(
                0, models.Case(models.When(key_id=first, then=0), default=1).asc()
            )
        return self.order_by(*order)


# The table's sortable columns and what each sorts by.
SORT_FIELDS: dict[str, str | models.Func] = {
    "name": "name_folded",
    "last_used": "last_used_at",
    "created": "created_at",
    # As shown: the name, or the address of who has none.
    "created_by": Lower(
        Coalesce(NullIf("created_by__name", models.Value("")), "created_by__email")
    ),
    "permission": "permission",
}


class SecretKey(models.Model):
    """A key of an organization, without its secret. A removed key keeps its row."""

    key_id = models.CharField(
        primary_key=True, max_length=keyformat.ID_LENGTH, editable=False
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="secret_keys"
    )
    name = models.CharField(max_length=names.MAX_LENGTH)
    # names.fold(name): what uniqueness and search compare. Folding can lengthen.
    name_folded = models.CharField(max_length=18 * names.MAX_LENGTH, editable=False)
    # argon2id of the whole key; changes only when its parameters do.
    digest = models.CharField(max_length=255, editable=False)
    permission = models.CharField(
        max_length=20, choices=[(level.value, level.label) for level in Permission]
    )
    datasets_level = level_field()
    assets_level = level_field()
    annotations_level = level_field()
    training_level = level_field()
    models_level = level_field()
    deployments_level = level_field()
    organization_level = level_field()
    dataset_reach = reach_field()
    dataset_ids = ids_field()
    training_reach = reach_field()
    training_ids = ids_field()
    deployment_reach = reach_field()
    deployment_ids = ids_field()
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Empty when a command made the key.
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="created_keys"
    )
    # Chosen with the form: the same form sent twice makes one key.
    creation_nonce = models.UUIDField(editable=False)
    # Written at most once a minute by usage.flush(), never by save().
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_used_address = models.GenericIPAddressField(null=True, editable=False)
    last_used_client = models.CharField(max_length=200, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="removed_keys"
    )
    # The key that rotation put in this one's place; this one stops at expires_at.
    replaced_by = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replaces"
    )

    objects = SecretKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name_folded"],
                condition=Q(removed_at=None, replaced_by=None),
                name="key_name_unique",
            ),
            models.UniqueConstraint(
                fields=["organization", "creation_nonce"], name="key_nonce_unique"
            ),
            models.CheckConstraint(
                condition=Q(permission__in=[level.value for level in Permission]),
                name="key_permission_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    *((f"{name}__lte", Access.WRITE.value) for name in LEVEL_FIELDS)
                ),
                name="key_levels_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    *(
                        (f"{name}__in", [each.value for each in Reach])
                        for name in REACH_FIELDS
                    )
                ),
                name="key_reaches_known",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "name_folded"], name="key_by_name"),
            models.Index(fields=["organization", "last_used_at"], name="key_by_use"),
            models.Index(fields=["organization", "created_at"], name="key_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.stem}…)"

    @property
    def stem(self) -> str:
        """The first characters of the key, as lists and the client's repr show it."""
        return keyformat.stem(self.key_id)

    @property
    def creator_name(self) -> str:
        """Who made the key."""
        return self.created_by.display_name if self.created_by else "Command line"

    @property
    def grant(self) -> Grant:
        """What the key may do."""
        return stored_grant(*(getattr(self, name) for name in GRANT_FIELDS))

    @grant.setter
    def grant(self, grant: Grant) -> None:
        for name, value in grant_columns(grant).items():
            setattr(self, name, value)

    @property
    def is_removed(self) -> bool:
        """Whether the key was removed."""
        return self.removed_at is not None

    @property
    def badge(self) -> badges.Badge | None:
        """What wants attention now, most urgent first."""
        return self.badge_at(timezone.now())

    @property
    def is_replaced(self) -> bool:
        """Whether rotation has put another key in this one's place."""
        return self.replaced_by_id is not None

    def is_expired(self, at: dt.datetime) -> bool:
        """Tell whether the key's time is over."""
        return self.expires_at is not None and self.expires_at <= at

    def badge_at(self, at: dt.datetime) -> badges.Badge | None:
        """Return what wants attention at a moment, most urgent first."""
        if self.removed_at:
            return badges.Badge("neutral", "Removed")
        expiry = self.expires_at and badges.expiry_badge(
            self.expires_at, replaced=self.is_replaced, at=at
        )
        active_at = self.last_used_at or self.created_at
        return expiry or badges.idle_badge(active_at, at=at)
