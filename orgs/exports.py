"""Files that people take away, written row by row: memory does not grow with them."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse

# A spreadsheet would run what begins with one of these.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# Lines in a piece.
_LINES = 200


class _Echo:
    """Gives back each line that csv writes, instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_file(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """Return a CSV file (RFC 4180, UTF-8) that is written while it is sent."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield writer.writerow(header)
        for row in rows:
            yield writer.writerow([cell(value) for value in row])

    return _file(name, "text/csv; charset=utf-8", lines())


def json_file(name: str, rows: Iterable[Mapping[str, Any]]) -> StreamingHttpResponse:
    """Return a JSON file, an array of objects, that is written while it is sent."""

    def parts() -> Iterator[str]:
        before = "["
        for row in rows:
            yield f"{before}\n{json.dumps(row, ensure_ascii=False)}"
            before = ","
        yield "[]\n" if before == "[" else "\n]\n"

    return _file(name, "application/json", parts())


def _file(name: str, content_type: str, lines: Iterator[str]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_pieces(lines), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    """Put lines together: each piece is a write to the network of its own.

    Whoever hangs up ends this at a piece, and nothing more is read.
    """
    while piece := "".join(islice(lines, _LINES)):
        yield piece
