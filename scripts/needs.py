"""Which test proves which requirement: writes docs/needs.md, or with --check says whether it is up to date.

A claim is `@pytest.mark.needs("BUS-019")` on a test (or class, or `pytestmark` of a module); with `part="..."` the
requirement is proved in part. Claims are read from the source without running it, so nothing has to be installed.
"""

from __future__ import annotations

import ast
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "requirements.csv"
PAGE = ROOT / "docs" / "needs.md"
MARKS = {"P": "product", "S": "service", "O": "outside party", "C": "context"}


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    need: str
    test: str  # tests/package/test_file.py::test_name
    part: str


def claims(source: str, name: str) -> Iterator[Claim]:
    """The claims of one test file. Raises ValueError for a claim that is no plain text."""
    tree = ast.parse(source, name)
    yield from _module_claims(tree, name)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                yield from _claim(decorator, f"{name}::{node.name}")


def _module_claims(tree: ast.Module, name: str) -> Iterator[Claim]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in targets):
            marks = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            for mark in marks:
                yield from _claim(mark, name)


def _claim(node: ast.expr, test: str) -> Iterator[Claim]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "needs"):
        return
    ids = [word.value for word in node.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    parts = [word.value for word in node.keywords if word.arg == "part"]
    if len(ids) != len(node.args) or not ids or any(not isinstance(part, ast.Constant) for part in parts):
        raise ValueError(f"{test}: needs() takes requirement ids and part= as plain texts")
    part = str(parts[0].value) if parts and isinstance(parts[0], ast.Constant) and parts[0].value else ""
    for need in ids:
        yield Claim(need, test, part)


def collect() -> list[Claim]:
    found: list[Claim] = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        found += claims(path.read_text(), path.relative_to(ROOT).as_posix())
    return sorted(set(found))


def known() -> dict[str, tuple[str, str]]:
    """id -> (need in short words, mark)"""
    with LIST.open(newline="") as file:
        return {row["id"]: (row["need"], row["mark"]) for row in csv.DictReader(file)}


def page(found: list[Claim], needs: dict[str, tuple[str, str]]) -> str:
    whole = {claim.need for claim in found if not claim.part}
    partly = {claim.need for claim in found} - whole
    rest = len(needs) - len(whole | partly)
    lines = [
        "# Which requirement is proved by which test",
        "",
        "Written by `scripts/needs.py` from the marks on the tests; do not edit. All requirements, with their",
        "marks, stand in `requirements.csv`.",
        "",
        f"Of {len(needs)}: proved {len(whole)}, proved in part {len(partly)}, not claimed yet {rest}.",
        "",
    ]
    for title, ids in (("Proved", whole), ("Proved in part", partly)):
        if not ids:
            continue
        lines += [f"## {title}", "", "| Id | Need | Mark | Tests |", "| --- | --- | --- | --- |"]
        for need in sorted(ids):
            tests = [
                f"`{claim.test}`" + (f" ({claim.part})" if claim.part else "") for claim in found if claim.need == need
            ]
            text, mark = needs[need]
            spelt = " + ".join(MARKS.get(letter, letter) for letter in mark.split("+"))
            lines.append(f"| {need} | {text} | {spelt} | {'<br>'.join(tests)} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def main(check: bool) -> int:
    needs, found = known(), collect()
    if unknown := [claim for claim in found if claim.need not in needs]:
        for claim in unknown:
            print(f"{claim.test} claims {claim.need}, which docs/requirements.csv does not know")
        return 1
    wanted = page(found, needs)
    if not check:
        PAGE.write_text(wanted)
        print(f"docs/needs.md: {len({claim.need for claim in found})} requirements claimed")
        return 0
    if not PAGE.exists() or PAGE.read_text() != wanted:
        print("docs/needs.md is out of date: run `python scripts/needs.py` and commit it")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
