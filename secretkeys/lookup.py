"""The one SELECT of a verification.

A model instance costs more than the whole decision, so the ORM writes the statement
once and the hot path runs it on a plain cursor.
"""

import datetime as dt
import uuid
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from secretkeys.models import SecretKey


class StoredKey(NamedTuple):
    """What a decision needs of a key and its organization."""

    digest: str
    name: str
    permission: str
    expires_at: dt.datetime | None
    removed_at: dt.datetime | None
    last_used_at: dt.datetime | None
    organization_id: uuid.UUID
    organization_locked_at: dt.datetime | None


_COLUMNS = (
    "digest",
    "name",
    "permission",
    "expires_at",
    "removed_at",
    "last_used_at",
    "organization_id",
    "organization__locked_at",
)


def find(key_id: str) -> StoredKey | None:
    """Read a key and its organization as they are now."""
    sql, converters = _statement(connection.alias)
    with connection.cursor() as cursor:
        cursor.execute(sql, [key_id])
        found = cursor.fetchone()
    if found is None:
        return None
    row = list(found)
    for position, (functions, expression) in converters.items():
        for function in functions:
            row[position] = function(row[position], expression, connection)
    return StoredKey(*row)


@cache
def _statement(alias: str) -> tuple[str, dict[int, Any]]:
    """Return the SELECT for one key id, and what turns its columns into Python."""
    query = SecretKey.objects.filter(key_id="any").values_list(*_COLUMNS).query
    compiler: Any = query.get_compiler(alias)
    sql, _ = compiler.as_sql()
    return sql, compiler.get_converters(column for column, *_ in compiler.select)
