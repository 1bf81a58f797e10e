"""The one rule for names that people choose: of organizations, people and keys."""

import unicodedata

MAX_LENGTH = 64

# Control, format (bidi, zero-width), surrogate, unassigned, private, line and paragraph
# characters make two names look alike, or one read backwards.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


_TOO_LONG = f"Use {MAX_LENGTH} characters or fewer."


class InvalidName(ValueError):
    """The text cannot be a name; the message says why, to the person who typed it."""


def clean(text: str) -> str:
    """Return ``text`` as it is stored: NFC, trimmed, 1 to 64 characters.

    Raises:
        InvalidName: it is empty, too long, or holds characters that cannot be seen.
    """
    # Normalizing takes the square of a length that anybody could choose; composing
    # leaves a quarter at least of what people type.
    if len(text) > 4 * MAX_LENGTH:
        raise InvalidName(_TOO_LONG)
    # Forbidden characters come first: trimming would hide a line break at the end.
    if any(unicodedata.category(char) in _FORBIDDEN_CATEGORIES for char in text):
        raise InvalidName("Use letters, digits, spaces and punctuation only.")
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise InvalidName("Enter a name.")
    if len(name) > MAX_LENGTH:
        raise InvalidName(_TOO_LONG)
    return name


def fold(name: str) -> str:
    """Return the form in which two names count as the same: case-folded NFKC."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
