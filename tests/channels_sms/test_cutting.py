"""Cutting a text into parts, the header of each part, and joining what came."""

import random

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from channels_sms.text import gsm, parts, udh
from channels_sms.text.joining import GAP, ReceivedPart, join

FAMILY = "👨‍👩‍👧‍👦"
french = st.text(alphabet=st.sampled_from("abcdeéèàùç€[]^\n\rêœ 😀👍🏿🇧🇯\u0301\u200d"), max_size=400)
septets = st.text(alphabet=st.sampled_from("abcdeéèàù€[]^\n\r "), max_size=500)


def read_back(pieces):
    """What a handset makes of our parts: header parsed, octets joined."""
    received = []
    for piece in pieces:
        header, payload = udh.parse(piece.udh + piece.payload)
        place = header.concatenation
        received.append(ReceivedPart(place.number, place.total, piece.data_coding, payload))
    return received


@given(st.one_of(french, septets), st.booleans(), st.integers(0, 70000))
@settings(max_examples=500)
def test_a_cut_text_fits_and_reads_the_same_when_joined(text, wide, reference):
    plan = parts.plan(text, wide_reference=wide)
    cut = parts.split(text, reference=reference, wide_reference=wide)
    assert len(cut) == plan.parts
    assert cut == parts.split(text, reference=reference, wide_reference=wide)
    for piece in cut:
        if plan.encoding == "gsm7":
            assert (len(piece.udh) * 8 + 6) // 7 + len(piece.payload) <= 160
            assert not piece.payload.endswith(b"\x1b")
            gsm.decode(piece.payload)
        else:
            assert len(piece.udh) + len(piece.payload) <= 140
            piece.payload.decode("utf-16-be")  # strict: no surrogate pair was cut
    if len(cut) == 1:
        assert cut[0].udh == b""
    else:
        received = read_back(cut)
        random.Random(reference).shuffle(received)
        joined = join(received)
        assert joined.complete
        assert joined.text == text


@given(french)
@settings(max_examples=300)
def test_no_cluster_of_ordinary_length_is_cut(text):
    clusters = regex.findall(r"\X", text)
    if max(map(len, clusters), default=0) > 30:
        return
    cut = parts.split(text, reference=1)
    if len(cut) == 1:
        return
    decode = gsm.decode if cut[0].encoding == "gsm7" else lambda octets: octets.decode("utf-16-be")
    edges, position = set(), 0
    for cluster in clusters:
        edges.add(position)
        position += len(cluster)
    position = 0
    for piece in cut:
        assert position in edges
        position += len(decode(piece.payload))


def test_a_family_is_never_broken_up():
    for before in range(56, 71):
        cut = parts.split("ê" * before + FAMILY + "ê" * 20, reference=3)
        assert sum(FAMILY in piece.payload.decode("utf-16-be") for piece in cut) == 1


def test_headers_carry_the_reference_in_8_or_16_bits():
    narrow = parts.split("a" * 200, reference=0x1FF)
    wide = parts.split("a" * 200, reference=0x1FF, wide_reference=True)
    assert [piece.udh for piece in narrow] == [b"\x05\x00\x03\xff\x02\x01", b"\x05\x00\x03\xff\x02\x02"]
    assert [piece.udh for piece in wide] == [b"\x06\x08\x04\x01\xff\x02\x01", b"\x06\x08\x04\x01\xff\x02\x02"]
    assert [len(piece.payload) for piece in wide] == [152, 48]


def test_255_parts_can_be_numbered_and_256_cannot():
    assert len(parts.split("a" * 153 * 255, reference=1)) == 255
    with pytest.raises(parts.TooLong):
        parts.split("a" * 153 * 256, reference=1)


def test_the_characters_that_force_ucs2_are_named_once_each():
    assert parts.plan("ça `va` ça, être").unicode_characters == ("ç", "`", "ê")


