"""Parts and changes of numbers in words; pure."""

from dataclasses import dataclass, replace

# Changes from here on are said to be larger than anything below.
_COARSE = 1000
_LEAST = 0.05


def percent(part: int, whole: int) -> str:
    """Say how much of a whole a part is; what is neither nothing nor all, is not said so."""
    if not part or not whole:
        return "0.0%"
    value = 100 * part / whole
    if value < _LEAST:
        return "<0.1%"
    if part == whole:
        return "100%"
    return f"{min(value, 99.9):.1f}%" if value < 100 else f"{value:,.0f}%"


def counted_words(seconds: float) -> str:
    """Say when requests are counted; ``seconds`` is how often, 0: never before the end."""
    if not seconds:
        return "Requests are counted when the process that received them ends."
    each = "second" if seconds == 1 else f"{seconds:g} seconds"
    return f"Requests are counted every {each}."


@dataclass(frozen=True, slots=True)
class Change:
    """How a number differs from the one of the period before.

    ``text`` is what is seen, ``sentence`` what is read aloud; ``direction`` is -1, 0
    or 1.
    """

    text: str
    sentence: str
    direction: int = 0

    @classmethod
    def in_percent(cls, now: int, before: int, period: str) -> "Change":
        """Compare in percent; an empty ``period`` means that nothing was before."""
        if not period:
            return _NOTHING_BEFORE
        if not before:
            return cls("None before", f"None in the {period} before")
        value = 100 * (now - before) / before
        if abs(value) < _LEAST:
            return cls("±0%", f"About as many as in the {period} before")
        size = abs(value)
        if size < _COARSE:
            return cls._of(f"{size:.1f}%", now - before, period)
        change = cls._of(f"{size:,.0f}%", now - before, period)
        return replace(change, text=f">{_COARSE - 1}%")

    @classmethod
    def in_number(cls, now: int, before: int, period: str) -> "Change":
        """Compare by how many more or fewer there are."""
        if not period:
            return _NOTHING_BEFORE
        if now == before:
            return cls("±0", f"As many as in the {period} before")
        return cls._of(f"{abs(now - before):,}", now - before, period)

    @classmethod
    def _of(cls, words: str, difference: int, period: str) -> "Change":
        sign, more, direction = "+", "more", 1
        if difference < 0:
            sign, more, direction = "−", "fewer", -1  # noqa: RUF001 - a minus sign
        sentence = f"{words} {more} than in the {period} before"
        return cls(f"{sign}{words}", sentence, direction)


_NOTHING_BEFORE = Change("No data before", "No data before")
