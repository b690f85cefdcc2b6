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

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import NamedTuple
from weakref import WeakValueDictionary

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


class Recollection:
    """What may come again, of all the binds of one link: a text whose answer was lost on one comes again by any."""

    def __init__(self) -> None:
        self.binds: set[Evidence] = set()  # those in a session
        self.turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()  # by person
        self._ours = f"{secrets.token_hex(12)}."  # keys given here begin so
        self._sessions = 0
        self._carried: dict[bytes, deque[_Carried]] = {}  # by fingerprint
        self._carried_of: dict[bytes, set[bytes]] = {}  # person -> fingerprints that may be carried
        self._carried_count = 0
        self._open: dict[bytes, dict[str, Evidence]] = {}  # fingerprint -> keys without a proved answer, and whose

    def session_started(self, stored: Mapping[bytes, str | Sequence[str]], now: float) -> str:
        """Returns the session's own name, which begins its keys.

        Of keys given here the memory knows more than the database: they are not taken from `stored`. One whose answer
        has just been proved may be called unconfirmed there for a moment yet.
        """
        carried: dict[bytes, deque[_Carried]] = {}
        for print_, queue in self._carried.items():
            fresh = deque(
                one._replace(until=now + GRACE_S) if one.until == inf else one for one in queue if one.until > now
            )
            if fresh:
                carried[print_] = fresh
        for print_, keys in stored.items():
            known = {one.key for one in carried.get(print_, ())} | {*self._open.get(print_, ())}
            for key in (keys,) if isinstance(keys, str) else keys:
                if key not in known and not key.startswith(self._ours):
                    carried.setdefault(print_, deque()).append(_Carried(key, now + GRACE_S, surely=False))
        self._carried = carried
        self._carried_of = {}
        for print_ in carried:
            self._carried_of.setdefault(print_[:_PERSON_OCTETS], set()).add(print_)
        self._carried_count = sum(map(len, carried.values()))
        self._sessions += 1
        return f"{self._ours}{self._sessions}"

    def opened(self, print_: bytes, key: str, bind: Evidence) -> None:
        self._open.setdefault(print_, {})[key] = bind

    def closed(self, print_: bytes, key: str) -> None:
        keys = self._open.get(print_)
        if keys is not None:
            keys.pop(key, None)
            if not keys:
                del self._open[print_]

    def holders(self, print_: bytes) -> set[Evidence]:
        """The binds that have such a text open."""
        return {*self._open.get(print_, {}).values()}

    def take_over(self, print_: bytes, now: float) -> str | None:
        waiting = self._carried.get(print_)
        while waiting:
            one = waiting.popleft()
            self._carried_count -= 1
            if not waiting:
                self._forget(print_)
            if one.until > now:
                return one.key
        return None

    def has_gone_on(self, person: bytes) -> None:
        """A new text of this person: what the operator had to offer again of his has come before it."""
        for print_ in self._carried_of.pop(person, ()):
            before = self._carried.pop(print_, None) or ()
            after = deque(one for one in before if one.surely)
            self._carried_count -= len(before) - len(after)
            if after:
                self._carried[print_] = after
                self._carried_of.setdefault(person, set()).add(print_)

    def carry(self, print_: bytes, key: str, until: float, *, surely: bool) -> None:
        if self._carried_count >= _MOST_CARRIED:
            oldest = next(iter(self._carried))
            self._carried_count -= len(self._carried[oldest])
            self._forget(oldest)
        self._carried.setdefault(print_, deque()).append(_Carried(key, until, surely))
        self._carried_of.setdefault(print_[:_PERSON_OCTETS], set()).add(print_)
        self._carried_count += 1

    def _forget(self, print_: bytes) -> None:
        del self._carried[print_]
        of_person = self._carried_of.get(print_[:_PERSON_OCTETS])
        if of_person is not None:
            of_person.discard(print_)
            if not of_person:
                del self._carried_of[print_[:_PERSON_OCTETS]]


class Evidence:
    """Keys of one bind that receives, across its sessions. Times are the loop's seconds.

    `prove` asks the peer for a sign that it has read our answers; needed where a link has several binds.
    """

    def __init__(self, recollection: Recollection | None = None, prove: Callable[[], None] = lambda: None) -> None:
        self.prove = prove
        self._all = recollection or Recollection()
        self._session = ""
        self._count = 0
        self._open: dict[str, bytes] = {}  # key -> fingerprint; received in this session, answer not proved
        self._answered: deque[tuple[int, float, str]] = deque()  # (mark, time, key) in order of the answers

    @property
    def shared(self) -> bool:
        """Whether another bind of the link is in a session, too."""
        return len(self._all.binds) > 1

    def session_started(self, stored: Mapping[bytes, str | Sequence[str]], now: float) -> None:
        """`stored`: fingerprint -> key (or keys, oldest first) of recent texts whose answers the database does
        not know confirmed.
        """
        self._session = self._all.session_started(stored, now)
        self._all.binds.add(self)

    def session_ended(self, now: float = inf) -> None:
        """Answers not proved received may be lost: their texts may come again. By another bind of the link, at once;
        where there is none, the time for it counts from the next bind."""
        self._all.binds.discard(self)
        until = now + GRACE_S if self._all.binds else inf
        answered = {key for _, _, key in self._answered}
        for key, print_ in self._open.items():
            self._all.closed(print_, key)
            self._all.carry(print_, key, until, surely=key not in answered)
        self._open.clear()
        self._answered.clear()

    def elsewhere(self, print_: bytes) -> set[Evidence]:
        """Other binds that have such a text, too, and do not know yet whether its answer was read: only when they do
        is it known whether this one is a copy. A bind that is lost may be known as lost to the operator first."""
        return self._all.holders(print_) - {self}

    def turn(self, print_: bytes) -> asyncio.Lock:
        """Held while it is found out what one text of this person is, on whichever bind it came."""
        return self._all.turns.setdefault(print_[:_PERSON_OCTETS], asyncio.Lock())

    def key(self, print_: bytes, sequence: int, now: float) -> str:
        """The key of a text that has just come."""
        key = self._all.take_over(print_, now)
        if key is None:
            self._all.has_gone_on(print_[:_PERSON_OCTETS])
            # The count makes it unique: some operators use a sequence number again for another text.
            self._count += 1
            key = f"{self._session}:{sequence}:{self._count}"
        self._open[key] = print_
        self._all.opened(print_, key, self)
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
                self._all.closed(print_, key)
                self._all.carry(print_, key, now + RETRY_S, surely=True)
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
        print_ = self._open.pop(key, None)
        if print_ is not None:
            self._all.closed(print_, key)
        return key
