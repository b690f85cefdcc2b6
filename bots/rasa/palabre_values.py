"""Values in a text (amounts, numbers, names of bundles), found by the embedded engine's own code.

Rasa's RegexEntityExtractor takes only the patterns of entities that are marked in some phrase, and ours are marked
nowhere: it would find nothing, and say nothing. Nor does it know that accents and case do not matter in a lookup.

No `from __future__ import annotations`: see palabre_classifier.py.
"""

import json
import os
from pathlib import Path
from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from palabre_shared import Entities, bot_files, nlu, yaml_files

FILE = "values.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PalabreValues(GraphComponent, EntityExtractorMixin):
    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        self._storage, self._resource = storage, resource
        self._values: Any = None

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "PalabreValues":
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "PalabreValues":
        made = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            kept = json.loads((Path(folder) / FILE).read_text(encoding="utf-8"))
        declared = tuple(kept.pop("declared"))
        # Only a complaint would need the places: training has heard them all.
        nodes = {name: yaml_files.Node(FILE, name, None) for name in (*kept["regexes"], *kept["lookups"])}
        made._values = Entities(nlu.Nlu(**kept, nodes=nodes), declared)
        return made

    def train(self, training_data: TrainingData) -> Resource:
        """From the folder that BOT_FOLDER names: the same blocks, read and refused as the embedded engine does."""
        files = bot_files.read(Path(os.environ["BOT_FOLDER"]))
        kept = {
            "declared": files.domain.entities,
            "regexes": files.nlu.regexes,
            "lookups": files.nlu.lookups,
            "synonyms": files.nlu.synonyms,
        }
        with self._storage.write_to(self._resource) as folder:
            (Path(folder) / FILE).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        self._values = files.entities
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            found = self._values.find(message.get("text") or "")
            values = [{"entity": name, "value": value, "extractor": "PalabreValues"} for name, value in found.items()]
            message.set("entities", values, add_to_output=True)
        return messages
