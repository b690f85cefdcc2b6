"""Sparing short messages: what the server makes of a text, which the composer has shown before."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_sms.text import gsm, parts, saver
from tests.vectors.saver_cases import BY_HAND, FILE, LONG, written

TYPED = "abcdeéèàùçêôÀŒœ€[]^’“”«»–—…° \u00a0\u202f\n😀👍🏿🇧🇯\u0301\u200dПم"
typed = st.text(alphabet=st.sampled_from(TYPED), max_size=300)


@pytest.mark.needs("BUS-011", part="sparing")
@pytest.mark.parametrize(("text", "latin1", "emoji", "wanted"), BY_HAND)
def test_a_text_is_spared_as_a_reader_would_have_it(text, latin1, emoji, wanted):
    saving = saver.find(text, latin1=latin1, emoji=emoji)
    assert (saving and saving.text) == wanted


def test_the_shared_cases_are_what_this_server_answers():
    assert FILE.read_text() == written(), "run: python -m tests.vectors.saver_cases"
    assert len(json.loads(FILE.read_text())) >= 1_000


@given(typed, st.booleans(), st.booleans())
@settings(max_examples=500)
def test_what_is_spared_costs_less_and_is_spared_once(text, latin1, emoji):
    saving = saver.find(text, latin1=latin1, emoji=emoji)
    if saving is None:
        return
    before, after = (parts.plan(one, latin1=latin1) for one in (text, saving.text))
    assert after.encoding != parts.UCS2
    assert before.parts - after.parts == saving.saved > 0
    assert all(like == "" or gsm.is_gsm(like) for _, like in saving.swaps)
    if after.encoding == parts.GSM7:
        assert saver.find(saving.text, latin1=latin1, emoji=emoji) is None


@given(typed)
@settings(max_examples=300)
def test_an_emoji_is_left_out_only_where_its_author_has_agreed(text):
    saving = saver.find(LONG + "😀" + text)
    assert saving is None


def test_a_text_of_the_gsm_alphabet_is_left_alone():
    assert saver.find(LONG + "été € [ok]") is None
