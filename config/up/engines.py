"""PostgreSQL and Valkey for one state directory, or the addresses of servers that run elsewhere.

with engines.start(state, durable=True) as found:
    found.database_url, found.database_owner_url, found.redis_url
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.up import secrets_file
from config.up.binaries import EngineError, is_root
from config.up.logs import rotated
from config.up.ports import Ports
from config.up.postgres import APP, OWNER, SUPERUSER, Postgres
from config.up.valkey import Valkey


@dataclass(slots=True)
class Engines:
    """The addresses to use, and our own servers behind them (None for one that runs elsewhere)."""

    database_url: str
    database_owner_url: str
    redis_url: str
    postgres: Postgres | None
    valkey: Valkey | None

    @property
    def superuser_url(self) -> str:
        """Only of our own server: for tests and benches that need it, never for the application."""
        assert self.postgres is not None, "an outside server gives us no superuser"
        return self.postgres.url(SUPERUSER)

    def running(self) -> dict[str, tuple[int, int]]:
        """Of each server of ours that lives: its pid, and the signal that asks it to stop fast."""
        mine = (("postgres", self.postgres, signal.SIGINT), ("valkey", self.valkey, signal.SIGTERM))
        return {
            name: (one.process.pid, asking)
            for name, one, asking in mine
            if one and one.process and one.process.poll() is None
        }

    def revive(self, *, held: Callable[[str], bool] = lambda _name: False) -> list[str]:
        """Start again, on the same port and data, each server of ours that has died and is not `held` away on purpose;
        returns their names."""
        dead: list[tuple[str, Postgres | Valkey]] = []
        for name, engine in (("postgres", self.postgres), ("valkey", self.valkey)):
            if engine is None or engine.process is None or held(name):
                continue
            if engine.process.poll() is not None:
                dead.append((name, engine))
        for _, engine in dead:
            _patiently(engine.start)
        return [name for name, _ in dead]

    def stop(self, seconds: float = 10) -> None:
        for engine in (self.valkey, self.postgres):
            if engine is not None:
                engine.stop(seconds)

    def __enter__(self) -> Engines:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def _patiently(start: Callable[[], None]) -> None:
    """After a kill -9 the old server's own children need a moment to notice and to leave its memory."""
    for _ in range(9):
        try:
            return start()
        except EngineError:
            time.sleep(0.5)
    start()


def prepare(state: Path) -> Path:
    """Make the state directory. As root it lets `nobody` pass (not list): PostgreSQL's data lies below it."""
    state = state.absolute()
    for directory in (state, state / "logs", state / "run"):
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o711 if is_root() and directory == state else 0o700)
    return state


def start(
    state_dir: Path,
    durable: bool = True,
    *,
    database_url: str = "",
    database_owner_url: str = "",
    redis_url: str = "",
) -> Engines:
    """Start what is not given by an address. Raises EngineError; what had been started is stopped again."""
    state = prepare(state_dir)
    passwords, ports = secrets_file.load(state), Ports(state)
    found = Engines(database_url, database_owner_url or database_url, redis_url, None, None)
    try:
        if not database_url:
            server = Postgres(
                state,
                port=ports.take("postgres"),
                passwords=passwords,
                durable=durable,
                log=rotated(state / "logs" / "postgres.log"),
            )
            found.postgres = server
            server.start()
            found.database_url, found.database_owner_url = server.url(APP), server.url(OWNER)
        if not redis_url:
            found.valkey = Valkey(
                state,
                port=ports.take("valkey"),
                password=passwords["valkey"],
                log=rotated(state / "logs" / "valkey.log"),
            )
            found.valkey.start()
            found.redis_url = found.valkey.url
    except BaseException:
        found.stop()
        raise
    return found
