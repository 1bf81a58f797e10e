"""The forward-auth door as a bare ASGI application, for processes that do only that.

A decision about a key that the process knows is one SELECT, and runs on the thread of
the event loop: handing it to another thread would cost more than the door itself. Two
things would hold up every other request there. argon2, for a key not met before, runs
in a thread of its own; and a database that does not answer has its connection cut.
"""

import asyncio
import contextvars
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from secretkeys import hashing, recording
from secretkeys.api import gateway

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Seconds: how long the database may keep the event loop waiting, how long requests are
# then refused without asking it, and how long a cold key may wait for argon2.
PATIENCE = 2.0
PAUSE = 1.0
COLD_PATIENCE = 5.0

_READ = {name.encode(): name for name in gateway.HEADERS}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request, or start and end with the process."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    call = _call(scope)
    try:
        status, headers, body = _context.run(_answer_here, call)
    except hashing.NotHere:
        status, headers, body = await _answer_elsewhere(call)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        event = (await receive())["type"]
        if event == "lifespan.shutdown":
            _context.run(_end)
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


def _end() -> None:
    recording.flush()
    connections.close_all()


def _call(scope: Scope) -> gateway.Call:
    headers: dict[str, str] = {}
    repeats = False
    for raw_name, value in scope["headers"]:
        name = _READ.get(raw_name)
        if name is None:
            continue
        text = value.decode("latin-1")
        if name in headers:
            text = f"{headers[name]},{text}"
            repeats = repeats or name in gateway.NAMING
        headers[name] = text
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    peer = scope["client"][0] if scope.get("client") else None
    return gateway.Call(scope["method"], path, peer, headers, repeats)


async def _answer_elsewhere(call: gateway.Call) -> gateway.Answer:
    loop = asyncio.get_running_loop()
    cold = loop.run_in_executor(_threads, _answer_cold, call)
    try:
        return await asyncio.wait_for(cold, COLD_PATIENCE)
    except TimeoutError:
        return gateway.unavailable(call)


def _answer_here(call: gateway.Call) -> gateway.Answer:
    """Answer on the thread of the event loop; after a long wait, refuse for a while.

    Otherwise whoever came meanwhile would wait as long, one after the other.
    """
    hashing.share_thread()
    started = time.monotonic()
    if started < _watchdog.paused_until:
        return gateway.unavailable(call)
    with _watchdog:
        answered = gateway.answer(call)
    ended = time.monotonic()
    if ended - started >= PATIENCE:
        _watchdog.paused_until = ended + PAUSE
    return answered


def _answer_cold(call: gateway.Call) -> gateway.Answer:
    try:
        with _watchdog:
            return gateway.answer(call)
    finally:
        # Cold keys are rare: their threads keep no connection.
        connections.close_all()


class _Watchdog:
    """While entered, cuts the database connection of its thread after PATIENCE."""

    def __init__(self) -> None:
        # By thread: when it entered, and its connection, which is costly to look up.
        self._entered: dict[int, float] = {}
        self._databases: dict[int, BaseDatabaseWrapper] = {}
        self._guard: threading.Thread | None = None
        # By the monotonic clock: until then, nobody waits for the database at all.
        self.paused_until = 0.0

    def __enter__(self) -> None:
        if self._guard is None:
            self._guard = threading.Thread(target=self._watch, daemon=True)
            self._guard.start()
        thread = threading.get_ident()
        if thread not in self._databases:
            self._databases[thread] = connections[DEFAULT_DB_ALIAS]
        self._entered[thread] = time.monotonic()

    def __exit__(self, *error: object) -> None:
        del self._entered[threading.get_ident()]

    def _watch(self) -> None:
        while True:
            time.sleep(PATIENCE / 4)
            late = time.monotonic() - PATIENCE
            for thread, entered in list(self._entered.items()):
                if entered <= late:
                    _cut(self._databases[thread])


def _cut(database: BaseDatabaseWrapper) -> None:
    """Shut the socket of a PostgreSQL connection: whoever waits for it gets an error."""
    # It may be closed by now, or not yet open; other databases have no socket.
    with suppress(AttributeError, OSError, psycopg.Error):
        line = socket.socket(fileno=os.dup(database.connection.pgconn.socket))
        with line:
            line.shutdown(socket.SHUT_RDWR)


# In an event loop Django keeps a connection for each context, and every request has one
# of its own. All decisions run in this one, so that the connection stays.
_context = contextvars.Context()
_threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="cold-key")
_watchdog = _Watchdog()
