"""An OpenID Connect provider of the tests' own: discovery, token, userinfo, keys."""

import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "secret-keys", "client secret"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """Answers what ``person`` says; what is in ``broken`` is answered with that."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.broken: dict[str, tuple[int, bytes]] = {}
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self) -> None:
        """End it; whoever asks then meets a closed door."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answers(self, path: str) -> dict[str, Any]:
        """Return what it says at a path."""
        if path.endswith("/openid-configuration"):
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/token":
            return {
                "access_token": "access",
                "token_type": "Bearer",
                "id_token": self._id_token(),
            }
        if path == "/keys":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key()))
            return {"keys": [key | {"kid": "1", "alg": "RS256", "use": "sig"}]}
        return self.person

    def _id_token(self) -> str:
        claims = {"iss": self.url, "aud": CLIENT_ID, "jti": uuid.uuid4().hex}
        claims |= {"exp": time.time() + 60, "iat": time.time()} | self.person
        return jwt.encode(claims, _KEY, algorithm="RS256", headers={"kid": "1"})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/authorize?"):
                    query = parse_qs(self.path.partition("?")[2])
                    back = urlencode({"code": "code", "state": query["state"][0]})
                    self.send_response(302)
                    self.send_header("Location", f"{query['redirect_uri'][0]}?{back}")
                    self.end_headers()
                    return
                self._answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(parse_qs(body))

            def _answer(self, form: dict[str, list[str]]) -> None:
                provider.asked.append((self.path, form))
                said = json.dumps(provider.answers(self.path)).encode()
                status, body = provider.broken.get(self.path, (200, said))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        return Handler
