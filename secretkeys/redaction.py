"""Secret keys and links that open something never reach a log."""

import logging
import re

from secretkeys import keyformat

# What the link of an invitation ends with is the invitation; others end with what
# chooses a new password or email. Slashes and colons can be escaped.
_LINK = re.compile(
    r"((?:/|%2F)(?:invitations|reset(?:/|%2F)key|email(?:/|%2F)confirm)(?:/|%2F))"
    r"[\w:%=-]{20,}",
    re.IGNORECASE,
)


class RedactingFormatter(logging.Formatter):
    """Cuts every secret in a finished line, traceback included, to what names it."""

    def format(self, record: logging.LogRecord) -> str:
        line = keyformat.redact(super().format(record))
        return _LINK.sub(r"\1…", line)
