"""A Redis that is dead, hangs or refuses: said at once and in words, never "nothing to say", never from memory."""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import redis
from pytest import MonkeyPatch

from config.up.valkey import Valkey
from tests.rasa.conftest import Server

WITHIN_S = 2.5


def asked(rasa: Server, lang: str = "fr") -> tuple[int, str, float]:
    """(status, error, seconds) of a turn."""
    begun = time.monotonic()
    answer = rasa.post(json={"sender": str(uuid.uuid4()), "message": "bonjour", "metadata": {"lang": lang}})
    return answer.status_code, answer.json().get("error", ""), time.monotonic() - begun


def well_again(rasa: Server) -> None:
    deadline = time.monotonic() + 10
    while (found := asked(rasa))[0] != 200:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_a_dead_redis_is_said(rasa: Server, valkey: Valkey) -> None:
    well_again(rasa)
    valkey.stop()
    try:
        for _ in range(3):
            status, error, seconds = asked(rasa)
            assert (status, error) == (503, "LockError")
            assert seconds < WITHIN_S
        assert httpx.get(f"{rasa.url}/webhooks/palabre/", timeout=2).status_code == 200, "the process itself is well"
    finally:
        valkey.start()
    well_again(rasa)


def test_a_redis_that_hangs_holds_nobody_for_long(rasa: Server, valkey: Valkey) -> None:
    """Eight at once: the first waits for its time limit, the others are told without a try of their own."""
    well_again(rasa)
    assert valkey.process is not None
    os.kill(valkey.process.pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(8) as many:
            found = list(many.map(lambda _: asked(rasa), range(8)))
        print("a hung Redis:", sorted(round(seconds, 2) for _, _, seconds in found))
        assert {status for status, _, _ in found} == {503}
        assert {error for _, error, _ in found} == {"LockError"}
        assert max(seconds for _, _, seconds in found) < WITHIN_S
        begun = time.monotonic()
        httpx.get(f"{rasa.url}/webhooks/palabre/", timeout=5)
        assert time.monotonic() - begun < WITHIN_S
    finally:
        os.kill(valkey.process.pid, signal.SIGCONT)
    well_again(rasa)


def test_a_tracker_store_that_fails_alone_is_not_replaced_by_memory(rasa: Server, valkey: Valkey) -> None:
    """Rasa's own server answers 200 here, from memory, and writes a line to its log."""
    well_again(rasa)
    with redis.Redis.from_url(valkey.url) as here:
        here.execute_command("ACL", "SETUSER", "default", "resetkeys", "~rasa:lock:*")
        try:
            assert asked(rasa)[:2] == (503, "NoPermissionError")
        finally:
            here.execute_command("ACL", "SETUSER", "default", "~*")
    well_again(rasa)
    assert "Falling back" not in rasa.log.read_text()


def test_a_server_that_died_blocks_nobody_for_long(rasa: Server, valkey: Valkey) -> None:
    """Its lock stays in Redis: Rasa's own would hold the sender for a minute, here it is five seconds at most."""
    me = str(uuid.uuid4())
    ticket = json.dumps({"number": 0, "expires": time.time() + 4})
    left = json.dumps({"conversation_id": me, "tickets": [ticket]})
    with redis.Redis.from_url(valkey.url) as here:
        here.set(f"rasa:lock:{me}", left)
    begun = time.monotonic()
    assert rasa.ask("bonjour", sender=me)["messages"]
    assert time.monotonic() - begun < 8


def test_a_server_whose_model_cannot_be_loaded_ends(valkey: Valkey, tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    """Rasa's own goes on without, and answers 200 with nothing."""
    broken = tmp_path / "telecom-0123456789ab.tar.gz"
    broken.write_bytes(b"no archive")
    monkeypatch.setenv("RASA_TEST_TELECOM", str(broken))
    server = Server("telecom", valkey.url, tmp_path / "rasa.log")
    try:
        with pytest.raises(AssertionError, match="the model cannot be loaded"):
            server.start()
        assert server.process is not None
        assert server.process.poll() is not None
    finally:
        server.stop()
