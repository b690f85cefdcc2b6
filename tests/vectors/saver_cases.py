"""Writes saver.json: what sparing makes of 1,200 texts, for the server and the composer to agree on.

    python -m tests.vectors.saver_cases

The first cases are written by hand, expectation and all; the others come from a seed, and the server's answers to them
are the expectation: they hold the two to each other, the first ones both to what is meant.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from channels_sms.text import parts, saver

FILE = Path(__file__).with_name("saver.json")
LONG = "Bonjour, votre bonus arrive. " * 5  # 145 characters: one sign outside GSM makes three SMS of one

# (text, taking Latin-1, leaving out emoji) -> the text that is offered, or None
BY_HAND: list[tuple[str, bool, bool, str | None]] = [
    (LONG, False, False, None),
    ("Bonne fête", False, False, None),  # one SMS either way: it keeps its circumflex
    (LONG + "Bonne fête", False, False, LONG + "Bonne fete"),
    (LONG + "déjà reçu, très bien", False, False, LONG + "déjà recu, très bien"),
    (LONG + "Ça va ? « Oui », dit-elle.", False, False, LONG + 'Ça va ? "Oui", dit-elle.'),
    (LONG + "«\u00a0Oui\u202f!\u00a0»", False, False, LONG + '"Oui !"'),
    (LONG + "l’œuf d’août…", False, False, LONG + "l'oeuf d'aout..."),
    (LONG + "de 8 h à 18 h – tous les jours", False, False, LONG + "de 8 h à 18 h - tous les jours"),
    (LONG + "1\u202f500\u00a0FCFA", False, False, LONG + "1 500 FCFA"),
    (LONG + "n° 12, 35 °C", False, False, LONG + "n° 12, 35 °C".replace("n°", "no").replace(" °", " deg")),
    (LONG + "À bientôt, Éloïse", False, False, LONG + "A bientot, Éloise"),
    (LONG + "e\u0301te\u0301", False, False, LONG + "été"),
    (LONG + "Merci 😀", False, False, None),  # an emoji has no like
    (LONG + "Merci 😀", False, True, LONG + "Merci"),
    (LONG + "Merci 👨‍👩‍👧‍👦, à bientôt 🇧🇯 !", False, True, LONG + "Merci, à bientot !"),
    (LONG + "1️⃣ oui", False, True, LONG + "1 oui"),
    ("😀" * 80, False, True, None),  # nothing would be left
    (LONG + "Привет", False, True, None),
    (LONG + "你好 ê", False, False, None),
    (LONG + "fête", True, False, LONG + "fete"),  # 149 in Latin-1 are two, without the circumflex one
    ("Être prêt, c’est bien. " * 4, True, False, "Être prêt, c'est bien. " * 4),  # Latin-1 has the ê
    ("Être prêt. " * 9, True, False, None),  # 99 in Latin-1: one SMS
]

_TYPED = (
    "bonjour merci forfait reçu déjà où fête août crêpe garçon être l’agent aujourd’hui « oui » — – … “non” ‘ici’ "
    "1\u202f000\u00a0F n° 35°C œuvre Noël naïf maïs À Ç ça è é ù € [ok] {x} 😀 👍🏿 🇧🇯 👨‍👩‍👧‍👦 ❤️ 1️⃣ ✅ → ™ ½ × • № "
    "e\u0301 ê, ô. Привет 你好 مرحبا ł ﬁn 2² © \t | ~ ^ ` ´ STOP"
)
_WORDS = _TYPED.split(" ")


def expectation(text: str, latin1: bool, emoji: bool) -> dict[str, Any]:
    plan = parts.plan(text, latin1=latin1)
    saving = saver.find(text, latin1=latin1, emoji=emoji)
    return {
        "text": text,
        "latin1": latin1,
        "emoji": emoji,
        "encoding": plan.encoding,
        "units": plan.units,
        "parts": plan.parts,
        "unicode": list(plan.unicode_characters),
        "saving": saving
        and {
            "text": saving.text,
            "saved": saving.saved,
            "swaps": [list(swap) for swap in saving.swaps],
            "removed": list(saving.removed),
        },
    }


def generated() -> list[tuple[str, bool, bool]]:
    dice = random.Random(1919)
    found = []
    # Each sign of the blocks that a French keyboard, a word processor and a copied page may bring, by itself.
    for block in (range(0x80, 0x180), range(0x2010, 0x2050), range(0x20A0, 0x20B0), range(0x2190, 0x21A0)):
        found += [(f"{LONG} a{chr(code)}b", bool(code & 1), False) for code in block]
    for number in range(800):
        words = [dice.choice(_WORDS[:20] if number % 3 else _WORDS) for _ in range(dice.randrange(1, 40))]
        found.append((dice.choice((" ", "", "  ")).join(words), number % 2 == 0, number % 5 < 2))
    return found


def cases() -> list[dict[str, Any]]:
    return [expectation(*case[:3]) for case in BY_HAND] + [expectation(*case) for case in generated()]


def written() -> str:
    lines = ",\n".join(json.dumps(case, separators=(",", ":"), ensure_ascii=False) for case in cases())
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    FILE.write_text(written())
