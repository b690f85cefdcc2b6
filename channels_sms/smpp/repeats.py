"""The same request again in the same session: the same answer, once for each copy, and the work only once."""

import hashlib
from collections import OrderedDict

from channels_sms.smpp.framing import Frame

_KEPT = 3000  # more than may be unanswered at once
_SHORT = 512  # octets; a longer request is remembered by its digest


class Repeats:
    """Answers to the last requests of one session, by all their octets, number included.

    All of them: some operators use a sequence number again for another text, even before the first is answered.
    """

    def __init__(self) -> None:
        # The answer once it is given; until then, how many copies have come and want it, too.
        self._answers: OrderedDict[bytes, bytes | int] = OrderedDict()

    def find(self, frame: Frame) -> tuple[bool, bytes | None]:
        """(is this a repeat, its answer if it has been given); a new request is remembered as unanswered."""
        place = _place(frame)
        known = self._answers.get(place)
        if known is None:
            self._answers[place] = 0
            if len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
            return False, None
        if isinstance(known, int):
            self._answers[place] = known + 1
            return True, None
        return True, known

    def answered(self, frame: Frame, answer: bytes) -> int:
        """Keep the answer for copies to come; returns how many have come already and wait for it."""
        place = _place(frame)
        known = self._answers.get(place)
        if known is None:
            return 0
        self._answers[place] = answer
        return known if isinstance(known, int) else 0

    def forget(self, frame: Frame) -> int:
        """It was refused for now: the next time it may be taken. Returns how many copies wait for that answer."""
        known = self._answers.pop(_place(frame), 0)
        return known if isinstance(known, int) else 0


def _place(frame: Frame) -> bytes:
    octets = frame.octets
    return octets if len(octets) <= _SHORT else hashlib.blake2b(octets, digest_size=32).digest()
