"""Making and changing lines: rules, audit line and event in one transaction; the gateway hears of it at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Schedule, Team, User
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of
from contacts.numbers import clean
from conversations.links import adapter_class
from conversations.models import SHORT_CODES_FIRST, Delivery, DeliveryState, FailOver, Line, LineLink, Link, Saver
from realtime import doorbell
from realtime.log import record_changes, take_event_head

MOST_PARTS = 255  # no header can number more
LONGEST_WAIT_S = 7 * 86_400  # for a link that is down, before its texts leave by another
_ADDRESS = re.compile(r"[\w+@.:\- ]{1,254}")


@dataclass(frozen=True, slots=True)
class LineFields:
    """What is asked for; None leaves a field as it is. An empty `bot` means none; links are in order of preference."""

    name: str | None = None
    address: str | None = None
    bot: str | None = None
    bot_engine: str | None = None  # "": the one that the bot names
    queue_id: UUID | None = None
    language: str | None = None
    most_parts: int | None = None
    saver: str | None = None
    failover: str | None = None
    failover_after_s: int | None = None
    is_enabled: bool | None = None
    answers_after_stop: bool | None = None
    schedule_id: UUID | str | None = None  # "": none, always open
    bot_after_hours: bool | None = None
    promises_callback: bool | None = None
    link_ids: Sequence[UUID] | None = None
    team_ids: Sequence[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What lies above conversations and a line may name: bots, and the organisation's queues. `needs_bot`: lines that
    may not be left without one."""

    bots: Collection[str]
    queues: Collection[UUID]
    needs_bot: Collection[UUID] = ()
    engines: Collection[str] = ()


def save_line(*, actor: User, fields: LineFields, known: Known, line_id: UUID | None = None) -> Line:
    """Make a line (`line_id` None) or change one of the actor's organisation. Raises NotFound, Invalid."""
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        if line_id is None:
            line, before = Line(organisation_id=organisation_id), {}
        else:
            # Not against references: a writer's foreign keys are checked at COMMIT, when he holds the event head.
            mine = Line.objects.select_for_update(no_key=True)
            found = mine.filter(organisation_id=organisation_id, id=line_id).first()
            if found is None:
                raise NotFound("no_line", "there is no such line")
            line, before = found, described(found)
        _apply(line, fields, known)
        if before and (line.medium, line.address) != (before["medium"], before["address"]):
            take_event_head(organisation_id)
        line.save(force_insert=not before)
        if fields.link_ids is not None:
            _set_links(line, fields.link_ids)
        if fields.team_ids is not None:
            teams = list(Team.objects.filter(organisation_id=organisation_id, id__in=fields.team_ids))
            if len(teams) != len(set(fields.team_ids)):
                raise Invalid("unknown_choice", "there is no such team", field="team_ids")
            line.teams.set(teams)
        changed = audit.difference(before, described(line))
        if before and not changed:
            return line
        audit.record(
            actor=actor, organisation_id=organisation_id, action="line.changed" if before else "line.created",
            kind="line", object_id=line.id, name=str(line), changes=changed,
        )  # fmt: skip
        changes.add(SettingsChanged(kind="line", object_id=line.id))
        changes.ring(doorbell.LINKS)
    return line


