"""Letters of other scripts, and a digit, that look like Latin ones on a phone (from Unicode's UTS 39, confusables.txt).

A word that only looks like STOP may be a foreign keyboard's or a joke: it is neither obeyed nor passed over.
"""

from __future__ import annotations

from collections.abc import Sequence

# In lower case, as bots.embedded.spelling leaves words; every digit is a 0 there.
_CYRILLIC = dict(zip("авеёікмнорстухѕјԛԝһԁ", "abeeikmhopctyxsjqwhd", strict=True))
_GREEK = dict(zip("αβεζηικμνορστυχϲϳσ", "abezhikmvopstyxcjs", strict=True))
_LATIN = str.maketrans({**_CYRILLIC, **_GREEK, "0": "o", "ı": "i", "ɑ": "a", "ꜱ": "s", "ᴏ": "o", "ᴛ": "t", "ᴘ": "p"})


def as_seen(words: Sequence[str]) -> list[str]:
    """The words as a reader of Latin script sees them."""
    return [word.translate(_LATIN) for word in words]
