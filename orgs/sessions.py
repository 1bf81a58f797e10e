"""Sessions in the database, whatever a cookie says."""

import re

from django.contrib.sessions.backends import db

_SESSION_KEY = re.compile(r"[a-z0-9]{32}", re.ASCII)


class SessionStore(db.SessionStore):
    """Looks up only what this server can have issued: PostgreSQL refuses a NUL."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and _SESSION_KEY.fullmatch(str(key)) is not None
