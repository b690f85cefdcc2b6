"""Django's sessions in the database (SESSION_ENGINE), asked only for what can be the key of one.

A cookie is a stranger's text: quoted, it can even hold a NUL, at which the database would fail and not answer.
Beside each session in which somebody is signed in stands a row of accounts.SignIn; what it says (ended, locked, held)
is read in the statement that reads the session, so that no request pays a second one.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.core.exceptions import SuspiciousOperation
from django.db.models import JSONField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts import signins
from realtime.admission import may_be_key


class SessionStore(db.SessionStore):
    state: signins.State | None = None  # None: not read yet, or nobody is signed in
    has_begun = False  # somebody has signed in with this very answer

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and len(key) >= 8 and may_be_key(key)

    def _get_session_from_db(self) -> Any:
        try:
            found = Session.objects.annotate(
                state=RawSQL(signins.STATE, [], output_field=JSONField())  # noqa: S611 (a constant)
            ).get(session_key=self.session_key, expire_date__gt=timezone.now())
        except (Session.DoesNotExist, SuspiciousOperation):
            found = None
        state = signins.read(found.state) if found is not None else None
        if found is None or (state is not None and state.has_ended):
            self._session_key = None
            return None
        self.state = state
        return found

    def save(self, must_create: bool = False) -> None:
        super().save(must_create)
        data = self._get_session(no_load=True)  # type: ignore[attr-defined]  # Django's own
        if not must_create and self.session_key is not None and SESSION_KEY in data:
            self.has_begun |= signins.begin(self.session_key, self[SESSION_KEY])

    def delete(self, session_key: str | None = None) -> None:
        key = session_key if session_key is not None else self.session_key
        super().delete(session_key)
        if key is not None:
            signins.forget([key])
