"""What leaves of a text that somebody wrote: spared where its line says so, no longer than its line allows.

Every way out comes through here (conversations/messages.py). A person's text that is too long is refused before it is
stored: he is there and can shorten it. A bot's is sent as several texts, cut where its sentences end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import regex

from common.errors import Conflict, Invalid
from conversations.adapters import Planned
from conversations.links import adapter_class, link_for_answer
from conversations.models import Conversation, Line, Link, Message, Saver

LONGEST_PART = 160  # characters
MOST_PARTS = 10  # of one answer of a bot, in all its texts, unless one text may have more; beyond, it is no answer

# A sentence with the spaces behind it; closing quotes and brackets belong to it.
_SENTENCES = regex.compile(r"""[^.!?…\n]*(?:[.!?…]+["'»”’)\]]*(?=\s|$)|\n|$|.)""")
_WORDS = regex.compile(r"\S*\s*")
_CLUSTERS = regex.compile(r"\X")


def plan_of(link: Link, body: str) -> Planned:
    return Planned(*adapter_class(link.adapter).plan(body, link.settings))


def worded(line: Line, link: Link, body: str) -> tuple[str, Planned]:
    """`body` as it is sent on `line` by `link`, and what that costs.

    Raises Invalid("too_long", parts=, most_parts=).
    """
    body, planned = _spared(line, link, body)
    if planned.parts > line.most_parts:
        raise Invalid(
            "too_long",
            f"this text needs {planned.parts} SMS; at most {line.most_parts} may be sent on this line",
            field="body",
            parts=planned.parts,
            most_parts=line.most_parts,
        )
    return body, planned


def refuse_too_long(line: Line, body: str) -> None:
    """Refuse what is too long on every link of the line, before anybody knows which link it leaves by.

    Raises Conflict("no_link"), Invalid("too_long", parts=, most_parts=).
    """
    refusal: Invalid | None = None
    for link in line.links.filter(is_enabled=True).order_by("linelink__priority", "name"):
        try:
            worded(line, link, body)
        except Invalid as error:
            refusal = refusal or error
        else:
            return
    raise refusal or Conflict("no_link", f"the line {line.address} has no enabled link")


def in_texts(conversation: Conversation, body: str, link: Link | None = None) -> list[str]:
    """`body` of a bot, in as many texts as its line needs, cut at the ends of sentences. `link`: by which it leaves,
    if the caller knows.

    Raises Conflict("no_link"), Invalid("too_long") when they need more SMS than MOST_PARTS and than one text may.
    """
    line = conversation.line
    by = link if link is not None else link_for_answer(conversation)[0]
    most = max(MOST_PARTS, line.most_parts)

    def parts(piece: str) -> int:
        return _spared(line, by, piece.strip())[1].parts

    def fits(piece: str) -> bool:
        return parts(piece) <= line.most_parts

    # No alphabet holds more signs in a part; four code points a sign are many. To cut a megabyte takes minutes.
    if len(body) > most * LONGEST_PART * 4:
        raise Invalid("too_long", f"this answer has {len(body)} characters", field="body")
    if fits(body):
        return [body]
    found = [piece.strip() for piece in _fill(body.strip(), fits, (_SENTENCES, _WORDS, _CLUSTERS))]
    texts = [piece for piece in found if piece]
    needed = sum(map(parts, texts))
    if needed > most:
        raise Invalid("too_long", f"this answer needs {needed} SMS; at most {most} are sent", field="body")
    return texts


def takes_latin1(line: Line) -> bool:
    """Whether a text of Latin-1 stays in it on every link of the line: what a screen may count on. Asked of the plans
    themselves, so that what is shown and what is sent cannot differ."""
    links = [link for link in line.links.all() if link.is_enabled]
    return bool(links) and all(plan_of(link, "ê").encoding == "latin1" for link in links)


def as_written(message: Message) -> str:
    """The words of its author, of which a line may have spared some signs."""
    return str((message.facts or {}).get("written", message.body))


def _spared(line: Line, link: Link, body: str) -> tuple[str, Planned]:
    adapter = adapter_class(link.adapter)
    if line.saver == Saver.ALWAYS and adapter.capabilities.counts_segments:
        body = adapter.spare(body, link.settings)
    return body, Planned(*adapter.plan(body, link.settings))


def _fill(text: str, fits: Callable[[str], bool], sizes: tuple[regex.Pattern[str], ...]) -> Iterator[str]:
    """Pieces of `text`, each as long as it may be, cut between the largest units that fit."""
    size, *smaller = sizes
    held = ""
    for unit in size.findall(text):
        if not unit:
            continue
        if fits(held + unit):
            held += unit
            continue
        if held:
            yield held
            held = ""
        if fits(unit) or not smaller:
            held = unit
            continue
        *whole, held = _fill(unit, fits, tuple(smaller))
        yield from whole
    if held:
        yield held
