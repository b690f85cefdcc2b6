"""The simulator as a process: where it refuses to run, how it says that it is ready, how it stops."""

import asyncio
import json
import os
import signal
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


NOT_OURS = {"PALABRE_MODE", "PALABRE_STATE", "SIMULATOR_PASSWORD"}


def environment(state, mode):
    kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return kept | {"PALABRE_STATE": str(state)} | ({"PALABRE_MODE": mode} if mode else {})


@pytest.mark.parametrize("mode", ["production", None])
def test_production_refuses_the_simulator(tmp_path, mode):
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "--smpp-port", "0", "--http-port", "0"],
        cwd=ROOT, env=environment(tmp_path, mode), capture_output=True, text=True, timeout=10, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "production refuses it" in done.stderr
    assert not (tmp_path / "run" / "simulator.ready").exists()


async def bind(port):
    """The process runs on another event loop than the other tests: one bind has to pass there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b"savane\0palabre\0\0\x34\0\0\0"
    writer.write(struct.pack(">LLLL", 16 + len(body), 9, 0, 1) + body)
    async with asyncio.timeout(5):
        assert struct.unpack(">LLLL", await reader.readexactly(16))[1:] == (0x80000009, 0, 1)
    writer.close()


@pytest.mark.parametrize("goodbye", [signal.SIGTERM, signal.SIGINT])
def test_it_says_that_it_is_ready_and_stops_cleanly(tmp_path, goodbye):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"seed": 1, "accounts": {"savane": {"behaviour": {"throttle": 0.25}}}}))
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "--smpp-port", "0", "--http-port", "0", "--script", str(script)],
        cwd=ROOT, env=environment(tmp_path, "test"), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        ready = tmp_path / "run" / "simulator.ready"
        end = time.monotonic() + 10
        while not ready.exists() and time.monotonic() < end:
            time.sleep(0.02)
        facts = json.loads(ready.read_text())
        assert facts["pid"] == process.pid and facts["smpp_port"] > 0
        with urllib.request.urlopen(f"http://127.0.0.1:{facts['http_port']}/control/state") as answer:
            state = json.load(answer)
        assert state["accounts"][0]["behaviour"]["throttle"] == 0.25
        asyncio.run(bind(facts["smpp_port"]))
        process.send_signal(goodbye)
        assert process.wait(8) == 0
        assert not ready.exists()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_script_that_cannot_be_understood_stops_the_start(tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"accounts": {"savane": {"behaviour": {"thottle": 1}}}}))
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "--smpp-port", "0", "--http-port", "0", "--script", str(script)],
        cwd=ROOT, env=environment(tmp_path, "test"), capture_output=True, text=True, timeout=10, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "thottle" in done.stderr
