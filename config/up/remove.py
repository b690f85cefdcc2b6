"""`make clean`: stop nothing, but refuse while Palabre runs; remove the data that may lie outside the clone."""

from __future__ import annotations

import sys

from config.cli import state
from config.up.binaries import remove
from config.up.children import Record


def main() -> int:
    where = state()
    if not where.exists():
        return 0
    if Record(where / "run" / "children.json").left_behind():
        sys.stdout.write("Palabre runs here: stop it first.\n")
        return 1
    remove(where)
    return 0


if __name__ == "__main__":
    sys.exit(main())
