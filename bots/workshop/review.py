"""Turns to look at: of low confidence, handed over as not understood, and a sample of what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from bots.workshop.phrases import proposed

MOST = 50
LOW = 0.9  # below this confidence an answer is worth a look, though it was sure enough to be given
SAMPLED = 13  # of 256: one answer in twenty, by its key, whoever looks

# `seq` is of the conversation's last message then; the subscriber's last text is at or before it.
_TURNS = """
select t.id, t.conversation_id, t.at, t.line_id, line.address, t.bot, t.version, t.language, t.intent, t.best,
       t.confidence, t.ranking, t.outcome, t.reason, t.mood, coalesce(m.body, ''), c.status,
       l.intent, l.phrase, l.is_kept_apart, who.name
from workshop_turntaken t
left join conversations_line line on line.id = t.line_id
left join conversations_conversation c on c.id = t.conversation_id
left join workshop_label l on l.turn_id = t.id
left join accounts_user who on who.id = l.by_id
left join lateral (
    select body from conversations_message
    where conversation_id = t.conversation_id and seq <= t.seq and kind = 'incoming'
      and id >= uuid_floor(t.at - interval '8 days')
    order by seq desc limit 1
) m on true
where t.organisation_id = %(organisation)s and t.bot = %(bot)s
  and case %(show)s
      when 'review' then l.id is null and (t.intent = '' or t.confidence < %(low)s
                                           or t.outcome = 'handed_over' and t.reason = 'unsure')
      when 'sample' then l.id is null and t.outcome = 'answered' and get_byte(uuid_send(t.id), 15) < %(sampled)s
      when 'labelled' then l.id is not null
      else true end
  and (%(language)s = '' or t.language = %(language)s)
  and (%(intent)s = '' or t.best = %(intent)s)
  and (%(reason)s = '' or t.reason = %(reason)s)
  and (%(line)s::uuid is null or t.line_id = %(line)s)
  and (%(day)s::date is null or (t.at at time zone %(zone)s)::date = %(day)s)
  and (%(before)s::uuid is null or t.id < %(before)s)
order by t.id desc limit %(limit)s
"""
SHOWS = ("review", "sample", "labelled", "all")


@dataclass(frozen=True, slots=True)
class Asked:
    """`before`: the last turn of the page before. `day`: by the organisation's clock."""

    bot: str
    show: str = "review"
    language: str = ""
    intent: str = ""
    reason: str = ""
    line_id: UUID | None = None
    day: date | None = None
    before: UUID | None = None


def turns_shown(organisation_id: UUID, zone: str, asked: Asked) -> dict[str, Any]:
    """Newest first, MOST of them; each with its text, unless that is erased."""
    parameters: dict[str, Any] = {
        "organisation": organisation_id, "bot": asked.bot, "show": asked.show if asked.show in SHOWS else "all",
        "low": LOW, "sampled": SAMPLED, "language": asked.language, "intent": asked.intent, "reason": asked.reason,
        "line": asked.line_id, "day": asked.day, "zone": zone, "before": asked.before, "limit": MOST + 1,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, parameters)
        rows = cursor.fetchall()
    return {"items": [_shown(row) for row in rows[:MOST]], "has_more": len(rows) > MOST}


def _shown(row: Sequence[Any]) -> dict[str, Any]:
    (id_, conversation_id, at, line_id, address, bot, version, language, intent, best, confidence, ranking, outcome,
     reason, mood, text, status, meant, phrase, is_kept_apart, by) = row  # fmt: skip
    guesses = _read(ranking)
    return {
        "id": id_,
        "conversation_id": conversation_id,
        "at": at,
        "line_id": line_id,
        "line": address or "",
        "bot": bot,
        "version": version,
        "language": language,
        "intent": intent,
        "best": best,
        "confidence": confidence,
        "ranking": [{"intent": name, "confidence": share} for name, share in guesses],
        "outcome": outcome,
        "reason": reason,
        "mood": mood,
        "text": text,
        "proposed": proposed(text),
        "status": status or "",
        "label": None
        if meant is None
        else {"intent": meant, "phrase": phrase, "is_kept_apart": is_kept_apart, "by": by or ""},
    }


def _read(ranking: Any) -> list[tuple[str, float]]:
    import json

    found = json.loads(ranking) if isinstance(ranking, str) else ranking
    return [(str(name), float(share)) for name, share in found]
