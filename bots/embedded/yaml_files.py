"""YAML read strictly: every complaint names the file and the key.

YAML itself keeps the last of two equal keys and says nothing, which would silently drop half of a bot.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from pathlib import Path
from typing import Any

import yaml

from bots.errors import BotDataError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is six times faster, and optional


class _Loader(_Base):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


class Node:
    """A value with its address. Each `as_` method gives the value in its type or raises BotDataError."""

    __slots__ = ("file", "key", "value")

    def __init__(self, file: str, key: str, value: Any) -> None:
        self.file = file
        self.key = key
        self.value = value

    def refuse(self, problem: str) -> BotDataError:
        return BotDataError(self.file, self.key, problem)

    def child(self, name: str | int) -> Node:
        step = f"[{name}]" if isinstance(name, int) else f".{name}" if self.key else str(name)
        return Node(self.file, self.key + step, self.value[name])

    def as_map(self, *, required: Collection[str] = (), optional: Collection[str] | None = None) -> dict[str, Node]:
        """The children by key. `optional=None` lets any further key through."""
        if not isinstance(self.value, dict):
            raise self.refuse(f"a mapping is expected, not {_kind(self.value)}")
        for name in self.value:
            if not isinstance(name, str):
                raise self.refuse(f"the key {name!r} is {_kind(name)}; put it between quotation marks")
            if optional is not None and name not in required and name not in optional:
                raise self.child(name).refuse("the embedded engine cannot honour this key")
        for name in required:
            if name not in self.value:
                raise self.refuse(f"the key {name!r} is missing")
        return {name: self.child(name) for name in self.value}

    def as_list(self) -> list[Node]:
        if not isinstance(self.value, list):
            raise self.refuse(f"a list is expected, not {_kind(self.value)}")
        return [self.child(index) for index in range(len(self.value))]

    def as_text(self) -> str:
        if not isinstance(self.value, str):
            raise self.refuse(f"a text is expected, not {_kind(self.value)} (quotation marks?)")
        if not self.value.strip():
            raise self.refuse("a text is expected, this one is empty")
        return self.value.strip()

    def as_number(self, low: float, high: float) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.refuse(f"a number is expected, not {_kind(self.value)}")
        if not low <= self.value <= high:
            raise self.refuse(f"{self.value} is not between {low} and {high}")
        return float(self.value)

    def as_lines(self) -> list[str]:
        """Rasa's `examples: |` block: one `- phrase` to a line."""
        lines = []
        for number, line in enumerate(self.as_text().splitlines(), start=1):
            phrase = line.strip()
            if not phrase:
                continue
            if not phrase.startswith("- ") or not phrase[2:].strip():
                raise self.refuse(f"line {number} must be a dash, a space and a phrase: {phrase!r}")
            lines.append(phrase[2:].strip())
        return lines


def read(path: Path, *, root: Path) -> Node:
    """The top node of one file; `root` only shortens the file's name in complaints."""
    name = str(path.relative_to(root.parent))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BotDataError(name, "", f"cannot be read ({error})") from error
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader that also refuses double keys)
    except yaml.YAMLError as error:
        raise BotDataError(name, "", f"is not valid YAML ({' '.join(str(error).split())})") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise BotDataError(name, "", f"is not valid YAML ({type(error).__name__})") from error
    if value is None:
        raise BotDataError(name, "", "is empty")
    return Node(name, "", value)


def _kind(value: object) -> str:
    kinds = {dict: "a mapping", list: "a list", str: "a text", bool: "a yes/no value", type(None): "nothing"}
    return kinds.get(type(value), f"{value!r}")
