"""From what a thumb types to words that two texts can have in common. Pure.

Lower case, no accents, one 0 for a number, the usual abbreviations of text messages opened, plural endings dropped.
Words that say nothing of a subject count little (`LIGHT`), those that belong to many subjects half (`COMMON`).
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_READ = 1000
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_HELD_KEY = re.compile(r"([^\W\d_])\1{2,}")

_SHORT = {
    "fr": {
        "cmt": "comment", "cmnt": "comment", "koman": "comment", "pr": "pour", "pck": "parce que", "pcq": "parce que",
        "svp": "", "stp": "", "tel": "telephone", "num": "numero", "numeros": "numero", "bjr": "bonjour",
        "bsr": "bonsoir", "slt": "salut", "mn": "mon", "ds": "dans", "ke": "que", "ki": "qui", "koi": "quoi",
        "kan": "quand", "kand": "quand", "kel": "quel", "kelle": "quelle", "kelkun": "quelqu un", "c": "c est",
        "g": "j ai", "j": "je", "ve": "veux", "veu": "veux", "vx": "veux", "fau": "faut", "ya": "il y a", "pa": "pas",
        "mo": "mega", "mega": "mega", "megas": "mega", "factur": "facture", "rdv": "rendez vous",
        "portable": "telephone", "puce": "sim", "tt": "tout", "ss": "suis",
        "dotre": "d autre", "cb": "combien",
    },
    "en": {
        "u": "you", "ur": "your", "pls": "", "plz": "", "please": "", "fone": "phone", "num": "number", "hw": "how",
        "4": "for", "2": "to", "wat": "what", "wots": "what is", "wht": "what", "abt": "about", "msg": "message",
        "mb": "megabyte", "mbs": "megabyte", "dont": "do not", "doesnt": "does not", "cant": "can not", "im": "i am",
        "am": "i am", "fiber": "fibre", "invoice": "bill", "invoices": "bill", "thx": "thanks", "n": "and",
        "divert": "forward", "kid": "child", "kids": "child", "children": "child",
        "website": "site", "websites": "site",
    },
}  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LIGHT = {
    "fr": _words(
        """a ai as au aux avec avez avons c ca ce ces cet cette chez comment combien d dans de des dois du elle en
        encore est et etes etre fait faire faut foi fois ici il ils j je l la le les leur lui m ma mais me mes moi
        mon n ne non nos notre nous on ont ou oui par pas peut peux plus pour pouvez puis qu quand que quel quelle
        quelqu quels qui quoi s sa sais salut sans savoir se ses si son sont suis sur t ta te tes toi ton tous tout
        toute tu un une va vais veut veux vos votre vous vont y bonjour bonsoir merci aussi tres bien besoin avoir
        obtenir mettre donner autre marche jour jours mois an ete dit dire ok accord aller"""
    ),
    "en": _words(
        """a about all am an and any are as at be been but by can could d do does for from get give go got had has have
        hello hi him how i if in into is it its just like ll m make me mine much my need no not of off on one or our
        out s see she some t tell than thank thanks that the their them then there they this those to too up us use
        ve want was we well were what when where which who why will with would yes you your day days month months
        today did please ok alright other another put very"""
    ),
}
COMMON = {
    "fr": _words(
        """nom prix numero telephone ligne sim compte service argent tarif coute cout frais probleme site personne
        temps appel appeler appelle maison nouveau nouvelle acheter achete payer paie"""
    ),
    "en": _words(
        """name price number phone line sim account service money cost fee fees problem site person time call home
        house new buy bought pay"""
    ),
}


def words_of(text: str, language: str) -> list[str]:
    """At most 200 words, in their order."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST_READ])[:LONGEST_READ].casefold()
    bare = "".join(
        one for one in unicodedata.normalize("NFD", folded)
        if not unicodedata.combining(one) and unicodedata.category(one) != "Cf"
    )  # fmt: skip
    short = _SHORT.get(language, {})
    found: list[str] = []
    for word in _WORD.findall(_HELD_KEY.sub(r"\1", bare)):
        for opened in short.get(word, word).split():
            found.append(_stem(_DIGITS.sub("0", opened), language))
    return found[:200]


def _stem(word: str, language: str) -> str:
    """A word without the ending of a plural, or of a verb in English: the same for two spellings of it, no more."""
    if language == "en" and len(word) > 5 and word.endswith("ing"):
        return word[:-3]
    if len(word) > 4 and word.endswith(("s", "x")) and not word.endswith("ss"):
        return word[:-1]
    return word
