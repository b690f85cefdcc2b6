"""`palabre up`: engines, schema, demo data, every process, one READY line; and everything gone at Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from config.env import SettingError, text
from config.up import engines, schema, secrets_file
from config.up.binaries import EngineError
from config.up.children import RUN_TOKEN, Record, end, of_run, wait_gone
from config.up.holding import is_held, release_all
from config.up.ports import Ports, is_free
from config.up.processes import Process, table
from config.up.supervisor import Supervisor, dismiss_warden, on_signals, start_warden

ALREADY_RUNNING = 2


def up(state: Path, *, rows: Sequence[Process] | None = None, migrate: bool = True) -> int:
    """Run until a signal; returns the exit code. `rows`: another table of processes, for tests."""
    began = time.monotonic()
    state = engines.prepare(state)
    lock = _lock(state)
    if lock is None:
        return ALREADY_RUNNING
    on_signals(_interrupted)
    try:
        return _locked(state, began, lock, rows, migrate)
    except (EngineError, SettingError) as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("stopped before it was ready")
        return 130
    finally:
        lock.close()


def _interrupted(_signal: int, _frame: object) -> None:
    """Until the supervisor takes signals over: unwind, which stops what has been started."""
    raise KeyboardInterrupt


def _locked(state: Path, began: float, lock: IO[str], rows: Sequence[Process] | None, migrate: bool) -> int:
    record = Record(state / "run" / "children.json")
    if ended := end(record.left_behind(), grace=6):
        _say(f"ended {len(ended)} process(es) that an earlier run left behind")
    release_all(state)
    token = secrets.token_hex(12)
    record.begin(token)
    warden = start_warden(state / "run" / "children.json", state / "logs" / "warden.log")
    step = _Steps(began)
    try:
        found = engines.start(
            state,
            database_url=text("DATABASE_URL", ""),
            database_owner_url=text("DATABASE_OWNER_URL", ""),
            redis_url=text("REDIS_URL", ""),
        )
    except BaseException:
        dismiss_warden(warden)
        raise
    try:
        _note(record, found)
        step("engines answer" if found.postgres or found.valkey else "using the servers of DATABASE_URL and REDIS_URL")
        env, places = environment(state, found)
        shared = state / "run" / "env.json"
        _write_private(shared, {key: env[key] for key in SHARED if key in env})
        _write_in(lock, {"pid": os.getpid(), "address": places["desk"]})
        env[RUN_TOKEN] = token
        if migrate:
            _prepare_data(env, state, step, ours=found.postgres is not None)
        if rows is None:
            rows = table(state, web_port=int(env["WEB_PORT"]), simulator=env["PALABRE_MODE"] == "demo")
        keeper = Supervisor(rows, state=state, env=env, record=record, place=_place(state), say=step.say)
        on_signals(keeper.interrupt)
        step(f"starting {', '.join(process.name for process in rows)}")
        try:
            keeper.run(
                on_ready=lambda: step.ready(places),
                also=lambda: _revive(found, state, record, step.say),
            )
            _say("stopping" + ("" if keeper.hurried else " (Ctrl-C again to hurry)"))
        finally:
            keeper.stop()
            end(of_run(token), grace=0)  # children of children, in sessions of their own
            shared.unlink(missing_ok=True)
            found.stop(0.5 if keeper.hurried else 5)
        _say("stopped; the data stays in " + str(_shown(state)))
        return 0
    finally:
        found.stop(5)
        record.forget()
        dismiss_warden(warden)


# --- What every process reads ------------------------------------------------------------------------------

# What a command run by hand beside a running `palabre up` takes over.
SHARED = (
    *("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"),
    *("PALABRE_STATE", "PALABRE_MODE", "PUBLIC_URL", "ALLOWED_HOSTS"),
    *("WEB_PORT", "SIMULATOR_SMPP_PORT", "SIMULATOR_HTTP_PORT"),
)


def environment(state: Path, found: engines.Engines) -> tuple[dict[str, str], dict[str, str]]:
    """(the environment of all processes, addresses for people). What the caller has set is kept.

    Raises EngineError when a port that was asked for by name is taken.
    """
    given = dict(os.environ)
    ports = Ports(state)
    env = {
        **given,
        "DJANGO_SETTINGS_MODULE": given.get("DJANGO_SETTINGS_MODULE", "config.settings"),
        "PYTHONUNBUFFERED": "1",
        "PALABRE_STATE": str(state),
        "PALABRE_MODE": given.get("PALABRE_MODE", "demo"),
        "SECRET_KEY": text("SECRET_KEY", secrets_file.load(state)["secret_key"]),
        "DATABASE_URL": found.database_url,
        "DATABASE_OWNER_URL": found.database_owner_url,
        "REDIS_URL": found.redis_url,
    }
    for name, wished in (("WEB_PORT", 8000), ("SIMULATOR_SMPP_PORT", 2775), ("SIMULATOR_HTTP_PORT", 8001)):
        if name not in given:
            env[name] = str(ports.take(name.lower(), wished))
        elif not is_free(int(given[name])):
            raise EngineError(f"port {given[name]} ({name}) is taken by another program")
    (state / "static").mkdir(
        exist_ok=True
    )  # WhiteNoise warns without it; the front end is served from where it is built
    desk = f"http://127.0.0.1:{env['WEB_PORT']}"
    env.setdefault("PUBLIC_URL", desk)
    places = {"desk": env["PUBLIC_URL"]}
    if env["PALABRE_MODE"] == "demo":
        places["phone"] = f"http://127.0.0.1:{env['SIMULATOR_HTTP_PORT']}"
    return env, places


def _place(state: Path) -> str:
    """A name for this installation that no other has, the same after a restart: it holds leases."""
    path = state / "place"
    if not path.exists():
        path.write_text(secrets.token_hex(6))
    return path.read_text()


def prepare_data(state: Path) -> None:
    """What the first start makes, on engines that are stopped again. Raises EngineError."""
    state = engines.prepare(state)
    with engines.start(state) as found:
        env, _ = environment(state, found)
        _prepare_data(env, state, _Steps(time.monotonic()), ours=True)


def _prepare_data(env: Mapping[str, str], state: Path, step: _Steps, *, ours: bool) -> None:
    """Schema and grants as the owner; demo data as the application. What is there already is left alone, but for links
    of the demonstration whose simulator listens elsewhere than last time.

    `ours`: the server is our own, so that nobody else can have changed it.
    """
    owner = env["DATABASE_OWNER_URL"]
    if not (ours and schema.is_current(state, owner)):
        _run("migrate", env, state)
        if ours:
            schema.remember(state, owner)
        step("schema up to date")
    if env["PALABRE_MODE"] == "demo":
        # The demonstration's links know where the simulator listened when they were pointed at it.
        simulator = f"{env['SIMULATOR_SMPP_PORT']} {env['SIMULATOR_HTTP_PORT']}"
        pointed = state / "simulator-ports"
        there = _has_data(env["DATABASE_URL"])
        if not there or not pointed.exists() or pointed.read_text() != simulator:
            _run("seed", env, state)
            pointed.write_text(simulator)
            step("links point at the simulator" if there else "demo data made")


def _run(name: str, env: Mapping[str, str], state: Path) -> None:
    """Run a short command to its end. Raises EngineError with the end of what it said."""
    log = state / "logs" / f"{name}.log"
    with log.open("wb") as out:
        child = subprocess.Popen([sys.executable, "-m", "config.cli", name], env=dict(env), stdout=out, stderr=out)
        try:
            code = child.wait()
        except BaseException:
            child.kill()
            wait_gone(child, 5)
            raise
    if code:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise EngineError(f"`palabre {name}` failed ({log}):\n{tail}")


def _has_data(url: str) -> bool:
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute("select exists (select from accounts_organisation)").fetchone()
    return bool(row and row[0])


def _note(record: Record, found: engines.Engines) -> None:
    for name, (pid, asking) in found.running().items():
        record.note(name, pid, asking)


def _revive(found: engines.Engines, state: Path, record: Record, say: Callable[[str], None]) -> str:
    if revived := found.revive(held=lambda name: is_held(state, name)):
        say(f"{' and '.join(revived)} had died and runs again")
        _note(record, found)
    return ""


# --- One run per state directory ---------------------------------------------------------------------------


def _lock(state: Path) -> IO[str] | None:
    """The lock, held until this process ends in whatever way. None, and a word about it, when another has it."""
    file = (state / "run" / "up.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        try:
            other = json.loads(file.read())
            _say(f"Palabre already runs here (pid {other['pid']}): {other['address']}")
        except (ValueError, KeyError):
            _say("Palabre is just being started here by another `palabre up`")
        file.close()
        return None
    file.truncate(0)
    return file


def _write_in(lock: IO[str], facts: Mapping[str, object]) -> None:
    lock.truncate(0)
    lock.write(json.dumps(facts))
    lock.flush()


def _write_private(path: Path, values: Mapping[str, str]) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(values, file, indent=1)
    draft.replace(path)


# --- Words for people --------------------------------------------------------------------------------------


def _say(line: str) -> None:
    sys.stdout.write(f"palabre: {line}\n")
    sys.stdout.flush()


class _Steps:
    """Progress, with the seconds since the command was given."""

    def __init__(self, began: float) -> None:
        self._began = began

    def __call__(self, done: str) -> None:
        self.say(done)

    def say(self, line: str) -> None:
        _say(f"{time.monotonic() - self._began:5.1f} s  {line}")

    def ready(self, places: Mapping[str, str]) -> None:
        shown = "  ".join(f"{name} {address}" for name, address in places.items())
        _say(f"READY in {time.monotonic() - self._began:.1f} s  {shown}  (Ctrl-C stops)")


def _shown(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
