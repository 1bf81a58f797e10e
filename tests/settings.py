"""The product's settings with throw-away secrets and a database of the test run's own."""

import os
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

_directory = TemporaryDirectory(prefix="secret-keys-tests-")

os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.setdefault("SIGNING_KEYS", secrets.token_hex(32))
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_directory.name}/db.sqlite3")

# One argon2 run is enough to prove what argon2 does.
os.environ.setdefault("KEY_ARGON2_MEMORY_KIB", "1024")
os.environ.setdefault("KEY_ARGON2_TIME_COST", "1")
# A test that looks at usage calls recording.flush() itself.
os.environ.setdefault("USAGE_FLUSH_SECONDS", "0")

# The client reads these when it is imported: no log in the home folder, no proxy.
os.environ.update(VI_ENABLE_FILE="false", VI_LOG_LEVEL="CRITICAL", NO_PROXY="*")

# Playwright keeps an event loop in the thread of the tests, which use the database too.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# They read the environment, so it has to be complete first.
from config.settings import *  # noqa: E402

# Tests create many users and care about none of their passwords.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A file, unlike memory, can be shared by threads and processes; the process id keeps
# two runs on one server apart.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    _name = str(Path(_directory.name) / "test.sqlite3")
else:
    _name = f"test_secret_keys_{os.getpid()}"
DATABASES["default"].setdefault("TEST", {})["NAME"] = _name

# Also what a thread or a command sends is kept in memory.
MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"

# Static files straight from the sources: no collectstatic, no manifest.
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
