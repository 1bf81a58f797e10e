"""What an organization has used of what it may use. Pure: no Django."""

from dataclasses import dataclass
from enum import Enum, StrEnum

# Of the columns: 64 bits with a sign.
MOST_UNITS = 2**63 - 1

_NEAR_PERCENT = 80
_FULL_PERCENT = 100


class QuotaKind(StrEnum):
    """Something that an organization uses up; the values are stored."""

    DATA_ROWS = "data_rows"
    COMPUTE_CREDITS = "compute_credits"
    COLLABORATORS = "collaborators"

    @property
    def label(self) -> str:
        """The kind as a heading."""
        return self.value.replace("_", " ").capitalize()


class Keep(Enum):
    """Stands for a value that stays as it is, where None has a meaning of its own."""

    AS_IS = "as it is"


class MeterState(StrEnum):
    """How close to its limit something is."""

    OK = "ok"
    NEAR = "near"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Meter:
    """How much is used of a limit; None: there is none."""

    used: int
    limit: int | None

    @property
    def percent(self) -> int:
        """How much of the limit is used, 0 to 100 and beyond, rounded down."""
        if self.limit is None:
            return 0
        return self.used * 100 // self.limit if self.limit else _FULL_PERCENT

    @property
    def filled(self) -> int:
        """How much of a meter 100 wide is filled."""
        return min(self.percent, 100)

    @property
    def state(self) -> MeterState:
        """How close to the limit that is."""
        if self.limit is None or self.percent < _NEAR_PERCENT:
            return MeterState.OK
        return MeterState.NEAR if self.percent < _FULL_PERCENT else MeterState.FULL

    @property
    def words(self) -> str:
        """How much of the limit is used, for those who do not see a meter."""
        if self.limit is None:
            return "No limit"
        return (
            "Limit reached"
            if self.state is MeterState.FULL
            else f"{self.percent} % used"
        )

    @property
    def left(self) -> int | None:
        """How much can still be used."""
        return None if self.limit is None else max(self.limit - self.used, 0)
