"""A candidate learns its phrases and is judged, by a job: it takes half a minute and a processor."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.events import SettingsChanged
from bots import engine
from bots.embedded.bot_files import BotFiles
from bots.engine import Engine
from bots.errors import BotDataError
from bots.turn import NOT_ANSWERED
from bots.workshop import folders, judging, rehearsals
from bots.workshop.edits import from_json
from bots.workshop.judging import Text
from bots.workshop.models import Label, Rehearsal, Version
from bots.workshop.shown import shipped_files
from bots.workshop.voices import published_edits
from jobs.kinds import RunningJob
from realtime.log import record_changes

log = logging.getLogger(__name__)

SHADOW_DAYS = 7
MOST_SHADOWED = 1000  # texts, newest first
ATTEMPTS = 3

# What a turn answered is the last text of the subscriber before it was decided on.
_TEXTS = """
select t.conversation_id, m.seq, t.language, m.body
from workshop_turntaken t
cross join lateral (
    select seq, body from conversations_message
    where conversation_id = t.conversation_id and seq <= t.seq and kind = 'incoming'
      and id >= uuid_floor(t.at - interval '8 days')
    order by seq desc limit 1
) m
where t.organisation_id = %s and t.bot = %s and t.at > clock_timestamp() - make_interval(days => %s)
order by t.at desc limit %s
"""


def train(job: RunningJob, version_id: str, revision: int) -> dict[str, Any]:
    """Does nothing when the version was changed or thrown away since."""
    if job.organisation_id is None:
        return {"state": "gone"}
    row = Version.objects.filter(
        id=version_id, organisation_id=job.organisation_id, revision=revision, state=Version.State.TRAINING
    ).first()
    if row is None:
        return {"state": "gone"}
    try:
        figures = judge(row, job)
    except BotDataError as error:
        _settle(row, Version.State.FAILED, {}, str(error))
        return {"state": "failed"}
    except Exception as error:
        if job.attempt >= ATTEMPTS:
            _settle(row, Version.State.FAILED, {}, type(error).__name__)
        raise
    _settle(row, Version.State.READY, figures, "")
    return {"state": "ready"}


def judge(row: Version, job: RunningJob) -> dict[str, Any]:
    """Teach it, then put it beside what is published. Raises BotDataError."""
    job.progress(0.05)
    files = shipped_files(row.bot)
    published, base = published_edits(row.organisation_id, row.bot)
    name, edits = folders.materialise(row.bot, from_json(row.edits)), from_json(row.edits)
    candidate = engine.make(name, "embedded")
    job.progress(0.6)
    before = engine.make(folders.materialise(row.bot, base), "embedded")
    job.progress(0.75)
    sets = [
        judging.compare("shipped", language, texts, candidate, before)
        for language, texts in judging.kept_texts(files).items()
    ]
    sets += [
        judging.compare("own", language, texts, candidate, before)
        for language, texts in labels_kept_apart(row.organisation_id, files).items()
    ]
    job.progress(0.85)
    engine.warm(name, "embedded")  # rehearsals are turns, which are taken by name
    try:
        rehearsed = [
            rehearsals.gone(one.name, one.language, one.steps, name)
            for one in Rehearsal.objects.filter(organisation_id=row.organisation_id, bot=row.bot).order_by("name")
        ]
    finally:
        if name != row.bot:
            engine.forget(name)
    job.progress(0.9)
    return {
        "against": str(published.id) if published else "",
        "against_number": published.number if published else 0,
        "phrases": {"added": len(edits.added), "removed": len(edits.removed)},
        "sets": sets,
        "rehearsals": rehearsed,
        "shadow": shadow(row, candidate, before),
    }


def labels_kept_apart(organisation_id: UUID, files: BotFiles) -> dict[str, list[Text]]:
    """Those of the installation that nothing is trained on, by language."""
    found: dict[str, list[Text]] = {}
    rows = Label.objects.filter(organisation_id=organisation_id, bot=files.name, is_kept_apart=True).exclude(intent="")
    for language, intent, phrase in rows.order_by("id").values_list("language", "intent", "phrase"):
        if language in files.languages and phrase:
            found.setdefault(language, []).append((None if intent in NOT_ANSWERED else intent, phrase))
    return found


def shadow(row: Version, candidate: Engine, published: Engine) -> dict[str, Any]:
    """Last week's texts, read by both and answered by nobody. Words are not kept: conversation and number are."""
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, [row.organisation_id, row.bot, SHADOW_DAYS, MOST_SHADOWED])
        texts = cursor.fetchall()
    return differing(texts, candidate, published)


def differing(texts: Sequence[tuple[Any, ...]], candidate: Engine, published: Engine) -> dict[str, Any]:
    items: list[Mapping[str, Any]] = []
    count = 0
    for conversation_id, seq, language, body in texts:
        was = published.read(text=body, language=language or None).intent
        now = candidate.read(text=body, language=language or None).intent
        if was != now:
            count += 1
            if len(items) < judging.SHOWN_DIFFERING:
                items.append({"conversation_id": str(conversation_id), "seq": seq, "was": was or "", "now": now or ""})
    return {"days": SHADOW_DAYS, "texts": len(texts), "differ": count, "items": items}


def _settle(row: Version, state: str, figures: Mapping[str, Any], trouble: str) -> None:
    """Unless it was changed or thrown away meanwhile."""
    with record_changes(row.organisation_id) as changes:
        found = Version.objects.filter(id=row.id, revision=row.revision, state=Version.State.TRAINING)
        found.update(state=state, figures=dict(figures), trouble=trouble[:300])
        changes.add(SettingsChanged(kind="bot", object_id=row.id))
