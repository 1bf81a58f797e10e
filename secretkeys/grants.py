"""What a key may do: permission levels as presets of one matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


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

# What can be chosen; Restricted needs a matrix chosen row by row, which is locked.
OFFERED = (Permission.FULL, Permission.READ_ONLY, Permission.LABELER_ONLY)

Matrix = Mapping[Resource, Access]

PRESETS: Mapping[Permission, Matrix] = {
    Permission.FULL: {
        resource: Access.WRITE
        for resource in Resource
        if resource is not Resource.IDENTITY
    },
    Permission.READ_ONLY: {
        resource: Access.READ
        for resource in Resource
        if resource is not Resource.IDENTITY
    },
    Permission.LABELER_ONLY: {
        Resource.DATASETS: Access.READ,
        Resource.ASSETS: Access.READ,
        Resource.ANNOTATIONS: Access.WRITE,
    },
    # Chosen row by row; a restricted key without rows may do nothing.
    Permission.RESTRICTED: {},
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission and the matrix it stands for."""

    permission: Permission
    matrix: Matrix

    @classmethod
    def preset(cls, permission: Permission) -> "Grant":
        """Return the grant that ``permission`` stands for by itself."""
        return _PRESET_GRANTS[permission]

    def allows(self, resource: Resource, access: Access) -> bool:
        """Tell whether the grant includes ``access`` to ``resource``."""
        if resource is Resource.IDENTITY:
            return access is Access.READ
        return self.matrix.get(resource, Access.NONE) >= access


_PRESET_GRANTS = {
    permission: Grant(permission, matrix) for permission, matrix in PRESETS.items()
}
