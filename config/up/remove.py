"""`make clean`: stop nothing, but refuse while Palabre runs; remove the data that may lie outside the clone."""

from __future__ import annotations

import shutil
import sys

from config.cli import state
from config.up.binaries import place_for
from config.up.children import Record


def main() -> int:
    where = state()
    if not where.exists():
        return 0
    if Record(where / "run" / "children.json").left_behind():
        sys.stdout.write("Palabre runs here: stop it first.\n")
        return 1
    shutil.rmtree(place_for(where, "pg18"), ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
