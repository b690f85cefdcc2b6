"""Django's sessions in the database (SESSION_ENGINE), asked only for what can be the key of one.

A cookie is a stranger's text: quoted, it can even hold a NUL, at which the database would fail and not answer.
"""

from __future__ import annotations

from django.contrib.sessions.backends import db

from realtime.admission import may_be_key


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and len(key) >= 8 and may_be_key(key)
