"""How deep what was read stands inside itself: a reader of ours goes down by itself, and must not be led too far."""

from __future__ import annotations

from typing import Any

DEEPEST = 16  # levels, what stands in the innermost list or object being the last: more than any form has


def too_deep(value: Any) -> bool:
    """Whether lists and objects, as JSON gives them, stand inside each other on more levels than DEEPEST."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            return True
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return False