def test_other_header_elements_may_stand_anywhere():
    data = b"\x0c" + b"\x24\x01\x02" + b"\x70\x01\xff" + b"\x08\x04\x01\x02\x03\x02" + b"rest"
    header, rest = udh.parse(data)
    assert header.concatenation == udh.Concatenation(0x0102, 16, 3, 2)
    assert header.single_shift == 2
    assert header.elements == ((0x24, b"\x02"), (0x70, b"\xff"), (0x08, b"\x01\x02\x03\x02"))
    assert rest == b"rest"
    assert udh.parse(b"\x06\x05\x04\x0b\x84\x23\xf0x")[0].ports == (2948, 9200)


@pytest.mark.parametrize("data", [b"", b"\x05\x00\x03", b"\x03\x00\x09\x01", b"\x01\x00", b"\xff"])
def test_a_header_whose_lengths_lie_is_refused(data):
    with pytest.raises(udh.MalformedHeader):
        udh.parse(data)


@pytest.mark.parametrize("place", [b"\x07\x00\x01", b"\x07\x03\x00", b"\x07\x03\x07"])
def test_an_impossible_place_leaves_the_text_alone(place):
    header, rest = udh.parse(b"\x05\x00\x03" + place + b"abc")
    assert header.concatenation is None
    assert rest == b"abc"


def test_an_empty_header_is_no_error():
    assert udh.parse(b"\x00abc") == (udh.Header(), b"abc")


@given(st.binary(max_size=60))
@settings(max_examples=500)
def test_parsing_a_header_raises_only_its_own_error(data):
    try:
        header, rest = udh.parse(data)
    except udh.MalformedHeader:
        return
    assert data.endswith(rest)
    assert header.concatenation is None or header.concatenation.number <= header.concatenation.total


def test_the_place_may_be_told_by_tlvs():
    assert udh.sar(reference=b"\x01\x02", total=b"\x03", number=b"\x01") == udh.Concatenation(0x102, 16, 3, 1)
    assert udh.sar(reference=b"", total=b"\x03", number=b"\x01") is None
    assert udh.sar(reference=b"\x01", total=b"\x03", number=b"\x04") is None


def test_a_pair_cut_by_the_operator_is_healed_by_joining_octets_first():
    octets = "a😀b".encode("utf-16-be")
    joined = join([ReceivedPart(2, 2, 8, octets[4:]), ReceivedPart(1, 2, 8, octets[:4])])
    assert joined.text == "a😀b"
    euro = join([ReceivedPart(1, 2, 0, b"5 \x1b"), ReceivedPart(2, 2, 0, b"\x65")])
    assert euro.text == "5 €"


def test_missing_parts_leave_one_mark_for_each_gap():
    joined = join([ReceivedPart(2, 6, 0, b"b"), ReceivedPart(5, 6, 0, b"e")])
    assert joined.text == f"{GAP}b{GAP}e{GAP}"
    assert joined.missing == (1, 3, 4, 6)
    assert not joined.complete


def test_the_first_copy_of_a_part_wins():
    copies = [ReceivedPart(1, 2, 0, b"a"), ReceivedPart(1, 2, 0, b"z"), ReceivedPart(2, 2, 0, b"b")]
    assert join(copies).text == "ab"


def test_parts_that_disagree_on_the_total_lose_no_word():
    joined = join([ReceivedPart(1, 2, 0, b"a"), ReceivedPart(2, 2, 0, b"b"), ReceivedPart(3, 3, 0, b"c")])
    assert (joined.text, joined.total, joined.missing) == ("abc", 2, ())


def test_parts_may_have_different_data_codings():
    joined = join([ReceivedPart(1, 3, 0, b"a"), ReceivedPart(2, 3, 8, b"\x00\xea"), ReceivedPart(3, 3, 0, b"b")])
    assert joined.text == "aêb"
    assert joined.encoding == "gsm7"


def test_joining_nothing_is_a_programming_error():
    with pytest.raises(ValueError, match="no parts"):
        join([])
