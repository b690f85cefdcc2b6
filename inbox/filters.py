"""What a list is narrowed to: the same words in the address bar, in a saved view and in the API.

A filter narrows what its reader may see anyway, and never widens it: an id that names nothing, or nothing of his,
finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Exists, Func, OuterRef, Q, QuerySet

from accounts.models import Team, User
from common.errors import Invalid
from contacts.models import ContactTag, Tag
from conversations.models import Conversation, Line, MessageKind, Status
from conversations.row_marks import failed_of
from realtime.audience import Audience, AudienceKind
from routing.models import Queue

MOST_OF_A_KIND = 50  # lines, tags of one filter
LONGEST_WAIT_S = 366 * 24 * 3600
IDS = ("line", "tag", "queue", "team", "agent")  # what names a thing that may be gone one day


@dataclass(frozen=True, slots=True)
class Filter:
    """All that is given must hold; of several lines, media or tags any one.

    `waiting_over`: seconds since the first text that nobody has answered. `since`, `until`: of the last activity.
    `priority`: at least. `unread`, `failed`: only such.
    """

    line: tuple[UUID, ...] = ()
    medium: tuple[str, ...] = ()
    tag: tuple[UUID, ...] = ()
    status: str | None = None
    queue: UUID | None = None
    team: UUID | None = None
    agent: UUID | None = None
    language: str | None = None
    waiting_over: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    unread: bool = False
    failed: bool = False
    priority: int | None = None

    @property
    def is_empty(self) -> bool:
        return self == Filter()

    def stored(self) -> dict[str, Any]:
        """As JSON, without what was not asked."""
        return {
            one.name: _plain(value)
            for one in fields(self)
            if (value := getattr(self, one.name)) not in (None, False, ())
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Filter:
        """What `stored` has written, also by an older or a newer version: what it cannot read is left out."""
        given: dict[str, Any] = {}
        for name, value in stored.items():
            read = _READ.get(name)
            if read is None:
                continue
            try:
                given[name] = read(value)
            except (ValueError, TypeError, AttributeError):
                continue
        return cls(**given)


class HasFailed(Func):
    """conversations.row_marks.failed_of, of the conversation that a query is about."""

    template = failed_of("conversations_conversation")
    output_field = BooleanField()
    arity = 0


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [str(one) for one in value]
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _ids(value: Any) -> tuple[UUID, ...]:
    return tuple(UUID(one) for one in value)[:MOST_OF_A_KIND]


_READ: dict[str, Any] = {
    "line": _ids, "tag": _ids, "medium": lambda value: tuple(str(one) for one in value), "status": str, "queue": UUID,
    "team": UUID, "agent": UUID, "language": str, "waiting_over": int, "since": datetime.fromisoformat,
    "until": datetime.fromisoformat, "unread": bool, "failed": bool, "priority": int,
}  # fmt: skip


def narrowed(found: QuerySet[Conversation], asked: Filter, audience: Audience, now: datetime) -> QuerySet[Conversation]:
    """`found` as far as `asked`. Raises Invalid; "search" for tags where persons are not shown."""
    if asked.status is not None:
        if asked.status not in Status.values:
            raise Invalid("unknown_choice", f"must be one of {', '.join(Status.values)}", field="status")
        found = found.filter(status=asked.status)
    if asked.line:
        found = found.filter(line_id__in=asked.line)
    if asked.medium:
        lines = Line.objects.filter(organisation_id=audience.organisation_id, medium__in=asked.medium)
        found = found.filter(line_id__in=list(lines.values_list("id", flat=True)))
    if asked.tag:
        if audience.kind == AudienceKind.NO_TEXT:
            raise Invalid("search", "what is known of people is not shown to you", field="tag")
        tagged = ContactTag.objects.filter(
            organisation_id=audience.organisation_id, contact_id=OuterRef("contact_id"), tag_id__in=asked.tag
        )
        found = found.filter(Exists(tagged))
    if asked.queue is not None:
        found = found.filter(queue_id=asked.queue)
    if asked.agent is not None:
        found = found.filter(owner_id=asked.agent)
    if asked.team is not None:
        found = found.filter(owner_id__in=_members(audience, asked.team))
    if asked.language:
        found = found.filter(Q(language=asked.language) | Q(language="", contact__language=asked.language))
    if asked.waiting_over is not None:
        found = found.filter(waiting_since__lte=now - timedelta(seconds=asked.waiting_over))
    if asked.since is not None:
        found = found.filter(last_activity_at__gte=asked.since)
    if asked.until is not None:
        found = found.filter(last_activity_at__lt=asked.until)
    if asked.unread:
        found = found.filter(unread__gt=0)
    if asked.failed:
        # The first condition is its own, so that the rest is asked of those in which the last word is ours.
        found = found.filter(preview_kind=MessageKind.OUTGOING).annotate(has_failed=HasFailed()).filter(has_failed=True)
    if asked.priority is not None:
        found = found.filter(priority__gte=asked.priority)
    return found


def _members(audience: Audience, team_id: UUID) -> list[UUID]:
    """Of a team that the asker may know of."""
    return list(teams_known_to(audience).filter(id=team_id).values_list("members", flat=True).exclude(members=None))


def teams_known_to(audience: Audience) -> QuerySet[Team]:
    """His own; of who sees every line, all. Which others there are tells an agent of lines that he does not see."""
    found = Team.objects.filter(organisation_id=audience.organisation_id)
    return found if audience.line_ids is None else found.filter(members=audience.user_id)


def for_reader(asked: Filter, audience: Audience) -> tuple[Filter, list[str]]:
    """`asked` without what is gone, or is not for this reader's eyes; and the names of the fields that lost something.

    Five queries at most, whatever the number of ids."""
    return for_reader_of([asked], audience)[0]


def for_reader_of(filters: Iterable[Filter], audience: Audience) -> list[tuple[Filter, list[str]]]:
    """for_reader, of several with the same queries."""
    many = list(filters)
    wanted = {name: {id_ for one in many for id_ in _many(getattr(one, name))} for name in IDS}
    there = {name: _there(name, ids, audience) if ids else set() for name, ids in wanted.items()}
    result: list[tuple[Filter, list[str]]] = []
    for one in many:
        given: dict[str, Any] = {item.name: getattr(one, item.name) for item in fields(one)}
        missing = []
        for name in IDS:
            before = _many(given[name])
            left = tuple(id_ for id_ in before if id_ in there[name])
            if left != before:
                missing.append(name)
                given[name] = left if isinstance(given[name], tuple) else None
        result.append((Filter(**given), missing))
    return result


def _many(value: Any) -> tuple[UUID, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _there(name: str, ids: set[UUID], audience: Audience) -> set[UUID]:
    mine = {"organisation_id": audience.organisation_id, "id__in": ids}
    if name == "line":
        found = set(Line.objects.filter(**mine).values_list("id", flat=True))
        return {id_ for id_ in found if audience.sees_line(id_)}
    if name == "tag":
        if audience.kind == AudienceKind.NO_TEXT:
            return set()
        return set(Tag.objects.filter(**mine).values_list("id", flat=True))
    if name == "queue":
        return set(Queue.objects.filter(**mine, is_enabled=True).values_list("id", flat=True))
    if name == "team":
        return set(teams_known_to(audience).filter(id__in=ids).values_list("id", flat=True))
    return set(User.objects.filter(**mine, is_active=True).values_list("id", flat=True))
