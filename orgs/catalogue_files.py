"""A catalogue in a file, CSV or JSON, checked as a whole before anything is stored."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orgs.catalogue import Entry, InvalidEntry, clean

COLUMNS = ("category", "external_id", "name")
MAX_ROWS = 100_000
MAX_BYTES = 64 * 1024 * 1024
# More would scroll the first one out of sight.
_SHOWN_ERRORS = 20

# Where a row stands ("Line 3"), and its cells or what is wrong with it.
_Row = tuple[str, dict[str, str] | InvalidEntry]


class BadFile(ValueError):
    """The file cannot be imported; the message says why, row by row."""


def read(path: Path, *, organization_id: str) -> list[Entry]:
    """Return the entries of a file whose name ends in .csv or .json.

    Shape: CSV with a header of the three columns in any order; JSON a list of objects
    with the three keys. UTF-8, with or without a byte order mark.

    Raises:
        BadFile: it cannot be read, is no such file, or has a row that cannot be stored.
    """
    readers = {".csv": _csv_rows, ".json": _json_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadFile("The name of the file must end in .csv or .json.")
    return _checked(reader(_text(path)), organization_id)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadFile(f"Cannot read {str(path)!r}: {error.strerror}.") from None
    if len(content) > MAX_BYTES:
        raise BadFile(f"The file is larger than {MAX_BYTES // 1024**2} MiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile("The file is not UTF-8 text.") from None
    if not text.strip():
        raise BadFile("The file is empty.")
    return text


def _csv_rows(text: str) -> Iterator[_Row]:
    """Yield the rows below the header, each at the line where it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    while True:
        place = f"Line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # Where a quoted cell has no end, nobody can say where the next row starts.
            yield place, InvalidEntry("The quotes do not match.")
            return
        if not any(cells):
            continue
        if header is None:
            header = _header(cells)
        elif len(cells) != len(COLUMNS):
            yield place, InvalidEntry(_count(len(cells)))
        else:
            yield place, dict(zip(header, cells, strict=True))


def _header(cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    if sorted(header) != sorted(COLUMNS):
        raise BadFile(
            f"The first line must name the columns {', '.join(COLUMNS)} and no other."
        )
    return header


def _count(cells: int) -> str:
    return f"The row has {cells} column{'' if cells == 1 else 's'} instead of 3."


def _json_rows(text: str) -> Iterator[_Row]:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadFile(f"The file is not JSON: see line {error.lineno}.") from None
    except (ValueError, RecursionError):
        raise BadFile("The file is not JSON that lists entries.") from None
    if not isinstance(rows, list):
        raise BadFile("The file must hold a list of objects.")
    for number, row in enumerate(rows, start=1):
        yield f"Entry {number}", _json_row(row)


def _json_row(row: Any) -> dict[str, str] | InvalidEntry:
    if not isinstance(row, dict) or sorted(row) != sorted(COLUMNS):
        return InvalidEntry(
            f"This must be an object with the keys {', '.join(COLUMNS)} and no other."
        )
    if not all(isinstance(value, str) for value in row.values()):
        return InvalidEntry("The values must be texts, in quotes.")
    return row


def _checked(rows: Iterator[_Row], organization_id: str) -> list[Entry]:
    places: dict[tuple[str, str], str] = {}
    entries: list[Entry] = []
    errors: list[str] = []
    for count, (place, row) in enumerate(rows, start=1):
        if count > MAX_ROWS:
            raise BadFile(f"The file has more than {MAX_ROWS:,} entries.")
        try:
            entry = _entry(row, organization_id)
            first = places.setdefault((entry.category, entry.external_id), place)
            if first != place:
                raise InvalidEntry(
                    f"The {entry.category} {entry.external_id} stands in the file "
                    f"already: {first.lower()}."
                )
        except InvalidEntry as error:
            errors.append(f"{place}: {error}")
        else:
            entries.append(entry)
    if errors:
        raise BadFile(_summary(errors))
    if not entries:
        raise BadFile("The file has no entries.")
    return entries


def _entry(row: dict[str, str] | InvalidEntry, organization_id: str) -> Entry:
    if isinstance(row, InvalidEntry):
        raise row
    return clean(**row, organization_id=organization_id)


def _summary(errors: list[str]) -> str:
    shown = errors[:_SHOWN_ERRORS]
    if more := len(errors) - len(shown):
        shown.append(f"… and {more:,} more")
    return "\n".join(shown)
