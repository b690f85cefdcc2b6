"""Text of strangers and of colleagues: what PostgreSQL can hold, and names that show what they are.

A message is kept exactly, but for what cannot be stored at all. A name is one line that hides nothing: it stands in
lists, titles, logs and audit lines, where a control character or a change of direction would forge what is around it.
"""

from __future__ import annotations

import unicodedata

from common.errors import Invalid

# Embedding, override and isolation (UAX #9). The marks LRM, RLM and ALM, and the joiners, stay: names need them.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def storable(text: str) -> str:
    """`text` without NUL and with U+FFFD for each lone surrogate: PostgreSQL refuses both."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def name_of(value: str, *, longest: int, field: str) -> str:
    """A name on one line. Raises Invalid: "required", "too_long", or "characters" for what would be hidden in it."""
    text = " ".join(value.split())
    if not shows_something(text):
        raise Invalid("required", "this field is required", field=field)
    if len(text) > longest:
        raise Invalid("too_long", f"at most {longest} characters", field=field)
    refuse_hidden(text, field=field)
    return text


def shows_something(text: str) -> bool:
    """Whether a reader would see anything of it: spaces, joiners and changes of direction alone are an empty bubble."""
    return any(map(_shows, text))


def refuse_hidden(text: str, *, field: str) -> None:
    """Raises Invalid("characters") for control characters, lone surrogates and what turns the direction of reading."""
    if not (text.isascii() and text.isprintable()) and any(map(_hides, text)):
        raise Invalid("characters", "this holds characters that cannot be seen", field=field)


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZM"


def _hides(character: str) -> bool:
    return character in TURNING or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
