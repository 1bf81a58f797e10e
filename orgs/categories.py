"""What an access scope chooses from. Pure: no Django."""

from enum import StrEnum


class Category(StrEnum):
    """A kind of resource; the values are stored."""

    DATASET = "dataset"
    TRAINING = "training"
    DEPLOYMENT = "deployment"

    @property
    def label(self) -> str:
        """The kind as a heading."""
        return "Training" if self is Category.TRAINING else f"{self.value.title()}s"

    @property
    def access_label(self) -> str:
        """What an access scope calls its part."""
        return f"{self.value.title()} Access"

    @property
    def one(self) -> str:
        """One of the kind, inside a sentence."""
        return "training resource" if self is Category.TRAINING else self.value

    @property
    def many(self) -> str:
        """Several of the kind, inside a sentence."""
        return f"{self.one}s"
