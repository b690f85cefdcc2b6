"""Words at the door: STOP, START, HELP, in the languages of a line, however a subscriber types them.

    text -> folded (NFKC, small letters, no accents, runs of a letter as one) -> one of the words, and nothing else?

Only a text that says nothing but the word is obeyed by a machine. What merely contains one ("ne stop pas mon forfait",
"STOP 12345") or looks like one (Cyrillic letters) is for a person, with a hint: both mistakes would be bad, one of
them silences somebody who asked for help. Words: those that Twilio and AWS obey by default, and their French.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

LONGEST = 40  # characters: who writes more says more


class Keyword(StrEnum):
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"


# FIN, FINI, OUI and YES stand in ordinary answers too: an installation may add them to its own table.
WORDS: dict[str, dict[Keyword, tuple[str, ...]]] = {
    "fr": {
        Keyword.OPT_OUT: ("STOP", "STOP TOUT", "STOP SMS", "STOP PUB", "ARRET", "ARRETE", "ARRETER", "ARRETEZ",
                          "ARRET SMS", "DESABONNER", "DESABONNEMENT", "DESINSCRIRE", "DESINSCRIPTION"),
        Keyword.OPT_IN: ("START", "REPRISE", "REPRENDRE", "REABONNER"),
        Keyword.HELP: ("AIDE", "INFO", "INFOS"),
    },
    "en": {
        Keyword.OPT_OUT: ("STOP", "STOPALL", "STOP ALL", "STOP SMS", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE",
                          "OPTOUT", "OPT-OUT"),
        Keyword.OPT_IN: ("START", "UNSTOP"),
        Keyword.HELP: ("HELP",),
    },
}  # fmt: skip

# One text each, in the GSM alphabet; no word of it sells anything. {organisation}, {line} and {address} are filled in.
REPLIES: dict[str, dict[Keyword, str]] = {
    "fr": {
        Keyword.OPT_OUT: "{organisation} : c'est noté, vous ne recevrez plus de SMS de notre part. "
        "Pour changer d'avis, envoyez START au {address}.",
        Keyword.OPT_IN: "{organisation} : c'est noté, vous pouvez de nouveau recevoir nos SMS. "
        "Pour ne plus en recevoir, envoyez STOP au {address}.",
        Keyword.HELP: "{organisation} : écrivez-nous au {address}, nous vous répondons par SMS. "
        "Pour ne plus recevoir de SMS, envoyez STOP.",
    },
    "en": {
        Keyword.OPT_OUT: "{organisation}: you will receive no more texts from us. "
        "If you change your mind, send START to {address}.",
        Keyword.OPT_IN: "{organisation}: you can receive our texts again. To stop them, send STOP to {address}.",
        Keyword.HELP: "{organisation}: write to us at {address}, we answer by text. To stop our texts, send STOP.",
    },
}

# Courtesies around the word change nothing of what it says.
_FILLERS = frozenset({"svp", "stp", "merci", "please", "pls", "thanks"})
# Letters of other alphabets that look like ours, and the Russian word itself.
_OTHER_LETTERS = str.maketrans(
    dict(zip("АВЕЅКМНОРСТХУаеѕкорстхуΑΒΕΗΙΚΜΝΟΡΤΥΧορτ", "ABESKMHOPCTXYaeskopctxyABEHIKMNOPTYXopt", strict=True))
    | dict(zip("Пп", "Pp", strict=True))
)
_ACCENTS = str.maketrans("àâäçéèêëîïôöùûüÿ’", "aaaceeeeiioouuuy'")
_RUN = re.compile(r"(.)\1+")
_TOKEN = re.compile(r"[^\W_]+")
# Without any of these, no need to look for the dearer expression.
_MAYBE = re.compile(r"stop|arr?et|bonn|inscri|unsub|opt|remove|plus|more")
_HINT = re.compile(
    r"\b(?:stop+|arr?et(?:er|ez|e)?|desabon\w*|desinscri\w*|unsubscribe|opt[ -]?out|remove me"
    r"|plus (?:rien |jamais )?(?:recevoir|de (?:sms|messages?|textos?))|no more (?:sms|texts?|messages))\b"
)


@dataclass(frozen=True, slots=True)
class Found:
    """`language`: the one whose table has the word; "" where several have it."""

    keyword: Keyword
    language: str


@dataclass(frozen=True, slots=True)
class KeywordTable:
    """The words of one line. `words`: folded word -> what it means."""

    words: Mapping[str, Found] = field(default_factory=dict)

    @classmethod
    def of(cls, words: Mapping[str, Mapping[Keyword, Iterable[str]]]) -> KeywordTable:
        """`words`: language -> keyword -> words as an administrator writes them. Of a word that stands twice the more
        careful meaning wins: opting out before anything else."""
        found: dict[str, Found] = {}
        for keyword in (Keyword.HELP, Keyword.OPT_IN, Keyword.OPT_OUT):
            for language, table in words.items():
                for word in table.get(keyword, ()):
                    folded = _joined(_tokens(_plain(word)))
                    if not folded:
                        continue
                    before = found.get(folded)
                    same = before is not None and before.keyword == keyword and before.language != language
                    found[folded] = Found(keyword, "" if same else language)
        return cls(found)

    def judge(self, text: str, *, own_address: str = "") -> tuple[Found | None, bool]:
        """(what `text` asks for when it says nothing else, whether a person should ask himself if no more texts are
        wanted). `own_address`: of the line; naming it beside the word is no other matter. Some 10 us."""
        plain = _plain(text[:2000])
        short = len(text) <= LONGEST
        found = self._read(_tokens(plain), own_address) if short else None
        if found is not None:
            return found, False
        if short and not plain.isascii():
            latin = text.translate(_OTHER_LETTERS)
            for spelled in (latin, latin.replace("C", "S").replace("c", "s")):  # the Cyrillic C is an S
                seen = self._read(_tokens(_plain(spelled)), own_address)
                if seen is not None and seen.keyword == Keyword.OPT_OUT:
                    return None, True
        return None, _MAYBE.search(plain) is not None and _HINT.search(plain) is not None

    def _read(self, tokens: list[str], own_address: str) -> Found | None:
        found = self.words.get(_joined(tokens))
        if found is not None:
            return found
        address = _RUN.sub(r"\1", own_address.lstrip("+").casefold())
        rest = [token for token in tokens if token not in _FILLERS and token != address]
        if address and len(rest) < len(tokens) and rest and rest[-1] in ("au", "to"):
            rest = rest[:-1]
        return self.words.get(_joined(rest)) if rest and len(rest) < len(tokens) else None


@lru_cache(maxsize=1)
def usual_table() -> KeywordTable:
    """For a line whose administrator has changed nothing."""
    return KeywordTable.of(WORDS)


def _plain(text: str) -> str:
    """Compatibility form, small letters, no accents. Asked for each text that comes in: what can be quick is."""
    small = text.casefold()
    if not small.isascii():
        small = small.translate(_ACCENTS)
    if small.isascii():
        return small
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in decomposed if unicodedata.category(character) not in ("Mn", "Cf"))


def _tokens(plain: str) -> list[str]:
    """Its words, each run of a character as one: STOOOP and ARRET are spelled as they may be."""
    return _TOKEN.findall(_RUN.sub(r"\1", plain))


def _joined(tokens: list[str]) -> str:
    # "S T O P" and "S.T.O.P" are STOP; two words that join to one ("ar ret") as well, which harms nobody.
    return "".join(tokens)
