"""Which language a text is in: by what the phrases teach, by lingua, by both, and by a list of stop words."""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bots import command, figures
from bots.embedded.engine import EmbeddedEngine
from bots.embedded.model import Model
from bots.languages import BOTH, LINGUA, OWN, Tongues, UnknownTongue
from bots.turn import BotTurn, Turn
from tests.bots.talk import CONVERSATION

KEPT = Path(__file__).parent / "languages_kept"
Say = Callable[..., BotTurn]

STOP_WORDS = {
    "fr": "le la les un une des de du au aux et ou mais donc car que qui quoi ce cet cette ces je j tu il elle on nous "
    "vous ils elles mon ma mes ton ta tes son sa ses notre votre vos leur ne n pas plus est sont ai as a avez ont suis "
    "es pour par sur dans avec sans chez en y si comment quand pourquoi quel quelle c s l d qu m t",
    "en": "the a an and or but so because that who what this these those i you he she it we they my your his her its "
    "our their not no is are am was were have has had do does did for by on in with without at to of from if how when "
    "why which be been can will would me him them us",
}  # fmt: skip


def texts() -> dict[str, list[str]]:
    """By language; "" holds those of other languages, of both, and of none."""
    found: dict[str, list[str]] = {}
    with (KEPT / "texts.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            found.setdefault(row["language"], []).append(row["text"])
    return found


def without_accents(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


def stop_words(words: list[str]) -> str | None:
    counts = {language: sum(word in listed.split() for word in words) for language, listed in STOP_WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if list(counts.values()).count(counts[best]) == 1 else None


def told_by(engine: EmbeddedEngine, way: str) -> Model:
    """The same classifiers, another way."""
    model = object.__new__(Model)
    model.__dict__.update(engine.model.__dict__, _tongues=Tongues(engine.files.languages, way))
    return model


def shares(tell: Callable[[list[str]], str | None], engine: EmbeddedEngine) -> Mapping[str, Mapping[str, float]]:
    """By language (accents removed): those told rightly, and those taken for the other. Of "": those left unknown."""
    found: dict[str, Mapping[str, float]] = {}
    for language, lines in texts().items():
        told = [tell(engine.files.spelling.words(without_accents(line))) for line in lines]
        found[language] = {
            "right": figures.share(sum((one or "") == language for one in told), len(told)) or {},
            "wrong": figures.share(sum(one not in {None, language} for one in told), len(told)) or {},
        }
    return found


def test_the_texts_that_judge_are_those_that_were_frozen() -> None:
    [row] = (KEPT / "SHA256SUMS").read_text().splitlines()
    frozen, name = row.split()
    assert hashlib.sha256((KEPT / name).read_bytes()).hexdigest() == frozen
    counts = {language: len(lines) for language, lines in texts().items()}
    assert counts["fr"] >= 200 and counts["en"] >= 200 and counts[""] >= 60


@pytest.mark.needs("RFP-125", part="languages of our own short texts, accents removed, beside stop words and lingua")
def test_short_texts_without_accents_show_their_language(shipped: EmbeddedEngine) -> None:
    baseline = shares(stop_words, shipped)
    for way in (OWN, LINGUA, BOTH):
        found = shares(told_by(shipped, way).language, shipped)
        print(shipped.files.name, way, found)
        if way != LINGUA:  # which is sure of less: most words of one to three letters are of both for it
            assert found["fr"]["right"]["share"] >= 0.80
            assert found["en"]["right"]["share"] >= 0.90
            assert found["fr"]["right"]["low"] > baseline["fr"]["right"]["high"]
            assert found["en"]["right"]["low"] > baseline["en"]["right"]["high"]
            assert found[""]["right"]["share"] >= 0.75
        for language in ("fr", "en"):
            assert found[language]["wrong"]["share"] <= 0.01, way
    print(shipped.files.name, "stop words", baseline)


def test_lingua_alone_guesses_well_where_no_phrase_helps() -> None:
    tongues = Tongues(("fr", "en"), LINGUA)
    for language, least in (("fr", 0.80), ("en", 0.90)):
        lines = texts()[language]
        right = sum(tongues.best(without_accents(line), {})[0] == language for line in lines)
        assert right >= least * len(lines)


@pytest.mark.needs("RFP-125", part="a reply that shows no language is answered in the one that is known of the contact")
@pytest.mark.parametrize("way", [OWN, BOTH])
@pytest.mark.parametrize("text", ["ok", "1", "97 00 12 34", "👍"])
def test_what_shows_no_language_falls_back_on_the_contacts(telecom: EmbeddedEngine, way: str, text: str) -> None:
    other = object.__new__(EmbeddedEngine)
    other.__dict__.update(telecom.__dict__, model=told_by(telecom, way))
    for language in ("fr", "en"):
        turn = other.take_turn(conversation_id=CONVERSATION, history=(), text=text, language=language)
        assert turn.language == language
    before = (Turn("contact", "how much credit do i have please"),)
    assert other.take_turn(conversation_id=CONVERSATION, history=before, text=text, language="fr").language == "en"


def test_both_are_weighed_and_their_shares_sum_to_one() -> None:
    tongues = Tongues(("fr", "en"), BOTH)
    sure, doubt = {"fr": 0.99, "en": 0.01}, {"fr": 0.5, "en": 0.5}
    assert tongues.best("je voudrais savoir le solde", doubt) > ("fr", 0.7)
    language, confidence = tongues.best("je voudrais savoir le solde", sure)
    assert language == "fr" and 0.99 < confidence <= 1.0
    assert tongues.best("what is the balance", sure)[0] == "fr", "what the phrases taught counts for more"
    assert tongues.best("what is the balance", doubt)[0] == "en"


@pytest.mark.parametrize("way", [LINGUA, BOTH])
def test_a_bot_says_who_tells_its_languages_apart(
    spoiled: Callable[[str, str, str], None], say: Say, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    spoiled("bot.yml", "languages: own", f"languages: {way}")
    asked: list[str] = []
    best = Tongues.best
    monkeypatch.setattr(Tongues, "best", lambda self, text, own: asked.append(self.way) or best(self, text, own))
    assert say("je voudrais savoir combien il me reste", bot="spoiled").language == "fr"
    assert say("i would like to know how much is left", bot="spoiled", language="fr").language == "en"
    assert set(asked) == {way}


@pytest.mark.parametrize(("said", "problem"), [("guess", "there is no way 'guess'"), ("[own]", "a text is expected")])
def test_a_way_that_does_not_exist_is_refused(
    spoiled: Callable[[str, str, str], None], capsys: pytest.CaptureFixture[str], said: str, problem: str
) -> None:
    spoiled("bot.yml", "languages: own", f"languages: {said}")
    assert command.main(["check", "spoiled"]) == 1
    assert problem in capsys.readouterr().out


def test_a_language_that_lingua_has_never_seen_is_refused() -> None:
    with pytest.raises(UnknownTongue, match="'mos'"):
        Tongues(("fr", "mos"), LINGUA)
    assert Tongues(("fr", "mos"), OWN).best("", {"fr": 0.2, "mos": 0.8}) == ("mos", 0.8)
