"""A Chromium for the journeys and the screenshots: the machine's, or one that is fetched. Prints its path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-color-emoji")


def find() -> str | None:
    """The path of a Chromium, fetched if need be. None, and a word why, when none can be had."""
    found = os.environ.get("PALABRE_BROWSER") or installed() or from_system() or from_npm()
    if not found:
        words = "install one (Debian: apt-get install chromium) or set PALABRE_BROWSER to its path"
        print(f"No Chromium can be had here: {words}.", file=sys.stderr)
    return found


def installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def from_system() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("· installing chromium from the system's packages", file=sys.stderr, flush=True)
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            ["apt-get", *words],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode and words[0] == "install":
            print(f"  that failed: {done.stderr.strip()[-300:]}", file=sys.stderr)
    return installed()


def from_npm() -> str | None:
    """A Chromium that unpacks itself; it needs libnss3 of the system."""
    place = Path(os.environ.get("PALABRE_STATE") or ROOT / ".state") / "browser"
    place.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
    print("· fetching a chromium package from npm", file=sys.stderr, flush=True)
    unpack = "import('@sparticuz/chromium').then(async c => console.log(await c.default.executablePath()))"
    for words in (
        ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(place), "@sparticuz/chromium@153"],
        ["node", "--input-type=module", "-e", unpack],
    ):
        done = subprocess.run(
            words,
            cwd=place,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            print(f"  that failed: {done.stderr.strip()[-300:]}", file=sys.stderr)
            return None
    found = done.stdout.strip()
    works = subprocess.run([found, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    return found if works else None


if __name__ == "__main__":
    path = find()
    print(path or "")
    sys.exit(0 if path else 1)
