"""How many phrases an intent needs: a bot taught with few of them, judged on the texts kept apart (docs/bots.md)."""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bots import catalogue, figures
from bots.embedded import bot_files
from bots.embedded.engine import EmbeddedEngine
from bots.figures import Judged
from bots.workshop import folders, judging
from bots.workshop.edits import Edits, Phrase

SIZES = (5, 10, 20, 40, 80, 10_000)
SEED = 7  # which phrases are the few


def points(bot: str, sizes: Sequence[int] = SIZES) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """For each size and language, what the bot understands with at most so many phrases of each intent and language.

    Each takes a training, of which nothing is kept. Raises BotDataError.
    """
    of_intent: dict[tuple[str, str], list[Phrase]] = defaultdict(list)
    for one in bot_files.read(catalogue.folder(bot)).nlu.examples:
        of_intent[one.intent, one.language].append(Phrase(one.intent, one.language, one.text))
    for phrases in of_intent.values():
        random.Random(SEED).shuffle(phrases)  # noqa: S311 (always the same)
    kept = catalogue.models()
    for size in sizes:
        left_out = [one for phrases in of_intent.values() for one in phrases[size:]]
        with tempfile.TemporaryDirectory() as place:
            try:
                catalogue.keep_models_in(Path(place))
                folder = catalogue.folder(folders.materialise(bot, Edits(removed=tuple(left_out))))
                engine = EmbeddedEngine(folder)
            finally:
                if kept is not None:
                    catalogue.keep_models_in(kept)
        for language, texts in judging.kept_texts(engine.files).items():
            judged = [Judged(meant, engine.read(text=text, language=language)) for meant, text in texts]
            yield size, language, figures.figures(judged)
