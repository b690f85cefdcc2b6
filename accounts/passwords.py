"""Passwords: what they must be, changing one's own, and the link by which somebody sets his first or his next.

Long and not known to everybody, as NIST SP 800-63B wants it: no rules of composition, no date at which one must be
changed, every character allowed, and pasting too.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import get_language

from accounts import audit, tries
from accounts.events import SettingsChanged
from accounts.models import PasswordLink, User
from accounts.sessions import end_sessions
from common.clock import database_now
from common.errors import Invalid, NotFound
from realtime.log import record_changes

LINK_LASTS = timedelta(hours=72)
LONGEST = 200  # hashing is slow on purpose: no book is hashed
_LEAST_OF_ITS_OWN = 8
_HOUSE = (
    "Ce mot de passe est fait du nom de la maison, de son adresse ou du produit : chacun l’essaierait d’abord.",
    "This password is made of the organisation's name, its address or the product's: anybody would try that first.",
)


class NotTheHousesWords:
    """Refuses what little is left of when the organisation's own words are taken out of it."""

    def validate(self, password: str, user: User | None = None) -> None:
        rest = shown = re.sub(r"[\W\d_]", "", password.casefold())
        for word in sorted(_words_of(user), key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != shown and len(rest) < _LEAST_OF_ITS_OWN:
            raise ValidationError(_HOUSE[0 if (get_language() or "fr").startswith("fr") else 1], code="house_words")

    def get_help_text(self) -> str:
        return _HOUSE[0 if (get_language() or "fr").startswith("fr") else 1]


def _words_of(user: User | None) -> set[str]:
    given = ["palabre", "password", "motdepasse"]
    if user is not None:
        given += re.split(r"[\W\d_]+", user.email.casefold())
        if user.organisation_id is not None:
            given += re.split(r"[\W\d_]+", f"{user.organisation.name} {user.organisation.slug}".casefold())
    return {word for word in given if len(word) >= 4}


def take_password(user: User, password: str, field: str = "password") -> None:
    """Hash it into `user`, who is not saved here. Raises Invalid("too_long", "weak_password")."""
    if len(password) > LONGEST:
        raise Invalid("too_long", f"at most {LONGEST} characters", field=field)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid("weak_password", " ".join(error.messages), field=field) from None
    user.set_password(password)


def change_own_password(request: HttpRequest, user: User, *, old: str, new: str) -> None:
    """Every other session of his ends. Raises Invalid("wrong_password", "weak_password"), TooMany."""
    with tries.counted(request, user):
        if not user.check_password(old[:LONGEST]):
            raise Invalid("wrong_password", "this is not your password", field="old")
    with record_changes(user.organisation_id) as changes:
        mine = User.objects.select_for_update(no_key=True).get(id=user.id)
        take_password(mine, new, field="new")
        mine.save(update_fields=["password"])
        PasswordLink.objects.filter(user=mine).delete()
        end_sessions(mine.id, except_key=request.session.session_key)
        _say(mine, mine, "user.password_changed")
        changes.add(SettingsChanged(kind="user", object_id=mine.id))
    user.password = mine.password


def make_link(*, actor: User, user_id: UUID, is_told: bool = True) -> tuple[str, PasswordLink]:
    """A new link for a person of the actor's organisation, in place of any other; its address is told here only.
    `is_told` False: it comes with the making of the person, whose line of the audit log says so.

    Raises NotFound.
    """
    token = secrets.token_urlsafe(32)
    with record_changes(actor.organisation_id) as changes:
        user = User.objects.select_for_update(no_key=True).filter(organisation_id=actor.organisation_id, id=user_id)
        found = user.first()
        if found is None:
            raise NotFound("no_user", "there is no such user")
        PasswordLink.objects.filter(user=found).delete()
        link = PasswordLink.objects.create(
            organisation_id=actor.organisation_id, user=found, digest=_digest(token), made_by=actor,
            expires_at=database_now() + LINK_LASTS,
        )  # fmt: skip
        if is_told:
            _say(actor, found, "user.link_made")
        changes.add(SettingsChanged(kind="user", object_id=found.id))
    # Behind a #: browsers send it to nobody, and no log of ours or of a proxy's holds it.
    return f"{settings.PUBLIC_URL}/sign-in#welcome={token}", link


def who_is_welcome(token: str) -> User:
    """Raises NotFound("no_link") for a link that is used, replaced, too old, or of somebody who was switched off."""
    found = (
        PasswordLink.objects.select_related("user", "user__organisation")
        .filter(digest=_digest(token), expires_at__gt=database_now(), user__is_active=True)
        .first()
    )
    if found is None:
        raise NotFound("no_link", "this link has been used, or is too old")
    return found.user


def use_link(*, token: str, password: str) -> User:
    """Set the password that the link is for, once; all sessions of his end. Raises NotFound, Invalid."""
    organisation_id = who_is_welcome(token).organisation_id
    with record_changes(organisation_id) as changes:
        link = PasswordLink.objects.select_for_update().filter(digest=_digest(token)).first()
        if link is None:  # two at once: the other was first
            raise NotFound("no_link", "this link has been used, or is too old")
        user = User.objects.select_for_update(no_key=True).get(id=link.user_id)
        take_password(user, password)
        user.save(update_fields=["password"])
        link.delete()
        end_sessions(user.id)
        _say(user, user, "user.password_set")
        changes.add(SettingsChanged(kind="user", object_id=user.id))
    return user


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _say(actor: User, user: User, action: str) -> None:
    change: dict[str, list[Any]] = {"password": [audit.SET, audit.SET]}
    audit.record(
        actor=actor, organisation_id=user.organisation_id, action=action, kind="user", object_id=user.id,
        name=user.name, changes=change,
    )  # fmt: skip
