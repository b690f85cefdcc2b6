"""Texts with the feeling that people read in them.

.tsv    first, second, text: what one reading of the text said, what another said later in another order. So are ours.
.yml    `negative: [texts]`, `neutral: [texts]`, `positive: [texts]`: one reading. A file with several languages has
        them at its top.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bots.embedded import yaml_files
from bots.errors import BotDataError

NEGATIVE, NEUTRAL, POSITIVE = LABELS = ("negative", "neutral", "positive")

OWN = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Read:
    """`second`: "" where nobody has read the text twice."""

    text: str
    first: str
    second: str = ""


@cache
def languages() -> tuple[str, ...]:
    """Those of which moods can be told."""
    return tuple(sorted(path.stem for path in OWN.glob("*.tsv")))


def teaching(language: str) -> list[Read]:
    """Our own texts of a language, from which its moods are learnt: those that were read twice alike."""
    return [one for one in read(OWN / f"{language}.tsv", language) if one.first == one.second]


def read(file: Path, language: str) -> list[Read]:
    """Raises BotDataError."""
    found = _columns(file) if file.suffix == ".tsv" else _mapping(file, language)
    if len({one.first for one in found}) < 2:
        raise BotDataError(file.name, "", "needs texts of at least two of " + ", ".join(LABELS))
    return found


def _columns(file: Path) -> list[Read]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise BotDataError(file.name, "", f"cannot be read ({error})") from error
    found = []
    for number, row in enumerate(rows, start=2):
        one = Read(row.get("text") or "", row.get("first") or "", row.get("second") or "")
        if not one.text.strip() or one.first not in LABELS or one.second not in {"", *LABELS}:
            raise BotDataError(file.name, f"line {number}", "columns are first, second, text; labels " + repr(LABELS))
        found.append(one)
    return found


def _mapping(file: Path, language: str) -> list[Read]:
    keys = yaml_files.read(file, root=file.parent).as_map()
    if language in keys and isinstance(keys[language].value, dict):
        keys = keys[language].as_map()
    found: list[Read] = []
    for label, node in keys.items():
        if label not in LABELS:
            raise node.refuse(f"there is no mood {label!r} (known: {', '.join(LABELS)})")
        found.extend(Read(line.as_text(), label) for line in node.as_list())
    return found


def agreement(texts: Sequence[Read]) -> dict[str, float | int] | None:
    """Of two readings: the share read alike, and Cohen's kappa, which takes off what chance would give.

    None where not every text was read twice.
    """
    if not texts or not all(one.second for one in texts):
        return None
    count = len(texts)
    alike = sum(one.first == one.second for one in texts) / count
    chance = sum(
        sum(one.first == label for one in texts) * sum(one.second == label for one in texts) for label in LABELS
    ) / (count * count)
    kappa = 1.0 if chance == 1.0 else (alike - chance) / (1.0 - chance)
    return {"texts": count, "alike": round(alike, 4), "kappa": round(kappa, 4)}
