"""Canned replies: kept by one agent, by those who run a team's or the organisation's, and put in by agents.

Nothing here sends: an agent reads what was put in, changes it, and sends it himself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Role, Team, User
from common.errors import Conflict, Invalid, NotAllowed, NotFound
from common.text import name_of, shows_something, storable
from conversations.models import Conversation, Line
from conversations.visibility import lines_visible_to
from realtime.log import record_changes
from replies.models import LONGEST_BODY, CannedReply, CannedUse, RepliesSettings, Scope
from replies.variables import LANGUAGES, known_names, refuse_unknown, values_of

MOST_SHARED = 500  # of an organisation: the desk holds them all, and searches them without asking
MOST_OWN = 200
MOST_TAGS, LONGEST_TAG = 10, 40
OVERSEERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
_SHORTCUT = re.compile(r"[^\W_](?:[\w.-]{0,38}[^\W_])?")


class CannedView(TypedDict):
    """`mine`: how often the caller has put it in; `uses`: everybody together."""

    id: str
    scope: str
    team_id: str | None
    shortcut: str
    title: str
    fr: str
    en: str
    tags: list[str]
    line_ids: list[str]
    mine: int
    uses: int


class VariablesView(TypedDict):
    """name -> value, in each language, of one conversation. What has none is not in it."""

    fr: dict[str, str]
    en: dict[str, str]


@dataclass(frozen=True, slots=True)
class CannedGiven:
    shortcut: str
    title: str
    fr: str = ""
    en: str = ""
    tags: Sequence[str] = ()
    line_ids: Sequence[UUID] = ()
    team_id: UUID | None = None  # of one that is shared; None: everybody's


def visible_replies(user: User) -> QuerySet[CannedReply]:
    """His own, his teams' (each team's, for who oversees), everybody's."""
    teams = Q(scope=Scope.TEAM)
    if user.role not in OVERSEERS:
        teams &= Q(team_id__in=Team.members.through.objects.filter(user_id=user.id).values("team_id"))
    return CannedReply.objects.filter(organisation_id=user.organisation_id).filter(
        Q(scope=Scope.ALL) | Q(scope=Scope.PERSONAL, owner_id=user.id) | teams
    )


def replies_for(user: User, conversation: Conversation) -> list[CannedView]:
    """What `user` may put in here: the ones for its line, most used by him first."""
    rows = [one for one in _viewed(user, visible_replies(user)) if str(conversation.line_id) in one["line_ids"] or
            not one["line_ids"]]  # fmt: skip
    return sorted(rows, key=lambda one: (-one["mine"], -one["uses"], one["shortcut"].casefold()))


def values_for(user: User, conversation: Conversation) -> VariablesView:
    found = values_of(conversation, user)
    return {"fr": found["fr"], "en": found["en"]}


def own_replies(user: User) -> list[CannedView]:
    return _viewed(user, _own(user))


def shared_replies(user: User) -> list[CannedView]:
    return _viewed(user, _shared(user))


def teams_of(user: User) -> list[dict[str, str]]:
    """Of the organisation, by name."""
    found = Team.objects.filter(organisation_id=user.organisation_id).order_by("name").values_list("id", "name")
    return [{"id": str(id_), "name": name} for id_, name in found]


def save_shared(*, actor: User, given: CannedGiven, reply_id: UUID | None = None) -> CannedView:
    """A team's, or everybody's. Raises NotFound, Invalid, Conflict("too_many_replies")."""
    with record_changes(actor.organisation_id) as changes:
        row = _locked(_shared(actor), reply_id)
        if kept := keep_shared(actor, given, row):
            changes.add(SettingsChanged(kind="canned_reply", object_id=kept))
            reply_id = kept
    assert reply_id is not None  # of a new one something is always new
    return _viewed(actor, CannedReply.objects.filter(id=reply_id))[0]


def keep_shared(actor: User, given: CannedGiven, row: CannedReply | None) -> UUID | None:
    """Within record_changes: `row` as it is given, or a new one, with its audit line. None: it was so."""
    is_new = row is None
    row, changed = _save(actor, given, row, most=MOST_SHARED, of=_shared(actor))
    if not changed:
        return None
    note(actor, row, "canned_reply.created" if is_new else "canned_reply.changed", changed)
    return row.id


