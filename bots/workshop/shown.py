"""A bot as administrators see it: its sentences by subject, its phrases by intent, its versions."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.db import connection

from bots import catalogue
from bots.embedded import bot_files, yaml_files
from bots.embedded.bot_files import BotFiles
from bots.errors import BotDataError, UnknownBot
from bots.workshop import folders, judging, voices
from bots.workshop.edits import Edits, Phrase, difference, from_json
from bots.workshop.models import Version
from common.errors import NotFound
from conversations.models import Line
from jobs.models import Job

MOST_VERSIONS = 50  # shown

_BODIES = """
select m.conversation_id, m.seq, m.body
from unnest(%s::uuid[], %s::bigint[]) asked (conversation_id, seq)
join conversations_message m using (conversation_id, seq)
where m.organisation_id = %s and m.id >= uuid_floor(clock_timestamp() - interval '60 days')
"""
_SUBJECTS = ("utter_handover_", "utter_signal_", "utter_summary_", "utter_topic_", "utter_detail_", "utter_")


def shipped_files(bot: str) -> BotFiles:
    """Raises NotFound, also for a bot whose files are broken."""
    try:
        return _files(bot, folders.shipped_print(bot))
    except (UnknownBot, BotDataError):
        raise NotFound("no_bot", "there is no such bot") from None


def bots_shown(organisation_id: UUID) -> list[dict[str, Any]]:
    lines = Counter(Line.objects.filter(organisation_id=organisation_id, is_enabled=True).values_list("bot", flat=True))
    published = dict(
        Version.objects.filter(organisation_id=organisation_id, state=Version.State.PUBLISHED).values_list(
            "bot", "number"
        )
    )
    return [{"name": bot, "lines": lines[bot], "published": published.get(bot, 0)} for bot in catalogue.names()]


def bot_shown(organisation_id: UUID, bot: str) -> dict[str, Any]:
    """Raises NotFound."""
    files = shipped_files(bot)
    rows = list(
        Version.objects.filter(organisation_id=organisation_id, bot=bot)
        .select_related("made_by", "published_by").order_by("-number")[:MOST_VERSIONS]
    )  # fmt: skip
    open_ = next((row for row in rows if row.state in Version.OPEN), None)
    published, base = voices.published_edits(organisation_id, bot)
    edits = from_json(open_.edits) if open_ else base
    return {
        "bot": bot,
        "languages": list(files.languages),
        "home_language": files.domain.home_language,
        "published": published.number if published else 0,
        "trouble": published.trouble if published else "",
        "draft": _with_texts(organisation_id, version_shown(open_)) if open_ else None,
        "sentences": _sentences(files, base, edits),
        "intents": _intents(files, edits),
        "differences": _differences(base, edits),
        "needs_learning": edits.phrases_print != base.phrases_print,
        "versions": [version_shown(row) for row in rows],
    }


def version_shown(row: Version) -> dict[str, Any]:
    job = None
    if row.state == Version.State.TRAINING and row.job_id is not None:
        job = Job.objects.filter(id=row.job_id).values("state", "progress", "error").first()
    is_over = row.state == Version.State.TRAINING and (job is None or job["state"] in ("failed", "cancelled"))
    return {
        "id": row.id,
        "number": row.number,
        "based_on": row.based_on,
        "revision": row.revision,
        "state": Version.State.FAILED.value if is_over else row.state,
        "note": row.note,
        "trouble": row.trouble or (job["error"] if job else ""),
        "progress": job["progress"] if job and not is_over else None,
        "figures": _figures_shown(row),
        "made_by": row.made_by.name if row.made_by else "",
        "made_at": row.made_at,
        "published_by": row.published_by.name if row.published_by else "",
        "published_at": row.published_at,
    }


def _with_texts(organisation_id: UUID, version: dict[str, Any]) -> dict[str, Any]:
    """With the texts that it would understand otherwise, as long as they are not erased."""
    figures = version["figures"]
    items = figures["shadow"]["items"] if figures else []
    if not items:
        return version
    with connection.cursor() as cursor:
        cursor.execute(
            _BODIES, [[one["conversation_id"] for one in items], [one["seq"] for one in items], organisation_id]
        )
        bodies = {(str(conversation_id), seq): body for conversation_id, seq, body in cursor.fetchall()}
    told = [{**one, "text": bodies.get((one["conversation_id"], one["seq"]), "")} for one in items]
    return {**version, "figures": {**figures, "shadow": {**figures["shadow"], "items": told}}}


def _figures_shown(row: Version) -> dict[str, Any] | None:
    if not row.figures:
        return None
    found = judging.verdict(row.figures)
    return {**row.figures, "passes": found.passes, "reasons": list(found.reasons)}


def phrases_shown(organisation_id: UUID, bot: str, intent: str, language: str) -> list[dict[str, Any]]:
    """Added ones first, then as they stand in the files; what is taken out is there, and says so. Raises NotFound."""
    files = shipped_files(bot)
    if intent not in files.domain.intents or language not in files.languages:
        raise NotFound("no_intent", "there is no such intent")
    edits = edits_now(organisation_id, bot)
    gone = set(edits.removed)
    found = [
        {"text": one.text, "state": "added"}
        for one in reversed(edits.added)
        if (one.intent, one.language) == (intent, language)
    ]
    for one in files.nlu.examples:
        if (one.intent, one.language) == (intent, language):
            state = "removed" if Phrase(intent, language, one.text) in gone else "shipped"
            found.append({"text": one.text, "state": state})
    return found


def edits_now(organisation_id: UUID, bot: str) -> Edits:
    """Of the open version, or else of the published one."""
    open_ = Version.objects.filter(organisation_id=organisation_id, bot=bot, state__in=Version.OPEN).first()
    return from_json(open_.edits) if open_ else voices.published_edits(organisation_id, bot)[1]


def sayable(files: BotFiles) -> dict[str, dict[str, tuple[str, ...]]]:
    """What may be changed of what the shipped bot says: by response and language, texts on no other condition."""
    top = yaml_files.read(files.folder / "domain.yml", root=files.folder).value
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, variations in top["responses"].items():
        for language in files.languages:
            texts = tuple(one["text"].strip() for one in variations if folders.is_plainly(one, language))
            if texts:
                found.setdefault(name, {})[language] = texts
    return found


def subject_of(response: str) -> str:
    """ "bill_dispute" of "utter_handover_bill_dispute"; what agents read of a handover is "summary"."""
    if response.startswith(("utter_summary_", "utter_topic_", "utter_detail_")):
        return "summary"
    prefix = next(one for one in _SUBJECTS if response.startswith(one))
    return response.removeprefix(prefix) or "handover"


def _sentences(files: BotFiles, base: Edits, edits: Edits) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "subject": subject_of(name),
            "texts": {one: list(edits.sentences.get(name, {}).get(one, texts)) for one, texts in said.items()},
            "shipped": {one: list(texts) for one, texts in said.items()},
            "changed": edits.sentences.get(name, {}) != base.sentences.get(name, {}),
            "own": name in edits.sentences,
        }
        for name, said in sayable(files).items()
    ]


def _intents(files: BotFiles, edits: Edits) -> list[dict[str, Any]]:
    counts = Counter((one.intent, one.language) for one in files.nlu.examples)
    added = Counter((one.intent, one.language) for one in edits.added)
    removed = Counter((one.intent, one.language) for one in edits.removed)
    return [
        {
            "name": intent,
            "phrases": {
                one: counts[intent, one] + added[intent, one] - removed[intent, one] for one in files.languages
            },
            "added": sum(added[intent, one] for one in files.languages),
            "removed": sum(removed[intent, one] for one in files.languages),
        }
        for intent in files.domain.intents
    ]


def _differences(before: Edits, after: Edits) -> dict[str, Any]:
    found = difference(before, after)
    return {
        "sentences": [
            {"name": name, "language": one, "before": list(old) if old is not None else None,
             "after": list(new) if new is not None else None}
            for name, one, old, new in found.sentences
        ],
        "added": [one._asdict() for one in found.added],
        "removed": [one._asdict() for one in found.removed],
    }  # fmt: skip


_read: dict[str, tuple[str, BotFiles]] = {}


def _files(bot: str, made_of: str) -> BotFiles:
    known = _read.get(bot)
    if known is None or known[0] != made_of:
        known = _read[bot] = (made_of, bot_files.read(catalogue.folder(bot)))
    return known[1]
