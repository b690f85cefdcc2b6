"""The pytest plugin that gives tests their engines (`-p config.up.testing` in pyproject.toml).

It must act before pytest-django reads the settings, which is earlier than any conftest. Tests migrate and
work as the schema's owner; `TEST_APP_DATABASE_URL` opens the same database as the application's role.

`TEST_DATABASE_URL` (an owner's) and `TEST_REDIS_URL` in the environment name servers to use instead; `TEST_APP_URL` and
`TEST_SUPERUSER_URL`, where there are any, the same database as others open it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.up import engines
from config.up.binaries import EngineError, remove
from config.up.children import Identity
from config.up.ports import Held, Ports

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "palabre-test-"
_running: tuple[engines.Engines, Path] | None = None
_kept: list[Held] = []


def throw_away(prefix: str = PREFIX) -> Path:
    """A state directory for one test run. Those of runs that were killed are removed first."""
    base = Path(tempfile.gettempdir())
    for old in base.glob(f"{PREFIX}*"):
        try:
            pid, _, started = (old / "owner").read_text().partition(" ")
            abandoned = not Identity(int(pid), started).alive()
        except (OSError, ValueError):
            continue  # just being made, or somebody else's
        if abandoned:
            remove(old)
    state = engines.prepare(Path(tempfile.mkdtemp(prefix=prefix, dir=base)))
    me = Identity.of(os.getpid())
    assert me is not None
    (state / "owner").write_text(f"{me.pid} {me.started}")
    return state


def environment(found: engines.Engines, state: Path) -> dict[str, str]:
    """What the settings read, for a test run on these engines."""
    tested = "test_" + urlsplit(found.database_owner_url).path.lstrip("/")
    return {
        "PALABRE_MODE": "test",
        "PALABRE_STATE": str(state),
        "BOT_MODELS": os.environ.get("BOT_MODELS", str(ROOT / ".state" / "bots")),  # learnt once, not by each run
        "SECRET_KEY": "tests-sign-with-this-and-nobody-else-does",
        "PUBLIC_URL": "http://testserver",
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "DATABASE_URL": found.database_owner_url,
        "DATABASE_OWNER_URL": found.database_owner_url,
        "TEST_APP_DATABASE_URL": urlsplit(found.database_url)._replace(path=f"/{tested}").geturl(),
        "REDIS_URL": found.redis_url,
        # Of the server that we started ourselves; one that is given may have none for us.
        "TEST_SUPERUSER_URL": found.superuser_url if found.postgres else os.environ.get("TEST_SUPERUSER_URL", ""),
    }


def start() -> tuple[engines.Engines, Path]:
    """Engines without fsync in a throw-away directory, or those that TEST_..._URL name."""
    state = throw_away()
    # Several test runs start at once, and tests stop and start servers: nobody else gets these ports meanwhile.
    ports = Ports(state)
    _kept.extend(ports.hold(name) for name in ("postgres", "valkey"))
    try:
        found = engines.start(
            state,
            durable=False,
            database_url=os.environ.get("TEST_APP_URL", os.environ.get("TEST_DATABASE_URL", "")),
            database_owner_url=os.environ.get("TEST_DATABASE_URL", ""),
            redis_url=os.environ.get("TEST_REDIS_URL", ""),
        )
    except BaseException:
        remove(state)
        raise
    return found, state


def stop(found: engines.Engines, state: Path) -> None:
    found.stop(5)
    while _kept:
        _kept.pop().close()
    remove(state)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    global _running  # noqa: PLW0603 (one test run a process)
    if _running is not None or early_config.known_args_namespace.help:
        return
    try:
        found, state = start()
    except EngineError as error:
        raise pytest.UsageError(str(error)) from error
    _running = found, state
    os.environ.update(environment(found, state))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    global _running  # noqa: PLW0603
    if _running is not None:
        stop(*_running)
        _running = None


def run_with_engines(command: list[str]) -> int:
    """Run a command with throw-away engines in its environment; returns its exit code."""
    found, state = start()
    try:
        given = environment(found, state)
        return subprocess.run(command, env={**os.environ, **given, "TEST_DATABASE_URL": given["DATABASE_URL"],
                              "TEST_APP_URL": found.database_url, "TEST_REDIS_URL": given["REDIS_URL"]},
                              check=False).returncode  # fmt: skip
    finally:
        stop(found, state)
