"""How to talk to the database: SQLite, or PostgreSQL where one machine is outgrown."""

from typing import Any

# How long a change waits for those before it, at most.
_PATIENCE = 20  # seconds

_SQLITE = {
    # Writers queue for the lock when they begin instead of failing when they meet it.
    "transaction_mode": "IMMEDIATE",
    "timeout": _PATIENCE,
    "init_command": (
        "PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=NORMAL;"
        "PRAGMA temp_store=MEMORY;"
        "PRAGMA mmap_size=134217728;"
        "PRAGMA cache_size=-20000;"
    ),
}


def database(connection: dict[str, Any], *, prepared: bool) -> dict[str, Any]:
    """Return Django's settings for a connection.

    Args:
        connection: what DATABASE_URL says.
        prepared: whether a connection to PostgreSQL may keep statements, settings and
            cursors; not behind a transaction pooler, which hands each transaction
            another connection.
    """
    given = connection.get("OPTIONS", {})
    is_sqlite = connection["ENGINE"] == "django.db.backends.sqlite3"
    options = _SQLITE if is_sqlite else _postgresql(given, prepared=prepared)
    return connection | {
        "OPTIONS": given | options,
        "DISABLE_SERVER_SIDE_CURSORS": not prepared,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


def _postgresql(given: dict[str, Any], *, prepared: bool) -> dict[str, Any]:
    options = {
        "server_side_binding": True,
        "prepare_threshold": 5 if prepared else None,
    }
    if not prepared:
        # Poolers refuse settings of a connection's own; the role can have this one.
        return options
    # Of two, PostgreSQL takes the later: DATABASE_URL can say another.
    words = [f"-c lock_timeout={_PATIENCE}s", given.get("options", "")]
    return options | {"options": " ".join(words).strip()}