def save_own(*, actor: User, given: CannedGiven, reply_id: UUID | None = None) -> CannedView:
    """One's own. Raises as `save_shared`."""
    with record_changes(actor.organisation_id) as changes:
        row, changed = _save(
            actor, given, _locked(_own(actor), reply_id), most=MOST_OWN, of=_own(actor), scope=Scope.PERSONAL
        )
        if changed:
            changes.add(SettingsChanged(kind="canned_reply", object_id=row.id))
    return _viewed(actor, CannedReply.objects.filter(id=row.id))[0]


def remove_shared(*, actor: User, reply_id: UUID) -> None:
    with record_changes(actor.organisation_id) as changes:
        row = _locked(_shared(actor), reply_id)
        assert row is not None
        note(actor, row, "canned_reply.removed", audit.difference(described(row), dict.fromkeys(described(row))))
        row.delete()
        changes.add(SettingsChanged(kind="canned_reply", object_id=reply_id))


def remove_own(*, actor: User, reply_id: UUID) -> None:
    with record_changes(actor.organisation_id) as changes:
        row = _locked(_own(actor), reply_id)
        assert row is not None
        row.delete()
        changes.add(SettingsChanged(kind="canned_reply", object_id=reply_id))


def count_use(*, user: User, reply_id: UUID) -> None:
    """It was put in. Raises NotFound."""
    with record_changes(user.organisation_id):
        found = visible_replies(user).filter(id=reply_id)
        if not found.exists():
            raise NotFound("no_reply", "there is no such canned reply")
        CannedUse.objects.bulk_create([CannedUse(user=user, reply_id=reply_id)], ignore_conflicts=True)
        CannedUse.objects.filter(user=user, reply_id=reply_id).update(count=F("count") + 1)
        CannedReply.objects.filter(id=reply_id).update(uses=F("uses") + 1)


# --- How they are used -----------------------------------------------------------------------------------------------


def shares_drafts(organisation_id: UUID) -> bool:
    return RepliesSettings.objects.filter(organisation_id=organisation_id, shares_drafts=True).exists()


def share_drafts(*, actor: User, shares: bool) -> bool:
    """Whether who takes a conversation over reads what its owner was writing."""
    with record_changes(actor.organisation_id) as changes:
        before = shares_drafts(actor.organisation_id)
        RepliesSettings.objects.update_or_create(
            organisation_id=actor.organisation_id, defaults={"shares_drafts": shares}
        )
        if before != shares:
            audit.record(
                actor=actor, organisation_id=actor.organisation_id, action="drafts.changed", kind="drafts",
                object_id=actor.organisation_id, name="", changes={"shares_drafts": [before, shares]},
            )  # fmt: skip
            changes.add(SettingsChanged(kind="drafts", object_id=actor.organisation_id))
    return shares


# --- Within a transaction --------------------------------------------------------------------------------------------


def note(actor: User, row: CannedReply, action: str, changes: Mapping[str, list[Any]]) -> None:
    audit.record(
        actor=actor, organisation_id=actor.organisation_id, action=action, kind="canned_reply", object_id=row.id,
        name=row.title, changes=changes,
    )  # fmt: skip


def described(row: CannedReply) -> dict[str, Any]:
    return {
        "scope": str(row.scope), "team_id": None if row.team_id is None else str(row.team_id),
        "shortcut": row.shortcut, "title": row.title, "fr": row.fr, "en": row.en, "tags": row.tags.split("\n"),
    }  # fmt: skip


def shortcut_of(given: str) -> str:
    """Raises Invalid("shortcut")."""
    shortcut = storable(given).strip().removeprefix("/").casefold()
    if not _SHORTCUT.fullmatch(shortcut):
        raise Invalid("shortcut", "letters, digits, - and . without spaces, at most 40", field="shortcut")
    return shortcut


