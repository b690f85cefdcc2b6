"""Why a socket was closed, as its browser hears it."""

from __future__ import annotations

from enum import IntEnum


class Close(IntEnum):
    GONE = 1006  # never sent: the other side is not there any more
    TOO_BIG = 1009
    BAD_FRAMES = 4400
    SIGNED_OUT = 4401
    FORBIDDEN = 4403
    TOO_SLOW = 4408  # come back and catch up
    LOCKED = 4423  # come back when somebody has unlocked this session
    TOO_MANY = 4429
