"""An honest SMSC and a phone, for demonstrations and tests only.

The simulator is a peer of the product, not a part of it: its own process, reached over a real socket, with its
own SMPP codec (smpplib's definitions, where the product has its own). It shares the text tables, nothing else.

`python -m simulator` starts it; `main(argv)` is the same for a caller. Production refuses it.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the simulator until SIGTERM or SIGINT. Returns the process's exit status."""
    from simulator.command import main as run

    return run(argv)
