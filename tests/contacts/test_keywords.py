"""STOP, START, HELP, however they are typed; and what only contains them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.keywords import WORDS, Keyword, KeywordTable, usual_table

TABLE = usual_table()


@pytest.mark.needs("RFP-084", part="the reading; one confirmation is the dispatcher's")
@pytest.mark.parametrize(
    "text",
    ["STOP", "stop", " Stop. ", "STOP!!", "STOOOOP", "S T O P", "s.t.o.p", "ＳＴＯＰ", "stop svp", "Stop merci",
     "stop sms", "ARRET", "arrêt", "Arre\u0302t", "ARRÊTER", "arrete", "STOP 1919", "stop au 1919", "🛑 STOP 🛑",
     "\u200estop\u200b", "désabonner", "unsubscribe", "Opt-out", "STOP ALL"],
)  # fmt: skip
def test_a_text_that_says_nothing_but_stop_is_obeyed(text):
    found, hint = TABLE.judge(text, own_address="1919")
    assert found is not None
    assert (found.keyword, hint) == (Keyword.OPT_OUT, False)


@pytest.mark.needs("RFP-084", part="the reading; one confirmation is the dispatcher's")
@pytest.mark.parametrize(
    "text",
    ["ne stop pas mon forfait svp", "STOP 12345", "pourquoi stop ?", "je ne veux plus recevoir de SMS", "ЅТОР", "СТОП",
     "ΑRRΕΤ", "please remove me", "arrêtez de m'écrire", "no more texts", "Stop\n\nEnvoyé de mon téléphone Galaxy"],
)  # fmt: skip
def test_a_text_that_only_contains_stop_is_for_a_person(text):
    assert TABLE.judge(text, own_address="1919") == (None, True)


@pytest.mark.parametrize(
    "text", ["", "bonjour", "1", "C", "où est mon crédit ?", "😀", "mon abonnement", "histoire", "fin", "oui", "stock"]
)
def test_other_texts_say_nothing_about_consent(text):
    assert TABLE.judge(text, own_address="1919") == (None, False)


@pytest.mark.parametrize(
    ("text", "keyword", "language"),
    [("START", Keyword.OPT_IN, ""), ("reprise", Keyword.OPT_IN, "fr"), ("unstop", Keyword.OPT_IN, "en"),
     ("Aide", Keyword.HELP, "fr"), ("INFO", Keyword.HELP, "fr"), ("help", Keyword.HELP, "en"),
     ("stop", Keyword.OPT_OUT, ""), ("arrêt", Keyword.OPT_OUT, "fr"), ("quit", Keyword.OPT_OUT, "en")],
)  # fmt: skip
def test_the_language_is_that_of_the_word_where_only_one_has_it(text, keyword, language):
    found, _ = TABLE.judge(text)
    assert found is not None
    assert (found.keyword, found.language) == (keyword, language)


def test_of_a_word_with_two_meanings_opting_out_wins():
    table = KeywordTable.of({"fr": {Keyword.HELP: ["FIN"]}, "en": {Keyword.OPT_OUT: ["fin"]}})
    found, _ = table.judge("Fin")
    assert found is not None
    assert found.keyword == Keyword.OPT_OUT


def test_words_that_consist_of_nothing_stand_for_nothing():
    assert KeywordTable.of({"fr": {Keyword.OPT_OUT: ["", "  ", "!!"]}}).judge("!!") == (None, False)


every_word = st.sampled_from(
    [(keyword, word) for table in WORDS.values() for keyword, words in table.items() for word in words]
)


@given(every_word, st.text(alphabet=" .!?-*\t", max_size=5), st.text(alphabet=" .!?*\n", max_size=5), st.randoms())
def test_dots_blanks_and_case_change_nothing(entry, before, after, chance):
    keyword, word = entry
    typed = before + "".join(chance.choice((letter.upper(), letter.lower())) for letter in word) + after
    found, _ = TABLE.judge(typed)
    assert found is not None
    assert found.keyword == keyword


@given(st.text(max_size=300))
def test_reading_never_raises_and_never_says_both(text):
    found, hint = TABLE.judge(text, own_address="1919")
    assert found is None or not hint
