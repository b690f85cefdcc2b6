"""Which bot is answered by which server of this installation. Set once, when a process starts."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from bots.remote.calls import Calls
from bots.remote.server import Facts, Server

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Address:
    url: str
    token: str


_address: list[_Address] = []
_servers: dict[str, Server] = {}
_missed: set[str] = set()
_lock = threading.Lock()


def use(*, url: str, token: str) -> None:
    """Bots with the engine "rasa" are answered there from now on; `url` "": by the embedded engine.

    `{bot}` in `url` stands for the bot's name: a Rasa server serves one model, so two bots have two.
    """
    with _lock:
        _address[:] = [_Address(url, token)] if url else []
        former = list(_servers.values())
        _servers.clear()
        _missed.clear()
    for server in former:
        server.close()


def of(bot: str) -> Server | None:
    """The bot's server, the same for all threads; None: none is configured, which the log says once for each bot."""
    with _lock:
        if _address:
            if bot not in _servers:
                address = _address[0]
                _servers[bot] = Server(bot, Calls(address.url.replace("{bot}", bot), address.token))
            return _servers[bot]
        if bot not in _missed:
            _missed.add(bot)
            log.warning("bot %s: its engine is rasa and RASA_URL is not set: the embedded engine answers", bot)
        return None


def known() -> list[Server]:
    with _lock:
        return list(_servers.values())


def facts() -> list[Facts]:
    """Of every bot of this process whose engine is a server."""
    with _lock:
        missed = sorted(_missed)
    none = [Facts(bot, "not_configured", None, None, "", 0, 0, 0, {}, None) for bot in missed]
    return none + [server.facts() for server in known()]
