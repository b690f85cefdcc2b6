"""The same request again in the same session: the same answer, and the work only once."""

import hashlib
from collections import OrderedDict

from channels_sms.smpp.framing import Frame

_KEPT = 3000


class Repeats:
    """Answers by (command, sequence number), of the last requests of one session.

    The digest tells a repeat from another text under a number used again, which some operators do.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[int, int], tuple[bytes, bytes | None]] = OrderedDict()

    def find(self, frame: Frame) -> tuple[bool, bytes | None]:
        """(is this a repeat, its answer if it has been given); a new request is remembered as unanswered."""
        place = (frame.command, frame.sequence)
        digest = hashlib.blake2b(frame.octets, digest_size=16).digest()
        known = self._answers.get(place)
        if known is not None and known[0] == digest:
            return True, known[1]
        self._answers[place] = (digest, None)
        self._answers.move_to_end(place)
        if len(self._answers) > _KEPT:
            self._answers.popitem(last=False)
        return False, None

    def answered(self, frame: Frame, answer: bytes) -> None:
        place = (frame.command, frame.sequence)
        known = self._answers.get(place)
        if known is not None:
            self._answers[place] = (known[0], answer)

    def forget(self, frame: Frame) -> None:
        """It was refused for now: the next time it may be taken."""
        self._answers.pop((frame.command, frame.sequence), None)
