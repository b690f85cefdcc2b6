"""Is this deliver_sm a text that we have already, or the same words truly sent again?

SMPP gives an inbound text no identity. What can be known: the operator offers a text again when it did not
get our answer, or got a temporary error. So a text keeps its key until its answer is proved received, and
only a copy that follows an unproved answer takes an old key over, once. Everything else is a new text,
however alike the words.

An operator keeps the order of a subscriber's texts: what it has to offer again comes before what is new. So after a
new bind, the first new text of a subscriber says that his earlier answers have arrived, and the same words after it are
truly sent again. An operator that does not keep this order may get a copy shown twice; the other way round, texts that
we had acknowledged would be lost for as long as copies are expected.
"""

import hashlib
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

from channels_sms.smpp import codes
from channels_sms.smpp.pdu import ShortMessage

# After a new bind, copies of texts whose answers were lost are expected within this time.
GRACE_S = 60.0
# After a temporary error the operator tries again by its own schedule.
RETRY_S = 900.0
# An answer written so long ago on a connection that still lives has been read. Some operators never answer an
# enquire_link, so that nothing else would ever prove it.
OLD_S = 60.0
_MOST_CARRIED = 10_000
_PERSON_OCTETS = 12  # of a fingerprint, in front: who wrote to whom
_PART_TLVS = (codes.TLV_SAR_REFERENCE, codes.TLV_SAR_TOTAL, codes.TLV_SAR_NUMBER)


def fingerprint(message: ShortMessage) -> bytes:
    """What a copy has in common with its first: addresses, coding, octets, place in a long text."""
    person = f"{message.source}\0{message.destination}\0".encode()
    digest = hashlib.sha256(person + f"{message.esm_class}\0{message.data_coding}\0".encode())
    if message.tlvs:
        digest.update(b"".join(message.tlv(tag) or b"" for tag in _PART_TLVS))
    digest.update(message.octets)
    return hashlib.sha256(person).digest()[:_PERSON_OCTETS] + digest.digest()[_PERSON_OCTETS:]


class _Carried(NamedTuple):
    key: str
    until: float
    surely: bool  # it had no answer of ours, or a temporary error: it comes again, whatever comes before it


class Evidence:
    """Keys of one connection that receives, across its sessions. Times are the loop's seconds."""

    def __init__(self) -> None:
        self._session = secrets.token_hex(12)
        self._count = 0
        self._open: dict[str, bytes] = {}  # key -> fingerprint; received in this session, answer not proved
        self._answered: deque[tuple[int, float, str]] = deque()  # (mark, time, key) in order of the answers
        self._carried: dict[bytes, deque[_Carried]] = {}  # by fingerprint
        self._carried_of: dict[bytes, set[bytes]] = {}  # person -> fingerprints that may be carried
        self._carried_count = 0

    def session_started(self, stored: Mapping[bytes, str | Sequence[str]], now: float) -> None:
        """`stored`: fingerprint -> key (or keys, oldest first) of recent texts whose answers the database does
        not know confirmed.
        """
        self._session = secrets.token_hex(12)
        carried: dict[bytes, deque[_Carried]] = {}
        for print_, queue in self._carried.items():
            fresh = deque(
                one._replace(until=now + GRACE_S) if one.until == inf else one for one in queue if one.until > now
            )
            if fresh:
                carried[print_] = fresh
        for print_, keys in stored.items():
            waiting = carried.setdefault(print_, deque())
            known = {one.key for one in waiting}
            for key in (keys,) if isinstance(keys, str) else keys:
                if key not in known:
                    waiting.append(_Carried(key, now + GRACE_S, surely=False))
        self._carried = carried
        self._carried_of = {}
        for print_ in carried:
            self._carried_of.setdefault(print_[:_PERSON_OCTETS], set()).add(print_)
        self._carried_count = sum(map(len, carried.values()))

    def session_ended(self) -> None:
        """Answers not proved received may be lost: their texts may come again."""
        answered = {key for _, _, key in self._answered}
        for key, print_ in self._open.items():
            self._carry(print_, _Carried(key, inf, surely=key not in answered))
        self._open.clear()
        self._answered.clear()

    def key(self, print_: bytes, sequence: int, now: float) -> str:
        """The key of a text that has just come."""
        key = self._take_over(print_, now)
        if key is None:
            self._has_gone_on(print_[:_PERSON_OCTETS])
            # The count makes it unique: some operators use a sequence number again for another text.
            self._count += 1
            key = f"{self._session}:{sequence}:{self._count}"
        self._open[key] = print_
        return key

    def answered(self, key: str, mark: int, *, stored: bool, now: float) -> list[str]:
        """Our answer ends at `mark` of what the session writes. Not stored = a temporary error: it comes again.

        Returns keys whose answers are so old that they will not come again.
        """
        if stored:
            self._answered.append((mark, now, key))
        else:
            print_ = self._open.pop(key, None)
            if print_ is not None:
                self._carry(print_, _Carried(key, now + RETRY_S, surely=True))
        old = []
        while self._answered and self._answered[0][1] <= now - OLD_S:
            old.append(self._done())
        return old

    def proved(self, mark: int) -> list[str]:
        """The peer has read everything up to `mark`: keys that will not come again."""
        keys = []
        while self._answered and self._answered[0][0] <= mark:
            keys.append(self._done())
        return keys

    def _done(self) -> str:
        key = self._answered.popleft()[2]
        self._open.pop(key, None)
        return key

    def _take_over(self, print_: bytes, now: float) -> str | None:
        waiting = self._carried.get(print_)
        while waiting:
            one = waiting.popleft()
            self._carried_count -= 1
            if not waiting:
                del self._carried[print_]
            if one.until > now:
                return one.key
        return None

    def _has_gone_on(self, person: bytes) -> None:
        """A new text of this person: what the operator had to offer again of his has come before it."""
        for print_ in self._carried_of.pop(person, ()):
            before = self._carried.pop(print_, None) or ()
            after = deque(one for one in before if one.surely)
            self._carried_count -= len(before) - len(after)
            if after:
                self._carried[print_] = after
                self._carried_of.setdefault(person, set()).add(print_)

    def _carry(self, print_: bytes, one: _Carried) -> None:
        if self._carried_count >= _MOST_CARRIED:
            oldest = next(iter(self._carried))
            self._carried_count -= len(self._carried.pop(oldest))
        self._carried.setdefault(print_, deque()).append(one)
        self._carried_of.setdefault(print_[:_PERSON_OCTETS], set()).add(print_)
        self._carried_count += 1
