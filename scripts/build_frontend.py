"""Build the front end when its sources have changed: npm ci, npm run build, a stamp in frontend/dist.

The stamp is a hash of contents, not a time: a fresh clone or a switch of branch gives every file a new time.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"
MADE = {"node_modules", "dist", "coverage", ".vite"}


def digest(paths: list[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        found.update(f"{path.relative_to(FRONTEND)}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def sources() -> list[Path]:
    found = []
    for directory, below, files in os.walk(FRONTEND):
        below[:] = sorted(set(below) - MADE)
        found += [Path(directory, name) for name in sorted(files)]
    return found


def npm(*words: str, seconds: int) -> None:
    """Run npm, quietly unless it fails. Its node is the one that stands first on PATH: the wheel's."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        ["npm", *words],
        cwd=FRONTEND,
        env={**os.environ, "PATH": path, "npm_config_update_notifier": "false"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        sys.exit(f"npm {' '.join(words)} failed:\n{done.stdout}")


def install() -> None:
    """npm ci, unless node_modules already holds what package-lock.json says."""
    stamp = FRONTEND / "node_modules" / ".palabre"
    wanted = digest([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("· fetching the front end's packages", flush=True)
    npm("ci", "--no-audit", "--no-fund", seconds=600)
    stamp.write_text(wanted)


def build() -> None:
    stamp = FRONTEND / "dist" / ".built"
    wanted = digest(sources())
    if stamp.exists() and stamp.read_text() == wanted:
        return
    install()
    began = time.monotonic()
    print("· building the front end", flush=True)
    npm("run", "build", seconds=600)
    stamp.write_text(wanted)
    print(f"· built in {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    if not (FRONTEND / "package.json").exists():
        print("· no front end here yet")
    elif sys.argv[1:] == ["install"]:
        install()
    else:
        build()
