"""From a stream of octets to whole frames: command_length, then that many octets."""

from collections.abc import Iterator
from typing import NamedTuple

from channels_sms.smpp.pdu import HEADER, HEADER_SIZE

# The longest message_payload is 65,535 octets; the rest of a PDU fits in the slack.
LONGEST = 0x10000 + 4096


class BrokenFraming(Exception):
    """command_length cannot be true, so the start of the next PDU is unknown: only closing helps."""

    def __init__(self, length: int, sequence: int) -> None:
        super().__init__(f"command_length {length} is outside {HEADER_SIZE} to {LONGEST}")
        self.length = length
        self.sequence = sequence


class Frame(NamedTuple):
    """One whole PDU; `octets` includes the header."""

    command: int
    status: int
    sequence: int
    octets: bytes


class FrameReader:
    """Keeps what is not yet a whole frame, across any pause. `partial` says that something is waiting."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept = b""

    @property
    def partial(self) -> bool:
        return bool(self._kept)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that `data` completes. Raises BrokenFraming after the whole ones before it."""
        if self._kept:
            data = self._kept + data
            self._kept = b""
        at, end = 0, len(data)
        try:
            while end - at >= 4:
                length = int.from_bytes(data[at : at + 4], "big")
                if not HEADER_SIZE <= length <= LONGEST:
                    sequence = int.from_bytes(data[at + 12 : at + 16], "big") if end - at >= HEADER_SIZE else 0
                    raise BrokenFraming(length, sequence)
                if end - at < length:
                    break
                _, command, status, sequence = HEADER.unpack_from(data, at)
                octets = data[at : at + length]
                at += length
                yield Frame(command, status, sequence, octets)
        finally:
            self._kept = data[at:]
