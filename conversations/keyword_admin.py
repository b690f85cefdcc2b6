"""The words that a line obeys and what it answers them with: shown with the usual ones, changed by an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import User
from common.errors import Invalid, NotFound
from common.text import storable
from contacts.keywords import REPLIES, WORDS, Keyword, KeywordTable
from contacts.models import LineKeywords
from conversations.models import Line
from realtime import doorbell
from realtime.log import record_changes

MOST_WORDS = 30
LONGEST_WORD = 30
LONGEST_REPLY = 320  # characters: what confirms should not cost more than a talk


class KeywordsView(TypedDict):
    """One keyword in one language. `usual`: the installation's own words and reply, not the line's."""

    language: str
    kind: str
    words: list[str]
    reply: str
    usual: bool


@dataclass(frozen=True, slots=True)
class KeywordFields:
    """`usual`: forget what the line has of its own."""

    language: str
    kind: str
    words: Sequence[str]
    reply: str
    usual: bool = False


def keywords_of(organisation_id: UUID, line_id: UUID) -> list[KeywordsView]:
    """Raises NotFound."""
    line = _line(organisation_id, line_id)
    own = {(one.language, one.kind): one for one in LineKeywords.objects.filter(line_id=line.id)}
    return [_view(language, kind, own.get((language, kind))) for language in WORDS for kind in Keyword]


def save_keywords(*, actor: User, line_id: UUID, fields: KeywordFields) -> list[KeywordsView]:
    """Change one keyword in one language. Raises NotFound, Invalid: opting out may be spelled otherwise, never not at
    all, and STOP itself always works."""
    if fields.language not in WORDS or fields.kind not in set(Keyword):
        raise Invalid("unknown_choice", "there is no such keyword", field="kind")
    kind = Keyword(fields.kind)
    words = _words(kind, fields.words)
    reply = storable(fields.reply).strip()
    if not fields.usual and not reply:
        raise Invalid("required", "whoever writes the word is answered", field="reply")
    if len(reply) > LONGEST_REPLY:
        raise Invalid("too_long", f"at most {LONGEST_REPLY} characters", field="reply")
    with record_changes(actor.organisation_id) as changes:
        line = _line(actor.organisation_id, line_id)
        mine = LineKeywords.objects.select_for_update().filter(line_id=line.id, language=fields.language, kind=kind)
        row = mine.first()
        before = _view(fields.language, kind, row)
        if fields.usual:
            mine.delete()
            row = None
        else:
            row = row or LineKeywords(
                organisation_id=line.organisation_id, line_id=line.id, language=fields.language, kind=kind
            )
            row.words, row.reply = words, reply
            row.save()
        changed = audit.difference(dict(before), dict(_view(fields.language, kind, row)))
        if changed:
            audit.record(
                actor=actor, organisation_id=line.organisation_id, action="line.changed", kind="line",
                object_id=line.id, name=str(line),
                changes={f"{kind}.{fields.language}.{name}": pair for name, pair in changed.items()},
            )  # fmt: skip
            changes.add(SettingsChanged(kind="line", object_id=line.id))
            changes.ring(doorbell.LINKS)
    return keywords_of(actor.organisation_id, line_id)


def _words(kind: Keyword, given: Sequence[str]) -> list[str]:
    words = list(dict.fromkeys(word for one in given if (word := storable(one).strip().upper())))
    if len(words) > MOST_WORDS:
        raise Invalid("too_long", f"at most {MOST_WORDS} words", field="words")
    for word in words:
        # What folds to nothing is obeyed by nobody; one letter or a figure is an answer to a menu.
        folded = next(iter(KeywordTable.of({"": {kind: [word]}}).words), "")
        if len(word) > LONGEST_WORD or len(folded) < 2 or folded.isdecimal():
            raise Invalid("keyword", f"{word[:LONGEST_WORD]!r} cannot be a keyword", field="words")
    if kind == Keyword.OPT_OUT:
        return list(dict.fromkeys(["STOP", *words]))
    if not words:
        raise Invalid("required", "at least one word", field="words")
    return words


def _line(organisation_id: UUID, line_id: UUID) -> Line:
    line = Line.objects.filter(organisation_id=organisation_id, id=line_id).first()
    if line is None:
        raise NotFound("no_line", "there is no such line")
    return line


def _view(language: str, kind: Keyword, row: LineKeywords | None) -> KeywordsView:
    words = list(WORDS[language][kind]) if row is None else list(row.words)
    reply = REPLIES[language][kind] if row is None else row.reply
    return {"language": language, "kind": str(kind), "words": words, "reply": reply, "usual": row is None}
