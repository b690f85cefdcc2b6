"""The intent of a text: the embedded engine's words and features, one softmax regression for all languages.

A phrase that stands in the bot's files as it is needs no guess ("STOP"). The message's metadata say in which language
its abbreviations are to be opened. Kept as JSON and npz: nothing of a model is ever unpickled.

No `from __future__ import annotations`: Rasa compares the real annotations of every method, and stops without them.
"""

import json
import os
from pathlib import Path
from typing import Any, Dict, List, Sequence, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import palabre_softmax
from palabre_shared import NOT_ANSWERED, as_seen, bot_files, features, spelling

Known = Dict[str, Dict[str, str]]


class Reader:
    """Words, phrases known by heart, and the regression. `known`: by language, from opened words to the intent."""

    def __init__(self, words: spelling.Spelling, known: Known, model: palabre_softmax.Softmax) -> None:
        self.words, self.known, self.model = words, known, model

    def read(self, text: str, language: str) -> Tuple[List[Tuple[str, float]], bool]:
        """Intents with their confidence, best first, and whether the first may be believed at all.

        No intent for a text without a word, or of numbers alone: "1" is never understood.
        """
        words = spelling.words(text)
        if all(word == "0" for word in words):
            return [], False
        known = self._stands_for(words, language)
        if known:
            return [(known, 1.0)], True
        meant = self.words.meaning(words, language, courtesy=True)
        odds, strange = self.model.odds(features.of_words(meant))
        order = np.argsort(-odds, kind="stable")
        ranking = [(self.model.labels[place], float(odds[place])) for place in order]
        # "xqzt" is not off topic: it is not understood. Nor is what only looks like a phrase, in other letters: STOP.
        seen = as_seen(words)
        looks = seen != words and self._stands_for(seen, language)
        return ranking, not looks and not (strange and ranking[0][0] in NOT_ANSWERED)

    def _stands_for(self, words: Sequence[str], language: str) -> str:
        """Its own language first, then the others ("stop" is a word of both); "" when the phrase is nobody's."""
        for spoken in (language, *(other for other in self.known if other != language)):
            for courtesy in (True, False):
                phrase = " ".join(self.words.meaning(words, spoken, courtesy=courtesy))
                if phrase in self.known.get(spoken, {}):
                    return self.known[spoken][phrase]
        return ""


def learn(words: spelling.Spelling, examples: Sequence[Tuple[str, str, str]]) -> Reader:
    """`examples`: (text, intent, language)."""
    known: Known = {}
    meant = []
    for text, intent, language in examples:
        opened = words.meaning(spelling.words(text), language, courtesy=True)
        meant.append(features.of_words(opened))
        if not all(word == "0" for word in opened):
            known.setdefault(language, {})[" ".join(opened)] = intent
    return Reader(words, known, palabre_softmax.train(meant, [intent for _, intent, _ in examples]))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class PalabreClassifier(GraphComponent, IntentClassifier):
    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        self._storage, self._resource = storage, resource
        self._reader: Any = None

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "PalabreClassifier":
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "PalabreClassifier":
        made = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            made._reader = _read(Path(folder))
        return made

    def train(self, training_data: TrainingData) -> Resource:
        """Phrases from Rasa's own reading of nlu/*.yml; the spelling of the folder that BOT_FOLDER names."""
        words = bot_files.read(Path(os.environ["BOT_FOLDER"])).spelling
        examples = [
            (one.get("text"), one.get("intent"), one.get("metadata")["intent"]["lang"])
            for one in training_data.intent_examples
        ]
        self._reader = learn(words, examples)
        with self._storage.write_to(self._resource) as folder:
            _write(Path(folder), self._reader)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            language = (message.get("metadata") or {}).get("lang") or ""
            ranking, believed = self._reader.read(message.get("text") or "", language)
            named = [{"name": name, "confidence": confidence} for name, confidence in ranking[:10]]
            first = named[0] if named and believed else {"name": None, "confidence": 0.0}
            message.set("intent", first, add_to_output=True)
            message.set("intent_ranking", named, add_to_output=True)
        return messages


def _write(folder: Path, reader: Reader) -> None:
    tables = {
        "abbreviations": {
            language: {short: list(full) for short, full in table.items()}
            for language, table in reader.words.abbreviations.items()
        },
        "courtesy": sorted(reader.words.courtesy),
        "known": reader.known,
        "labels": reader.model.labels,
        "unseen": reader.model.unseen,
    }
    (folder / "words.json").write_text(json.dumps(tables, ensure_ascii=False), encoding="utf-8")
    model = reader.model
    np.savez(folder / "softmax.npz", keys=model.keys, idf=model.idf, weights=model.weights, bias=model.bias)


def _read(folder: Path) -> Reader:
    tables = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    words = spelling.Spelling(
        {
            language: {short: tuple(full) for short, full in table.items()}
            for language, table in tables["abbreviations"].items()
        },
        frozenset(tables["courtesy"]),
    )
    with np.load(folder / "softmax.npz", allow_pickle=False) as kept:
        model = palabre_softmax.Softmax(
            tuple(tables["labels"]), kept["keys"], kept["idf"], kept["weights"], kept["bias"], tables["unseen"]
        )
    return Reader(words, tables["known"], model)
