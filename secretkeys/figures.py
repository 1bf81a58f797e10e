"""How the requests of a period fared: sums of outcomes; pure."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from secretkeys.outcomes import Outcome
from secretkeys.usage_words import percent


@dataclass(frozen=True, slots=True)
class Figures:
    """Requests by outcome.

    Those with a key that nobody knows are ``unknown`` and count for nothing else:
    anybody can send them.
    """

    by_outcome: Counter[Outcome]

    @classmethod
    def of(cls, counts: Iterable[tuple[Outcome, int]]) -> "Figures":
        """Add up (outcome, requests)."""
        by_outcome: Counter[Outcome] = Counter()
        for outcome, count in counts:
            by_outcome[outcome] += count
        return cls(by_outcome)

    @property
    def unknown(self) -> int:
        """Requests with a key that nobody knows."""
        return self.by_outcome[Outcome.UNKNOWN_KEY]

    @property
    def requests(self) -> int:
        """All requests of keys."""
        return self.by_outcome.total() - self.unknown

    @property
    def errors(self) -> int:
        """Those that failed whatever the key might do."""
        return self._sum(lambda outcome: outcome.is_error)

    @property
    def denied(self) -> int:
        """Those that the key, as it was, might not make."""
        return self._sum(lambda outcome: outcome.is_denied) - self.unknown

    @property
    def error_rate(self) -> str:
        """How many of a hundred failed whatever the key might do; "—": there are none."""
        return percent(self.errors, self.requests) if self.requests else "—"

    @property
    def outcomes(self) -> list[tuple[Outcome, int]]:
        """How the requests of keys fared, the most frequent first."""
        return [
            (outcome, count)
            for outcome, count in self.by_outcome.most_common()
            if count and outcome is not Outcome.UNKNOWN_KEY
        ]

    @property
    def most(self) -> int:
        """How many fared the most frequent way."""
        return max((count for _, count in self.outcomes), default=0)

    def _sum(self, holds: Callable[[Outcome], bool]) -> int:
        return sum(n for outcome, n in self.by_outcome.items() if holds(outcome))
