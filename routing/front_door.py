"""The front filter at work: what is known of who writes, and what the filter's word does to his conversation.

Asked of the texts that open a conversation, before the bot (routing/handling.py): once for each, unless somebody of
ours has spoken first. Who is refused gets the answer as any text leaves: nothing to a number that has opted out,
nothing to a sender that is no number, the same answer once within WINDOW, and no more than MOST_ANSWERS in all, so that
two machines do not talk for ever. A text that may ask for no more texts is a person's, whatever the filter says.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import Error, connection
from django.db.models import F

from accounts.hours import Hours, closed_since, next_opening
from common.errors import Invalid, PalabreError
from common.places import place_of
from contacts.attributes import Compare, attributes_of
from contacts.lists import members
from contacts.models import ContactTag
from contacts.numbers import is_number
from contacts.persons import mains
from conversations.consent import consent_of
from conversations.events import ConversationClosed
from conversations.messages import LANE_BOT, add_event_line, send_message
from conversations.models import Author, Conversation, Line, Status
from conversations.wording import in_texts
from realtime import doorbell
from realtime.log import Changes
from routing import stretches
from routing.after_hours_text import texts_for
from routing.filter_models import FrontCheck, FrontFilter, Passage, WayFields
from routing.front_filter import Check, Decision, Facts, Kind, Outcome, Question, Way, decide
from routing.hours import open_now
from routing.models import Queue
from routing.rows import set_fields
from routing.turns import Talk

log = logging.getLogger(__name__)

MOST_ANSWERS = 5  # of filters to one person, within WINDOW
WINDOW = timedelta(minutes=10)
AN_ANSWER = timedelta(days=7)  # to a text of ours: what comes later is a new matter

# Not judged: who has had a person, or has waited for one (a ladder gave him to the bot), whom a filter has judged, and
# who answers what a person or an application wrote him last. That closes its conversation or not
# (routing/new_texts.py), and what he answers opens another one. Who was refused, and got it from a person all the same,
# is no guest.
_CAME = """
select c.id, c.line_id, c.contact_id, a.value
from conversations_conversation c join contacts_address a on a.id = c.address_id
where c.id = any(%(ids)s) and c.assigned_at is null and c.handover_reason <> %(ladder)s
  and not exists (select from routing_passage p where p.conversation_id = c.id)
  and not exists (
    select from (
        select id from conversations_conversation
        where line_id = c.line_id and contact_id = c.contact_id and id <> c.id
        order by opened_at desc limit 1
    ) before
    cross join lateral (
        select author, facts from conversations_message
        where conversation_id = before.id and kind in ('incoming', 'outgoing')
          and created_at > %(since)s and id >= uuid_floor(%(since)s - interval '1 hour')
        order by seq desc limit 1
    ) last
    where (last.author = 'agent' or last.facts->>'application' is not null)
      and not exists (select from routing_passage p where p.conversation_id = before.id and p.outcome <> 'admit')
  )
"""
# The bot's passages are written when it begins: sent away is who is closed, too. The second: whether he was told by the
# same check of the same line; that it was closed is another answer (ended_while_bot_rests).
_ANSWERED = """
select count(*), count(*) filter (
    where p.silence = '' and p.line_id = %(line)s and p.check_id is not distinct from %(check)s
      and c.told_closed_since is null
)
from conversations_conversation c join routing_passage p on p.conversation_id = c.id
where c.contact_id = %(contact)s and c.opened_at > %(since)s and c.id <> %(id)s
  and p.silence in ('', 'empty', 'repeated')
  and (p.outcome = 'answer' or (p.outcome = 'bot' and c.status = 'closed'))
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A filter as it is judged by."""

    line: Line
    checks: tuple[Check, ...]
    otherwise: Way


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is judged. `contact_id` None: nobody who is known."""

    number: str
    contact_id: UUID | None
    language: str
    text: str


def judge(talks: Sequence[Talk], now: datetime) -> dict[UUID, Decision]:
    """What the filters of their lines say of those `talks` that have just begun. Nothing for the others.

    No statement where no line has a filter; else some five for all of them. A filter that cannot be asked for another
    reason than the database lets everybody pass: nobody is lost.
    """
    new = {talk.id: talk for talk in talks if _is_new(talk)}
    if not new:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CAME, {"ids": list(new), "since": now - AN_ANSWER, "ladder": stretches.TO_BOT})
        came = cursor.fetchall()
    filters = load_filters({line_id for _, line_id, _, _ in came})
    asked: dict[UUID, list[tuple[UUID, Asked]]] = {}
    for id_, line_id, contact_id, number in came:
        one = Asked(number, contact_id, new[id_].language, new[id_].text)
        asked.setdefault(line_id, []).append((id_, one))
    found: dict[UUID, Decision] = {}
    for line_id, loaded in filters.items():
        mine = asked.get(line_id, [])
        try:
            facts = facts_of(loaded.line, loaded.checks, [one for _, one in mine], now)
            for (id_, _), known in zip(mine, facts, strict=True):
                found[id_] = decide(loaded.checks, loaded.otherwise, known)
        except Error:
            raise
        except Exception as error:
            log.error("line %s: its filter is not asked: %s at %s", line_id, type(error).__name__, place_of(error))
    return found


