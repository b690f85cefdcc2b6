"""Whether a candidate may be published: compared with what talks now, on texts that neither has learnt from.

The rule, also in words in docs/learning.md: on each set and language, no figure may be lower than the published
version's by more than a point; a floor that the published one keeps, the candidate keeps; rehearsals go as saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bots import evaluation, figures
from bots.embedded.bot_files import BotFiles
from bots.engine import Engine
from bots.figures import Judged

KEPT = Path(__file__).parent.parent / "kept"
MOST_LOST = 0.01
FLOORS = {"top1": 0.90, "precision": 0.97}
FIGURES = ("top1", "precision", "answered", "off_topic_rejected")
LEAST_LABELS = 30  # of a language, before they say anything
SHOWN_DIFFERING = 50

Text = tuple[str | None, str]  # what it means (None: off topic), and itself


class Verdict(NamedTuple):
    """`reasons`: "shipped.fr.top1", "shipped.fr.top1.floor", "rehearsal.<name>"; none: it passes."""

    passes: bool
    reasons: tuple[str, ...]


def kept_texts(files: BotFiles) -> dict[str, list[Text]]:
    """The shipped judge of a bot, by language."""
    found = {}
    for language in files.languages:
        file = KEPT / f"{files.name}_{language}.yml"
        if file.is_file():
            found[language] = evaluation.read(file, language, files.domain.intents)
    return found


def compare(name: str, language: str, texts: Sequence[Text], candidate: Engine, published: Engine) -> dict[str, Any]:
    """One set: figures of both, with their 95% intervals. `decides`: there are enough of them to be judged by."""
    return {
        "set": name,
        "language": language,
        "texts": len(texts),
        "decides": name == "shipped" or len(texts) >= LEAST_LABELS,
        "candidate": _figures(candidate, texts, language),
        "published": _figures(published, texts, language),
    }


def verdict(found: Mapping[str, Any]) -> Verdict:
    """Of the figures that training has stored. Without any it does not pass."""
    sets = [one for one in found.get("sets", ()) if one["decides"]]
    reasons = [reason for one in sets for reason in _worse(one)]
    reasons += [f"rehearsal.{one['name']}" for one in found.get("rehearsals", ()) if not one["passed"]]
    if not sets:
        reasons.append("nothing_to_judge_by")
    return Verdict(not reasons, tuple(reasons))


def _worse(one: Mapping[str, Any]) -> list[str]:
    reasons = []
    for figure in FIGURES:
        now, before = one["candidate"][figure], one["published"][figure]
        if before is None:
            continue
        share = now["share"] if now is not None else 0.0  # it answers nothing any more
        name = f"{one['set']}.{one['language']}.{figure}"
        if round(before["share"] - share, 6) > MOST_LOST:
            reasons.append(name)
        elif share < FLOORS.get(figure, 0.0) <= before["share"]:
            reasons.append(f"{name}.floor")
    return reasons


def _figures(engine: Engine, texts: Sequence[Text], language: str) -> dict[str, Any]:
    judged = [Judged(meant, engine.read(text=text, language=language)) for meant, text in texts]
    return figures.figures(judged)
