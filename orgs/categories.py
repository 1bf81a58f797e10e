"""What an access scope chooses from. Pure: no Django."""

from enum import StrEnum


class Category(StrEnum):
    """A kind of resource; the values are stored."""

    DATASET = "dataset"
    TRAINING = "training"
    DEPLOYMENT = "deployment"

    @property
    def label(self) -> str:
        """What people read: several of the kind."""
        return _LABELS[self]


_LABELS = {
    Category.DATASET: "Datasets",
    Category.TRAINING: "Training",
    Category.DEPLOYMENT: "Deployments",
}
