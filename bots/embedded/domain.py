"""domain.yml: intents, entities, slots and every sentence that the bot can say (Rasa's domain format 3.1).

A response is varied by language as Rasa does it, with a condition on a slot:

    utter_greet:
    - condition: [{type: slot, name: lang, value: fr}]
      text: "Bonjour..."

A signal is a response with a `custom` payload instead of a text, which needs no action server under Rasa:

    {action: handover, reason: asked|unsure|rule, skills: [...], priority: 0}       {action: opt_out}

Sentences that no rule utters, because the application asks for them by name:

    utter_failed                   said when the engine broke
    utter_summary_<reason>         first words of the agent's summary, for each reason of a handover
    utter_summary_topic            {topic}    utter_topic_<intent>: the words for one intent
    utter_summary_details          {details}  utter_detail_<entity>: the words for one {value}
    utter_summary_said             {asked}    the subscriber's own words
    utter_summary_mood_<mood>      may be left out: one line on a subscriber who is negative, neutral or positive
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bots.embedded import yaml_files
from bots.embedded.yaml_files import Node
from bots.turn import Reason

SIGNAL_REASONS: dict[str, Reason] = {"asked": "asked", "unsure": "unsure", "rule": "rule"}
VARIABLES = {
    "utter_summary_topic": {"topic"},
    "utter_summary_details": {"details"},
    "utter_summary_said": {"asked"},
}
ASKED_FOR_BY_NAME = (
    "utter_failed",
    "utter_summary_asked",
    "utter_summary_unsure",
    "utter_summary_rule",
    "utter_summary_failed",
    *VARIABLES,
)
_VARIABLE = re.compile(r"\{(\w*)\}")
_SLOTS = {"lang": "text", "clarified": "bool"}


@dataclass(frozen=True, slots=True)
class Signal:
    """What a `custom` payload asks of the application. `reason` counts when the action is a handover."""

    action: str
    reason: Reason = "rule"
    skills: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """One `utter_*`: texts by language (key "" holds the unconditional ones), or one signal."""

    name: str
    texts: Mapping[str, tuple[str, ...]]
    signal: Signal | None
    node: Node

    def variants(self, language: str) -> tuple[str, ...]:
        return self.texts.get(language) or self.texts.get("", ())


@dataclass(frozen=True, slots=True)
class Domain:
    intents: tuple[str, ...]
    entities: tuple[str, ...]
    responses: Mapping[str, Response]
    home_language: str
    top: Node


def read(folder: Path, languages: tuple[str, ...]) -> Domain:
    """Raises BotDataError. `languages`: those of the phrases; each sentence must exist in all of them."""
    top = yaml_files.read(folder / "domain.yml", root=folder)
    keys = top.as_map(
        required=("intents", "responses", "slots"), optional=("version", "entities", "actions", "session_config")
    )
    if "actions" in keys and keys["actions"].as_list():
        raise keys["actions"].refuse("custom actions need Rasa's action server; answer with responses instead")
    if "session_config" in keys:
        session = keys["session_config"].as_map(
            required=("session_expiration_time",), optional=("carry_over_slots_to_new_session",)
        )
        if session["session_expiration_time"].value != 0:
            raise session["session_expiration_time"].refuse("must be 0: the application ends conversations")
    home = _home_language(keys["slots"], languages)
    responses = {name: _response(name, node, languages) for name, node in keys["responses"].as_map().items()}
    intents = _names(keys["intents"])
    entities = _names(keys["entities"]) if "entities" in keys else ()
    domain = Domain(intents, entities, responses, home, top)
    _check_names(domain)
    return domain


def _names(node: Node) -> tuple[str, ...]:
    names: list[str] = []
    for item in node.as_list():
        name = item.as_text()
        if name in names:
            raise item.refuse(f"{name!r} stands twice")
        names.append(name)
    return tuple(names)


def _home_language(node: Node, languages: tuple[str, ...]) -> str:
    slots = node.as_map(required=("lang",), optional=_SLOTS)
    for name, slot in slots.items():
        keys = slot.as_map(required=("type", "mappings"), optional=("initial_value", "influence_conversation"))
        if keys["type"].value != _SLOTS[name]:
            raise keys["type"].refuse(f"this slot must be of type {_SLOTS[name]}")
        if keys["mappings"].value != [{"type": "custom"}]:
            raise keys["mappings"].refuse("slots are set by the application: only [{type: custom}] is honoured")
    first = slots["lang"].as_map(required=("initial_value",))["initial_value"]
    if first.as_text() not in languages:
        raise first.refuse(f"no phrase is in {first.value!r} (phrases are in {', '.join(languages)})")
    return first.as_text()


def _response(name: str, node: Node, languages: tuple[str, ...]) -> Response:
    if not name.startswith("utter_"):
        raise node.refuse("a response's name starts with utter_")
    texts: dict[str, list[str]] = {}
    signals: list[Signal] = []
    for variation in node.as_list():
        keys = variation.as_map(optional=("text", "condition", "custom"))
        language = _condition(keys["condition"], languages) if "condition" in keys else ""
        if ("text" in keys) == ("custom" in keys):
            raise variation.refuse("needs either a text or a custom payload")
        if "text" in keys:
            texts.setdefault(language, []).append(_text(name, keys["text"]))
        else:
            signals.append(signal_of(keys["custom"]))
    if len(signals) > 1 or (signals and texts):
        raise node.refuse("a signal stands alone: one variation with a custom payload, and no text")
    if not signals:
        for language in languages:
            if language not in texts and "" not in texts:
                raise node.refuse(f"has nothing to say in {language!r}")
    frozen = {language: tuple(variants) for language, variants in texts.items()}
    return Response(name, frozen, signals[0] if signals else None, node)


def _condition(node: Node, languages: tuple[str, ...]) -> str:
    conditions = node.as_list()
    if len(conditions) != 1:
        raise node.refuse("exactly one condition is honoured")
    keys = conditions[0].as_map(required=("type", "name", "value"), optional=())
    if keys["type"].value != "slot" or keys["name"].value != "lang":
        raise conditions[0].refuse("only a condition on the slot lang is honoured")
    if keys["value"].as_text() not in languages:
        raise keys["value"].refuse(f"no phrase is in {keys['value'].value!r}")
    return keys["value"].as_text()


def _text(name: str, node: Node) -> str:
    text = node.as_text()
    allowed = {"value"} if name.startswith("utter_detail_") else VARIABLES.get(name, set())
    for variable in _VARIABLE.findall(text):
        if variable not in allowed:
            raise node.refuse(f"{{{variable}}} cannot be filled here")
    return text


def signal_of(node: Node) -> Signal:
    """Raises BotDataError."""
    keys = node.as_map(required=("action",), optional=("reason", "skills", "priority"))
    action = keys["action"].as_text()
    if action == "opt_out":
        node.as_map(required=("action",), optional=())
        return Signal(action)
    if action != "handover":
        raise keys["action"].refuse(f"the application knows handover and opt_out, not {action!r}")
    if "reason" not in keys or keys["reason"].value not in SIGNAL_REASONS:
        raise node.refuse(f"a handover has a reason: {', '.join(SIGNAL_REASONS)}")
    skills = tuple(skill.as_text() for skill in keys["skills"].as_list()) if "skills" in keys else ()
    priority = keys["priority"].as_number(0, 9) if "priority" in keys else 0
    return Signal(action, SIGNAL_REASONS[keys["reason"].value], skills, int(priority))


def _check_names(domain: Domain) -> None:
    responses = domain.top.child("responses")
    for name in ASKED_FOR_BY_NAME:
        if name not in domain.responses:
            raise responses.refuse(f"{name!r} is missing: the application asks for it by name")
    for name, response in domain.responses.items():
        for prefix, known in (("utter_topic_", domain.intents), ("utter_detail_", domain.entities)):
            if name.startswith(prefix) and name.removeprefix(prefix) not in known:
                raise response.node.refuse(f"{name.removeprefix(prefix)!r} is not declared in this domain")
        if response.signal and name in ASKED_FOR_BY_NAME:
            raise response.node.refuse("must be a text")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Each `{name}` replaced once; braces inside a value stay as the subscriber wrote them."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)
