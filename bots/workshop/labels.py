"""What people say that texts meant; and teaching it to a draft.

One label in five, by a hash of its words, is kept apart: it judges candidates and is never trained on. By the words and
not by chance, so that the same text, labelled again, is on the same side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from bots.embedded.bot_files import BotFiles
from bots.workshop import versions
from bots.workshop.edits import Edits, Phrase
from bots.workshop.models import Label, TurnTaken
from bots.workshop.phrases import Learnable, phrase_of, proposed
from bots.workshop.shown import shipped_files
from common.errors import Invalid, NotFound
from common.text import storable
from realtime.log import record_changes

MOST_AT_ONCE = 50
KEPT_APART = 5  # one of so many
MOST_LEARNT_AT_ONCE = 1000

_TEXTS = """
select t.id, coalesce(m.body, '') from workshop_turntaken t
left join lateral (
    select body from conversations_message
    where conversation_id = t.conversation_id and seq <= t.seq and kind = 'incoming'
      and id >= uuid_floor(t.at - interval '8 days')
    order by seq desc limit 1
) m on true
where t.id = any(%s)
"""


def label(*, actor: User, turn_ids: Sequence[UUID], intent: str, phrase: str | None = None) -> dict[str, int]:
    """Say what the texts of these turns, of one bot, meant. `intent` "": nothing to learn here. `phrase`: the words to
    learn, for one turn; None: what is left of its text without numbers and names. Says it anew where it was said.

    Raises NotFound, Invalid.
    """
    organisation_id = actor.organisation_id
    if not 1 <= len(turn_ids) <= MOST_AT_ONCE or (phrase is not None and len(turn_ids) > 1):
        raise Invalid("out_of_range", f"from 1 to {MOST_AT_ONCE}", field="turn_ids", least=1, most=MOST_AT_ONCE)
    with record_changes(organisation_id) as changes:
        turns = list(TurnTaken.objects.filter(organisation_id=organisation_id, id__in=turn_ids).order_by("id"))
        if len(turns) < len(set(turn_ids)) or len({one.bot for one in turns}) > 1:
            raise NotFound("no_turn", "there is no such text")
        files = shipped_files(turns[0].bot)
        if intent and intent not in files.domain.intents:
            raise Invalid("unknown_choice", "there is no such subject", field="intent")
        texts = _texts([one.id for one in turns])
        apart = 0
        for turn in turns:
            words = phrase_of(phrase if phrase is not None else proposed(texts[turn.id])) if intent else ""
            kept_apart = bool(intent) and is_kept_apart(words)
            apart += kept_apart
            language = turn.language if turn.language in files.languages else files.domain.home_language
            Label.objects.update_or_create(
                turn=turn,
                defaults={
                    "organisation_id": organisation_id, "bot": turn.bot, "language": language, "intent": intent,
                    "taken_for": turn.best, "version": turn.version, "phrase": words, "is_kept_apart": kept_apart,
                    "by": actor,
                },
            )  # fmt: skip
        audit.record(
            actor=actor, organisation_id=organisation_id, action="bot.labelled", kind="bot", object_id=turns[0].id,
            name=turns[0].bot, changes={"texts": [None, len(turns)], "intent": [None, intent]},
        )  # fmt: skip
        changes.add(SettingsChanged(kind="bot", object_id=turns[0].id))
    return {"labelled": len(turns), "kept_apart": apart}


def is_kept_apart(phrase: str) -> bool:
    words = " ".join(phrase.casefold().split())
    return hashlib.sha256(words.encode()).digest()[0] % KEPT_APART == 0


def teach(*, actor: User, bot: str) -> dict[str, Any]:
    """Put into the draft what labels say and it does not know; returns how many, and how many cannot be learnt (the
    same words stand under another subject). Raises NotFound, Conflict("training")."""
    files = shipped_files(bot)
    wanted = to_learn(actor.organisation_id, files)
    told = {"added": 0, "refused": 0, "known": 0}

    def change(edits: Edits) -> Edits:
        told.update(added=0, refused=0, known=0)
        standing = {Phrase(one.intent, one.language, one.text) for one in files.nlu.examples} - set(edits.removed)
        standing.update(edits.added)
        learnable = Learnable(files, edits.removed)
        for one in edits.added:
            learnable.take(one)
        new = []
        for one in wanted:
            if one in standing:
                told["known"] += 1
                continue
            try:
                learnable.take(one)
            except Invalid:
                told["refused"] += 1
            else:
                new.append(one)
        told["added"] = len(new)
        return edits.adding(new)

    version = versions.edit_draft(actor, bot, change)
    return {"version": version, **told}


def to_learn(organisation_id: UUID, files: BotFiles) -> list[Phrase]:
    """Never one that is kept apart; neither another label with its words."""
    rows = Label.objects.filter(organisation_id=organisation_id, bot=files.name, is_kept_apart=False).exclude(intent="")
    found = [
        Phrase(intent, language, storable(phrase))
        for intent, language, phrase in rows.order_by("at").values_list("intent", "language", "phrase")
        if intent in files.domain.intents and phrase and not is_kept_apart(phrase)
    ]
    return list(dict.fromkeys(found))[-MOST_LEARNT_AT_ONCE:]


def _texts(turn_ids: Sequence[UUID]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, [list(turn_ids)])
        return dict(cursor.fetchall())
