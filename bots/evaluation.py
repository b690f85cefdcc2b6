"""How well an engine understands texts that it has never seen: `palabre bots evaluate`.

A file of such texts is a mapping `intent: [texts]`; `__oos__` holds what is off topic.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bots import baselines, catalogue
from bots.embedded import bot_files, yaml_files
from bots.embedded.nlu import Example
from bots.engine import Engine, make
from bots.errors import BotDataError
from bots.figures import OFF_TOPIC, Judged, confusion, figures, quantile
from bots.turn import NOT_ANSWERED


def read(file: Path, language: str, intents: Sequence[str]) -> list[tuple[str | None, str]]:
    """(intent or None, text) of each text. A file with several languages has them at its top. Raises BotDataError."""
    top = yaml_files.read(file, root=file.parent)
    keys = top.as_map()
    if language in keys and isinstance(keys[language].value, dict):
        keys = keys[language].as_map()
    found: list[tuple[str | None, str]] = []
    for intent, node in keys.items():
        if intent != OFF_TOPIC and intent not in intents:
            raise node.refuse(f"the bot has no intent {intent!r}")
        meant = None if intent == OFF_TOPIC or intent in NOT_ANSWERED else intent
        found.extend((meant, line.as_text()) for line in node.as_list())
    if not any(meant for meant, _ in found):
        raise BotDataError(top.file, "", "has no text on topic: nothing to measure")
    return found


def of_bot(bot: str, file: Path, *, language: str, engine: str | None, wrong: bool = False) -> dict[str, Any]:
    """`engine`: another than the one of its bot.yml. `wrong`: list them. Raises UnknownBot or BotDataError."""
    files = bot_files.read(catalogue.folder(bot))
    if language not in files.languages:
        raise BotDataError(files.name, "", f"has no phrase in {language!r} (known: {', '.join(files.languages)})")
    texts = read(file, language, files.domain.intents)
    found = evaluate(make(bot, engine), texts, files.nlu.examples, language, wrong=wrong)
    return {"bot": bot, **found}


def evaluate(
    engine: Engine,
    texts: Sequence[tuple[str | None, str]],
    examples: Sequence[Example],
    language: str,
    *,
    wrong: bool = False,
) -> dict[str, Any]:
    """`examples`: the bot's phrases, for the baselines."""
    judged, seconds = [], []
    for meant, text in texts:
        begun = time.thread_time()
        reading = engine.read(text=text, language=language)
        seconds.append(time.thread_time() - begun)
        judged.append(Judged(meant, reading))
    majority = baselines.Majority(examples, language)
    keywords = baselines.Keywords(examples, language)
    result = {
        "language": language,
        "on_topic": sum(meant is not None for meant, _ in texts),
        "off_topic": sum(meant is None for meant, _ in texts),
        "threshold": engine.threshold,
        "understood": figures(judged),
        "majority_class": figures([Judged(meant, majority.read(text)) for meant, text in texts]),
        "keyword_rules": figures([Judged(meant, keywords.read(text)) for meant, text in texts]),
        "read_ms": {"p50": quantile(seconds, 0.5), "p99": quantile(seconds, 0.99)},
        "intents": confusion(judged),
    }
    if wrong:
        pairs = zip(judged, (text for _, text in texts), strict=True)
        result["wrong"] = [
            f"{one.meant or OFF_TOPIC} -> {one.answer} ({one.read.confidence:.2f}): {text}"
            for one, text in pairs
            if one.answer not in {None, one.meant}
        ]
    return result
