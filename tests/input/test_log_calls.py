"""The calls that write lines, read from the source: constant words, and values that are nobody's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from config.settings import ROOT

LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
LOGGERS = {"log", "logger"}
# What holds words or numbers of people, or a secret, under whatever name it is reached.
PRIVATE = {
    "body", "text", "sender", "recipient", "destination", "address", "number", "phone", "password", "secret",
    "raw", "payload", "octets", "short_message", "preview", "summary", "session_key", "email", "cookie", "said",
}  # fmt: skip
APART = {"simulator", "tests", "scripts", "bench", "frontend"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    packages = [one for one in ROOT.iterdir() if (one / "__init__.py").exists() and one.name not in APART]
    for path in sorted(path for package in packages for path in package.rglob("*.py")):
        place = path.relative_to(ROOT)
        for node in ast.walk(ast.parse(path.read_text(), str(path))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in LOGGERS
            ):
                yield f"{place}:{node.lineno}", node


def test_lines_are_constant_words_with_values() -> None:
    found = list(calls())
    assert len(found) > 50, "the calls are no longer found"
    wrong = [
        place
        for place, call in found
        if not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert not wrong, f"no f-string, no concatenation, no variable as the words of a line: {wrong}"


def test_no_value_of_a_line_is_words_or_a_number_or_a_secret() -> None:
    wrong = []
    for place, call in calls():
        for value in call.args[1:]:
            for node in ast.walk(value):
                name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
                if name in PRIVATE:
                    wrong.append(f"{place}: {name}")
    assert not wrong, f"who may read a log may not read these: {wrong}"
