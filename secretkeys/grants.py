"""What a key may do: a permission, the matrix it stands for, and an access scope."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property

from orgs.categories import Category
from secretkeys.scopes import EVERYWHERE, Reach, Scopes, reach_facts, reach_words


class Access(IntEnum):
    """How far a grant reaches into one resource; a higher one includes the lower."""

    NONE = 0
    READ = 1
    WRITE = 2


class Resource(StrEnum):
    """What a request touches."""

    # The profile of the key's own organization and the plan catalogue: open to
    # every valid key, so it has no row in the matrix.
    IDENTITY = "identity"
    ORGANIZATION = "organization"
    DATASETS = "datasets"
    ASSETS = "assets"
    ANNOTATIONS = "annotations"
    TRAINING = "training"
    MODELS = "models"
    DEPLOYMENTS = "deployments"

    @property
    def label(self) -> str:
        """The resource's name as people read it."""
        return "Profile and plans" if self is Resource.IDENTITY else self.value.title()

    @property
    def category(self) -> Category | None:
        """The part of the access scope that bounds it; None: nothing does."""
        return _CATEGORIES.get(self)


# The rows of the matrix, in the order of the form.
ROWS = (
    Resource.DATASETS,
    Resource.ASSETS,
    Resource.ANNOTATIONS,
    Resource.TRAINING,
    Resource.MODELS,
    Resource.DEPLOYMENTS,
    Resource.ORGANIZATION,
)

_CATEGORIES = {
    Resource.DATASETS: Category.DATASET,
    Resource.ASSETS: Category.DATASET,
    Resource.ANNOTATIONS: Category.DATASET,
    Resource.TRAINING: Category.TRAINING,
    Resource.MODELS: Category.TRAINING,
    Resource.DEPLOYMENTS: Category.DEPLOYMENT,
}


class Permission(StrEnum):
    """The level an admin chooses for a key; the value is what is stored."""

    FULL = "full"
    READ_ONLY = "read_only"
    LABELER_ONLY = "labeler_only"
    RESTRICTED = "restricted"

    @property
    def label(self) -> str:
        """The level's name as people read it."""
        return _LABELS[self]


_LABELS = {
    Permission.FULL: "Full",
    Permission.READ_ONLY: "Read Only",
    Permission.LABELER_ONLY: "Labeler Only",
    Permission.RESTRICTED: "Restricted",
}

Matrix = Mapping[Resource, Access]

PRESETS: Mapping[Permission, Matrix] = {
    Permission.FULL: dict.fromkeys(ROWS, Access.WRITE),
    Permission.READ_ONLY: dict.fromkeys(ROWS, Access.READ),
    Permission.LABELER_ONLY: dict.fromkeys(ROWS, Access.NONE)
    | {
        Resource.DATASETS: Access.READ,
        Resource.ASSETS: Access.READ,
        Resource.ANNOTATIONS: Access.WRITE,
    },
}


class Barrier(StrEnum):
    """Which part of a grant a request fails at."""

    MATRIX = "matrix"
    # The category is left out; or the object is not among the selected ones; or the
    # request names no single object while only some are selected.
    NO_REACH = "no_reach"
    NOT_SELECTED = "not_selected"
    NO_OBJECT = "no_object"


