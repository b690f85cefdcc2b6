"""What a version changes in the bot that is shipped: values, no files and no database.

A version says everything that differs from the shipped folder, not from the version before: so a release of ours that
brings better phrases reaches installations that have changed others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple


class Phrase(NamedTuple):
    intent: str
    language: str
    text: str


Sentences = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Edits:
    """`sentences`: by response and language, all that may be said. `added`, `removed`: phrases, in the order given."""

    sentences: Sentences = field(default_factory=dict)
    added: tuple[Phrase, ...] = ()
    removed: tuple[Phrase, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.sentences or self.added or self.removed)

    @property
    def print(self) -> str:
        """The same for the same edits, whoever made them when."""
        return _print(self.as_json())

    @property
    def phrases_print(self) -> str:
        """Of the phrases alone: a version with the same ones need not learn again. "": the shipped ones."""
        return _print(self.only_phrases().as_json()) if self.added or self.removed else ""

    def only_phrases(self) -> Edits:
        return Edits({}, self.added, self.removed)

    def with_phrases_of(self, other: Edits) -> Edits:
        return Edits(self.sentences, other.added, other.removed)

    def saying(self, response: str, language: str, texts: Sequence[str] | None) -> Edits:
        """`texts` None: what is shipped."""
        sentences = {name: dict(by_language) for name, by_language in self.sentences.items()}
        if texts is None:
            sentences.get(response, {}).pop(language, None)
        else:
            sentences.setdefault(response, {})[language] = tuple(texts)
        return replace(self, sentences={name: one for name, one in sentences.items() if one})

    def adding(self, phrases: Sequence[Phrase]) -> Edits:
        """A phrase that was taken out comes back; one that is there stays once."""
        back = set(phrases) & set(self.removed)
        new = tuple(dict.fromkeys(one for one in phrases if one not in back and one not in self.added))
        return replace(self, added=self.added + new, removed=tuple(one for one in self.removed if one not in back))

    def removing(self, phrases: Sequence[Phrase]) -> Edits:
        """What was added by hand is forgotten; what is shipped is noted as taken out."""
        ours = set(phrases) & set(self.added)
        gone = tuple(dict.fromkeys(one for one in phrases if one not in ours and one not in self.removed))
        return replace(self, added=tuple(one for one in self.added if one not in ours), removed=self.removed + gone)

    def as_json(self) -> dict[str, Any]:
        return {
            "sentences": {
                name: {one: list(texts) for one, texts in said.items()} for name, said in self.sentences.items()
            },
            "added": [one._asdict() for one in self.added],
            "removed": [one._asdict() for one in self.removed],
        }


def from_json(given: Mapping[str, Any]) -> Edits:
    """Raises KeyError or TypeError for what `as_json` has not written."""
    return Edits(
        {name: {one: tuple(texts) for one, texts in said.items()} for name, said in given.get("sentences", {}).items()},
        tuple(Phrase(**one) for one in given.get("added", ())),
        tuple(Phrase(**one) for one in given.get("removed", ())),
    )


class Difference(NamedTuple):
    """Of one version to another. `sentences`: (response, language, before, after); None: as shipped."""

    sentences: tuple[tuple[str, str, tuple[str, ...] | None, tuple[str, ...] | None], ...]
    added: tuple[Phrase, ...]
    removed: tuple[Phrase, ...]


def difference(before: Edits, after: Edits) -> Difference:
    """Phrases that only one of the two has: a phrase that is no longer taken out is an added one."""
    said = []
    for name in sorted({*before.sentences, *after.sentences}):
        old, new = before.sentences.get(name, {}), after.sentences.get(name, {})
        said += [
            (name, one, old.get(one), new.get(one)) for one in sorted({*old, *new}) if old.get(one) != new.get(one)
        ]
    added = [one for one in after.added if one not in before.added]
    added += [one for one in before.removed if one not in after.removed]
    removed = [one for one in after.removed if one not in before.removed]
    removed += [one for one in before.added if one not in after.added]
    return Difference(tuple(said), tuple(added), tuple(removed))


def _print(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
