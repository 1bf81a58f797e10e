"""The forward-auth door alone, for dedicated verification processes."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django refuses the database to the thread of an event loop. Here that thread does
# nothing else: see secretkeys/api/asgi.py, which also bounds how long it may wait.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# Seconds, the least that PostgreSQL's driver takes; without it, it waits two minutes.
os.environ.setdefault("PGCONNECT_TIMEOUT", "2")

# uvicorn starts a process again and again unless it ends with this status.
_CANNOT_START = 3

try:
    django.setup()
except (ImproperlyConfigured, EnvError) as error:
    # An operator needs the sentence, not the way to it.
    sys.stderr.write(f"Cannot start: {error}\n")
    sys.exit(_CANNOT_START)

# Needs the models, which are there only now.
from secretkeys.api.asgi import application  # noqa: E402

__all__ = ["application"]
