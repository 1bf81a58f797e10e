"""Secret keys never reach a log."""

import logging

from secretkeys import keyformat


class RedactingFormatter(logging.Formatter):
    """Cuts every secret key in a finished line, traceback included, to its stem."""

    def format(self, record: logging.LogRecord) -> str:
        return keyformat.redact(super().format(record))
