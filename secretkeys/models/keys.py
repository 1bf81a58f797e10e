"""Secret keys: the row of each."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone

from orgs import names
from orgs.models import Organization, User
from secretkeys import badges, keyformat, status
from secretkeys.charts import Spark
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
from secretkeys.models.key_reads import SecretKeyQuerySet
from secretkeys.scopes import Reach
from secretkeys.status import Lately, Life, Status


class SecretKey(models.Model):
    """A key of an organization, without its secret. A removed key keeps its row."""

    # Set by kept_keys.keys_left_by(): what it replaced and still works.
    predecessors: "list[SecretKey]"
    # Set by requests_lately for what lists keys: what wants attention, and the spark
    # line for whoever may see how keys are used.
    shown_badge: badges.Badge | None = None
    spark: Spark | None = None

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
    # Who took it over from whoever made it or looked after it, and left.
    keeper = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="kept_keys"
    )
    # Chosen with the form: the same form sent twice makes one key.
    creation_nonce = models.UUIDField(editable=False)
    # Written at most once a minute by recording.flush(), never by save().
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_used_address = models.GenericIPAddressField(null=True, editable=False)
    last_used_client = models.CharField(max_length=200, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="removed_keys"
    )
    # A disabled key is refused until it is enabled again.
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="disabled_keys"
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
    def is_disabled(self) -> bool:
        """Whether the key is refused until somebody enables it."""
        return self.disabled_at is not None

    @property
    def is_replaced(self) -> bool:
        """Whether rotation has put another key in this one's place."""
        return self.replaced_by_id is not None

    def is_expired(self, at: dt.datetime) -> bool:
        """Tell whether the key's time is over."""
        return self.expires_at is not None and self.expires_at <= at

    def badge_at(
        self, at: dt.datetime, lately: Lately | None = None
    ) -> badges.Badge | None:
        """Return what wants attention at a moment; see status.badge()."""
        return status.badge(self.life, at=at, lately=lately)

    def statuses_at(self, at: dt.datetime) -> list[Status]:
        """Return every state that the key is in, the most urgent first."""
        return status.statuses(self.life, at=at)

    @property
    def life(self) -> Life:
        """What decides about the key's state."""
        return Life(
            created_at=self.created_at,
            last_used_at=self.last_used_at,
            expires_at=self.expires_at,
            is_removed=self.is_removed,
            is_disabled=self.is_disabled,
            is_replaced=self.is_replaced,
        )
