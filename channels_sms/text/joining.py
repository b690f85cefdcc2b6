"""Making one text of the parts that came, in whatever order, number and shape they came.

Octets are joined before they are decoded: an operator may have cut a surrogate pair or an escape pair.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from channels_sms.text import data_coding as coding

GAP = "[…]"


@dataclass(frozen=True, slots=True)
class ReceivedPart:
    """One part as read from the air; `payload` without its UDH, septets unpacked.

    `alphabet`: of data_coding.alphabet_of; None: what the data_coding says by the book.
    """

    number: int
    total: int
    data_coding: int
    payload: bytes
    single_shift: int = 0
    locking_shift: int = 0
    alphabet: str | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """`missing`: part numbers that never came; each run of them reads as one gap mark in `text`."""

    text: str
    encoding: str
    total: int
    missing: tuple[int, ...]

    @property
    def complete(self) -> bool:
        return not self.missing


def join(parts: Iterable[ReceivedPart], *, default_alphabet: str = coding.GSM7) -> Joined:
    """Join the parts of one long text; order of arrival matters only between copies of a number (first wins).

    Parts that disagree about the total: the total told most often holds (the larger when even), and parts
    numbered beyond it are put at the end, because a text shown twice is better than words lost.
    """
    arrived = list(parts)
    if not arrived:
        raise ValueError("no parts")
    totals = Counter(part.total for part in arrived)
    total = max(totals, key=lambda candidate: (totals[candidate], candidate))
    by_number: dict[int, ReceivedPart] = {}
    for part in arrived:
        by_number.setdefault(part.number, part)
    by_number = _in_one_order(by_number, default_alphabet)
    missing = tuple(number for number in range(1, total + 1) if number not in by_number)

    texts: list[str] = []
    encodings: Counter[str] = Counter()
    run: list[ReceivedPart] = []

    def close_run() -> None:
        if run:
            first = run[0]
            decoded = coding.decode(
                b"".join(part.payload for part in run),
                first.data_coding,
                single_shift=first.single_shift,
                locking_shift=first.locking_shift,
                default_alphabet=default_alphabet,
                alphabet=first.alphabet,
            )
            texts.append(decoded.text)
            encodings[decoded.encoding] += len(run)
            run.clear()

    previous = 0
    for number in sorted(by_number):
        part = by_number[number]
        if number != previous + 1 and previous < total:
            close_run()
            texts.append(GAP)
        elif run and not _same_alphabet(run[0], part):
            close_run()
        run.append(part)
        previous = number
    close_run()
    if previous < total:
        texts.append(GAP)
    return Joined("".join(texts), encodings.most_common(1)[0][0], total, missing)


def _in_one_order(parts: dict[int, ReceivedPart], default_alphabet: str) -> dict[int, ReceivedPart]:
    """A byte order mark stands before the first part only, or before each: it holds for all of them, and none of them
    is a character of the text."""
    unicode = [
        number
        for number, part in parts.items()
        if _alphabet(part, default_alphabet) in (coding.UCS2, coding.UCS2_LITTLE)
    ]
    marks = {parts[number].payload[:2] for number in unicode} & {b"\xff\xfe", b"\xfe\xff"}
    if len(marks) != 1:
        return parts
    alphabet = coding.UCS2_LITTLE if marks == {b"\xff\xfe"} else coding.UCS2
    return parts | {
        number: replace(
            part, payload=part.payload[2:] if part.payload[:2] in marks else part.payload, alphabet=alphabet
        )
        for number, part in parts.items()
        if number in unicode
    }


def _alphabet(part: ReceivedPart, default_alphabet: str) -> str:
    if part.alphabet is not None:
        return part.alphabet
    return coding.alphabet_of(part.data_coding, default_alphabet=default_alphabet)


def _same_alphabet(one: ReceivedPart, other: ReceivedPart) -> bool:
    return (one.data_coding, one.alphabet, one.single_shift, one.locking_shift) == (
        other.data_coding,
        other.alphabet,
        other.single_shift,
        other.locking_shift,
    )
