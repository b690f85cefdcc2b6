"""dialogue.yml: how the bot talks over several texts. Rasa never sees it; both engines obey it.

What is wrong in it is refused when the bot is made, with the file and the place (docs/dialogue.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import regex

from bots.dialogue.plan import Asking, Choice, Detail, FollowUp, Form, Kind, Menu, Plan, Says, Slot, Words
from bots.dialogue.values import fold
from bots.embedded import yaml_files
from bots.embedded.domain import Domain, Signal, signal_of
from bots.embedded.yaml_files import Node

FILE = "dialogue.yml"
TALK: dict[str, frozenset[str]] = {
    name: frozenset(variables.split())
    for name, variables in {
        "menu_wrong": "", "either": "choices", "noted": "value", "what_is_wrong": "", "dropped": "", "resumed": "",
        "offer": "", "offer_again": "", "code": "code", "code_wrong": "", "short_no_more": "",
        "summary_open": "topics", "summary_tried": "topics", "summary_unknown": "",
    }.items()
}  # fmt: skip
WORDS = ("yes", "no", "cancel", "unknown", "correct")
_KINDS: tuple[Kind, ...] = ("amount", "date", "phone", "number", "choice", "text")
_VARIABLE = re.compile(r"\{(\w*)\}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_HOSTILE = ("A" * 400, "0" * 400, "A0" * 200)


def read(folder: Path, domain: Domain, languages: tuple[str, ...]) -> Plan | None:
    """None: the bot has no such file, and each text is answered by itself. Raises BotDataError."""
    if not (folder / FILE).is_file():
        return None
    return _Reader(yaml_files.read(folder / FILE, root=folder), domain, languages).plan()


class _Reader:
    def __init__(self, top: Node, domain: Domain, languages: tuple[str, ...]) -> None:
        self.domain, self.languages = domain, languages
        self.keys = top.as_map(
            required=("country", "talk", "words"),
            optional=("again", "menus", "slots", "forms", "lookups", "follow_ups", "details", "short", "closed"),
        )

    def plan(self) -> Plan:
        country = self.keys["country"]
        if not _COUNTRY.fullmatch(country.as_text()):
            raise country.refuse(f"{country.value!r} is no country code such as BJ")
        talk = self.keys["talk"].as_map(required=tuple(TALK), optional=())
        words = self.keys["words"].as_map(required=WORDS, optional=())
        slots = {name: self._slot(name, node) for name, node in self._map("slots").items()}
        menus = {name: self._menu(name, node) for name, node in self._map("menus").items()}
        for name, menu in menus.items():
            for digit, choice in menu.choices.items():
                if choice.menu and choice.menu not in menus:
                    raise (
                        self.keys["menus"]
                        .child(name)
                        .refuse(f"{digit} leads to a menu {choice.menu!r} that is not here")
                    )
        parents = {choice.menu: name for name, menu in menus.items() for choice in menu.choices.values() if choice.menu}
        menus = {
            name: Menu(menu.name, menu.intent, menu.say, menu.choices, parents.get(name, ""))
            for name, menu in menus.items()
        }
        forms = {name: self._form(name, node, slots) for name, node in self._map("forms").items()}
        lookups = {name: self._asking(name, node, slots) for name, node in self._map("lookups").items()}
        return Plan(
            country=country.as_text(),
            talk={name: self._says(f"talk.{name}", node, TALK[name]) for name, node in talk.items()},
            words={name: self._words(node) for name, node in words.items()},
            again=self._sentences("again", self._intent),
            menus=menus,
            slots=slots,
            forms=forms,
            lookups=lookups,
            follow_ups=tuple(self._follow_up(node) for node in self._list("follow_ups")),
            details={self._intent(name, node): self._detail(name, node) for name, node in self._map("details").items()},
            short=self._sentences("short", self._response),
            closed=self._sentences("closed", self._response),
            by_intent=self._by_intent(menus, forms, lookups),
        )  # fmt: skip

    # --- parts --------------------------------------------------------------------------------------------------

    def _menu(self, name: str, node: Node) -> Menu:
        keys = node.as_map(required=("say", "choices"), optional=("intent",))
        choices: dict[int, Choice] = {}
        if not isinstance(keys["choices"].value, dict) or not keys["choices"].value:
            raise keys["choices"].refuse("digits and what they lead to are expected")
        for digit, value in keys["choices"].value.items():
            place = keys["choices"].child(digit)
            if isinstance(digit, bool) or not isinstance(digit, int) or not 1 <= digit <= 9:
                raise keys["choices"].refuse(f"{digit!r} is no digit from 1 to 9 (0 leads back)")
            if isinstance(value, dict):
                choices[digit] = Choice(menu=place.as_map(required=("menu",), optional=())["menu"].as_text())
            else:
                choices[digit] = Choice(intent=self._intent(place.as_text(), place))
        intent = self._intent(keys["intent"].as_text(), keys["intent"]) if "intent" in keys else ""
        return Menu(name, intent, self._says(f"menu.{name}", keys["say"]), choices)

    def _slot(self, name: str, node: Node) -> Slot:
        optional = ("between", "days_back", "days_ahead", "pattern", "choices", "words")
        keys = node.as_map(required=("type", "ask", "wrong", "recap"), optional=optional)
        kind = next((kind for kind in _KINDS if kind == keys["type"].value), None)
        if kind is None:
            raise keys["type"].refuse(f"a slot is one of {', '.join(_KINDS)}")
        for key, wanted in {"between": "amount", "days_back": "date", "days_ahead": "date", "pattern": "number",
                            "choices": "choice"}.items():  # fmt: skip
            if (key in keys) != (kind == wanted) and (key in keys or key in ("pattern", "choices")):
                raise node.refuse(f"{key!r} belongs to a slot of type {wanted}, and to no other")
        low, high = 1.0, 100_000_000.0
        if "between" in keys:
            ends = keys["between"].as_list()
            if len(ends) != 2:
                raise keys["between"].refuse("two amounts are expected")
            low, high = ends[0].as_number(0, 1e9), ends[1].as_number(0, 1e9)
        choices = {}
        if "choices" in keys:
            choices = {one: self._words(words) for one, words in keys["choices"].as_map().items()}
        return Slot(
            name=name,
            kind=kind,
            ask=self._says(f"slot.{name}", keys["ask"]),
            wrong=self._says(f"slot.{name}.wrong", keys["wrong"]),
            recap=self._says(f"slot.{name}.recap", keys["recap"], {"value"}),
            low=low,
            high=high,
            back=int(keys["days_back"].as_number(0, 36_500)) if "days_back" in keys else 400,
            ahead=int(keys["days_ahead"].as_number(0, 36_500)) if "days_ahead" in keys else 400,
            pattern=_compile(keys["pattern"]) if "pattern" in keys else None,
            choices=choices,
            words=self._words(keys["words"]) if "words" in keys else {},
        )

    def _form(self, name: str, node: Node, slots: Mapping[str, Slot]) -> Form:
        keys = node.as_map(
            required=("intent", "slots"), optional=("begin", "gentle", "confirm", "say", "handover")
        )  # fmt: skip
        asked = tuple(item.as_text() for item in keys["slots"].as_list())
        for slot in asked:
            if slot not in slots:
                raise keys["slots"].refuse(f"{slot!r} is not one of the slots")
        if not asked or len(set(asked)) != len(asked):
            raise keys["slots"].refuse("each slot is named once, and at least one")
        gentle = "gentle" in keys and keys["gentle"].value is True
        if "gentle" in keys and (not isinstance(keys["gentle"].value, bool) or "begin" not in keys):
            raise keys["gentle"].refuse("true or false, and with a `begin` that may do as an answer")
        signal: Signal | None = None
        if "handover" in keys:
            keys["handover"].as_map(required=("reason",), optional=("skills", "priority"))
            signal = signal_of(
                Node(keys["handover"].file, keys["handover"].key, {"action": "handover", **keys["handover"].value})
            )
        says = {
            key: self._says(f"form.{name}.{key}", keys[key], {"slots"} if key == "confirm" else ())
            for key in ("begin", "confirm", "say")
            if key in keys
        }
        intent = self._intent(keys["intent"].as_text(), keys["intent"])
        return Form(name, intent, asked, says.get("begin"), gentle, says.get("confirm"), says.get("say"), signal)

    def _asking(self, name: str, node: Node, slots: Mapping[str, Slot]) -> Asking:
        keys = node.as_map(required=("intent", "look_up", "say"), optional=("with", "rows", "none", "failed"))
        parameters = {}
        for slot, parameter in (keys["with"].as_map() if "with" in keys else {}).items():
            if slot not in slots:
                raise parameter.refuse(f"{slot!r} is not one of the slots")
            parameters[slot] = parameter.as_text()
        rows = int(keys["rows"].as_number(1, 5)) if "rows" in keys else 1
        return Asking(
            name, self._intent(keys["intent"].as_text(), keys["intent"]), keys["look_up"].as_text(), parameters,
            self._says(f"lookup.{name}", keys["say"], None), rows,
            self._says(f"lookup.{name}.none", keys["none"]) if "none" in keys else None,
            self._says(f"lookup.{name}.failed", keys["failed"]) if "failed" in keys else None,
        )  # fmt: skip

    def _follow_up(self, node: Node) -> FollowUp:
        keys = node.as_map(required=("after", "then"), optional=("words", "entity", "values", "instead"))
        if ("entity" in keys) != ("values" in keys) or not ({"words", "values"} & keys.keys()):
            raise node.refuse("it goes by words, or by an entity with its values, or by both")
        entity = keys["entity"].as_text() if "entity" in keys else ""
        if entity and entity not in self.domain.entities:
            raise keys["entity"].refuse(f"{entity!r} is not an entity of domain.yml")
        values = keys["values"].as_map() if "values" in keys else {}
        return FollowUp(
            after=frozenset(self._intent(item.as_text(), item) for item in keys["after"].as_list()),
            then=self._intent(keys["then"].as_text(), keys["then"]),
            words=self._words(keys["words"]) if "words" in keys else {},
            entity=entity,
            values={value: self._words(words) for value, words in values.items()},
            instead=frozenset(
                self._intent(item.as_text(), item) for item in (keys["instead"].as_list() if "instead" in keys else ())
            ),
        )

    def _detail(self, intent: str, node: Node) -> Detail:
        keys = node.as_map(required=("by", "values"), optional=())
        entity = keys["by"].as_text()
        if entity not in self.domain.entities:
            raise keys["by"].refuse(f"{entity!r} is not an entity of domain.yml")
        values = keys["values"].as_map().items()
        return Detail(entity, {value: self._says(f"detail.{intent}.{value}", says) for value, says in values})

    def _by_intent(
        self, menus: Mapping[str, Menu], forms: Mapping[str, Form], lookups: Mapping[str, Asking]
    ) -> dict[str, Menu | Form | Asking]:
        """A look-up that shares its intent with a form is made when the form is filled."""
        found: dict[str, Menu | Form | Asking] = {}
        for kind, things in (("lookups", lookups), ("forms", forms), ("menus", menus)):
            seen: set[str] = set()
            for name, thing in things.items():
                if not thing.intent:
                    continue
                other = found.get(thing.intent)
                if thing.intent in seen or (other is not None and not (kind == "forms" and isinstance(other, Asking))):
                    raise self.keys[kind].child(name).refuse(f"another one answers {thing.intent!r} already")
                seen.add(thing.intent)
                found[thing.intent] = thing
        return found

    # --- words and sentences ------------------------------------------------------------------------------------

    def _map(self, name: str) -> dict[str, Node]:
        return self.keys[name].as_map() if name in self.keys else {}

    def _list(self, name: str) -> list[Node]:
        return self.keys[name].as_list() if name in self.keys else []

    def _sentences(self, key: str, known: Callable[[str, Node], str]) -> dict[str, Says]:
        return {known(name, node): self._says(f"{key}.{name}", node) for name, node in self._map(key).items()}

    def _intent(self, name: str, node: Node) -> str:
        if name not in self.domain.intents:
            raise node.refuse(f"{name!r} is not an intent of domain.yml")
        return name

    def _response(self, name: str, node: Node) -> str:
        """A response of the domain, or a sentence of this file by its place ("talk.offer")."""
        if name.startswith("utter_") and name not in self.domain.responses:
            raise node.refuse(f"{name!r} is not a response of domain.yml")
        return name

    def _words(self, node: Node) -> Words:
        keys = node.as_map(required=self.languages, optional=())
        found = {}
        for language, words in keys.items():
            found[language] = tuple(fold(str(item.value)) for item in words.as_list())
            if not all(found[language]):
                raise words.refuse("one of them has no word")
        return found

    def _says(self, name: str, node: Node, variables: Collection[str] | None = ()) -> Says:
        """The name of a response of the domain, or texts by language. `variables` None: a look-up's own columns."""
        if isinstance(node.value, str):
            response = self.domain.responses.get(node.value)
            if response is None or response.signal is not None:
                raise node.refuse(f"{node.value!r} is not a sentence of domain.yml")
            return Says(response.name, {language: response.variants(language) for language in self.languages})
        texts = {}
        for language, one in node.as_map(required=self.languages, optional=()).items():
            variants = one.as_list() if isinstance(one.value, list) else [one]
            if not variants:
                raise one.refuse("has nothing to say")
            texts[language] = tuple(variant.as_text() for variant in variants)
            for variant in variants:
                for variable in _VARIABLE.findall(variant.as_text()):
                    if variables is not None and variable not in variables:
                        raise variant.refuse(f"{{{variable}}} cannot be filled here")
        return Says(name, texts)


def _compile(node: Node) -> regex.Pattern[str]:
    try:
        compiled = regex.compile(node.as_text(), regex.IGNORECASE)
    except regex.error as error:
        raise node.refuse(f"{node.value!r} is not a valid regex ({error})") from error
    try:
        if compiled.fullmatch(""):
            raise node.refuse(f"{node.value!r} finds nothing at all in every text")
        for text in _HOSTILE:
            compiled.fullmatch(text, timeout=0.02)
    except TimeoutError:
        raise node.refuse(f"{node.value!r} is too slow on long texts (nested repetition?)") from None
    return compiled
