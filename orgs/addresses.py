"""Addresses that somebody types or pastes to invite people."""

import re
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from orgs.refusals import AddressesRefused

# At once; each is a mail.
MOST = 100
_QUOTED_NAME = re.compile(r'"[^"@\n]*"')
_BRACKETED = re.compile(r"<([^<>]*)>")
# Of the column; longer text is cut before it is repeated in a sentence.
_LONGEST = 254
_SHOWN = 60


def split(text: str) -> list[str]:
    """Return what stands between commas, semicolons and white space, each once.

    ``Ada Lovelace <ada@example.com>`` counts as its address.
    """
    found = []
    for line in re.split(r"[,;\r\n]+", _QUOTED_NAME.sub(" ", text)):
        bracketed = " ".join(_BRACKETED.findall(line)).split()
        words = _BRACKETED.sub(" ", line).split()
        # What stands beside a bracketed address is a name, unless it is another one.
        found += [word for word in words if "@" in word or not bracketed]
        found += bracketed
    return list(dict.fromkeys(found))


def clean(texts: Sequence[str]) -> list[str]:
    """Return addresses in lower case, each once.

    Raises:
        AddressesRefused: there are none, too many, or some are no addresses.
    """
    found = list(dict.fromkeys(text.lower() for text in texts))
    if not found:
        raise AddressesRefused(["Enter at least one email address."])
    if len(found) > MOST:
        raise AddressesRefused(
            [f"Invite {MOST} people or fewer at a time; these are {len(found)}."]
        )
    wrong = [text for text in found if not _is_address(text)]
    if wrong:
        shown = ", ".join(f"“{text[:_SHOWN]}”" for text in wrong[:5])
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise AddressesRefused([f"{shown}{more}: enter an email address."])
    return found


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
        text.encode()
    except (ValidationError, UnicodeEncodeError):
        return False
    return len(text) <= _LONGEST
