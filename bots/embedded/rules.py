"""rules.yml: which intent leads to which responses (Rasa's rule format, the part without memory).

    - rule: not understood, for the first time
      condition:
      - slot_was_set: [{clarified: false}]
      steps:
      - intent: nlu_fallback
      - action: utter_clarify

`nlu_fallback` is Rasa's name for "not sure enough". Whatever a rule under `clarified: false` says is a
clarification: once one of those sentences stands in the conversation, `clarified` is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bots.embedded import yaml_files
from bots.embedded.domain import Domain, Response
from bots.embedded.yaml_files import Node

FALLBACK = "nlu_fallback"


@dataclass(frozen=True, slots=True)
class Rules:
    """Responses by (intent, clarified). Every intent of the domain, and the fallback, has both."""

    steps: Mapping[tuple[str, bool], tuple[Response, ...]]
    clarifications: tuple[Response, ...]


def read(folder: Path, domain: Domain) -> Rules:
    node = yaml_files.read(folder / "rules.yml", root=folder)
    top = node.as_map(required=("rules",), optional=("version",))
    steps: dict[tuple[str, bool], tuple[Response, ...]] = {}
    clarifications: list[Response] = []
    for rule in top["rules"].as_list():
        keys = rule.as_map(required=("rule", "steps"), optional=("condition",))
        clarified = _condition(keys["condition"]) if "condition" in keys else None
        intent, responses = _steps(keys["steps"], domain)
        for value in (False, True) if clarified is None else (clarified,):
            if (intent, value) in steps:
                raise rule.refuse(f"a second rule for {intent!r} in the same state")
            steps[intent, value] = responses
        if clarified is False:
            clarifications.extend(response for response in responses if response.signal is None)
    for intent in (*domain.intents, FALLBACK):
        for value in (False, True):
            if (intent, value) not in steps:
                state = "true" if value else "false"
                raise top["rules"].refuse(f"no rule says what to do on {intent!r} (clarified: {state})")
    if not any(response.signal and response.signal.action == "handover" for response in steps[FALLBACK, True]):
        raise top["rules"].refuse(f"{FALLBACK!r} must hand over once something was clarified")
    return Rules(steps, tuple(clarifications))


def _condition(node: Node) -> bool:
    conditions = node.as_list()
    if len(conditions) != 1:
        raise node.refuse("exactly one condition is honoured")
    slots = conditions[0].as_map(required=("slot_was_set",), optional=())["slot_was_set"].as_list()
    if len(slots) != 1:
        raise node.refuse("exactly one slot is honoured")
    value = slots[0].as_map(required=("clarified",), optional=())["clarified"]
    if not isinstance(value.value, bool):
        raise value.refuse("must be true or false")
    return value.value


def _steps(node: Node, domain: Domain) -> tuple[str, tuple[Response, ...]]:
    steps = node.as_list()
    if len(steps) < 2:
        raise node.refuse("a rule is one intent and then at least one action")
    first = steps[0].as_map(required=("intent",), optional=())["intent"]
    intent = first.as_text()
    if intent not in domain.intents and intent != FALLBACK:
        raise first.refuse(f"{intent!r} is not an intent of domain.yml")
    responses = []
    for step in steps[1:]:
        action = step.as_map(required=("action",), optional=())["action"]
        name = action.as_text()
        if name not in domain.responses:
            raise action.refuse(f"{name!r} is not a response of domain.yml")
        responses.append(domain.responses[name])
    if sum(response.signal is not None for response in responses) > 1:
        raise node.refuse("one signal to a rule")
    signals = [response.signal for response in responses if response.signal]
    if len(signals) == len(responses) and signals[0].action != "handover":
        raise node.refuse("says nothing and hands over to nobody: the subscriber would wait for ever")
    return intent, tuple(responses)
