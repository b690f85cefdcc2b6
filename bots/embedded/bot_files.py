"""One bot's folder, read and checked across files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bots.embedded import domain as domain_file
from bots.embedded import nlu as nlu_files
from bots.embedded import rules as rules_file
from bots.embedded import spelling as spelling_file
from bots.embedded import yaml_files
from bots.embedded.domain import ASKED_FOR_BY_NAME, Domain
from bots.embedded.entities import Entities
from bots.embedded.nlu import Nlu
from bots.embedded.rules import Rules
from bots.embedded.spelling import Spelling


@dataclass(frozen=True, slots=True)
class Thresholds:
    """bot.yml, `embedded`: each engine has its own scale, so Rasa's thresholds stand elsewhere.

    confidence  below it the engine says that it is not sure.
    margin      so much must lie between the first and the second intent.
    language    below it a text does not say which language it is in ("ok", "1").
    """

    confidence: float
    margin: float
    language: float


@dataclass(frozen=True, slots=True)
class BotFiles:
    folder: Path
    name: str
    nlu: Nlu
    domain: Domain
    rules: Rules
    spelling: Spelling
    entities: Entities
    thresholds: Thresholds
    languages: tuple[str, ...]
    mood: bool = False
    """Whether the mood of each text is told (bot.yml, `mood: yes`)."""

    told_by: str = "own"
    """Who tells its languages apart (bot.yml, `languages`; bots/languages.py)."""

    def unused_responses(self) -> list[str]:
        used = {response.name for steps in self.rules.steps.values() for response in steps}
        used.update(ASKED_FOR_BY_NAME)
        return [
            name
            for name in self.domain.responses
            if name not in used and not name.startswith(("utter_topic_", "utter_detail_", "utter_summary_mood_"))
        ]


def read(folder: Path) -> BotFiles:
    """Raises BotDataError at the first thing that the engine cannot honour."""
    for path in sorted(folder.iterdir()):
        known = path.name in {"bot.yml", "spelling.yml", "domain.yml", "rules.yml", "dialogue.yml", "nlu"}
        if not known and path.suffix in {".yml", ".yaml"}:
            raise yaml_files.read(path, root=folder).refuse("the embedded engine does not know this file")
    thresholds = _thresholds(folder)
    nlu = nlu_files.read(nlu_files.paths(folder), root=folder)
    languages = nlu.languages()
    domain = domain_file.read(folder, languages)
    rules = rules_file.read(folder, domain)
    spelling = spelling_file.read(folder, languages)
    entities = Entities(nlu, domain.entities)
    if entities.missing:
        raise domain.top.child("entities").refuse(f"nothing finds {entities.missing[0]!r}: no regex, no lookup")
    _check_phrases(nlu, domain, languages)
    mood, told_by = _switches(folder)
    return BotFiles(folder, folder.name, nlu, domain, rules, spelling, entities, thresholds, languages, mood, told_by)


def _thresholds(folder: Path) -> Thresholds:
    top = yaml_files.read(folder / "bot.yml", root=folder).as_map(required=("engine", "embedded"))
    keys = top["embedded"].as_map(required=("confidence", "margin", "language"), optional=())
    return Thresholds(
        keys["confidence"].as_number(0, 1), keys["margin"].as_number(0, 1), keys["language"].as_number(0.5, 1)
    )


def _switches(folder: Path) -> tuple[bool, str]:
    """`mood` and `languages` of bot.yml, which may be left out."""
    top = yaml_files.read(folder / "bot.yml", root=folder).as_map()
    mood, told_by = top.get("mood"), top.get("languages")
    if mood is not None and not isinstance(mood.value, bool):
        raise mood.refuse("must be yes or no")
    return bool(mood and mood.value), told_by.as_text() if told_by else "own"


def _check_phrases(nlu: Nlu, domain: Domain, languages: tuple[str, ...]) -> None:
    if len(domain.intents) < 2:
        raise domain.top.child("intents").refuse("a bot needs at least two intents")
    have = {(example.intent, example.language) for example in nlu.examples}
    for intent, _ in sorted(have):
        if intent not in domain.intents:
            raise nlu.nodes[intent].refuse(f"the intent {intent!r} is not declared in domain.yml")
    for intent in domain.intents:
        for language in languages:
            if (intent, language) not in have:
                raise domain.top.child("intents").refuse(f"{intent!r} has no example in {language!r}")
