"""python -m bots: what `palabre bots` does (bots/command.py)."""

from __future__ import annotations

import sys

from bots.command import main

if __name__ == "__main__":
    sys.exit(main())
