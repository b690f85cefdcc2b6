"""How every process writes its log: one event is one line, and nothing in it can forge another.

    2026-03-01T09:12:44.031Z WARNING conversations.intake what happened Traceback (newest first): Type at file:12

What strangers wrote cannot reach a log as it is: control characters, ends of lines, escapes of terminals and changes
of direction are written as \\xNN or \\uNNNN, digits that may be somebody's number are masked, and of an error only its
type and the places that it passed are told, with words only where they are the program's own: an error's message
may quote the text or the row that caused it.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from common.places import place_of
from common.text import TURNING

LONGEST = 4000  # characters of one line
MOST_FRAMES = 12
MASK = "••••"

# C0, DEL, C1, the ends of lines that only Unicode knows, surrogates, and what turns the direction of reading.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff" + "".join(sorted(TURNING)) + "]")
# Eight to fifteen digits that stand alone (E.164); of an id, a time or an address of memory they do not.
_NUMBER = re.compile(r"(?<![\w.:#+-])(?:\+\d[\d .()-]{6,18}\d|\d{8,15})(?![\w:-])")
# Whose words are the program's own. Subclasses count, so no error of a database or of a parser may stand here.
_OWN_WORDS = (OSError, AttributeError, ImportError, NameError, AssertionError)


def escaped(text: str) -> str:
    """`text` on one line, every character that could act on a terminal or hide others written as its code."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def masked(text: str) -> str:
    """`text` with the middle of whatever may be a phone number hidden: "+2290197123467" -> "+22901••••67"."""
    return _NUMBER.sub(lambda found: f"{found[0][: 6 if found[0][0] == '+' else 5]}{MASK}{found[0][-2:]}", text)


def told(error: BaseException) -> str:
    """An error in one line: its type, where it came from, and what it was raised for."""
    seen: set[int] = set()
    parts: list[str] = []
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        words = f" ({str(current)[:200]})" if isinstance(current, _OWN_WORDS) else _of_database(current)
        parts.append(f"{type(current).__name__}{words} at {' < '.join(_places(current)) or '?'}")
        if isinstance(current, BaseExceptionGroup):  # of tasks that ended together: the first is what ended the others
            current = current.exceptions[0]
        else:
            current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "Traceback (newest first): " + "; because of ".join(parts)


def _of_database(error: BaseException) -> str:
    """PostgreSQL's own code of the error (appendix A of its manual), which quotes nobody."""
    state = getattr(error, "sqlstate", None)
    return f" ({state})" if isinstance(state, str) else ""


def _places(error: BaseException) -> Iterator[str]:
    frames = []
    frame: TracebackType | None = error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        frames.append(f"{Path(code.co_filename).name}:{frame.tb_lineno} {code.co_name}")
        frame = frame.tb_next
    yield from reversed(frames[-MOST_FRAMES:])


class OneLine(logging.Formatter):
    """The one formatter of the product (settings.LOGGING)."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def format(self, record: logging.LogRecord) -> str:
        try:
            message = record.getMessage()
        except Exception as error:  # a line that cannot be written must not cost the work that it tells of
            message = f"a message that does not fit its values: {type(error).__name__} at {place_of(error)}"
        if record.name.startswith("django.security"):
            pass  # a stranger's doing, which is told in words: where our code noticed it helps nobody
        elif record.exc_info and record.exc_info[1] is not None:
            message = f"{message} {told(record.exc_info[1])}"
        elif record.stack_info:
            message = f"{message} {record.stack_info}"
        head = f"{self.formatTime(record)} {record.levelname} {record.name} "
        line = masked(escaped(message))
        return head + (line if len(line) <= LONGEST else f"{line[:LONGEST]}…")


def configure(logging_config: dict[str, Any]) -> None:
    """settings.LOGGING_CONFIG: as Django's own, and what nobody catches is an event like any other."""
    logging.config.dictConfig(logging_config)
    logging.captureWarnings(True)
    if not sys.stderr.isatty():  # a person at a terminal gets Python's own words
        sys.excepthook = _uncaught
        threading.excepthook = _uncaught_in_thread


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("palabre").critical("ended by an error", exc_info=(kind, error, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and not isinstance(given.exc_value, SystemExit):
        logging.getLogger("palabre").critical("a thread ended by an error", exc_info=given.exc_value)
