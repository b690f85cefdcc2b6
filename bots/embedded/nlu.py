"""Phrases, patterns and word lists from nlu/*.yml (Rasa's training data format 3.1).

Marks such as `[2000](amount)` or `[jour]{"entity": "bundle"}` are read as the bare words: values are found by
the regex and lookup blocks alone, so a mark for an entity that has neither is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bots.embedded import yaml_files
from bots.embedded.yaml_files import Node
from bots.errors import BotDataError

_MARK = re.compile(r"\[([^\[\]]+)\](?:\(([^()\s]+)\)|\{([^{}]*)\})")
_MARK_ENTITY = re.compile(r'"entity"\s*:\s*"([^"]+)"')
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    intent: str
    language: str


@dataclass(slots=True)
class Nlu:
    """All blocks of all files. `regexes` and `lookups` by entity; `synonyms` from phrase to canonical value."""

    examples: list[Example] = field(default_factory=list)
    regexes: dict[str, list[str]] = field(default_factory=dict)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    synonyms: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    """First block of each intent and entity, for complaints."""

    def languages(self) -> tuple[str, ...]:
        return tuple(sorted({example.language for example in self.examples}))


def read(paths: Sequence[Path], *, root: Path) -> Nlu:
    nlu = Nlu()
    marked: dict[str, Node] = {}
    for path in paths:
        top = yaml_files.read(path, root=root).as_map(required=("nlu",), optional=("version",))
        for block in top["nlu"].as_list():
            _block(block, nlu, marked)
    for entity, node in marked.items():
        if entity not in nlu.regexes and entity not in nlu.lookups:
            raise node.refuse(f"marks the entity {entity!r}, for which there is no regex and no lookup block")
    return nlu


def _block(block: Node, nlu: Nlu, marked: dict[str, Node]) -> None:
    keys = block.as_map()
    if "intent" in keys:
        _intent(block, nlu, marked)
        return
    for kind in ("regex", "lookup", "synonym"):
        if kind in keys:
            keys = block.as_map(required=(kind, "examples"), optional=())
            name, lines = keys[kind].as_text(), keys["examples"].as_lines()
            if kind == "synonym":
                _synonyms(keys["examples"], nlu, name, lines)
            else:
                (nlu.regexes if kind == "regex" else nlu.lookups).setdefault(name, []).extend(lines)
                nlu.nodes.setdefault(name, keys["examples"])
            return
    raise block.refuse("is neither an intent, a regex, a lookup nor a synonym block")


def _intent(block: Node, nlu: Nlu, marked: dict[str, Node]) -> None:
    keys = block.as_map(required=("intent", "metadata", "examples"), optional=())
    intent = keys["intent"].as_text()
    if "/" in intent:
        raise keys["intent"].refuse("retrieval intents (with a slash) are not supported")
    language_node = keys["metadata"].as_map(required=("lang",), optional=())["lang"]
    language = language_node.as_text()
    if not _LANGUAGE.fullmatch(language):
        raise language_node.refuse(f"{language!r} is not a language code such as fr")
    for phrase in keys["examples"].as_lines():
        for match in _MARK.finditer(phrase):
            marked.setdefault(_marked_entity(match, keys["examples"]), keys["examples"])
        nlu.examples.append(Example(without_marks(phrase), intent, language))
    nlu.nodes.setdefault(intent, block)


def without_marks(phrase: str) -> str:
    """ "[2000](amount) f" is "2000 f"."""
    return _MARK.sub(r"\1", phrase)


def _marked_entity(match: re.Match[str], node: Node) -> str:
    if match[2]:
        return match[2]
    named = _MARK_ENTITY.search(match[3])
    if not named or '"role"' in match[3] or '"group"' in match[3]:
        raise node.refuse(f"the mark {match[0]!r} has no entity, or a role or group, which are not supported")
    return named[1]


def _synonyms(node: Node, nlu: Nlu, value: str, phrases: list[str]) -> None:
    for phrase in phrases:
        if nlu.synonyms.setdefault(phrase, value) != value:
            raise node.refuse(f"{phrase!r} is a synonym of both {nlu.synonyms[phrase]!r} and {value!r}")


def paths(folder: Path) -> list[Path]:
    """The folder's NLU files in a fixed order (training is deterministic)."""
    found = sorted((folder / "nlu").rglob("*.yml"))
    if not found:
        raise BotDataError(f"{folder.name}/nlu", "", "no .yml file here: the bot has no phrases")
    return found
