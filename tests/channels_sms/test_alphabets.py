"""The GSM alphabet, UCS-2 and reading by data_coding."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_sms.text import data_coding, gsm, national
from channels_sms.text.parts import encode_ucs2

ALPHABET = gsm.BASIC.replace("\x1b", "") + "".join(gsm.EXTENSION.values())


def test_the_basic_table_has_128_different_places():
    assert len(gsm.BASIC) == 128
    assert len(set(gsm.BASIC)) == 128
    assert all(len(table) == 128 and table[0x1B] == "\x1b" for table in national.LOCKING.values())


@pytest.mark.parametrize(
    ("character", "octets"),
    [
        ("@", b"\x00"),
        ("Ç", b"\x09"),
        ("\n", b"\x0a"),
        ("\r", b"\x0d"),
        ("Δ", b"\x10"),
        ("_", b"\x11"),
        ("É", b"\x1f"),
        ("¤", b"\x24"),
        ("¡", b"\x40"),
        ("§", b"\x5f"),
        ("¿", b"\x60"),
        ("à", b"\x7f"),
        ("€", b"\x1b\x65"),
        ("[", b"\x1b\x3c"),
        ("\f", b"\x1b\x0a"),
    ],
)
def test_a_character_has_the_code_of_the_standard(character, octets):
    assert gsm.encode(character) == octets
    assert gsm.decode(octets) == character
    assert gsm.width(character) == len(octets)


@pytest.mark.parametrize("character", ["`", "ç", "ê", "\x1b", "\t", "œ", "’", "\u00a0", "😀", "À"])
def test_a_character_outside_the_table_is_refused_and_never_replaced(character):
    assert not gsm.is_gsm(character)
    with pytest.raises(gsm.NotGsm):
        gsm.encode(character)


@given(st.text(alphabet=ALPHABET, max_size=400))
@settings(max_examples=300)
def test_every_gsm_text_comes_back_as_it_went(text):
    assert gsm.is_gsm(text)
    octets = gsm.encode(text)
    assert len(octets) == gsm.septets(text)
    assert gsm.decode(octets) == text


@given(st.binary(max_size=300), st.integers(0, 20), st.integers(0, 20), st.integers(0, 255))
@settings(max_examples=1000)
def test_reading_never_raises_whatever_the_octets(octets, single, locking, coding):
    gsm.decode(octets, single=single, locking=locking)
    decoded = data_coding.decode(octets, coding, single_shift=single, locking_shift=locking)
    decoded.text.encode()  # no lone surrogate may reach the database


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"ab\x1b", "ab "),  # escape at the end
        (b"a\x1b\x1bb", "a b"),  # escape to another table
        (b"a\x1b\x41b", "aAb"),  # code that the extension table lacks
        (b"a\x1b\x80b", "a\ufffdb"),
        (b"a\x80b", "a\ufffdb"),
    ],
)
def test_broken_septets_read_as_the_standard_asks(octets, text):
    assert gsm.decode(octets) == text


def test_a_handset_set_to_spanish_sends_its_cedilla_through_the_single_shift():
    read = data_coding.decode(b"gar\x1b\x09on", 0, single_shift=national.SPANISH)
    assert read.text == "garçon"


def test_a_portuguese_locking_shift_changes_the_basic_letters():
    assert data_coding.decode(b"\x04tes", 0, locking_shift=national.PORTUGUESE).text == "êtes"


def test_a_language_that_we_lack_is_marked_and_never_shown_with_wrong_letters():
    assert data_coding.decode(b"abc", 0, locking_shift=6).text == "[data_coding 0x00: 616263]"
    assert data_coding.decode(b"a\x1b\x65\x1b\x1dz", 0, single_shift=6).text == "a€\ufffdz"


@pytest.mark.parametrize(
    ("octets", "coding", "text", "encoding"),
    [
        (b"5 \x1b\x65 \x00", 0x00, "5 € @", "gsm7"),
        (b"a@b", 0x01, "a@b", "ascii"),
        (b"\xe9t\xe9", 0x01, "été", "latin1"),
        (b"\xe9t\xe9", 0x03, "été", "latin1"),
        (b"bonjour", 0x04, "bonjour", "ascii"),
        (b"\x00\x01", 0x04, "[data_coding 0x04: 0001]", "binary"),
        (b"", 0x04, "[data_coding 0x04: ]", "binary"),
        ("été 😀".encode("utf-16-be"), 0x08, "été 😀", "ucs2"),
        (b"\xff\xfea\x00", 0x08, "a", "ucs2"),
        (b"\xfe\xff\x00a", 0x08, "a", "ucs2"),
        (b"\x00a\x00", 0x08, "a\ufffd", "ucs2"),
        (b"\xd8\x3d\x00a", 0x08, "\ufffda", "ucs2"),
        (b"\x00", 0x10, "@", "gsm7"),
        (b"\x00a", 0x18, "a", "ucs2"),
        (b"\x04", 0x14, "[data_coding 0x14: 04]", "binary"),
        (b"\x00", 0xF0, "@", "gsm7"),
        (b"\x00", 0xF1, "@", "gsm7"),
        (b"\x04", 0xF5, "[data_coding 0xF5: 04]", "binary"),
        (b"\x00", 0xC8, "@", "gsm7"),
        (b"\x00a", 0xE0, "a", "ucs2"),
        (b"\xe9t\xe9", 0x00, "été", "latin1"),  # octets that cannot be septets
        ("été".encode(), 0x00, "été", "utf8"),
        (b"abc", 0x0D, "[data_coding 0x0D: 616263]", "binary"),
        (b"abc", 0x77, "[data_coding 0x77: 616263]", "binary"),
    ],
)
def test_a_data_coding_is_read_by_its_rule(octets, coding, text, encoding):
    assert data_coding.decode(octets, coding) == data_coding.Decoded(text, encoding)


def test_an_operator_may_mean_latin_1_by_data_coding_0():
    assert data_coding.decode(b"a@\xe9", 0, default_alphabet="latin1").text == "a@é"


def test_a_lone_surrogate_becomes_the_replacement_character():
    assert encode_ucs2("a\ud83d") == b"\x00a\xff\xfd"
    assert encode_ucs2("😀") == b"\xd8\x3d\xde\x00"
