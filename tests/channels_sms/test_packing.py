"""Septets packed into octets, as some operators want them and all networks carry them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_sms.text import gsm, packing

septets = st.lists(st.integers(1, 0x7F).filter(lambda one: one != 0x0D), max_size=170).map(bytes)


def by_hand(octets, header_octets):
    """The septets bit by bit, least first, from the septet border behind the header: another way than the product's."""
    bits = "".join(f"{octet:08b}"[::-1] for octet in bytes(header_octets) + octets)
    start = -(-header_octets * 8 // 7) * 7
    whole = [bits[place : place + 7] for place in range(start, len(bits) - 6, 7)]
    return bytes(int(one[::-1], 2) for one in whole)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("", ""),
        ("hellohello", "e8329bfd4697d9ec37"),  # the example that every description of the packing has
        ("@", "00"),
        ("€", "9b32"),
    ],
)
def test_known_texts_have_their_known_octets(text, octets):
    assert packing.pack(gsm.encode(text)).hex() == octets


@pytest.mark.needs("BUS-011", part="packed alphabets")
@given(septets, st.integers(0, 14))
@settings(max_examples=500)
def test_what_is_packed_is_unpacked_behind_every_header(given_septets, header_octets):
    packed = packing.pack(given_septets, header_octets=header_octets)
    assert packing.unpack(packed, header_octets=header_octets) == given_septets
    assert by_hand(packed, header_octets)[: len(given_septets)] == given_septets
    if given_septets:
        assert len(packed) == -(-(packing.fill_bits(header_octets) + 7 * len(given_septets)) // 8)


def test_153_septets_fill_what_six_octets_of_header_leave():
    assert packing.fill_bits(6) == 1
    assert len(packing.pack(b"a" * 153, header_octets=6)) == 134
    assert packing.fill_bits(7) == 0
    assert len(packing.pack(b"a" * 152, header_octets=7)) == 133


@pytest.mark.parametrize("padding", [0x00, 0x0D])
def test_seven_bits_left_over_show_nothing_at_the_end(padding):
    packed = packing.pack(b"abcdefg" + bytes((padding,)))
    assert len(packed) == 7
    assert packing.unpack(packed) == b"abcdefg"


def test_an_at_sign_at_the_end_of_a_full_part_is_one():
    septets = gsm.encode("a" * 152 + "@")
    assert packing.unpack(packing.pack(septets, header_octets=6), header_octets=6) == septets


def test_an_octet_that_is_no_septet_is_refused():
    with pytest.raises(ValueError, match="septet"):
        packing.pack(b"\x80")


@given(st.binary(max_size=200), st.integers(0, 300))
@settings(max_examples=300)
def test_unpacking_never_raises(octets, header_octets):
    assert all(septet <= 0x7F for septet in packing.unpack(octets, header_octets=header_octets))
