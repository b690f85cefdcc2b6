"""Bots made ready, and how the servers that talk for some of them fare: the health page is made by other processes than
those that ask them.
"""

from __future__ import annotations

import logging
from dataclasses import asdict

import orjson
from django.db import connection

from bots import engine
from bots.errors import BotDataError
from bots.remote import servers
from bots.remote.server import Facts
from bots.workshop import voices
from conversations.models import Line

log = logging.getLogger(__name__)

FORGOTTEN_DAYS = 1  # what a process said that is no more

_TELL = """
insert into routing_botserver as told (id, owner, bot, state, error, since, until, facts, updated_at)
values (uuidv7(), %(owner)s, %(bot)s, %(state)s, %(error)s, clock_timestamp() - make_interval(secs => %(failing_s)s),
        clock_timestamp() + make_interval(secs => %(open_s)s), %(facts)s, clock_timestamp())
on conflict (owner, bot) do update
set state = excluded.state, error = excluded.error, since = excluded.since, until = excluded.until,
    facts = excluded.facts, updated_at = excluded.updated_at
"""
_FORGET = """
delete from routing_botserver
where updated_at < clock_timestamp() - make_interval(days => %s) or (owner = %s and bot <> all(%s))
"""


def warm(tried: set[tuple[str, str]]) -> None:
    """Train what lines name and has not been `tried` (bot and engine): before the first text, or when a line is given
    another bot. One that cannot be used costs the others nothing."""
    named = _named()
    new = named - tried
    for bot, name in new:
        tried.add((bot, name))
        try:
            engine.warm(bot, name or None)
        except Exception as error:
            log.error("bot %s cannot be used: %s", bot, type(error).__name__)
    # A version is heard from the first text after its publication on, however long that one keeps us waiting.
    voices.warm({bot: {name for other, name in named if other == bot} for bot, _ in named}, wait=bool(new))


def tell(owner: str) -> None:
    """Look at the servers that nothing was heard of for long, then store how all fare. `owner`: this process.

    Takes as long as a call may (bots/remote/calls.py) for each that is looked at; nothing where no bot has a server.
    """
    engine.look_at_quiet_servers()
    found = servers.facts()
    if not found:
        return
    asked = {bot for bot, name in _named() if _is_served(bot, name)}
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [FORGOTTEN_DAYS, owner[:80], list(asked)])
        for one in found:
            if one.bot not in asked:  # its lines have gone over to another engine since
                continue
            cursor.execute(_TELL, {"owner": owner[:80], **_row(one)})


def _named() -> set[tuple[str, str]]:
    """The bots of lines, with the engine that the line names or ""."""
    return set(Line.objects.filter(is_enabled=True).exclude(bot="").values_list("bot", "bot_engine").distinct())


def _is_served(bot: str, name: str) -> bool:
    try:
        return engine.is_served(bot, name or None)
    except BotDataError:  # said when it was to be made ready
        return False


_COUNTS = ("asked", "calls", "fallbacks", "failures", "p95_ms")


def _row(one: Facts) -> dict[str, str | float | None]:
    counts = {key: value for key, value in asdict(one).items() if key in _COUNTS}
    return {
        "bot": one.bot, "state": one.state, "error": one.error, "failing_s": one.failing_s, "open_s": one.open_s,
        "facts": orjson.dumps(counts).decode(),
    }  # fmt: skip
