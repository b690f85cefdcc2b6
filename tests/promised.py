"""Promised times, on a quiet machine and on one that has other work."""

from __future__ import annotations

import os

# The counts and the limits of `make faults`. Without it tests run side by side, on a machine that may have other work:
# promised times are then held to three times their limit, and always printed.
FULL = os.environ.get("FAULT_FULL", "") not in ("", "0")
STALLED = 1.0 if FULL else 3.0


def promised(limit_s: float) -> float:
    """The limit that a promise of `limit_s` seconds is held to in this run."""
    return limit_s * STALLED
