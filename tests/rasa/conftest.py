"""The real Rasa server beside a real Valkey: `make rasa-test`, which says where the models and Python 3.10 are."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bots.embedded.engine import EmbeddedEngine
from config.up.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "bots" / "rasa"
STARTS_WITHIN_S = 240
"""Ten seconds of a processor, which a busy machine gives slowly: it imports TensorFlow."""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass
class Server:
    bot: str
    redis_url: str
    log: Path
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        begun = time.monotonic()
        own = {**os.environ, "RASA_TOKEN": self.token, "RASA_PORT": str(self.port), "REDIS_URL": self.redis_url}
        words = [os.environ["RASA_TEST_PYTHON"], str(CODE / "serve.py"), os.environ[f"RASA_TEST_{self.bot.upper()}"]]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(words, env=own, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        while True:
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() - begun < STARTS_WITHIN_S, "not up in time: " + self.log.read_text()[-3000:]
            try:
                if httpx.get(f"{self.url}/webhooks/palabre/", timeout=2).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        self.started_s = time.monotonic() - begun

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def post(self, **more: Any) -> httpx.Response:
        """As httpx.post; with the token unless other headers are given."""
        more.setdefault("headers", {"Authorization": f"Bearer {self.token}"})
        more.setdefault("timeout", 10)
        return httpx.post(f"{self.url}/webhooks/palabre/webhook", **more)

    def ask(self, message: str, *, sender: str = "", **metadata: Any) -> dict[str, Any]:
        """One turn that must succeed."""
        body: dict[str, Any] = {"sender": sender or str(uuid.uuid4()), "message": message}
        answer = self.post(json={**body, "metadata": metadata} if metadata else body)
        assert answer.status_code == 200, (answer.text, message)
        return answer.json()


def texts(answer: dict[str, Any]) -> list[str]:
    return [one["text"] for one in answer["messages"] if "text" in one]


def signals(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["custom"] for one in answer["messages"] if "custom" in one]


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    state = tmp_path_factory.mktemp("valkey")
    one = Valkey(state, port=free_port(), password=secrets.token_hex(8), log=state / "valkey.log")
    one.start()
    yield one
    one.stop()


def _served(bot: str, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(bot, valkey.url, tmp_path_factory.mktemp(bot) / "rasa.log")
    try:
        server.start()
        print(f"\nthe server of {bot} was up after {server.started_s:.1f} s")
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def rasa(valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The telecom bot."""
    yield from _served("telecom", valkey, tmp_path_factory)


@pytest.fixture(scope="session")
def insurance(valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _served("insurance", valkey, tmp_path_factory)


@pytest.fixture(scope="session")
def embedded() -> EmbeddedEngine:
    """The default engine, of the same files."""
    memory = Path(os.environ["BOT_MODELS"])
    memory.mkdir(parents=True, exist_ok=True)
    return EmbeddedEngine(ROOT / "bots" / "data" / "telecom", memory)