def _is_new(talk: Talk) -> bool:
    return (
        talk.is_filtered
        and talk.status == Status.BOT
        and talk.first_at is not None
        and not talk.history
        and not talk.hint
    )


def load_filters(line_ids: Collection[UUID]) -> dict[UUID, Loaded]:
    """By line; those that are on. One that this version cannot read is left out, loudly: everybody passes it."""
    filters = FrontFilter.objects.select_related("line").filter(line_id__in=line_ids, is_enabled=True)
    rows: dict[UUID, list[FrontCheck]] = {}
    for row in FrontCheck.objects.select_related("attribute").filter(filter__line_id__in=line_ids).order_by("place"):
        rows.setdefault(row.filter_id, []).append(row)
    found: dict[UUID, Loaded] = {}
    for one in filters:
        try:
            checks = tuple(check_of(row) for row in rows.get(one.line_id, ()))
            found[one.line_id] = Loaded(one.line, checks, way_of(one))
        except ValueError as error:  # a newer version has written what this one does not know
            log.error("line %s: its filter cannot be read: %s at %s", one.line_id, error, place_of(error))
    return found


def check_of(row: FrontCheck) -> Check:
    return Check(
        id=row.id,
        kind=Kind(row.kind),
        way=way_of(row),
        thing=row.contact_list_id or row.tag_id or row.attribute_id,
        compare=Compare(row.compare),
        value=row.value,
        words=tuple(row.words),
        type=row.attribute.type if row.attribute else "",
    )


def way_of(row: WayFields) -> Way:
    return Way(Outcome(row.outcome), row.queue_id, row.priority, row.reply, row.bot_first)


def facts_of(line: Line, questions: Iterable[Question], asked: Sequence[Asked], now: datetime) -> list[Facts]:
    """What the questions may be about, of each who writes to `line`; only what one of them asks is looked up."""
    organisation_id = line.organisation_id
    things: dict[StrEnum, set[UUID]] = {}
    for question in questions:
        if question.thing is not None:
            things.setdefault(question.kind, set()).add(question.thing)
    lists = things.get(Kind.IN_LIST, set()) | things.get(Kind.NOT_IN_LIST, set())
    inside = members(organisation_id, lists, [one.number for one in asked])
    wanted = things.get(Kind.ATTRIBUTE, set())
    who: Mapping[UUID, UUID] = {}
    if wanted or things.get(Kind.TAG):
        who = mains(organisation_id, [one.contact_id for one in asked if one.contact_id is not None])
    people = list(set(who.values()))
    tags = _tags(organisation_id, people, things.get(Kind.TAG, set()))
    values: Mapping[UUID, dict[UUID, str]] = attributes_of(organisation_id, people, wanted) if wanted else {}
    is_open = open_now(line, now)
    return [
        Facts(
            number=one.number,
            language=one.language,
            is_open=is_open,
            text=one.text,
            lists=frozenset(inside.get(one.number, ())),
            tags=frozenset(tags.get(person, ()) if person else ()),
            attributes=values.get(person, {}) if person else {},
        )
        for one in asked
        for person in [who.get(one.contact_id) if one.contact_id else None]
    ]


