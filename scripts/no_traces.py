"""No file of the repository may name a package registry's host or a place on somebody's machine."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Written so that this file does not itself say what it looks for.
HOSTS = re.compile(
    r"py(?:pi)[.]org|python(?:hosted)[.]org|registry[.]npm|npm(?:js)[.](?:org|com)|proxy[.]golang"
    r"|\"resolved\": *\"http|index-url[ =]+http|registry *= *http"
)
PLACES = re.compile(r"(?:^|[^A-Za-z0-9_.~*-])/(?:work|farm|root|home/[a-z]\w*|Users/[A-Za-z]\w*)/\w")


def faults(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if HOSTS.search(line):
            yield f"{name}:{number}: names a registry's host: {line.strip()[:100]}"
        if PLACES.search(line):
            yield f"{name}:{number}: names a place on a machine: {line.strip()[:100]}"


def files() -> list[Path]:
    """What is committed or about to be; everything when this is no git checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def main() -> int:
    found = []
    for path in files():
        try:
            text = path.read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        found += list(faults(path.relative_to(ROOT).as_posix(), text))
    for fault in found:
        print(fault)
    if any(path.name == "uv.lock" for path in files()):
        found.append("uv.lock")
        print("uv.lock is not committed: it names registry hosts")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
