"""Ending the sessions of a person, and forgetting those that have ended, and tries that count no more."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from accounts import signins
from accounts.models import SignIn, Tries
from common.errors import NotFound
from jobs.kinds import RunningJob, job_kind


def end_sessions(user_id: UUID, *, except_key: str | None = None) -> int:
    """Delete every session of a user; returns how many.

    Django's sessions do not name their user, so all live ones are read: 20 us each, and this is rare. A suspended
    user is refused at his next request even before this, because the sign-in backend drops who is not active.
    """
    mine = [
        session.session_key
        for session in Session.objects.filter(expire_date__gt=Now()).iterator(chunk_size=1000)
        if session.session_key != except_key and session.get_decoded().get(SESSION_KEY) == str(user_id)
    ]
    Session.objects.filter(session_key__in=mine).delete()
    signins.forget(mine)
    return len(mine)


def end_session(user_id: UUID, sign_in_id: UUID) -> SignIn:
    """Delete one session of this user. Raises NotFound."""
    found = SignIn.objects.filter(user_id=user_id, id=sign_in_id).first()
    if found is None:
        raise NotFound("no_session", "there is no such session")
    Session.objects.filter(session_key=found.session_key).delete()
    signins.forget([found.session_key])
    return found


@job_kind("accounts.forget_sessions", every=timedelta(days=1), at=time(2, 40))
def forget_sessions(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Delete the sessions that have run out; Django refuses them already, and keeps them for ever. Tries, too."""
    forgotten = 0
    Tries.objects.filter(expires__lt=Now()).delete()
    while keys := list(Session.objects.filter(expire_date__lt=Now()).values_list("session_key", flat=True)[:1000]):
        forgotten += Session.objects.filter(session_key__in=keys).delete()[0]
        job.progress(0.5)
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    SignIn.objects.filter(~Exists(alive)).delete()
    return {"forgotten": forgotten}
