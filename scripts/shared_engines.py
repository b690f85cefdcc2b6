"""Engines that many test runs use one after the other, each with a database of its own: a copy of one that was migrated
once. Half of the time of a single test goes into engines and migrations otherwise.

Not for code that changes how the engines run or what the schema is: that must begin from nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sections import BIN

MADE = "made"  # the migrated database; nobody works in it
# What makes the engines, the schema, the grants or the test database itself.
FROM_NOTHING = re.compile(
    r"config/(up/|grants\.py|settings\.py)|[a-z_]+/migrations/|tests/(conftest|emptying)\.py|pyproject\.toml"
)
# Makes the test database as the tests make it, tells where the engines are, and waits for the end.
HOLDER = """
import json, os, sys
import django
django.setup()
from django.db import connections
from django.test.utils import setup_databases
setup_databases(0, False)
connections.close_all()
given = ("TEST_DATABASE_URL", "TEST_APP_URL", "TEST_SUPERUSER_URL", "TEST_REDIS_URL")
print(json.dumps({name: os.environ[name] for name in given}), file=sys.stderr, flush=True)
sys.stdin.read()
"""


def begins_from_nothing(changed: Iterable[str]) -> bool:
    """Whether a build in which these files are changed needs engines of its own."""
    return any(FROM_NOTHING.match(path) for path in changed)


class SharedEngines:
    """Throw-away engines with one migrated database. `start` once, then `fresh` before each run, then `stop`."""

    def __init__(self, code: Path) -> None:
        """`code`: the sound code, whose migrations are applied."""
        self._code = code
        self._holder: subprocess.Popen[str] | None = None
        self._given: dict[str, str] = {}
        self._runs = 0

    def start(self) -> None:
        """Raises RuntimeError when there is no database at the end."""
        env = {**os.environ, "PYTHONPATH": str(self._code), "DJANGO_SETTINGS_MODULE": "config.settings"}
        python = str(BIN / "python")
        self._holder = subprocess.Popen(
            [python, "-m", "config.cli", "test-engines", "--", python, "-c", HOLDER],
            cwd=self._code,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stderr is not None
        said = []
        for line in self._holder.stderr:
            said.append(line)
            if line.startswith("{"):
                self._given = json.loads(line)
                break
        else:
            raise RuntimeError(f"no engines to share:\n{''.join(said[-20:])}")
        with self._superuser() as server:
            server.execute(f"alter database {_tested(self._given['TEST_DATABASE_URL'])} rename to {MADE}")

    def fresh(self) -> dict[str, str]:
        """The environment of the next run: a database that nobody has used, an empty Valkey."""
        import redis

        before, self._runs = f"run{self._runs}", self._runs + 1
        name, owner = f"run{self._runs}", urlsplit(self._given["TEST_DATABASE_URL"]).username
        with self._superuser() as server:
            # A name of its own: whoever the run before has left in its databases does not come back into these.
            for database in (before, f"test_{before}"):
                server.execute(f"drop database if exists {database} with (force)")
            server.execute(f"create database {name} owner {owner}")
            server.execute(f"create database test_{name} template {MADE} owner {owner}")
        with redis.Redis.from_url(self._given["TEST_REDIS_URL"]) as valkey:
            valkey.flushall()
        databases = ("TEST_DATABASE_URL", "TEST_APP_URL")
        named = {key: urlsplit(self._given[key])._replace(path=f"/{name}").geturl() for key in databases}
        return {**self._given, **named}

    def stop(self) -> None:
        if self._holder is None:
            return
        assert self._holder.stdin is not None and self._holder.stderr is not None
        self._holder.stdin.close()
        self._holder.wait(60)
        self._holder.stderr.close()
        self._holder = None

    @contextmanager
    def _superuser(self) -> Iterator[Any]:
        import psycopg

        url = urlsplit(self._given["TEST_SUPERUSER_URL"])._replace(path="/postgres").geturl()
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection


def _tested(url: str) -> str:
    return "test_" + urlsplit(url).path.lstrip("/")
