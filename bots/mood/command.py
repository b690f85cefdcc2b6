"""`palabre bots mood` and `palabre bots evaluate-mood` (bots/command.py)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bots.errors import BotDataError
from bots.mood import texts

COMMANDS = ("mood", "evaluate-mood")


def add_to(commands: Any) -> None:
    """`commands`: what argparse gives for subparsers."""
    known = texts.languages()
    one = commands.add_parser("mood", help="show how whoever wrote a text feels")
    one.add_argument("--lang", choices=known, help="the language of the texts (default: lingua tells it)")
    one.add_argument("texts", nargs="+", metavar="TEXT")
    says = "measure how well moods are told, beside the most frequent one and a list of words"
    many = commands.add_parser("evaluate-mood", help=says, description=says)
    many.add_argument("--lang", required=True, choices=known, help="the language of the texts")
    many.add_argument("--wrong", action="store_true", help="list the texts of which it is wrong or not sure, too")
    many.add_argument("file", type=Path, metavar="FILE", help=".yml: mood: [texts]; .tsv: first, second, text")


def run(chosen: argparse.Namespace) -> int:
    return _evaluate(chosen) if chosen.command == "evaluate-mood" else _show(chosen)


def _show(chosen: argparse.Namespace) -> int:
    from bots.languages import LINGUA, Tongues
    from bots.mood.reading import mood

    tongues = None if chosen.lang else Tongues(texts.languages(), LINGUA)
    for text in chosen.texts:
        language = tongues.best(text, {})[0] if tongues else chosen.lang
        felt = mood(text, language)
        _say(f"> {text}")
        _say(f"  [{language}] {felt.label or 'not sure'} {felt.confidence:.2f}")
    return 0


def _evaluate(chosen: argparse.Namespace) -> int:
    from bots.mood import evaluation

    try:
        found = evaluation.of_file(chosen.file, language=chosen.lang, wrong=chosen.wrong)
    except BotDataError as error:
        print(f"palabre bots evaluate-mood: {error}", file=sys.stderr)  # noqa: T201
        return 2
    _say(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line.encode("utf-8", "replace").decode() + "\n")
