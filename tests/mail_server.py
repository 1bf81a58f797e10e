"""A mail server of the tests' own: it keeps what it takes, slowly or not at all."""

import queue
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as smtplib asks for."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        # Each mail that was taken, in the order it came.
        self.taken: queue.Queue[EmailMessage] = queue.Queue()
        # How many mails it refuses for now, before it takes one.
        self.refusals = 0
        self.asked = threading.Event()
        # While it is not set, nobody is greeted.
        self.awake = threading.Event()
        self.awake.set()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def next_mail(self) -> EmailMessage:
        """Wait for the next mail; a test that waits for nothing fails."""
        return self.taken.get(timeout=20)


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.asked.set()
        self.server.awake.wait()
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA":
                self._take()
            elif verb == "MAIL" and self.server.refusals:
                self.server.refusals -= 1
                self._say("451 later")
            else:
                self._say("221 bye" if verb == "QUIT" else "250 fine")
                if verb == "QUIT":
                    return

    def _take(self) -> None:
        self._say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        text = b"".join(lines).decode()
        self.server.taken.put(message_from_string(text, policy=policy.default))
        self._say("250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a server for as long as the block lasts."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server
        server.awake.set()
        server.shutdown()
        thread.join()
