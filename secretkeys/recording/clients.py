"""Which programs present a key, from where."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from secretkeys.models import MANY, KeyClient
from secretkeys.recording.rows import (
    LONGEST_USER_AGENT,
    Client,
    Row,
    Tally,
    clean_address,
    printable,
)

# Clients that are kept apart, per key: those seen last.
MOST_CLIENTS = 100
_OTHERS = Client(MANY, MANY)


def write_clients(tallies: Mapping[Row, Tally]) -> None:
    """Add what each client has sent."""
    clients: dict[tuple[str, Client], Tally] = {}
    for row, tally in tallies.items():
        client = _client(row)
        clients.setdefault((row.key_id, client), Tally.none(tally.last_at)).add(tally)
    _add(_capped(clients))


def fold_surplus(key_ids: Collection[str]) -> None:
    """Count the clients of these keys beyond MOST_CLIENTS as one.

    One transaction for each key: two processes can meet at a key's clients in any order.
    """
    apart = KeyClient.objects.kept_apart().filter(key__in=key_ids)
    numbers = apart.values("key").annotate(number=Count("pk")).order_by("key")
    crowded = numbers.filter(number__gt=MOST_CLIENTS).values_list("key", flat=True)
    for key_id in list(crowded):
        with transaction.atomic():
            _fold(key_id)


def _fold(key_id: str) -> None:
    table = KeyClient._meta.db_table
    skip = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        # Whoever gets a row back here, and nobody else, counts it again.
        cursor.execute(
            f"DELETE FROM {table} WHERE id IN ("  # noqa: S608 - the table of a model
            f"SELECT id FROM {table} WHERE key_id = %s AND address <> %s"
            " ORDER BY last_seen DESC, id LIMIT 1000000 OFFSET %s"
            f" {skip}) RETURNING first_seen, last_seen, count",
            [key_id, MANY, MOST_CLIENTS],
        )
        gone = [Tally(_moment(first), _moment(last), n) for first, last, n in cursor]
    _add({(key_id, _OTHERS): _sum(gone)} if gone else {})


def _capped(
    clients: Mapping[tuple[str, Client], Tally],
) -> dict[tuple[str, Client], Tally]:
    """Keep the clients seen last apart, so that a batch never writes more than those."""
    by_key: dict[str, list[tuple[Tally, Client]]] = defaultdict(list)
    for (key_id, client), tally in clients.items():
        by_key[key_id].append((tally, client))
    kept: dict[tuple[str, Client], Tally] = {}
    for key_id, those in by_key.items():
        those.sort(key=lambda each: each[0].last_at, reverse=True)
        for number, (tally, client) in enumerate(those):
            apart = client if number < MOST_CLIENTS else _OTHERS
            kept.setdefault((key_id, apart), Tally.none(tally.last_at)).add(tally)
    return kept


def _add(clients: Mapping[tuple[str, Client], Tally]) -> None:
    to_column = connection.ops.adapt_datetimefield_value
    table = KeyClient._meta.db_table
    rows: list[tuple[Any, ...]] = [
        (
            key_id,
            *client,
            to_column(tally.first_at),
            to_column(tally.last_at),
            tally.count,
        )
        for (key_id, client), tally in sorted(clients.items(), key=_lock_order)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table}"  # noqa: S608 - the table of a model
            " (key_id, address, user_agent, first_seen, last_seen, count)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (key_id, address, user_agent) DO UPDATE SET"
            f" count = {table}.count + excluded.count,"
            f" first_seen = CASE WHEN excluded.first_seen < {table}.first_seen"
            f" THEN excluded.first_seen ELSE {table}.first_seen END,"
            f" last_seen = CASE WHEN excluded.last_seen > {table}.last_seen"
            f" THEN excluded.last_seen ELSE {table}.last_seen END",
            rows,
        )


def _lock_order(each: tuple[tuple[str, Client], Tally]) -> tuple[str, bool, Client]:
    """Put a key's others last, as fold_surplus() reaches them after what it folds."""
    (key_id, client), _ = each
    return key_id, client == _OTHERS, client


def _client(row: Row) -> Client:
    if row.address == MANY:
        return _OTHERS
    user_agent = printable(row.user_agent)[:LONGEST_USER_AGENT]
    return Client(clean_address(row.address), user_agent)


def _sum(tallies: Iterable[Tally]) -> Tally:
    total, *others = sorted(tallies, key=attrgetter("last_at"))
    for other in others:
        total.add(other)
    return total


def _moment(value: dt.datetime | str) -> dt.datetime:
    """Return a moment as the driver gives it: SQLite has text, without a zone."""
    if isinstance(value, str):
        return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
    return value
