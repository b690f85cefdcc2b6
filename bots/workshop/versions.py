"""Changing a bot in the web: its open version, publishing, rolling back.

A change is kept as it is made, in the open version; nobody who texts meets it. Publishing is one row: from the next
batch of texts on, every dispatcher talks with it (bots/workshop/voices.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.db.models.functions import Now

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Organisation, User
from bots.embedded.domain import VARIABLES
from bots.workshop import judging, rehearsals
from bots.workshop.edits import Edits, Phrase, difference, from_json
from bots.workshop.models import Version
from bots.workshop.phrases import phrase_of, refuse_unlearnable
from bots.workshop.shown import sayable, shipped_files, version_shown
from bots.workshop.voices import published_edits
from common.errors import Conflict, Invalid, NotFound
from common.text import refuse_hidden, storable
from jobs.models import Job, JobState
from jobs.service import request_job
from realtime.log import Changes, record_changes

LONGEST_SENTENCE = 1000
MOST_VARIANTS = 5
MOST_PHRASES_AT_ONCE = 200
TRAIN_KIND = "workshop.train"
State = Version.State
_VARIABLE = re.compile(r"\{(\w*)\}")


def set_sentence(*, actor: User, bot: str, response: str, language: str, texts: Sequence[str] | None) -> dict[str, Any]:
    """`texts` None: as shipped. Returns the open version. Raises NotFound, Invalid, Conflict("training")."""
    files = shipped_files(bot)
    said = sayable(files).get(response, {})
    if language not in said:
        raise NotFound("no_sentence", "there is no such sentence")
    clean = None if texts is None else _texts(response, texts, (text for some in said.values() for text in some))
    if clean is not None and tuple(clean) == said[language]:
        clean = None
    return edit_draft(actor, bot, lambda edits: edits.saying(response, language, clean))


def change_phrases(
    *, actor: User, bot: str, intent: str, language: str, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> dict[str, Any]:
    """Returns the open version. Raises NotFound, Invalid, Conflict("training")."""
    files = shipped_files(bot)
    if intent not in files.domain.intents or language not in files.languages:
        raise NotFound("no_intent", "there is no such intent")
    if len(add) + len(remove) > MOST_PHRASES_AT_ONCE:
        raise Invalid("too_many_phrases", f"at most {MOST_PHRASES_AT_ONCE} at once", field="add")
    new = [Phrase(intent, language, phrase_of(one)) for one in add]
    gone = [Phrase(intent, language, storable(one)) for one in remove]
    shipped = {Phrase(one.intent, one.language, one.text) for one in files.nlu.examples}

    def change(edits: Edits) -> Edits:
        unknown = [one for one in gone if one not in shipped and one not in edits.added]
        if unknown:
            raise Invalid("no_phrase", f"there is no phrase {unknown[0].text!r}", field="remove")
        changed = edits.removing(gone).adding([one for one in new if one not in shipped or one in edits.removed])
        refuse_unlearnable(files, changed)
        return changed

    return edit_draft(actor, bot, change)


def discard(*, actor: User, bot: str) -> None:
    """Throw the open version away. Raises NotFound."""
    with record_changes(actor.organisation_id) as changes:
        row = _open(actor.organisation_id, bot)
        if row is None:
            raise NotFound("no_draft", "nothing has been changed")
        _told(changes, actor, row, "bot.discarded", {"number": [row.number, None]})
        row.delete()


def train(*, actor: User, bot: str) -> dict[str, Any]:
    """Have the open version learn its phrases and be judged, by a job. Raises NotFound, Conflict("training")."""
    with record_changes(actor.organisation_id) as changes:
        row = _open(actor.organisation_id, bot)
        if row is None:
            raise NotFound("no_draft", "nothing has been changed")
        if is_learning(row):
            raise Conflict("training", "it is learning already")
        job = request_job(
            kind=TRAIN_KIND, organisation_id=actor.organisation_id, owner_id=actor.id, max_attempts=3,
            arguments={"version_id": str(row.id), "revision": row.revision},
        )  # fmt: skip
        before, row.state, row.job_id, row.trouble, row.figures = row.state, State.TRAINING, job.id, "", {}
        row.save(update_fields=["state", "job_id", "trouble", "figures"])
        _told(changes, actor, row, "bot.trained", {"state": [before, row.state]})
    return version_shown(row)


def is_learning(row: Version) -> bool:
    """Not one whose job is over, as when its worker died each time."""
    if row.state != State.TRAINING or row.job_id is None:
        return False
    return Job.objects.filter(id=row.job_id, state__in=(JobState.WAITING, JobState.RUNNING)).exists()


def publish(*, actor: User, version_id: UUID, note: str = "") -> dict[str, Any]:
    """All lines of the organisation that name this bot talk with it from the next text on.

    Raises NotFound, Conflict: "not_trained" (its phrases are not learnt), "worse" (docs/learning.md has the rule),
    "judged_before" (against a version that is not the published one any more), "bot_learning" (try again in a moment).
    """
    organisation_id = actor.organisation_id
    row = Version.objects.filter(organisation_id=organisation_id, id=version_id).first()
    if row is None:
        raise NotFound("no_version", "there is no such version")
    seen = row.revision
    rehearsed: list[dict[str, Any]] = []
    if row.state == State.DRAFT:  # outside the transaction: they take turns
        # Not with phrases that are not learnt: this process would begin to learn them.
        if from_json(row.edits).phrases_print != published_edits(organisation_id, row.bot)[1].phrases_print:
            raise Conflict("not_trained", "its phrases have to be learnt first")
        rehearsed = rehearsals.run_all(organisation_id, row.bot, from_json(row.edits))
    with record_changes(organisation_id) as changes:
        rows = {
            one.id: one
            for one in Version.objects.select_for_update(no_key=True)
            .filter(organisation_id=organisation_id, bot=row.bot).order_by("id")
        }  # fmt: skip
        published = next((one for one in rows.values() if one.state == State.PUBLISHED), None)
        found = rows.get(version_id)
        if found is None or found.revision != seen:
            raise Conflict("changed_meanwhile", "somebody has changed it meanwhile")
        if found is published:
            return version_shown(found)
        _refuse_worse(found, published, rehearsed)
        if published is not None:
            published.state = State.RETIRED
            published.save(update_fields=["state"])
        before, found.state, found.published_by = found.state, State.PUBLISHED, actor
        found.note = storable(note).strip()[:200] or found.note
        found.save(update_fields=["state", "published_by", "note"])
        Version.objects.filter(id=found.id).update(published_at=Now())
        was = published.number if published else 0
        _told(
            changes, actor, found, "bot.published", {"published": [was, found.number], "state": [before, found.state]}
        )
    return version_shown(_again(found))


def restore(*, actor: User, bot: str) -> None:
    """Talk as shipped again. Raises NotFound where nothing is published."""
    shipped_files(bot)
    with record_changes(actor.organisation_id) as changes:
        row = (
            Version.objects.select_for_update(no_key=True)
            .filter(organisation_id=actor.organisation_id, bot=bot, state=State.PUBLISHED).first()
        )  # fmt: skip
        if row is None:
            raise NotFound("no_version", "the bot talks as shipped")
        row.state = State.RETIRED
        row.save(update_fields=["state"])
        _told(changes, actor, row, "bot.published", {"published": [row.number, 0]})


def _refuse_worse(row: Version, published: Version | None, rehearsed: Sequence[dict[str, Any]]) -> None:
    """What was published once may be so again; everything else has to be as good as what talks now."""
    if row.state == State.RETIRED:
        return
    edits, base = from_json(row.edits), from_json(published.edits) if published else Edits()
    if row.state == State.DRAFT:
        if edits.phrases_print != base.phrases_print:
            raise Conflict("not_trained", "its phrases have to be learnt first")
        failed = [one["name"] for one in rehearsed if not one["passed"]]
        if failed:
            raise Conflict("worse", f"these conversations go otherwise: {', '.join(failed)}", reasons=failed)
        return
    if row.state != State.READY:
        raise Conflict("not_trained", "its phrases have to be learnt first")
    if row.figures.get("against") != (str(published.id) if published else ""):
        raise Conflict("judged_before", "another version has been published since it was judged: train it again")
    verdict = judging.verdict(row.figures)
    if not verdict.passes:
        raise Conflict("worse", "it is worse than what talks now", reasons=list(verdict.reasons))


def edit_draft(actor: User, bot: str, change: Callable[[Edits], Edits]) -> dict[str, Any]:
    """Keep what `change` makes of the open version's edits; the first change opens one. Returns it.

    Raises NotFound, Conflict("training"), and what `change` raises.
    """
    organisation_id = actor.organisation_id
    files = shipped_files(bot)
    with record_changes(organisation_id) as changes:
        # One at a time: two who begin at once would both make the first version.
        Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)
        row = _open(organisation_id, bot)
        if row is not None and is_learning(row):
            raise Conflict("training", "it is learning: wait, or throw it away")
        published, base = published_edits(organisation_id, bot)
        before = from_json(row.edits) if row else base
        after = change(before)
        if row is None:
            mine = Version.objects.filter(organisation_id=organisation_id, bot=bot)
            last = mine.aggregate(last=Max("number"))["last"]
            row = Version(
                organisation_id=organisation_id, bot=files.name, number=(last or 0) + 1, made_by=actor,
                based_on=published.number if published else 0, edits=after.as_json(),
            )  # fmt: skip
            row.save(force_insert=True)
        elif after != before:
            row.edits, row.state, row.figures, row.trouble = after.as_json(), State.DRAFT, {}, ""
            row.revision += 1
            row.save(update_fields=["edits", "state", "figures", "trouble", "revision"])
        _told(changes, actor, row, "bot.changed", _audited(before, after))
    return version_shown(_again(row))


def _audited(before: Edits, after: Edits) -> dict[str, list[Any]]:
    found = difference(before, after)
    told: dict[str, list[Any]] = {
        f"{name}.{language}": [list(old) if old else None, list(new) if new else None]
        for name, language, old, new in found.sentences
    }
    for key, phrases in (("added", found.added), ("removed", found.removed)):
        if phrases:
            told[key] = [None, [f"{one.intent} ({one.language}): {one.text}" for one in phrases[:20]]]
    return told


def _told(changes: Changes, actor: User, row: Version, action: str, changed: dict[str, list[Any]]) -> None:
    audit.record(
        actor=actor, organisation_id=row.organisation_id, action=action, kind="bot", object_id=row.id,
        name=f"{row.bot} {row.number}", changes=changed,
    )  # fmt: skip
    changes.add(SettingsChanged(kind="bot", object_id=row.id))


def _open(organisation_id: UUID, bot: str) -> Version | None:
    return (
        Version.objects.select_for_update(no_key=True)
        .filter(organisation_id=organisation_id, bot=bot, state__in=Version.OPEN).first()
    )  # fmt: skip


def _again(row: Version) -> Version:
    return Version.objects.select_related("made_by", "published_by").get(id=row.id)


def _texts(response: str, given: Sequence[str], shipped: Iterable[str]) -> list[str]:
    texts = [" ".join(storable(one).split()) for one in given]
    if not 1 <= len(texts) <= MOST_VARIANTS or not all(1 <= len(one) <= LONGEST_SENTENCE for one in texts):
        raise Invalid("sentence_length", f"from 1 to {LONGEST_SENTENCE} characters each", field="texts")
    for one in texts:
        refuse_hidden(one, field="texts")
    wanted = VARIABLES.get(response, set())
    known = wanted.union(*(_VARIABLE.findall(one) for one in shipped))
    for one in texts:
        held = set(_VARIABLE.findall(one))
        if not wanted <= held <= known:
            raise Invalid("sentence_values", f"braces only for: {', '.join(sorted(known)) or 'nothing'}", field="texts")
    return texts
