"""How many phrases an intent needs: a bot taught with few of them, judged on the texts kept apart (docs/bots.md).

.venv/bin/python scripts/learning_curve.py telecom
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from sections import ROOT

sys.path.insert(0, str(ROOT))

from bots import catalogue, figures
from bots.embedded import bot_files
from bots.embedded.engine import EmbeddedEngine
from bots.figures import Judged
from bots.workshop import folders, judging
from bots.workshop.edits import Edits, Phrase

SIZES = (5, 10, 20, 40, 80, 10_000)
SEED = 7


def main(bot: str) -> int:
    files = bot_files.read(catalogue.folder(bot))
    of_intent: dict[tuple[str, str], list[Phrase]] = defaultdict(list)
    for one in files.nlu.examples:
        of_intent[one.intent, one.language].append(Phrase(one.intent, one.language, one.text))
    for phrases in of_intent.values():
        random.Random(SEED).shuffle(phrases)
    for size in SIZES:
        left_out = [one for phrases in of_intent.values() for one in phrases[size:]]
        with tempfile.TemporaryDirectory() as place:
            catalogue.keep_models_in(Path(place))
            name = folders.materialise(bot, Edits(removed=tuple(left_out)))
            engine = EmbeddedEngine(catalogue.folder(name))
            for language, texts in judging.kept_texts(files).items():
                judged = [Judged(meant, engine.read(text=text, language=language)) for meant, text in texts]
                found = figures.figures(judged)
                shown = {key: share and share["share"] for key, share in found.items()}
                top1 = found["top1"] or {}
                print(min(size, 10_000), language, shown, top1.get("low"), top1.get("high"), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
