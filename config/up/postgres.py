"""PostgreSQL 18 as a child process: loopback, a generated password, no unix socket, its data in `pg18`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from config.up.binaries import EngineError, own, place_for, postgres_bin, reachable, run_as
from config.up.children import Identity, spawn, start_time, wait_gone

SUPERUSER = "postgres"
OWNER = "palabre_owner"
APP = "palabre_app"
DATABASE = "palabre"

# For a small machine that it shares with everything else.
SETTINGS: Mapping[str, object] = {
    "listen_addresses": "127.0.0.1",
    # A socket's path may not exceed 107 bytes, and a deep checkout's does.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "128MB",
    "max_connections": 100,
    # Compiling costs more than the short statements of an inbox take.
    "jit": "off",
    "wal_compression": "pglz",
    # As PostgreSQL has them for segments of 16 MB: for smaller ones initdb writes less (_initialise).
    "min_wal_size": "80MB",
    "max_wal_size": "1GB",
    "shared_preload_libraries": "pg_stat_statements",
    "cluster_name": "palabre",
    "log_checkpoints": "off",
    # A statement that fails quotes what it was given, and DETAIL the row: words and numbers of people.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    # After a crash everything is synced before anything is replayed: file by file that took 3 s of a small database, by
    # one call for the file system 0.2 s. Linux only; its kernels since 5.8 report errors of the disk that way, too.
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
}
# For data that nobody will miss: tests.
THROW_AWAY: Mapping[str, object] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One data directory and the server on it. `start` and `stop` from the main thread."""

    def __init__(self, state: Path, *, port: int, passwords: Mapping[str, str], durable: bool, log: Path) -> None:
        self.bin = postgres_bin()
        # Another major's data does not start: the name says whose it is.
        self.data = place_for(state, "pg18")
        self.port = port
        self._passwords, self._durable, self._log = passwords, durable, log
        self._fresh_secrets = False
        self._env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, role: str, database: str = DATABASE) -> str:
        secret = {SUPERUSER: "superuser", OWNER: "owner", APP: "app"}[role]
        return f"postgresql://{role}:{self._passwords[secret]}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Initialise when needed, start, wait until it answers, and see to roles and database.

        Raises EngineError with the last lines of the log.
        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        else:
            self._end_orphan()
        settings = {**SETTINGS, **({} if self._durable else THROW_AWAY), "port": self.port}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        self.process = spawn(
            [str(self.bin / "postgres"), "-D", str(self.data), *options],
            env=self._env,
            log=self._log,
            identity=run_as(),
            death_signal=signal.SIGINT,  # a fast shutdown; SIGTERM would wait for every client to leave
            cwd="/",
        )
        self._await()
        self._roles()

    def stop(self, seconds: float = 10) -> None:
        """Fast shutdown; an immediate one (recovered from the log at the next start) after `seconds`."""
        if self.process is None or self.process.poll() is not None:
            return
        for with_signal, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            self.process.send_signal(with_signal)
            if wait_gone(self.process, patience):
                return

    # --- The data directory --------------------------------------------------------------------------------

    def _initialise(self) -> None:
        """Build it beside its place and rename it: a start that dies half-way leaves no half cluster."""
        draft = self.data.with_name("pg18.unfinished")
        shutil.rmtree(draft, ignore_errors=True)
        if self.data.exists():
            shutil.rmtree(self.data)  # without PG_VERSION: never finished
        if run_as() and not reachable(draft.parent):
            raise EngineError(f"{draft.parent} must be open to other users' passage (mode 711)")
        draft.mkdir(parents=True, mode=0o700)
        own(draft)
        # A file and not a pipe: root's pipe cannot be opened again by `nobody`. mkstemp makes it 0600.
        handle, password_file = tempfile.mkstemp(prefix="word-", dir=draft.parent)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(self._passwords["superuser"])
            own(password_file)
            self._run(
                "initdb", "-D", draft, "-U", SUPERUSER, "-E", "UTF8", "--auth=scram-sha-256",
                f"--pwfile={password_file}", "--no-instructions",
                # Whoever commits when the write-ahead log needs a new segment writes it full of zeros and syncs it, and
                # everybody waits: 40 to 100 ms for 16 MB, each 5,300 texts of a burst, 3 ms for 1 MB.
                "--wal-segsize=1",
                # Upper and lower case of é without any locale of the system.
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                *([] if self._durable else ["--no-sync"]),
            )  # fmt: skip
        finally:
            Path(password_file).unlink()
        draft.rename(self.data)

    def _end_orphan(self) -> None:
        """End the server of a run that was killed; clear away a pid file whose pid is a stranger's now."""
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        if start_time(pid) is None:
            return  # PostgreSQL sees that by itself
        if str(self.data) not in _command_line(pid):
            # After a reboot the pid may be a stranger's; PostgreSQL would refuse to start.
            lock.unlink()
            return
        orphan = Identity.of(pid)
        for mode in ("fast", "immediate"):
            try:
                self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", "15", "stop")
            except EngineError:
                continue
            break
        if orphan is not None and orphan.alive():
            raise EngineError(f"a PostgreSQL of an earlier run (pid {pid}) does not stop: kill it and try again")

    def _run(self, program: str, *arguments: object, stdin: str | None = None) -> str:
        done = subprocess.run(  # noqa: PLW1510 (the code is read below)
            [str(self.bin / program), *map(str, arguments)],
            env=self._env, cwd="/", capture_output=True, text=True, input=stdin, **run_as(),
        )  # fmt: skip
        if done.returncode:
            raise EngineError(f"{program} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    # --- The server ----------------------------------------------------------------------------------------

    def _await(self, seconds: float = 60) -> None:
        assert self.process is not None
        deadline = time.monotonic() + seconds
        asked = [str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(asked, env=self._env, cwd="/").returncode:  # noqa: PLW1510
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EngineError(f"PostgreSQL did not start. The end of {self._log}:\n{_tail(self._log)}")
            time.sleep(0.02)

    def _roles(self) -> None:
        """The owner of the schema (migrations) and the application's role, which owns nothing."""
        import psycopg
        from psycopg import sql

        try:
            admin = psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True)
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                raise
            self._adopt()
            admin = psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True)
        with admin:
            known = {row[0] for row in admin.execute("select rolname from pg_roles")}
            for role, secret in ((OWNER, "owner"), (APP, "app")):
                verb = "alter" if role in known else "create"
                if role in known and _opens(self.url(role, "postgres")):
                    continue
                # CREATEDB for the owner: tests make databases of their own.
                rights = "createdb" if role == OWNER else "nocreatedb"
                admin.execute(
                    sql.SQL(f"{verb} role {{}} login nosuperuser nocreaterole {rights} password {{}}").format(
                        sql.Identifier(role), sql.Literal(self._passwords[secret])
                    )
                )
            if OWNER not in known:
                # To read statistics and to end a stuck session, as the operator of a server may.
                admin.execute(f"grant pg_monitor, pg_signal_backend to {OWNER}")
            if not admin.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                admin.execute(f"create database {DATABASE} owner {OWNER}")
                with psycopg.connect(self.url(SUPERUSER), autocommit=True) as inside:
                    inside.execute("create extension if not exists pg_stat_statements")

    def _adopt(self) -> None:
        """The passwords were lost but the data was not: set the superuser's anew, alone with the files."""
        self.stop()
        statement = f"alter role {SUPERUSER} password '{self._passwords['superuser']}'\n"
        self._run("postgres", "--single", "-D", self.data, "postgres", stdin=statement)
        self.start()


def _opens(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _command_line(pid: int) -> str:
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)  # noqa: PLW1510
    return asked.stdout


def _tail(path: Path, lines: int = 12) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
