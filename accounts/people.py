"""Making and changing the people of an organisation: rules, audit line and event in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Organisation, Role, User
from accounts.passwords import take_password
from accounts.sessions import end_sessions
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of
from realtime.log import Changes, record_changes, take_event_head

LANGUAGES = ("fr", "en")
THEMES = ("system", "light", "dark", "contrast")
DENSITIES = ("roomy", "compact")
_SHOWN = ("name", "email", "role", "language", "is_active")


@dataclass(frozen=True, slots=True)
class PersonFields:
    """What is asked for; None leaves a field as it is."""

    name: str | None = None
    email: str | None = None
    role: str | None = None
    language: str | None = None
    is_active: bool | None = None
    password: str | None = field(default=None, repr=False)

    def given(self) -> dict[str, Any]:
        return {name: value for name in _SHOWN if (value := getattr(self, name)) is not None}


def person_of(organisation_id: UUID, user_id: UUID) -> User:
    """Raises NotFound."""
    user = User.objects.filter(organisation_id=organisation_id, id=user_id).first()
    if user is None:
        raise NotFound("no_user", "there is no such user")
    return user


def create_person(*, actor: User | None, organisation_id: UUID, fields: PersonFields, is_invited: bool = False) -> User:
    """A new user. `is_invited`: he sets his password himself, by the link that accounts.passwords.make_link gives.

    Raises Invalid with the field that cannot be used.
    """
    user = User(organisation_id=organisation_id)
    given = fields.given()
    for required in ("name", "email", "role"):
        if required not in given:
            raise Invalid("required", "this field is required", field=required)
    if fields.password is None and not is_invited:
        raise Invalid("required", "this field is required", field="password")
    with record_changes(organisation_id) as changes:
        apply_fields(user, given, fields.password)
        described = audit.difference({}, _described(user))
        if fields.password is None:
            user.set_unusable_password()
            described["is_invited"] = [None, True]
        else:
            described["password"] = [None, audit.SET]
        user.save(force_insert=True)
        _say(changes, actor, "user.created", user, described)
    return user


def change_person(*, actor: User, user_id: UUID, fields: PersonFields, keep_session: str | None = None) -> User:
    """Change a user of the actor's organisation.

    Suspension, another role or another password end all of his sessions (but `keep_session`, the actor's own).
    Raises NotFound, Invalid, Conflict("last_administrator").
    """
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        # Two administrators who demote each other: the second waits here and finds himself alone. NO KEY: rows that
        # refer to the organisation are written meanwhile.
        Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)
        # Here, too: whoever answers as this person refers to his row at COMMIT, when he has the event head already.
        user = User.objects.select_for_update(no_key=True).filter(organisation_id=organisation_id, id=user_id).first()
        if user is None:
            raise NotFound("no_user", "there is no such user")
        before = _described(user)
        apply_fields(user, fields.given(), fields.password)
        after = _described(user)
        described = audit.difference(before, after)
        if fields.password is not None:
            described["password"] = [audit.SET, audit.SET]
        if not described:
            return user
        _protect_last_administrator(before, user)
        if "email" in described:
            take_event_head(organisation_id)
        user.save()
        if fields.password is not None or before["role"] != user.role or not user.is_active:
            end_sessions(user.id, except_key=keep_session if user.id == actor.id else None)
        _say(changes, actor, "user.changed", user, described)
    return user


def change_own(
    *, user: User, language: str | None, theme: str | None, density: str | None = None, single_keys: bool | None = None
) -> User:
    """What each person may set for himself; None: as it is. Raises Invalid."""
    changed = []
    if language is not None:
        user.language = _choice(language, LANGUAGES, "language")
        changed.append("language")
    if theme is not None:
        user.theme = _choice(theme, THEMES, "theme")
        changed.append("theme")
    if density is not None:
        user.density = _choice(density, DENSITIES, "density")
        changed.append("density")
    if single_keys is not None:
        user.single_keys = single_keys
        changed.append("single_keys")
    if changed:
        user.save(update_fields=changed)
    return user


def apply_fields(user: User, given: dict[str, Any], password: str | None) -> None:
    """Set what is given on a user who is not saved here. Raises Invalid with the field that cannot be used."""
    if "name" in given:
        user.name = name_of(given["name"], longest=120, field="name")
    if "email" in given:
        user.email = _email(given["email"], user)
    if "role" in given:
        user.role = _choice(given["role"], Role.values, "role")
    if "language" in given:
        user.language = _choice(given["language"], LANGUAGES, "language")
    if "is_active" in given:
        user.is_active = given["is_active"]
    if password is not None:
        take_password(user, password)


def _email(value: str, user: User) -> str:
    email = value.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid("not_an_email", "this is not an e-mail address", field="email") from None
    if len(email) > 254:
        raise Invalid("too_long", "at most 254 characters", field="email")
    # The constraint decides between two at once; this one speaks in words. Unique over all organisations.
    if User.objects.filter(email__iexact=email).exclude(id=user.id).exists():
        raise Invalid("email_taken", "this address is used already", field="email")
    return email


def _choice(value: str, allowed: tuple[str, ...] | list[str], name: str) -> str:
    if value not in allowed:
        raise Invalid("unknown_choice", f"must be one of {', '.join(allowed)}", field=name)
    return value


def _described(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in _SHOWN}


def _protect_last_administrator(before: dict[str, Any], user: User) -> None:
    was = before["role"] == Role.ADMINISTRATOR and before["is_active"]
    if not was or (user.role == Role.ADMINISTRATOR and user.is_active):
        return
    others = User.objects.filter(organisation_id=user.organisation_id, role=Role.ADMINISTRATOR, is_active=True).exclude(
        id=user.id
    )
    if not others.exists():
        raise Conflict("last_administrator", "the last administrator cannot be suspended or given another role")


def _say(changes: Changes, actor: User | None, action: str, user: User, described: dict[str, list[Any]]) -> None:
    audit.record(
        actor=actor, organisation_id=user.organisation_id, action=action, kind="user", object_id=user.id,
        name=user.name, changes=described,
    )  # fmt: skip
    changes.add(SettingsChanged(kind="user", object_id=user.id))
