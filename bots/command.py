"""palabre bots check [BOT ...]           reads bots as the engine does and says the first thing that is wrong
palabre bots ask BOT "TEXT" [...]      what the bot makes of a text; several texts are one conversation
palabre bots evaluate ... FILE.yml     how well it understands texts that it has never seen, as JSON (docs/bots.md)
palabre bots mood "TEXT" [...]         how whoever wrote it feels (docs/mood.md)
palabre bots evaluate-mood ... FILE    how well moods are told of texts that were read by people, as JSON
palabre bots curve BOT                 how much it understands with 5, 10, 20... phrases of each intent, one JSON a line
palabre bots versions BOT --as EMAIL     the versions that this administrator's organisation has made of a bot
palabre bots publish BOT NUMBER --as EMAIL    have its lines talk with one of them; 0: as shipped

`check`, `ask` and `evaluate` of a shipped bot need neither a database nor settings; `python -m bots` is the same. A
bot's server is the one of RASA_URL.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from bots import catalogue, engine
from bots.errors import BotDataError
from bots.mood import command as mood_command
from bots.remote import servers
from bots.remote.failures import ServerFailed
from bots.turn import Found, Turn


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    if catalogue.models() is None and (place := os.environ.get("BOT_MODELS")):
        catalogue.keep_models_in(Path(place))
    if url := os.environ.get("RASA_URL"):
        servers.use(url=url, token=_secret("RASA_TOKEN"))
    if chosen.command in mood_command.COMMANDS:
        return mood_command.run(chosen)
    if chosen.command == "curve":
        return _curve(chosen.bot)
    if chosen.command == "ask":
        return _ask(chosen.bot, chosen.texts, chosen.engine)
    if chosen.command in ("versions", "publish") or getattr(chosen, "version", 0) != 0:
        return _of_organisation(chosen)
    if chosen.command == "evaluate":
        return _evaluate(chosen.engine, chosen.bot, chosen.lang, chosen.file, wrong=chosen.wrong)
    return max([_check(bot) for bot in chosen.bots or catalogue.names()], default=0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="palabre bots", description="Check a bot, talk to it, or measure it.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="read bots and say what is wrong with them")
    check.add_argument("bots", nargs="*", metavar="BOT", help="folder names in bots/data (default: all)")
    ask = commands.add_parser("ask", help="show what a bot makes of texts, sent one after the other")
    ask.add_argument("bot", metavar="BOT")
    ask.add_argument("texts", nargs="+", metavar="TEXT")
    ask.add_argument("--engine", choices=sorted(engine.ENGINES), help="default: the one of its bot.yml")
    text = "measure how well a bot understands texts that it has never seen"
    evaluate = commands.add_parser("evaluate", help=text, description=text)
    evaluate.add_argument("--bot", required=True)
    evaluate.add_argument("--lang", required=True, help="the language of the texts, such as fr")
    evaluate.add_argument("--engine", choices=sorted(engine.ENGINES), help="default: the one of its bot.yml")
    evaluate.add_argument("--wrong", action="store_true", help="list the automatic answers that are wrong, too")
    evaluate.add_argument("--version", type=int, default=0, help="of the organisation of --as (default: as shipped)")
    evaluate.add_argument("--as", dest="email", default="", help="address of an administrator")
    evaluate.add_argument("file", type=Path, metavar="FILE.yml", help="intent: [texts]; __oos__ for off topic")
    mood_command.add_to(commands)
    curve = commands.add_parser("curve", help="how many phrases an intent needs: some minutes of training")
    curve.add_argument("bot", metavar="BOT")
    versions = commands.add_parser("versions", help="list what an organisation has made of a bot")
    publish = commands.add_parser("publish", help="have an organisation's lines talk with a version")
    for one in (versions, publish):
        one.add_argument("bot", metavar="BOT")
        one.add_argument("--as", dest="email", required=True, help="address of an administrator of the organisation")
    publish.add_argument("number", type=int, metavar="NUMBER", help="0: as shipped")
    publish.add_argument("--note", default="")
    return parser


def _of_organisation(chosen: argparse.Namespace) -> int:
    """What needs the database; whoever starts us has said where it is."""
    import django

    django.setup()
    from bots.workshop import command
    from common.errors import PalabreError

    try:
        if chosen.command == "versions":
            for line in command.listed(chosen.email, chosen.bot):
                _say(line)
            return 0
        if chosen.command == "publish":
            _say(command.publish(chosen.email, chosen.bot, chosen.number, chosen.note))
            return 0
        name = command.name_of(chosen.email, chosen.bot, chosen.version)
    except (PalabreError, BotDataError) as refusal:
        reasons = ", ".join(getattr(refusal, "facts", {}).get("reasons", ()))
        print(f"palabre bots {chosen.command}: {refusal}{f' ({reasons})' if reasons else ''}", file=sys.stderr)  # noqa: T201
        return 1
    return _evaluate(chosen.engine, name, chosen.lang, chosen.file, wrong=chosen.wrong)


def _secret(name: str) -> str:
    """As config/env.py reads it, which is not ours to import."""
    if name not in os.environ and (file := os.environ.get(f"{name}_FILE")):
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, "")


def _check(bot: str) -> int:
    try:
        report = engine.validate(bot)
    except BotDataError as error:
        _say(f"{bot}: REFUSED. {error}")
        return 1
    phrases = sum(report.phrases_by_intent.values())
    _say(
        f"{bot}: good. {len(report.phrases_by_intent)} intents, {phrases} phrases, "
        f"languages {', '.join(report.languages)}; {report.accuracy:.0%} of its phrases understood when left out"
    )
    for language, found in report.left_out.items():
        shares = ", ".join(
            f"{name.replace('_', ' ')} {share['share']:.1%}" for name, share in found.figures.items() if share
        )
        needed = "no threshold" if found.needed is None else f"a threshold of {found.needed:.2f}"
        _say(f"  {language}, left out: {shares}; {engine.PRECISION:.0%} precision takes {needed}")
    for notice in report.notices:
        _say(f"  note: {notice}")
    return 0


def _evaluate(name: str | None, bot: str, language: str, file: Path, *, wrong: bool) -> int:
    from bots import evaluation

    try:
        found = evaluation.of_bot(bot, file, language=language, engine=name, wrong=wrong)
    except BotDataError as error:
        print(f"palabre bots evaluate: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except ServerFailed as failure:  # measured without it, the figures would be another engine's
        print(f"palabre bots evaluate: the bot's server gave no answer: {failure.kind}", file=sys.stderr)  # noqa: T201
        return 3
    _say(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


def _curve(bot: str) -> int:
    from bots.workshop import curve

    try:
        for size, language, found in curve.points(bot):
            _say(json.dumps({"phrases": size, "language": language, **found}))
    except BotDataError as error:
        print(f"palabre bots curve: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _ask(bot: str, texts: list[str], name: str | None) -> int:
    history: list[Turn] = []
    try:
        engine.warm(bot, name)
    except BotDataError as error:
        _say(f"{bot}: REFUSED. {error}")
        return 1
    memory: Mapping[str, Any] = {}
    for text in texts:
        found: list[Found] = []
        while True:
            turn = engine.take_turn(
                bot=bot, conversation_id=UUID(int=0), history=tuple(history), text=text, language=None, engine=name,
                memory=memory, found=tuple(found), now=datetime.now().astimezone(),
            )  # fmt: skip
            if turn.look_up is None:
                break
            found.append(Found("failed"))  # here is nothing to look it up in
        memory = turn.memory
        _say(f"> {text}")
        values = ", ".join(f"{name}={value}" for name, value in turn.entities.items())
        _say(f"  [{turn.language}, {turn.intent or 'not sure'} {turn.confidence:.2f}] {values}".rstrip())
        _say(f"  ({'; '.join(turn.why)})")
        for reply in turn.replies:
            _say(f"  {reply}")
        for action in turn.actions:
            _say(f"  -> {action}")
        if turn.handover:
            asks = f", skills {', '.join(turn.handover.skills)}" if turn.handover.skills else ""
            _say(f"  -> handed to a person ({turn.handover.reason}{asks}):")
            for line in turn.handover.summary.splitlines():
                _say(f"     {line}")
        history += [Turn("contact", text), *(Turn("bot", reply) for reply in turn.replies)]
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line.encode("utf-8", "replace").decode() + "\n")
