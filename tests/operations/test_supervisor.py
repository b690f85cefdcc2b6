"""`palabre up`: what is left after it ends in every way it can end. Pretended processes, real engines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.up import binaries, holding, logs, status, testing
from config.up.children import Identity, start_time
from tests.promised import promised

PROGRAM = Path(__file__).with_name("small_installation.py")


def until(what: Callable[[], object], seconds: float = 30) -> float:
    """Wait for `what`; returns the seconds it took, prints them, fails after `seconds`."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.02)
    took = time.monotonic() - began
    print(f"took {took:.2f} s")
    return took


class Installation:
    """One state directory and the `palabre up` that runs on it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.up: subprocess.Popen[str] | None = None

    def start(self, *processes: str) -> str:
        """Start and wait for the READY line, which is returned."""
        self.up = self.open(*processes)
        assert self.up.stdout is not None
        said = []
        for line in self.up.stdout:
            said.append(line)
            if "READY" in line:
                return line
        raise AssertionError("ended before READY:\n" + "".join(said))

    def open(self, *processes: str) -> subprocess.Popen[str]:
        clean = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
        env = {**clean, "PALABRE_MODE": "demo", "PALABRE_STATE": str(self.state)}
        command = [sys.executable, str(PROGRAM), str(self.state), *processes]
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def end(self, with_signal: int = signal.SIGINT) -> int:
        assert self.up is not None
        self.up.send_signal(with_signal)
        return self.up.wait(60)

    def processes(self) -> dict[str, Identity]:
        recorded = json.loads((self.state / "run" / "children.json").read_text())["processes"]
        return {name: Identity(int(pid), started) for name, (pid, started, _) in recorded.items()}

    def connect(self) -> psycopg.Connection:
        url = json.loads((self.state / "run" / "env.json").read_text())["DATABASE_OWNER_URL"]
        return psycopg.connect(url, autocommit=True)


@pytest.fixture
def installation() -> Iterator[Installation]:
    one = Installation(testing.throw_away())
    yield one
    if one.up is not None and one.up.poll() is None:
        one.up.kill()
        one.up.wait()
    # Whatever a failed test left, by the record that the product itself keeps.
    try:
        left = one.processes().values()
    except (OSError, ValueError):
        left = ()
    for process in left:
        if process.alive():
            os.kill(process.pid, signal.SIGKILL)
    binaries.remove(one.state)


def test_ctrl_c_stops_everything_in_time_and_the_next_start_has_the_data_on_the_same_ports(installation):
    first = installation.start("steady")
    with installation.connect() as owner:
        owner.execute("create table kept as select 'still here' as word")
        port = owner.info.port
    processes = installation.processes()
    assert set(processes) == {"postgres", "valkey", "steady"}
    began = time.monotonic()
    assert installation.end() == 0
    assert time.monotonic() - began < promised(10)
    assert not [name for name, one in processes.items() if one.alive()]

    second = installation.start("steady")
    assert first.split("READY")[1].split(" s ")[1] == second.split("READY")[1].split(" s ")[1], "same addresses"
    with installation.connect() as owner:
        assert owner.info.port == port
        assert owner.execute("select word from kept").fetchone() == ("still here",)
    assert installation.end(signal.SIGTERM) == 0


def test_a_process_that_will_not_stop_is_killed_within_ten_seconds_with_its_children(installation):
    installation.start("steady", "stubborn")
    until((installation.state / "grandchild").exists)
    grandchild = Identity.of(int((installation.state / "grandchild").read_text()))
    processes = installation.processes()
    began = time.monotonic()
    assert installation.end() == 0
    assert time.monotonic() - began < promised(10)
    assert not [name for name, one in processes.items() if one.alive()]
    assert grandchild is not None
    assert not grandchild.alive()


def test_a_second_ctrl_c_hurries(installation):
    installation.start("stubborn")
    assert installation.up is not None
    began = time.monotonic()
    installation.up.send_signal(signal.SIGINT)
    time.sleep(0.3)
    installation.up.send_signal(signal.SIGINT)
    assert installation.up.wait(60) == 0
    assert time.monotonic() - began < promised(4)


def test_kill_9_of_the_supervisor_leaves_no_orphan_and_the_next_start_works(installation):
    installation.start("steady", "stubborn")
    until((installation.state / "grandchild").exists)
    grandchild = int((installation.state / "grandchild").read_text())
    with installation.connect() as owner:
        owner.execute("create table kept as select 'still here' as word")
    processes = installation.processes()
    installation.end(signal.SIGKILL)
    until(lambda: not any(one.alive() for name, one in processes.items() if name != "stubborn"), 5)
    # Deaf to SIGTERM, in sessions of their own: the warden's part.
    until(lambda: not processes["stubborn"].alive() and start_time(grandchild) is None, 10)

    installation.start("steady")
    with installation.connect() as owner:
        assert owner.execute("select word from kept").fetchone() == ("still here",)
    assert installation.end() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="finds the warden through /proc")
def test_what_outlives_even_the_warden_is_ended_by_the_next_start(installation):
    installation.start("stubborn")
    until((installation.state / "grandchild").exists)
    grandchild = int((installation.state / "grandchild").read_text())
    stubborn = installation.processes()["stubborn"]
    record = str(installation.state / "run" / "children.json").encode()
    wardens = [p for p in Path("/proc").glob("[0-9]*") if b"config.up.warden" in _argv(p) and record in _argv(p)]
    assert len(wardens) == 1
    os.kill(int(wardens[0].name), signal.SIGKILL)
    installation.end(signal.SIGKILL)
    assert stubborn.alive()
    ready = installation.start("steady")
    assert "READY" in ready
    assert not stubborn.alive()
    assert start_time(grandchild) is None
    assert installation.end() == 0


def _argv(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def test_a_second_up_in_the_same_place_says_so_and_leaves_the_first_alone(installation):
    address = installation.start("steady").split("desk ")[1].split()[0]
    second = installation.open("steady")
    said, _ = second.communicate(timeout=10)
    assert second.returncode == 2
    assert "already runs" in said
    assert address in said
    assert all(one.alive() for one in installation.processes().values())
    assert installation.end() == 0


@pytest.mark.needs("MCE-061", part="the supervisor restarts what has stopped")
def test_a_crashed_process_is_reaped_and_started_again_in_the_same_place(installation):
    installation.start("fragile")
    lives = installation.state / "lives"
    until(lambda: lives.exists() and lives.read_text())
    first = installation.processes()["fragile"]
    (installation.state / "die").touch()
    until(lambda: len(lives.read_text().splitlines()) == 2)
    one, two = lives.read_text().splitlines()
    assert one == two, "its leases are its own again"
    until(lambda: installation.processes()["fragile"] != first)
    assert not first.alive()
    assert installation.end() == 0


def test_a_process_that_is_held_stays_stopped_until_it_is_released(installation):
    installation.start("steady", "fragile")
    lives = installation.state / "lives"
    until(lambda: lives.exists() and lives.read_text())
    first = installation.processes()["fragile"]
    holding.hold(installation.state, "fragile")
    until(lambda: not first.alive())
    time.sleep(1)  # longer than the first pause before a restart
    assert len(lives.read_text().splitlines()) == 1
    holding.release(installation.state, "fragile")
    until(lambda: len(lives.read_text().splitlines()) == 2)
    assert installation.processes()["steady"].alive()
    holding.hold(installation.state, "fragile")
    assert installation.end() == 0
    installation.start("fragile")
    until(lambda: len(lives.read_text().splitlines()) == 3)
    assert installation.end() == 0


def test_stop_and_start_in_one_breath_make_another_process(installation):
    installation.start("steady", "fragile")
    lives = installation.state / "lives"
    until(lambda: lives.exists() and lives.read_text())
    first = installation.processes()["fragile"]
    assert holding.stop(installation.state, "fragile")
    assert not first.alive()
    assert holding.start(installation.state, "fragile")
    assert installation.processes()["fragile"] != first
    assert installation.end() == 0


@pytest.mark.needs("MCE-061", part="the supervisor restarts what has stopped")
def test_a_killed_engine_comes_back_on_its_port_with_its_data(installation):
    installation.start("steady")
    with installation.connect() as owner:
        owner.execute("create table kept as select 'still here' as word")
        port = owner.info.port
    killed = installation.processes()["postgres"]
    os.kill(killed.pid, signal.SIGKILL)

    def back() -> bool:
        try:
            with installation.connect() as owner:
                return owner.info.port == port and owner.execute("select word from kept").fetchone() is not None
        except psycopg.OperationalError:
            return False

    until(lambda: not killed.alive())
    until(back)
    until(lambda: installation.processes()["postgres"] != killed)
    assert installation.end() == 0


def test_secrets_are_for_their_owner_only(installation):
    installation.start("steady")
    for name in ("secrets.json", "run/env.json"):
        assert (installation.state / name).stat().st_mode & 0o077 == 0, name
    secrets = json.loads((installation.state / "secrets.json").read_text())
    for entry in Path("/proc").glob("[0-9]*"):
        shown = b" ".join(_argv(entry)).decode(errors="replace")
        assert not any(secret in shown for secret in secrets.values())
    assert installation.end() == 0


def test_status_tells_a_running_palabre_from_the_traces_of_one(installation, capsys):
    assert status.report(installation.state) == 1
    address = installation.start("steady").split("desk ")[1].split()[0]
    assert status.report(installation.state) == 0
    said = capsys.readouterr().out
    assert address in said
    assert "steady      runs" in said
    installation.end(signal.SIGKILL)
    assert status.report(installation.state) == 1


def test_ctrl_c_while_it_is_still_starting_leaves_nothing(installation):
    starting = installation.open("steady")
    installation.up = starting
    until(lambda: (installation.state / "pg18").exists() or (installation.state / "pg18.unfinished").exists())
    starting.send_signal(signal.SIGINT)
    said, _ = starting.communicate(timeout=15)
    assert starting.returncode == 130, said
    left = [one for one in Path("/proc").glob("[0-9]*") if str(installation.state).encode() in b" ".join(_argv(one))]
    assert left == []


def test_a_large_log_is_put_aside_and_only_the_last_ones_are_kept(tmp_path):
    log = tmp_path / "gateway.log"
    for number in range(6):
        log.write_text(f"{number}" * (logs.LARGEST + 1))
        assert logs.rotated(log) == log
        assert not log.exists()
    kept = {path.name: path.read_text()[0] for path in tmp_path.iterdir()}
    assert kept == {"gateway.log.1": "5", "gateway.log.2": "4", "gateway.log.3": "3"}
