"""What a benchmark found, against what was promised."""

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class Result:
    """A figure, and the most (or the least) it may be."""

    name: str
    figure: float
    target: float
    unit: str
    detail: str
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        if self.at_least:
            return self.figure >= self.target
        return self.figure <= self.target

    def __str__(self) -> str:
        verdict = "ok    " if self.holds else "MISSED"
        bound = "at least" if self.at_least else "at most"
        return (
            f"{verdict} {self.name}: {self.figure:.2f} {self.unit} "
            f"({bound} {self.target:g}; {self.detail}; {connection.vendor})"
        )
