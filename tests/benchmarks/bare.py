"""The yardstick of the doors: an ASGI callable that runs their SELECT and says 200."""

import contextvars

from config import asgi

__all__ = ["application"]

from django.db import connection

from secretkeys import lookup
from secretkeys.keyformat import ID_LENGTH, PREFIX

_HEADERS = [(b"content-length", b"0")]
_START = len(f"Bearer {PREFIX}")

# Django keeps a connection for each context.
_context = contextvars.Context()

assert asgi.application  # sets Django up


async def application(scope, receive, send):
    """Read the row of the presented key; believe it."""
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return
    authorization = dict(scope["headers"])[b"authorization"].decode()
    key_id = authorization[_START : _START + ID_LENGTH]
    status = 200 if _context.run(_select, key_id) else 401
    await send({"type": "http.response.start", "status": status, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b""})


def _select(key_id):
    with connection.cursor() as cursor:
        cursor.execute(lookup._statement().sql, [key_id])
        return cursor.fetchone()
