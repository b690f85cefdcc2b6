"""Numbers as somebody typed or pasted them: each once, in its one form, or why it is none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from common.errors import Invalid
from common.text import storable
from contacts.numbers import normalise

MOST = 100  # of one new text; more people are a campaign
MOST_SPELLED = 4 * MOST  # before what stands there twice is left out: beyond, nobody has typed them
LONGEST = 100  # characters of one number, as it was typed
# What is wrong with a number is said beside what is wrong with a text: each has a code of its own.
_PROBLEMS = {"too_long": "number_too_long", "too_short": "number_too_short", "empty": "not_a_number"}


@dataclass(frozen=True, slots=True)
class Recognised:
    """`number`: E.164; as given where it is no number, and then `problem` says why: extension, number_too_long,
    number_too_short, no_such_number, not_a_number (a short code, a name)."""

    given: str
    number: str
    problem: str = ""


def recognise(given: Sequence[str], *, region: str) -> tuple[list[Recognised], list[str]]:
    """(each number once, in the order of its first spelling; the spellings that stood for one that was there before).

    `region`: whose national numbers are meant. What is empty is left out. Raises Invalid("too_many_recipients").
    """
    if len(given) > MOST_SPELLED:
        raise too_many(len(given))
    found: dict[str, Recognised] = {}
    repeated: list[str] = []
    for raw in given:
        spelled = storable(raw).strip()
        if not spelled:
            continue
        normal = normalise(spelled[:LONGEST], region=region)
        value = normal.value if normal.is_number else spelled[:LONGEST]
        if value in found:
            repeated.append(spelled[:LONGEST])
            continue
        problem = "" if normal.is_number else _PROBLEMS.get(normal.problem, normal.problem) or "not_a_number"
        found[value] = Recognised(spelled[:LONGEST], value, problem)
    return list(found.values()), repeated


def too_many(numbers: int) -> Invalid:
    return Invalid(
        "too_many_recipients", f"{numbers} numbers; at most {MOST} at once", field="numbers", numbers=numbers, most=MOST
    )
