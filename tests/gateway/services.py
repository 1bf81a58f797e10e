"""A stand-in for the Vi services: it says what reached it, or what a test wants said."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Arrived(NamedTuple):
    """A request as it reached the services; ``headers`` by lower-case name."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Services:
    """The services, the requests that reached them, and what they answer by path."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.answers: dict[str, Any] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def reset(self) -> None:
        """Forget what one test left."""
        self.arrived.clear()
        self.answers.clear()

    def stop(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(services: Services) -> type[BaseHTTPRequestHandler]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        services.arrived.append(Arrived(handler.command, handler.path, headers, body))
        content = json.dumps(services.answers.get(handler.path, {})).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.send_header("Set-Cookie", "session=theirs")
        handler.end_headers()
        handler.wfile.write(content if handler.command != "HEAD" else b"")

    names = {f"do_{method}": answer for method in METHODS}
    silent = {"log_message": lambda *_: None}
    # Connections end with their answer, so that no thread outlives a test run.
    return type("Handler", (BaseHTTPRequestHandler,), names | silent)
