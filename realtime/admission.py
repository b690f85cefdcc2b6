"""Whether a session may listen, asked when its socket joins and every few seconds after.

Reads the sessions of the database (SESSION_ENGINE is Django's `db`). Unlike Django's own `get_user` it never writes:
a session that was signed with an older SECRET_KEY is good as it is, and its key is not changed behind the browser.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare
from django.utils.timezone import now

from realtime.audience import Audience
from realtime.seams import audiences_of, session_states


@dataclass(frozen=True, slots=True)
class Admission:
    """A session that may listen, and the evidence: as long as that is unchanged, nothing need be decoded again."""

    session_key: str
    user_id: UUID
    session_data: str
    password: str
    audience: Audience
    is_locked: bool = False  # nothing is told until its owner has proved himself again


def admit(session_key: str) -> Admission | None:
    """The one signed in by this session, with what he may see now; None: nobody."""
    return readmit({session_key: None}).get(session_key) if may_be_key(session_key) else None


def may_be_key(text: str) -> bool:
    """Whether a cookie's text can be the key of a session: the database would fail at a NUL, not answer."""
    return text.isascii() and text.isalnum() and len(text) <= 40


def readmit(known: dict[str, Admission | None]) -> dict[str, Admission]:
    """Of these sessions those that may listen now, or could if they were not locked: at most four queries for any
    number of them."""
    stored = dict(
        Session.objects.filter(session_key__in=list(known), expire_date__gt=now()).values_list(
            "session_key", "session_data"
        )
    )
    shut = session_states()(list(stored)) if stored else {}
    stored = {key: data for key, data in stored.items() if not shut.get(key)}
    holders: dict[str, tuple[UUID, str]] = {}  # session key: user id, the hash to check ("": unchanged, checked before)
    for key, data in stored.items():
        before = known[key]
        if before is not None and before.session_data == data:
            holders[key] = before.user_id, ""
        else:
            content = Session(session_key=key, session_data=data).get_decoded()
            if SESSION_KEY in content and content.get(HASH_SESSION_KEY):
                holders[key] = UUID(content[SESSION_KEY]), content[HASH_SESSION_KEY]
    users = _users({user_id for user_id, _ in holders.values()})
    audiences = audiences_of()(set(users))
    admitted: dict[str, Admission] = {}
    for key, (user_id, given) in holders.items():
        user, audience, before = users.get(user_id), audiences.get(user_id), known[key]
        if user is None or audience is None:
            continue
        unchanged = not given and before is not None and before.password == user.password
        if not unchanged and not _signed_for(user, given or _hash_in(key, stored[key])):
            continue
        admitted[key] = Admission(key, user_id, stored[key], user.password, audience, key in shut)
    return admitted


def _users(user_ids: Collection[UUID]) -> dict[UUID, AbstractBaseUser]:
    users = get_user_model().objects.filter(pk__in=user_ids, is_active=True)
    return {user.pk: user for user in users.only("password")}


def _hash_in(key: str, data: str) -> str:
    return Session(session_key=key, session_data=data).get_decoded().get(HASH_SESSION_KEY, "")


def _signed_for(user: AbstractBaseUser, given: str) -> bool:
    """Whether the session was opened under the password that the user has now."""
    accepted = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(given, one) for one in accepted)