def _apply(line: Line, fields: LineFields, known: Known) -> None:
    if fields.name is not None:
        line.name = fields.name
    line.name = name_of(line.name, longest=120, field="name")
    if fields.address is not None:
        line.address = clean(fields.address)  # copied with marks of direction or wide digits, it would match nothing
    if not _ADDRESS.fullmatch(line.address):
        raise Invalid("address", "a short code, a number or a name, at most 254 characters", field="address")
    if fields.bot is not None:
        if fields.bot and fields.bot not in known.bots:
            raise Invalid("unknown_choice", "there is no such bot", field="bot")
        if not fields.bot and line.bot and line.id in known.needs_bot:
            raise Invalid("bot_needed", "the front filter leaves some people to the bot alone", field="bot")
        line.bot = fields.bot
    if fields.bot_engine is not None:
        if fields.bot_engine and fields.bot_engine not in known.engines:
            raise Invalid("unknown_choice", "there is no such engine", field="bot_engine")
        line.bot_engine = fields.bot_engine
    if fields.queue_id is not None:
        if fields.queue_id not in known.queues and fields.queue_id != line.queue_id:
            raise Invalid("unknown_choice", "there is no such queue", field="queue_id")
        line.queue_id = fields.queue_id
    if line.queue_id is None:
        raise Invalid("required", "conversations of a line wait in a queue", field="queue_id")
    if fields.language is not None:
        if fields.language not in ("fr", "en"):
            raise Invalid("unknown_choice", "must be one of fr, en", field="language")
        line.language = fields.language
    if fields.most_parts is not None:
        if not 1 <= fields.most_parts <= MOST_PARTS:
            raise Invalid("most_parts", f"from 1 to {MOST_PARTS}", field="most_parts")
        line.most_parts = fields.most_parts
    if fields.saver is not None:
        if fields.saver not in Saver.values:
            raise Invalid("unknown_choice", f"must be one of {', '.join(Saver.values)}", field="saver")
        line.saver = fields.saver
    if fields.failover is not None:
        if fields.failover not in FailOver.values:
            raise Invalid("unknown_choice", f"must be one of {', '.join(FailOver.values)}", field="failover")
        line.failover = fields.failover
    if fields.failover_after_s is not None:
        if not 1 <= fields.failover_after_s <= LONGEST_WAIT_S:
            raise Invalid("failover_after_s", f"from 1 to {LONGEST_WAIT_S} seconds", field="failover_after_s")
        line.failover_after_s = fields.failover_after_s
    if fields.is_enabled is not None:
        # Switched off and on again, it could bring texts into a queue that is out of use: nobody would see them there.
        if fields.is_enabled and not line.is_enabled and line.queue_id not in known.queues:
            raise Invalid("unknown_choice", "there is no such queue", field="queue_id")
        line.is_enabled = fields.is_enabled
    if fields.answers_after_stop is not None:
        line.answers_after_stop = fields.answers_after_stop
    _apply_hours(line, fields)
    # The constraint decides between two at once; this one speaks in words.
    same = Line.objects.filter(organisation_id=line.organisation_id, medium=line.medium, address=line.address)
    if same.exclude(id=line.id).exists():
        raise Invalid("address_taken", "another line has this address", field="address")


def _apply_hours(line: Line, fields: LineFields) -> None:
    if fields.schedule_id is not None:
        line.schedule = None
        if fields.schedule_id:
            # Kept from being removed meanwhile, not from being changed.
            mine = Schedule.objects.select_for_update(no_key=True).filter(organisation_id=line.organisation_id)
            line.schedule = mine.filter(id=fields.schedule_id).first()
            if line.schedule is None:
                raise Invalid("unknown_choice", "there is no such schedule", field="schedule_id")
    if fields.bot_after_hours is not None:
        line.bot_after_hours = fields.bot_after_hours
    if fields.promises_callback is not None:
        line.promises_callback = fields.promises_callback


def _set_links(line: Line, link_ids: Sequence[UUID]) -> None:
    links = {link.id: link for link in Link.objects.filter(organisation_id=line.organisation_id, id__in=link_ids)}
    if len(links) != len(set(link_ids)):
        raise Invalid("unknown_choice", "there is no such link", field="link_ids")
    for link in links.values():
        if adapter_class(link.adapter).capabilities.medium != line.medium:
            raise Invalid("medium", f"{link.name} carries another medium", field="link_ids")
    gone = LineLink.objects.filter(line=line).exclude(link_id__in=links).values_list("link_id", flat=True)
    if Delivery.objects.filter(link_id__in=list(gone), line_id=line.id, state=DeliveryState.QUEUED).exists():
        raise Conflict("texts_wait", "texts of this line still wait for a link that would be taken away")
    LineLink.objects.filter(line=line).delete()
    LineLink.objects.bulk_create(
        LineLink(line=line, link_id=link_id, priority=place) for place, link_id in enumerate(dict.fromkeys(link_ids))
    )


def described(line: Line) -> dict[str, Any]:
    """A line's fields as JSON values, its links in order of preference."""
    links = LineLink.objects.filter(line=line).order_by("priority").values_list("link_id", flat=True)
    return {
        "name": line.name,
        "address": line.address,
        "medium": line.medium,
        "bot": line.bot,
        "bot_engine": line.bot_engine,
        "queue_id": str(line.queue_id) if line.queue_id else None,
        "language": line.language,
        "most_parts": line.most_parts,
        "saver": line.saver,
        "failover": line.failover,
        "failover_after_s": line.failover_after_s,
        "is_enabled": line.is_enabled,
        "answers_after_stop": line.answers_after_stop,
        "schedule_id": str(line.schedule_id) if line.schedule_id else None,
        "bot_after_hours": line.bot_after_hours,
        "promises_callback": line.promises_callback,
        "link_ids": [str(link_id) for link_id in links],
        "team_ids": sorted(str(team_id) for team_id in line.teams.values_list("id", flat=True)),
    }


def lines_shown(organisation_id: UUID, line_id: UUID | None = None) -> list[dict[str, Any]]:
    """Lines as the administration shows them. There are a few dozen at most: two queries each are no matter."""
    lines = Line.objects.filter(organisation_id=organisation_id).order_by(*SHORT_CODES_FIRST)
    if line_id is not None:
        lines = lines.filter(id=line_id)
    return [{"id": line.id, **described(line)} for line in lines]
