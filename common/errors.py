"""The kinds of refusal that a caller can act on.

    PalabreError
    |-- NotFound      the thing is not there, or not there for you (both look the same from outside)
    |-- NotAllowed    it is there, you may see it, and you may not do this to it
    |-- Locked        nobody has been at this desk for a while: nothing is told before its owner shows who he is
    |-- Conflict      somebody else was first, or its state forbids it now; look again and decide
    |-- TooMany       more than one person or program may ask for; the same again after `retry_after_s`
    `-- Invalid       what you gave cannot be used; `field` says which part

No HTTP here: the API layer maps kinds to statuses once.
"""

from __future__ import annotations

import math
from typing import Any


class PalabreError(Exception):
    """A refusal with a stable `code` for programs and a sentence for people."""

    def __init__(self, code: str, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts = facts


class NotFound(PalabreError):
    pass


class NotAllowed(PalabreError):
    pass


class Locked(PalabreError):
    pass


class Conflict(PalabreError):
    pass


class TooMany(PalabreError):
    def __init__(self, code: str, message: str, *, retry_after_s: float, **facts: Any) -> None:
        super().__init__(code, message, retry_after_s=max(1, math.ceil(retry_after_s)), **facts)

    @property
    def retry_after_s(self) -> int:
        """Whole seconds, at least one."""
        return int(self.facts["retry_after_s"])


class Invalid(PalabreError):
    def __init__(self, code: str, message: str, *, field: str = "", **facts: Any) -> None:
        super().__init__(code, message, **facts)
        self.field = field