def _tags(organisation_id: UUID, people: Sequence[UUID], tags: set[UUID]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    if tags and people:
        rows = ContactTag.objects.filter(organisation_id=organisation_id, contact_id__in=people, tag_id__in=tags)
        for contact_id, tag_id in rows.values_list("contact_id", "tag_id"):
            found.setdefault(contact_id, set()).add(tag_id)
    return found


# --- What comes of it. The conversation is locked. -------------------------------------------------------------------


def note(conversation: Conversation, decision: Decision, *, silence: str = "") -> None:
    """Write the passage down. Again is no harm: the first stays."""
    way = decision.way
    Passage.objects.bulk_create(
        [
            Passage(
                conversation_id=conversation.id,
                organisation_id=conversation.organisation_id,
                line_id=conversation.line_id,
                check_id=decision.check.id if decision.check else None,
                place=decision.place,
                outcome=way.outcome.value,
                queue_id=way.queue_id,
                priority=way.priority,
                reply=way.reply if way.outcome == Outcome.BOT else "",
                silence=silence,
            )
        ],
        ignore_conflicts=True,
    )


def refuse(changes: Changes, conversation: Conversation, decision: Decision, now: datetime) -> None:
    """Answer who is not let in, once, and close."""
    check = decision.check.id if decision.check else None
    silence = answer(changes, conversation, decision.way.reply, now, check)
    note(conversation, decision, silence=silence)
    facts = {"type": "filtered", "check": decision.place, "silence": silence}
    add_event_line(changes=changes, conversation=conversation, facts=facts)
    close(changes, conversation, now, how="")  # no bot was asked, and nobody waited


def ended_by_bot_only(changes: Changes, conversation: Conversation, now: datetime) -> bool:
    """The bot would hand over somebody who is its own only: answer and close. False: he may have a person.

    Asked before anything that the bot says is sent: it may promise a person. Not for a bot that has failed.
    """
    passage = passage_of(conversation)
    if passage is None or passage.outcome != Outcome.BOT:
        return False
    silence = answer(changes, conversation, passage.reply, now, passage.check_id)
    _send_away(changes, conversation, passage, now, silence)
    return True


def ended_while_bot_rests(changes: Changes, conversation: Conversation, hours: Hours, now: datetime) -> bool:
    """Outside the hours of a line whose bot rests: who is the bot's only is told when it opens, once in each closed
    stretch, and his conversation is closed. False: he may wait for a person."""
    passage = passage_of(conversation)
    if passage is None or passage.outcome != Outcome.BOT:
        return False
    since = closed_since(hours, now) or now
    mine = Conversation.objects.filter(line_id=conversation.line_id, contact_id=conversation.contact_id)
    if mine.filter(told_closed_since__gte=since).exists():
        silence = "told"
    else:
        for body in texts_for(conversation, hours, now):
            silence = _send(changes, conversation, body, _sent_away(conversation, now, None)[0])
            if silence != "failed":
                break
        if not silence:
            set_fields(conversation, told_closed_since=since, told_opens_at=next_opening(hours, now))
    _send_away(changes, conversation, passage, now, silence)
    return True


def _send_away(changes: Changes, conversation: Conversation, passage: Passage, now: datetime, silence: str) -> None:
    Passage.objects.filter(conversation_id=conversation.id).update(silence=silence)
    facts = {"type": "filtered", "check": passage.place, "silence": silence}
    add_event_line(changes=changes, conversation=conversation, facts=facts)
    close(changes, conversation, now)


def passage_of(conversation: Conversation) -> Passage | None:
    """What the filter has said of it; asked only where the line has one."""
    if not conversation.line.is_filtered:
        return None
    return Passage.objects.filter(conversation_id=conversation.id).first()


def queue_of(passage: Passage | None) -> UUID | None:
    """The queue that the filter has named, unless it has been deleted or switched off since: as with rules, nobody is
    sent to one that is off."""
    if passage is None or passage.queue_id is None:
        return None
    return passage.queue_id if Queue.objects.filter(id=passage.queue_id, is_enabled=True).exists() else None


def sent_away_often(conversation: Conversation, now: datetime) -> bool:
    """Whether filters have sent this person away MOST_ANSWERS times within WINDOW: it may be a machine."""
    return _sent_away(conversation, now, None)[0]


def _sent_away(conversation: Conversation, now: datetime, check: UUID | None) -> tuple[bool, bool]:
    """(so often that it may be a machine, told the same by `check` or where none held), within WINDOW."""
    asked: dict[str, Any] = {
        "contact": conversation.contact_id, "since": now - WINDOW, "id": conversation.id, "check": check,
        "line": conversation.line_id,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, asked)
        times, same = cursor.fetchone()
    return times >= MOST_ANSWERS, same > 0


def answer(changes: Changes, conversation: Conversation, reply: str, now: datetime, check: UUID | None) -> str:
    """Send the `reply` of a check (None: of the filter's usual way), once within WINDOW: whoever writes three texts in
    a row is told once. Returns why nothing was sent, or ""."""
    often, same = _sent_away(conversation, now, check)
    if same and not often and reply:
        return "repeated"
    return _send(changes, conversation, reply, often)


def _send(changes: Changes, conversation: Conversation, reply: str, often: bool) -> str:
    """In as many texts as it needs; returns why nothing was sent, or ""."""
    if not is_number(conversation.address.value):
        return "no_number"
    if often:
        return "too_many"
    if not reply:
        return "opted_out" if consent_of(conversation).refuses else "empty"

    def say(text: str) -> None:
        send_message(changes=changes, conversation=conversation, body=text, author=Author.SYSTEM, lane=LANE_BOT)

    try:
        try:
            say(reply)
        except Invalid as refusal:  # saved before its line had a link, or another number of texts
            if refusal.code != "too_long":
                raise
            for text in in_texts(conversation, reply):
                say(text)
    except PalabreError as refusal:  # no enabled link: nothing of it is stored
        if refusal.code == "opted_out":
            return "opted_out"
        log.error("conversation %s: the filter's answer cannot be sent: %s", conversation.id, refusal.code)
        return "failed"
    return ""


def close(changes: Changes, conversation: Conversation, now: datetime, *, how: str = "filtered") -> None:
    """`how`: the label of the interval that ends with it; "": none does."""
    if how:
        stretches.end_before_person(conversation, now=now, how=how, agent_id=None)
    fields = {"status": Status.CLOSED, "closed_at": now, "waiting_since": None, "unread": 0}
    Conversation.objects.filter(id=conversation.id).update(revision=F("revision") + 1, **fields)
    for name, value in fields.items():
        setattr(conversation, name, value)
    changes.add(
        ConversationClosed(line_id=conversation.line_id, conversation_id=conversation.id, previous_owner_id=None)
    )
    changes.ring(doorbell.WAITING)
