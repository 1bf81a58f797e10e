"""How lists read secret keys."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Lower, NullIf

from orgs import names
from orgs.models import Organization
from secretkeys import keyformat
from secretkeys.models.conditions import conditions
from secretkeys.status import State

if TYPE_CHECKING:
    from secretkeys.models.keys import SecretKey  # noqa: F401 - named in quotes


# The table's sortable columns and what each sorts by.
SORT_FIELDS: dict[str, str | models.Func] = {
    "name": "name_folded",
    "last_used": "last_used_at",
    "created": "created_at",
    # As shown: the name, or the address of who has none.
    "created_by": Coalesce(
        NullIf("created_by__name_folded", models.Value("")), Lower("created_by__email")
    ),
    "permission": "permission",
}


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

    def working(self, at: dt.datetime) -> Self:
        """Return keys that nothing has stopped."""
        return self.unexpired(at).filter(disabled_at=None)

    def counted(self, at: dt.datetime) -> Self:
        """Return keys that the limit counts: a rotated one has left its place."""
        return self.unexpired(at).not_replaced()

    def in_state(self, choice: State, at: dt.datetime) -> Self:
        """Return the keys that are in a state; see reviews.py for what requests tell."""
        return self.filter(conditions(at)[choice])

    def count_states(self, held: Mapping[State, Q]) -> tuple[int, dict[State, int]]:
        """Return how many keys are current, and of how many each condition holds.

        One query.
        """
        counts = {
            state.name: models.Count("pk", filter=condition)
            for state, condition in held.items()
        }
        current = models.Count("pk", filter=Q(removed_at=None))
        found = self.aggregate(current=current, **counts)
        return found["current"], {state: found[state.name] for state in held}

    def not_replaced(self) -> Self:
        """Leave out keys that rotation has put a successor in the place of."""
        return self.filter(replaced_by=None)

    def holding_name(self, folded: str) -> Self:
        """Return the key whose name this is; removed and rotated ones let go of it."""
        return self.current().not_replaced().filter(name_folded=folded)

    def created_with(self, nonce: uuid.UUID) -> Self:
        """Return the key that the form with this nonce has made."""
        return self.filter(creation_nonce=nonce)

    def with_permission(self, permission: str) -> Self:
        """Return keys of one level."""
        return self.filter(permission=permission)

    def matching(self, text: str) -> Self:
        """Return keys whose name, stem or people's names contain ``text``.

        An email address finds the keys that whoever has it looks after.
        """
        text = text.strip()
        folded = names.fold(text)
        key_id = text.removeprefix(keyformat.PREFIX).rstrip("….")
        found = (
            Q(name_folded__contains=folded)
            | Q(created_by__name_folded__contains=folded)
            | Q(keeper__name_folded__contains=folded)
        )
        if "@" in text:
            kept = Q(keeper__email__istartswith=text)
            made = Q(keeper=None, created_by__email__istartswith=text)
            found |= Q(kept | made, replaced_by=None)
        else:
            found |= Q(created_by__email__icontains=text)
            found |= Q(keeper__email__icontains=text)
        if key_id.isascii() and key_id.isalnum():
            found |= Q(key_id__startswith=key_id[: keyformat.ID_LENGTH])
        return self.filter(found)

    def left_by(self, user_id: int) -> Self:
        """Return what somebody looks after: made and not handed over, or taken over.

        A rotated key stops by itself; its successor counts.
        """
        return self.made_or_kept_by(user_id).not_replaced()

    def made_or_kept_by(self, user_id: int) -> Self:
        """Return the same, with keys that rotation has replaced."""
        mine = Q(keeper=user_id) | Q(keeper=None, created_by=user_id)
        return self.current().filter(mine).to_settle()

    def not_over(self, at: dt.datetime) -> Self:
        """Leave out replaced keys that no longer work."""
        return self.filter(Q(replaced_by=None) | Q(expires_at__gt=at))

    def overlapping(self, at: dt.datetime) -> Self:
        """Return replaced keys that still work for their overlap."""
        return self.unexpired(at).exclude(replaced_by=None)

    def successors_of(self, key_ids: Collection[str]) -> dict[str, str | None]:
        """Return which key, if any, replaced each of these."""
        return dict(self.filter(pk__in=key_ids).values_list("pk", "replaced_by"))

    def to_settle(self) -> Self:
        """Load what deciding about a key needs, in one query."""
        return self.select_related("organization", "keeper").defer("digest")

    def kept_by(self, user_id: int) -> Self:
        """Return what somebody has taken over."""
        return self.current().filter(keeper=user_id).to_settle()

    def for_table(self) -> Self:
        """Load what a table row shows, in few queries: joined rows sort slower."""
        return self.prefetch_related("created_by", "keeper").defer("digest")

    def for_page(self) -> Self:
        """Load what a page about one key shows, in one query."""
        people = ("created_by", "keeper", "removed_by", "disabled_by")
        related = self.select_related(*people, "organization", "replaces")
        return related.defer("digest", "replaces__digest")

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
