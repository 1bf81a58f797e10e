"""Both forms of the door, asked without a server: WSGI behind Django's, and ASGI."""

import asyncio
import io
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from config.wsgi import application
from secretkeys.api import asgi

# The event loop has a thread of its own, as in a process that only verifies: browser
# tests keep another loop running in that of the tests.
_loop_thread = ThreadPoolExecutor(1, thread_name_prefix="event-loop")

Pairs = Iterable[tuple[str, str]]
TRUSTED = "127.0.0.1"
# What every answer that lets a request pass carries.
IDENTITY = {
    "X-Vi-Request-Id",
    "X-Vi-Key-Id",
    "X-Vi-Organization-Id",
    "X-Vi-Permission",
    "X-Vi-Resource",
    "X-Vi-Access",
    "X-Vi-Dataset-Access",
    "X-Vi-Dataset-Ids",
    "X-Vi-Training-Access",
    "X-Vi-Training-Ids",
    "X-Vi-Deployment-Access",
    "X-Vi-Deployment-Ids",
}


def wsgi_ask(
    path: str, pairs: Pairs, method: str = "GET", peer: str | None = TRUSTED
) -> httpx.Response:
    """Ask as gunicorn does: repeated headers joined, names in capitals."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "RAW_URI": path,
        "REMOTE_ADDR": peer or "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }
    for name, value in pairs:
        key = f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    started: list[Any] = []
    body = application(environ, lambda *start: started.extend(start))
    status, headers = started
    answer = httpx.Response(int(status[:3]), headers=headers, content=b"".join(body))
    body.close() if hasattr(body, "close") else None
    return answer


def asgi_ask(
    path: str, pairs: Pairs, method: str = "GET", peer: str | None = TRUSTED
) -> httpx.Response:
    """Ask as uvicorn does: headers one by one, as bytes."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "client": (peer, 50000) if peer else None,
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in pairs
        ],
    }
    sent: list[Any] = []

    async def send(event: Any) -> None:
        sent.append(event)

    async def receive() -> Any:
        raise AssertionError("the body is not read")

    _run(asgi.application(scope, receive, send))
    start, body = sent
    return httpx.Response(
        start["status"], headers=start["headers"], content=body["body"]
    )


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return _loop_thread.submit(asyncio.run, coroutine).result()


def asgi_connection() -> BaseDatabaseWrapper:
    """Return the connection that the event loop's decisions use."""

    async def find() -> BaseDatabaseWrapper:
        return asgi._context.run(lambda: connections["default"])

    return _run(find())


def asgi_end() -> None:
    """End as uvicorn does."""
    events = iter(["lifespan.startup", "lifespan.shutdown"])
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": next(events)}

    async def send(event: Any) -> None:
        sent.append(event["type"])

    _run(asgi.application({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


ASKS: dict[str, Callable[..., httpx.Response]] = {"wsgi": wsgi_ask, "asgi": asgi_ask}
CONNECTIONS: dict[str, Callable[[], BaseDatabaseWrapper]] = {
    "wsgi": lambda: connection,
    "asgi": asgi_connection,
}