def _save(
    actor: User, given: CannedGiven, row: CannedReply | None, *, most: int, of: QuerySet[CannedReply],
    scope: Scope | None = None,
) -> tuple[CannedReply, dict[str, list[Any]]]:  # fmt: skip
    before = {} if row is None else {**described(row), "lines": _line_ids(row)}
    if row is None:
        if of.count() >= most:
            raise Conflict("too_many_replies", f"at most {most}")
        row = CannedReply(organisation_id=actor.organisation_id)
    row.scope = scope or (Scope.TEAM if given.team_id else Scope.ALL)
    row.owner = actor if row.scope == Scope.PERSONAL else None
    row.team_id = _team(actor, given.team_id) if row.scope == Scope.TEAM else None
    row.shortcut = shortcut_of(given.shortcut)
    row.title = name_of(given.title, longest=120, field="title")
    row.tags = "\n".join(_tags(given.tags))
    known = known_names(actor.organisation_id)
    for language in LANGUAGES:
        setattr(row, language, _body(getattr(given, language), known, language))
    if not row.fr and not row.en:
        raise Invalid("required", "words in one language at least", field="fr")
    if _taken(row):
        raise Invalid("shortcut_taken", "another one has this shortcut", field="shortcut")
    row.changed_at = Now()
    row.save(force_insert=not before)
    row.lines.set(_lines(actor, given.line_ids))
    return row, audit.difference(before, {**described(row), "lines": _line_ids(row)})


def _taken(row: CannedReply) -> bool:
    same = CannedReply.objects.filter(
        organisation_id=row.organisation_id, scope=row.scope, shortcut=row.shortcut
    ).exclude(id=row.id)
    if row.team_id is not None:
        same = same.filter(team_id=row.team_id)
    if row.owner_id is not None:
        same = same.filter(owner_id=row.owner_id)
    return same.exists()


def _body(given: str, known: Sequence[str], field: str) -> str:
    body = storable(given).strip()
    if not body:
        return ""
    if not shows_something(body):
        raise Invalid("required", "words that can be seen", field=field)
    if len(body) > LONGEST_BODY:
        raise Invalid("too_long", f"at most {LONGEST_BODY} characters", field=field)
    refuse_unknown(body, known, field=field)
    return body


def _tags(given: Sequence[str]) -> list[str]:
    tags = list(
        {tag.casefold(): tag for one in given if (tag := name_of(one, longest=LONGEST_TAG, field="tags"))}.values()
    )
    if len(tags) > MOST_TAGS:
        raise Invalid("too_many_things", f"at most {MOST_TAGS} tags", field="tags")
    return tags


def _team(actor: User, team_id: UUID | None) -> UUID:
    if team_id is None or not Team.objects.filter(organisation_id=actor.organisation_id, id=team_id).exists():
        raise Invalid("unknown_choice", "there is no such team", field="team_id")
    return team_id


def _lines(actor: User, ids: Sequence[UUID]) -> list[Line]:
    # What an agent does not see is for him what does not exist.
    seen = lines_visible_to(actor) & set(ids)
    found = list(Line.objects.filter(organisation_id=actor.organisation_id, id__in=seen))
    if len(found) != len(set(ids)):
        raise Invalid("unknown_choice", "there is no such line", field="line_ids")
    return found


def _own(user: User) -> QuerySet[CannedReply]:
    return CannedReply.objects.filter(organisation_id=user.organisation_id, scope=Scope.PERSONAL, owner_id=user.id)


def _shared(user: User) -> QuerySet[CannedReply]:
    if user.role not in OVERSEERS:
        raise NotAllowed("role", "your role does not include this")
    return CannedReply.objects.filter(organisation_id=user.organisation_id).exclude(scope=Scope.PERSONAL)


def _locked(rows: QuerySet[CannedReply], reply_id: UUID | None) -> CannedReply | None:
    if reply_id is None:
        return None
    row = rows.select_for_update(no_key=True).filter(id=reply_id).first()
    if row is None:
        raise NotFound("no_reply", "there is no such canned reply")
    return row


def _line_ids(row: CannedReply) -> list[str]:
    return sorted(map(str, row.lines.values_list("id", flat=True)))


def _viewed(user: User, rows: QuerySet[CannedReply]) -> list[CannedView]:
    """Two statements and one for the lines, however many there are."""
    found = list(rows.prefetch_related("lines").order_by("shortcut", "id"))
    uses = dict(CannedUse.objects.filter(user=user).values_list("reply_id", "count"))
    return [
        {
            "id": str(one.id),
            "scope": one.scope,
            "team_id": None if one.team_id is None else str(one.team_id),
            "shortcut": one.shortcut,
            "title": one.title,
            "fr": one.fr,
            "en": one.en,
            "tags": one.tags.split("\n") if one.tags else [],
            "line_ids": sorted(str(line.id) for line in one.lines.all()),
            "mine": uses.get(one.id, 0),
            "uses": one.uses,
        }
        for one in found
    ]
