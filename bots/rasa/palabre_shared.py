"""What both engines share: the words of a text, its features, its values, and how a bot's folder is read and refused.

These modules of bots/embedded must stay readable by Python 3.10; tests/operations/test_rasa_files.py looks. The
repository's folder comes last on the path: first, its packages could stand before those of Rasa.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from bots.embedded import bot_files, features, folds, nlu, spelling, yaml_files  # noqa: E402
from bots.embedded.entities import Entities  # noqa: E402
from bots.embedded.lookalikes import as_seen  # noqa: E402
from bots.errors import BotDataError  # noqa: E402
from bots.turn import NOT_ANSWERED  # noqa: E402

__all__ = [
    "NOT_ANSWERED", "ROOT", "BotDataError", "Entities", "as_seen",
    "bot_files", "features", "folds", "nlu", "spelling", "yaml_files",
]  # fmt: skip
