"""The one SELECT of a verification.

A model instance, and even a cursor of Django's own, cost more than the rest of the
decision. So the ORM writes the statement once, and the hot path runs it on a cursor of
the database driver that stays open with its connection.
"""

import datetime as dt
import threading
import time
import uuid
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from secretkeys.grants import Grant
from secretkeys.models import GRANT_FIELDS, SecretKey, stored_grant


class StoredKey(NamedTuple):
    """What a decision needs of a key and its organization."""

    digest: str
    name: str
    expires_at: dt.datetime | None
    removed_at: dt.datetime | None
    disabled_at: dt.datetime | None
    last_used_at: dt.datetime | None
    organization_id: uuid.UUID
    organization_locked_at: dt.datetime | None
    grant: Grant


_COLUMNS = [
    "digest",
    "name",
    "expires_at",
    "removed_at",
    "disabled_at",
    "last_used_at",
    "organization_id",
    "organization__locked_at",
]


class _Statement(NamedTuple):
    """The SELECT as Django and as the driver write it, and what makes it Python."""

    sql: str
    driver_sql: str
    converters: dict[int, Any]


class _Driver(threading.local):
    """The open cursor of a thread, and the driver's connection that it belongs to."""

    connection: Any = None
    cursor: Any = None


_driver = _Driver()
# Seconds, within which a connection that was broken before fails.
_AT_ONCE = 0.5


def find(key_id: str) -> StoredKey | None:
    """Read a key and its organization as they are now.

    A connection that broke while nobody used it is replaced, once.
    """
    # Behind django.db.connection, every attribute costs a look-up of its own.
    database = connections[DEFAULT_DB_ALIAS]
    statement = _statement()
    started = time.monotonic()
    try:
        found = _select(database, statement, key_id)
    except (InterfaceError, OperationalError):
        # A database that let us wait would do so again.
        if database.in_atomic_block or time.monotonic() - started > _AT_ONCE:
            raise
        database.close()
        found = _select(database, statement, key_id)
    if found is None:
        return None
    row, grant = list(found[: len(_COLUMNS)]), found[len(_COLUMNS) :]
    for position, (functions, expression) in statement.converters.items():
        for function in functions:
            row[position] = function(row[position], expression, database)
    return StoredKey._make([*row, stored_grant(*grant)])


def _select(
    database: BaseDatabaseWrapper, statement: _Statement, key_id: str
) -> tuple[Any, ...] | None:
    if database.queries_logged or database.execute_wrappers:
        # Somebody watches queries, and sees this one too.
        with database.cursor() as watched:
            watched.execute(statement.sql, [key_id])
            seen: tuple[Any, ...] | None = watched.fetchone()
            return seen
    if database.connection is None:
        database.ensure_connection()
    with database.wrap_database_errors:
        if _driver.connection is not database.connection:
            _driver.connection = database.connection
            _driver.cursor = _cursor(database)
        _driver.cursor.execute(statement.driver_sql, (key_id,))
        # To the end: SQLite would keep the snapshot of a row that is left over.
        rows: list[tuple[Any, ...]] = _driver.cursor.fetchall()
        return rows[0] if rows else None


def _cursor(database: BaseDatabaseWrapper) -> Any:
    if database.vendor == "postgresql":
        # Numbers, times and ids come as bytes that need no parsing.
        return database.connection.cursor(binary=True)
    return database.connection.cursor()


@cache
def _statement() -> _Statement:
    database = connections[DEFAULT_DB_ALIAS]
    columns = [*_COLUMNS, *GRANT_FIELDS]
    query = SecretKey.objects.filter(key_id="any").values_list(*columns).query
    compiler: Any = query.get_compiler(connection=database)
    sql, _ = compiler.as_sql()
    driver_sql = sql.replace("%s", "?") if database.vendor == "sqlite" else sql
    converters = compiler.get_converters(column for column, *_ in compiler.select)
    return _Statement(sql, driver_sql, converters)
