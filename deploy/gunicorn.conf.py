"""How the application server runs, on a laptop and in production.

A command line option wins over this file: behind a proxy on another host, start with
`--bind 0.0.0.0:8000`.
"""

import os
from pathlib import Path

wsgi_app = "config.wsgi"
bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"

# Processes use the cores, threads wait for the database.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
preload_app = True

# Clients keep an idle connection for 5 seconds. The server must keep it longer, or a
# POST meets a connection that is just being closed.
keepalive = 30
graceful_timeout = 30

# The heartbeat of a worker is a file; on a disk under load it can stall the worker.
# gunicorn makes that file under a name of its own, so a shared folder is safe (S108).
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# The proxy keeps the access log, and it never holds a header with a key.
accesslog = None

# What the server says of a request that it cannot read may hold a key.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "generic": {
            "()": "secretkeys.redaction.RedactingFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "loggers": {
        "gunicorn.error": {
            "level": "INFO",
            "handlers": ["error_console"],
            "propagate": False,
        },
        "gunicorn.access": {"level": "WARNING", "propagate": False},
    },
}

# A SQLite database holds sessions: nobody else on the machine may read it.
umask = 0o077

# Nobody steers the server through a socket; signals are enough.
control_socket_disable = True

# No request header may stand for SCRIPT_NAME or PATH_INFO, whoever sends it.
forwarder_headers = ""
