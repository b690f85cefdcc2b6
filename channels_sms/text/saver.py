"""Sparing short messages: signs that the GSM alphabet lacks, written with their likes.

One such sign turns a whole text to Unicode, 70 characters a message for 160. Typographic quotes, dashes and spaces,
the circumflex and the cedilla of French have likes that change no word; an emoji has none, and is left out only where
its author has agreed. A text is changed only when that saves a message: a short one keeps its circumflex.

The composer has the same rules in TypeScript; tests/vectors/saver.json holds both to them.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from channels_sms.text import gsm, parts

# What a French or English writer means by a sign: its like in ASCII. Letters with marks need no entry.
LIKES = {
    **dict.fromkeys("’‘‚‛ʼʹ′´`‹›", "'"),
    **dict.fromkeys("“”„‟″", '"'),
    **dict.fromkeys("‐‑‒–—―−•‣◦▪", "-"),
    **dict.fromkeys(
        "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
    ),
    **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
    **dict.fromkeys("\u2028\u2029", "\n"),
    **{"…": "...", "·": ".", "×": "x", "÷": "/", "→": "->", "←": "<-", "⇒": "=>", "≤": "<=", "≥": ">=", "≠": "!="},
    **{"œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ð": "d", "þ": "th", "ƒ": "f"},
    **{"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "µ": "u", "μ": "u", "¢": "c"},
    **{"ᵉ": "e", "ʳ": "r", "ˢ": "s", "ᵈ": "d", "ⁿ": "n", "ª": "a", "º": "o", "¹": "1", "²": "2", "³": "3"},
    **{"½": "1/2", "¼": "1/4", "¾": "3/4", "№": "No", "™": "TM", "©": "(c)", "®": "(R)"},
}

_SPACE = "[ \u00a0\u202f]"
_EDGES = " \t\n\r\u00a0\u202f"
# Guillemets take the space inside them along: « oui » is "oui". A degree sign takes the one before it.
_TOKEN = re.compile(f"«{_SPACE}?|{_SPACE}?»|{_SPACE}?°|.", re.DOTALL)
_MARKS = re.compile("[\u0300-\u036f]")
_ONE_EMOJI = (
    "[\u200d\ufe0e\ufe0f\u20e3\u231a-\u23ff\u25a0-\u25a9\u25ab-\u25e5\u25e7-\u27bf\u2934\u2935\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
_EMOJI = re.compile(_ONE_EMOJI)
_JOINING = re.compile("[\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")  # no signs by themselves
_EMOJIS = re.compile(f"({_SPACE}*)({_ONE_EMOJI}+(?:{_SPACE}*{_ONE_EMOJI}+)*)({_SPACE}*)")


@dataclass(frozen=True, slots=True)
class Saving:
    """`swaps`: what was written otherwise, each once, (sign, like). `removed`: emoji, each once."""

    text: str
    saved: int  # short messages
    swaps: tuple[tuple[str, str], ...]
    removed: tuple[str, ...] = ()


def find(text: str, *, latin1: bool = False, emoji: bool = False) -> Saving | None:
    """The same text in fewer short messages; None where nothing is saved, or a sign has no like.

    `latin1`: the operator takes it, so that é, ê and ç may stay together. `emoji`: they may be left out.
    """
    now = parts.plan(text, latin1=latin1)
    if now.encoding == parts.GSM7:
        return None
    bare, removed = _without_emoji(text) if emoji else (text, ())
    if emoji and not (removed and bare):
        return None
    best: Saving | None = None
    for fits in (_fits_latin1, _fits_gsm) if latin1 else (_fits_gsm,):
        swapped = _swap(bare, fits)
        if swapped is None:
            continue
        candidate, swaps = swapped
        saved = now.parts - parts.plan(candidate, latin1=latin1).parts
        if saved > (best.saved if best else 0):
            best = Saving(candidate, saved, swaps, removed)
    return best


def _fits_gsm(character: str) -> bool:
    return gsm.width(character) > 0


def _fits_latin1(character: str) -> bool:
    return parts.is_latin1(character)


def _swap(text: str, fits: Callable[[str], bool]) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    written: list[str] = []
    swaps: dict[str, str] = {}
    last = ""
    for token in _TOKEN.findall(unicodedata.normalize("NFC", text)):
        sign = token if len(token) == 1 else token.strip(" \u00a0\u202f")
        if all(map(fits, token)):
            like = token
        else:
            found = _like(sign, fits, after=last, spaced=token != sign)
            if found is None:
                return None
            like = swaps[sign] = found
        written.append(like)
        last = like[-1:] or last
    return "".join(written), tuple(swaps.items())


def _like(sign: str, fits: Callable[[str], bool], *, after: str, spaced: bool) -> str | None:
    if sign in ("«", "»"):
        return '"'
    if sign == "°":
        return "o" if after in ("n", "N") and not spaced else " deg"
    if sign in LIKES:
        return LIKES[sign]
    if _MARKS.fullmatch(sign):
        return ""
    # ê is e and a circumflex: without it, it is the same word to a reader.
    bare = _MARKS.sub("", unicodedata.normalize("NFD", sign))
    return bare if bare and bare != sign and all(map(fits, bare)) else None


def _without_emoji(text: str) -> tuple[str, tuple[str, ...]]:
    removed: dict[str, None] = {}

    def leave_out(found: re.Match[str]) -> str:
        removed.update(dict.fromkeys(_EMOJI.findall(found[2])))
        before, after = text[: found.start()], text[found.end() :]
        at_an_edge = not before or not after or before[-1] == "\n" or after[0] == "\n"
        if at_an_edge or after[0] in ",." or not (found[1] or found[3]):
            return ""
        return " "

    bare = _EMOJIS.sub(leave_out, text)
    shown = tuple(one for one in removed if not _JOINING.fullmatch(one))
    return bare.strip(_EDGES), shown or tuple(removed)