@dataclass(frozen=True)
class Grant:
    """Everything that a key may do."""

    permission: Permission
    matrix: Matrix
    scopes: Scopes = field(default_factory=lambda: EVERYWHERE)

    @classmethod
    def preset(cls, permission: Permission, scopes: Scopes = EVERYWHERE) -> "Grant":
        """Return the grant of a level whose matrix is fixed."""
        return cls(permission, PRESETS[permission], scopes)

    @classmethod
    def restricted(cls, levels: Matrix, scopes: Scopes = EVERYWHERE) -> "Grant":
        """Return a grant chosen row by row; a row left out is none."""
        matrix = {row: levels.get(row, Access.NONE) for row in ROWS}
        return cls(Permission.RESTRICTED, matrix, scopes)

    def barrier(
        self, resource: Resource, access: Access, object_id: str | None
    ) -> Barrier | None:
        """Return what stands against a request; None: it is allowed.

        Args:
            resource: what it touches.
            access: whether it reads or writes.
            object_id: the dataset, training or deployment object that it names; None
                where it names none, such as a list or a creation.
        """
        if resource is Resource.IDENTITY:
            return None if access is Access.READ else Barrier.MATRIX
        if self.matrix[resource] < access:
            return Barrier.MATRIX
        return self.scope_barrier(resource, object_id)

    def scope_barrier(
        self, resource: Resource, object_id: str | None
    ) -> Barrier | None:
        """Return what stands against a request whatever the matrix says."""
        if resource.category is None:
            return None
        scope = self.scopes[resource.category]
        if scope.reach is Reach.ALL:
            return None
        if scope.reach is Reach.NONE:
            return Barrier.NO_REACH
        if object_id is None:
            return Barrier.NO_OBJECT
        return None if object_id in scope.ids else Barrier.NOT_SELECTED

    def allows(
        self, resource: Resource, access: Access, object_id: str | None = None
    ) -> bool:
        """Tell whether a request is within the grant."""
        return self.barrier(resource, access, object_id) is None

    def includes(self, other: "Grant") -> bool:
        """Tell whether this grant allows whatever ``other`` allows."""
        return all(self.matrix[row] >= other.matrix[row] for row in ROWS) and all(
            self.scopes[category].includes(other.scopes[category])
            for category in other.reached
        )

    def same_rows(self, other: "Grant") -> bool:
        """Tell whether level and matrix are the same, whatever the scopes are."""
        return (self.permission, self.matrix) == (other.permission, other.matrix)

    @cached_property
    def fingerprint(self) -> str:
        """What a form remembers of the grant."""
        facts = permission_facts(self), access_facts(self)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]

    @cached_property
    def reached(self) -> list[Category]:
        """The categories in which the matrix gives any right at all."""
        return [
            category
            for category in Category
            if any(self.matrix[row] for row in ROWS if row.category is category)
        ]

    @property
    def is_void(self) -> bool:
        """Whether no request but that for the key's own organization is within it."""
        return not any(
            self.matrix[row] and self.scope_barrier(row, None) is not Barrier.NO_REACH
            for row in ROWS
        )

    @property
    def needs_words(self) -> bool:
        """Whether the level's name does not say what it allows."""
        return self.permission in (Permission.LABELER_ONLY, Permission.RESTRICTED)

    @property
    def is_scoped(self) -> bool:
        """Whether the access scope leaves anything out."""
        return self.scopes != EVERYWHERE

    @cached_property
    def words(self) -> str:
        """The matrix in words: ``Annotations: write · Datasets, Assets: read``."""
        parts = []
        for access in (Access.WRITE, Access.READ):
            rows = [row.label for row in ROWS if self.matrix[row] is access]
            if rows:
                named = "Everything" if len(rows) == len(ROWS) else ", ".join(rows)
                parts.append(f"{named}: {access.name.lower()}")
        return " · ".join(parts) or "Nothing"

    @cached_property
    def access_words(self) -> str:
        """The access scope in words, as far as the matrix makes use of it."""
        scopes = [(each, self.scopes[each]) for each in self.reached]
        if all(scope.reach is Reach.ALL for _, scope in scopes):
            return "All"
        parts = [reach_words(each, scope) for each, scope in scopes]
        words = ", ".join(filter(None, parts)) or "none"
        return words[0].upper() + words[1:]


def smallest(
    needed: Matrix, offered: Collection[Permission], scopes: Scopes = EVERYWHERE
) -> Grant:
    """Return the grant with the fewest rights that still allows what is needed.

    Args:
        needed: the access that is needed, by resource; others need none.
        offered: the levels to choose from.
        scopes: the access scope that it gets.
    """
    exact = Grant.restricted(needed, scopes)
    presets = (Grant.preset(level, scopes) for level in offered if level in PRESETS)
    fitting = (preset for preset in presets if preset.includes(exact))
    best = min(fitting, key=lambda grant: sum(grant.matrix.values()))
    if Permission.RESTRICTED in offered and best.matrix != exact.matrix:
        return exact
    return best


def permission_facts(grant: Grant) -> str:
    """Return the level, with its rows where they are chosen, for the audit log."""
    if grant.permission is Permission.RESTRICTED:
        return f"{grant.permission.label} ({grant.words})"
    return grant.permission.label


def access_facts(grant: Grant) -> str:
    """Return the access scope for the audit log, with every selected id."""
    if grant.scopes == EVERYWHERE:
        return "All"
    return "; ".join(reach_facts(*each) for each in grant.scopes.items())
