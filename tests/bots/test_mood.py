"""How a subscriber feels: judged by texts that were kept apart, and what it may and may not change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bots import command, engine
from bots.embedded import summary
from bots.embedded.engine import EmbeddedEngine
from bots.mood import evaluation, reading, texts, turns
from bots.mood.reading import mood
from bots.mood.texts import Read
from bots.remote import servers
from bots.turn import BotTurn, Turn
from tests.bots.fake_rasa import TOKEN, FakeRasa
from tests.bots.talk import CONVERSATION
from tests.bots.test_kept_apart import grams, length

Say = Callable[..., BotTurn]
KEPT = Path(__file__).parent / "mood_kept"
FILES = [("fr", "fr.tsv"), ("fr", "fr_plain.tsv"), ("fr", "fr_later.tsv"), ("en", "en.tsv")]


def figures(language: str, name: str) -> dict[str, dict[str, float]]:
    """Shares of what is told, and of the baselines, by mood, majority and word_list."""
    found = evaluation.evaluate(texts.read(KEPT / name, language), language)
    shares = {
        who: {
            "recall": found[who]["negative"]["recall"]["share"],
            "macro_f1": found[who]["macro_f1"]["value"],
            "low": found[who]["macro_f1"]["low"],
            "high": found[who]["macro_f1"]["high"],
        }
        for who in ("mood", "majority", "word_list")
    }
    print(language, name, json.dumps(found["mood"]), shares)
    return shares


def test_the_texts_that_judge_are_those_that_were_frozen() -> None:
    for row in (KEPT / "SHA256SUMS").read_text().splitlines():
        frozen, name = row.split()
        assert hashlib.sha256((KEPT / name).read_bytes()).hexdigest() == frozen, name


@pytest.mark.parametrize(("language", "name"), FILES)
def test_hardly_one_of_them_is_nearly_a_text_that_was_taught(language: str, name: str) -> None:
    taught = [grams(one.text) for one in texts.teaching(language)]
    judges = texts.read(KEPT / name, language)

    def nearest(text: str) -> float:
        own = grams(text)
        return max(
            sum(number * other.get(gram, 0) for gram, number in own.items()) / length(own) / length(other)
            for other in taught
        )

    near = [one.text for one in judges if nearest(one.text) >= 0.85]
    assert len(near) <= 0.03 * len(judges), near


def test_there_are_enough_of_them_and_each_was_read_twice() -> None:
    own = {language: texts.read(texts.OWN / f"{language}.tsv", language) for language in ("fr", "en")}
    kept = {language: texts.read(KEPT / f"{language}.tsv", language) for language in ("fr", "en")}
    assert len(own["fr"]) + len(kept["fr"]) >= 700
    assert len(kept["fr"]) >= 200
    assert len(kept["en"]) >= 150
    for read in (*own.values(), *kept.values()):
        found = texts.agreement(read)
        assert found is not None and found["kappa"] >= 0.8
        assert len({one.text for one in read}) == len(read)


def test_agreement_takes_off_what_chance_gives() -> None:
    half = [Read("a", "negative", "negative"), Read("b", "negative", "neutral"), Read("c", "neutral", "neutral"),
            Read("d", "neutral", "negative")]  # fmt: skip
    assert texts.agreement(half) == {"texts": 4, "alike": 0.5, "kappa": 0.0}
    assert texts.agreement([Read("a", "negative")]) is None


@pytest.mark.needs("RFP-124", part="French: our own labelled SMS, F1 with its interval, most angry texts are noticed")
@pytest.mark.parametrize("name", ["fr.tsv", "fr_plain.tsv"])
def test_french_texts_kept_apart_are_told_well_enough(name: str) -> None:
    found = figures("fr", name)
    assert found["mood"]["recall"] >= 0.80
    assert found["mood"]["low"] > found["word_list"]["high"]
    assert found["mood"]["low"] > found["majority"]["high"]


def test_harder_french_texts_are_still_told_better_than_by_a_list_of_words() -> None:
    found = figures("fr", "fr_later.tsv")
    assert found["mood"]["recall"] >= 0.60
    assert found["mood"]["low"] > found["word_list"]["high"]


@pytest.mark.needs("RFP-124", part="English: macro F1 on our own texts of subscribers, not on the tweets")
def test_english_texts_kept_apart_are_told_better_than_by_vader_alone() -> None:
    found = figures("en", "en.tsv")
    assert found["mood"]["macro_f1"] >= 0.70
    assert found["mood"]["macro_f1"] > found["word_list"]["macro_f1"]
    assert found["mood"]["low"] > found["majority"]["high"]


def test_the_interval_of_f1_shrinks_with_the_texts_and_holds_the_value() -> None:
    few = [("negative", "negative"), ("negative", "neutral"), ("neutral", "neutral"), ("positive", "")] * 5
    for pairs in (few, few * 20):
        found = evaluation.figures(pairs)["macro_f1"]
        assert found["low"] < found["value"] < found["high"]
    wide, narrow = (evaluation.figures(pairs)["macro_f1"] for pairs in (few, few * 20))
    assert narrow["high"] - narrow["low"] < 0.5 * (wide["high"] - wide["low"])
    assert evaluation.figures(few)["negative"]["recall"]["share"] == 0.5
    assert evaluation.figures(few)["unsure"]["share"] == 0.25


@pytest.mark.parametrize(
    ("text", "language", "label"),
    [
        ("vous etes des voleurs", "fr", "negative"),
        ("pas content du tout", "fr", "negative"),
        ("je ne suis pas content", "fr", "negative"),
        ("aucun souci, merci", "fr", "positive"),
        ("mon solde svp", "fr", "neutral"),
        ("😡😡", "fr", "negative"),
        ("you people are thieves", "en", "negative"),
        ("thank you, it works", "en", "positive"),
        ("what is my balance", "en", "neutral"),
    ],
)
def test_plain_cases(text: str, language: str, label: str) -> None:
    assert mood(text, language).label == label


@pytest.mark.parametrize(
    ("text", "language"), [("", "fr"), ("1", "fr"), ("97 00 12 34", "en"), ("hola", "es"), ("!", "")]
)
def test_what_shows_nothing_is_unsure(text: str, language: str) -> None:
    assert mood(text, language) == reading.UNKNOWN


def test_a_guess_that_is_likelier_wrong_than_right_is_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    sure = mood("vous etes des voleurs", "fr")
    assert sure.confidence >= reading.SURE
    monkeypatch.setattr(reading, "SURE", 1.01)
    assert mood("vous etes des voleurs", "fr") == replace(sure, label="")


# --- in a turn --------------------------------------------------------------------------------------------------


def test_a_turn_says_how_the_subscriber_feels(say: Say) -> None:
    assert say("merci c'est parfait").sentiment == "positive"
    assert say("mn sold svp").sentiment == "neutral"
    angry = say("je veux parler a un conseiller j'en ai marre")
    assert angry.sentiment == "negative"
    assert angry.handover is not None
    assert angry.handover.summary.splitlines()[-1] == "Humeur : mécontent."


def test_whoever_was_angry_before_is_told_to_the_agent_as_angry(say: Say) -> None:
    turn = say("votre reseau est nul, bande de voleurs", "conseiller")
    assert turn.sentiment == "neutral"
    assert turn.handover is not None
    assert turn.handover.summary.splitlines()[-1] == "Humeur : mécontent."


def test_of_a_calm_subscriber_the_summary_says_nothing(say: Say) -> None:
    turn = say("conseiller")
    assert turn.handover is not None
    assert "Humeur" not in turn.handover.summary


def test_a_bot_that_asks_for_no_moods_tells_none(
    spoiled: Callable[[str, str, str], None], say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoiled("bot.yml", "mood: yes", "mood: no")

    read: list[str] = []
    tell = reading.mood
    monkeypatch.setattr(reading, "mood", lambda text, language: read.append(text) or tell(text, language))
    turn = say("je veux parler a un conseiller j'en ai marre", bot="spoiled")
    assert read == []
    assert turn.sentiment == ""
    assert turn.handover is not None
    assert "Humeur" not in turn.handover.summary


def test_a_mood_that_cannot_be_told_costs_nobody_an_answer(
    say: Say, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("je veux parler a un conseiller")

    monkeypatch.setattr(reading, "mood", broken)
    turn = say("je veux parler a un conseiller j'en ai marre")
    assert turn.intent is not None and turn.replies and turn.sentiment == ""
    assert turn.handover is not None and turn.handover.reason != "failed"
    assert "RuntimeError" in caplog.text
    assert "conseiller" not in caplog.text


@pytest.mark.needs("RFP-124", part="a mood is told, and decides nothing")
def test_a_mood_changes_nothing_that_the_bot_does(telecom: EmbeddedEngine) -> None:
    for one in texts.read(KEPT / "fr.tsv", "fr"):
        without = telecom.take_turn(conversation_id=CONVERSATION, history=(), text=one.text, language="fr")
        turn = turns.with_mood(without, telecom.files, (), one.text)
        assert (turn.handover is None) == (without.handover is None)
        if turn.handover is not None and without.handover is not None:
            turn = replace(turn, handover=replace(turn.handover, summary=without.handover.summary))
        assert replace(turn, sentiment=without.sentiment) == without


@pytest.fixture
def installed(telecom: EmbeddedEngine) -> Iterator[None]:
    with FakeRasa(telecom) as rasa:
        engine._ready.clear()
        servers.use(url=rasa.url, token=TOKEN)
        yield
        servers.use(url="", token="")
        engine._ready.clear()


def test_a_bot_that_a_server_talks_for_tells_moods_too(installed: None) -> None:
    turn = engine.take_turn(
        bot="telecom", conversation_id=CONVERSATION, history=(Turn("contact", "service nul, bande d'escrocs"),),
        text="je veux un conseiller", language="fr", engine="rasa",
    )  # fmt: skip
    assert turn.sentiment == "neutral"
    assert turn.handover is not None
    assert turn.handover.summary.splitlines()[-1] == "Humeur : mécontent."


def test_a_bot_without_sentences_for_moods_leaves_the_line_out(telecom: EmbeddedEngine) -> None:
    domain = telecom.files.domain
    bare = replace(domain, responses={name: one for name, one in domain.responses.items() if "mood" not in name})
    assert summary.mood(domain, "negative") == "Humeur : mécontent."
    assert summary.mood(bare, "negative") == ""
    assert summary.mood(domain, "neutral") == ""


@pytest.mark.parametrize("said", ["mood: maybe", "mood: 1", "mood:"])
def test_a_switch_that_is_neither_yes_nor_no_is_refused(
    spoiled: Callable[[str, str, str], None], capsys: pytest.CaptureFixture[str], said: str
) -> None:
    spoiled("bot.yml", "mood: yes", said)
    assert command.main(["check", "spoiled"]) == 1
    assert "mood: must be yes or no" in capsys.readouterr().out


# --- the commands -----------------------------------------------------------------------------------------------


def test_the_command_shows_moods_in_the_language_that_it_finds(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["mood", "vous etes des voleurs et des menteurs", "thank you very much my friend"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("  [fr] negative ")
    assert lines[3].startswith("  [en] positive ")


def test_the_command_measures_anybodys_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "texts.yml"
    file.write_text("negative: [vous etes des voleurs, c'est nul]\nneutral: [mon solde]\n", encoding="utf-8")
    assert command.main(["evaluate-mood", "--lang", "fr", "--wrong", str(file)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["texts"] == 3
    assert found["agreement"] is None
    assert found["mood"]["negative"]["recall"] == {"share": 1.0, "low": 0.3424, "high": 1.0, "count": 2, "of": 2}
    assert found["majority"]["macro_f1"]["value"] < found["mood"]["macro_f1"]["value"]
    assert found["wrong"] == []
    assert "by_second" not in found
    assert command.main(["evaluate-mood", "--lang", "en", str(KEPT / "en.tsv")]) == 0
    assert json.loads(capsys.readouterr().out)["by_second"]["negative"]["recall"]["of"] == 50


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("texts.yml", "angry: [a]\n", "there is no mood 'angry'"),
        ("texts.yml", "negative: [a]\n", "at least two of"),
        ("texts.tsv", "first\tsecond\ttext\nnegative\t\t \n", "line 2"),
        ("texts.tsv", "first\tsecond\ttext\nnegative\tangry\tvoleurs\n", "line 2"),
        ("none.tsv", "", "cannot be read"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, said: str
) -> None:
    if content:
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert command.main(["evaluate-mood", "--lang", "fr", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err
