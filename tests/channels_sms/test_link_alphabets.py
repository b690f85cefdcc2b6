"""What a data_coding means on one link, in both directions: told by its settings, checked, and heard by both ends."""

import asyncio

import pytest
from peer import DELIVER_RESP, SUBMIT, SUBMIT_RESP, Shim, bound_link, deliver, outbound, raw
from smpplib import smpp
from test_with_the_simulator import AWA, TEXTS, at_work, words

from channels_sms.smpp import alphabets, settings
from channels_sms.smpp.link import SmppLink
from channels_sms.text import data_coding, packing
from conversations.adapters import StoredPart

FRENCH = "Êtes-vous prêts ? Le garçon a reçu 20 crêpes « au goût d'août »."
LONG_FRENCH = FRENCH * 4


async def sent(link_settings, text, **changes):
    """Every submit of a text, as smpplib reads it."""
    planned = SmppLink.plan(text, link_settings)
    submits = planned.submits or planned.parts
    found = []
    async with bound_link(**link_settings) as (_, visit, link, _intake):
        for part in range(1, submits + 1):
            piece = outbound(
                text, part=part, parts=submits, reference=0x1234, encoding=planned.encoding,
                weight=planned.parts // submits, **changes,
            )  # fmt: skip
            sending = asyncio.create_task(link.submit(piece))
            pdu = await visit.expect(SUBMIT)
            visit.send(raw(SUBMIT_RESP, pdu.sequence, b"abc\0"))
            await sending
            found.append(smpp.parse_pdu(raw(SUBMIT, 1, pdu.body), client=Shim()))
    return planned, found


# --- out ---


async def test_latin_1_is_sent_only_where_the_operator_takes_it():
    planned, [pdu] = await sent({}, FRENCH)
    assert (planned.encoding, pdu.data_coding) == ("ucs2", 8)
    planned, [pdu] = await sent({"data_coding_latin1": 3}, FRENCH)
    assert (planned.encoding, planned.parts, pdu.data_coding) == ("latin1", 1, 3)
    assert pdu.short_message == FRENCH.encode("latin-1")


async def test_what_the_gsm_alphabet_has_stays_in_it_although_latin_1_is_taken():
    planned, [pdu] = await sent({"data_coding_latin1": 3}, "Déjà là, où est l'été ?")
    assert (planned.encoding, pdu.data_coding) == ("gsm7", 0)


async def test_a_long_text_in_latin_1_is_cut_at_134_octets():
    planned, pdus = await sent({"data_coding_latin1": "3"}, LONG_FRENCH)
    assert planned == ("latin1", -(-len(LONG_FRENCH) // 134), 0)
    assert {pdu.data_coding for pdu in pdus} == {3}
    assert b"".join(pdu.short_message[6:] for pdu in pdus).decode("latin-1") == LONG_FRENCH


async def test_an_emoji_or_a_euro_beside_a_circumflex_goes_in_unicode_all_the_same():
    for text in ("Prêt 😀", "Prêt : 5 €"):
        planned, [pdu] = await sent({"data_coding_latin1": 3}, text)
        assert (planned.encoding, pdu.data_coding) == ("ucs2", 8)


async def test_the_codes_are_those_of_the_link():
    codes = {"data_coding_gsm": 0xF1, "data_coding_latin1": 0x0C, "data_coding_ucs2": 0x18}
    found = [(await sent(codes, text))[1][0].data_coding for text in ("abc", "ê", "😀")]
    assert found == [0xF1, 0x0C, 0x18]


async def test_unicode_may_leave_with_its_octets_swapped():
    _, [pdu] = await sent({"little_endian": True}, "ê😀")
    assert pdu.short_message == "ê😀".encode("utf-16-le")


@pytest.mark.parametrize("long_text", ["udh", "sar"])
@pytest.mark.parametrize("wide", [False, True])
async def test_septets_leave_packed_behind_the_fill_bits_of_their_header(long_text, wide):
    text = "Bonjour, votre bonus [€] arrive demain. " * 6
    _, pdus = await sent({"packed_gsm": True, "long_text": long_text, "wide_reference": wide}, text)
    septets = b""
    for pdu in pdus:
        header = (7 if wide else 6) if pdu.esm_class else 0
        assert len(pdu.short_message) <= 140
        septets += packing.unpack(pdu.short_message[header:], header_octets=header)
    assert data_coding.decode(septets, 0).text == text
    assert len(pdus) == 2


async def test_a_long_text_may_be_handed_over_whole():
    text = "Bonjour, votre bonus arrive. " * 12
    planned, [pdu] = await sent({"long_text": "payload"}, text)
    assert planned == ("gsm7", 3, 1)
    assert (pdu.short_message, pdu.message_payload, pdu.esm_class) == (b"", text.encode(), 0)


async def test_a_short_text_is_no_payload_where_long_ones_are():
    planned, [pdu] = await sent({"long_text": "payload"}, "Bonjour")
    assert planned == ("gsm7", 1, 0)
    assert (pdu.short_message, pdu.message_payload) == (b"Bonjour", None)


async def test_a_text_leaves_as_it_was_planned_although_the_settings_have_changed_since():
    async with bound_link() as (_, visit, link, _intake):  # Latin-1 is no longer allowed, nor whole texts
        for piece in (
            outbound(LONG_FRENCH, part=2, parts=2, encoding="latin1"),
            outbound(LONG_FRENCH, part=1, parts=1, encoding="latin1", weight=2),
        ):
            sending = asyncio.create_task(link.submit(piece))
            pdu = await visit.expect(SUBMIT)
            visit.send(raw(SUBMIT_RESP, pdu.sequence, b"abc\0"))
            await sending
            assert smpp.parse_pdu(raw(SUBMIT, 1, pdu.body), client=Shim()).data_coding == 3


async def test_a_whole_text_counts_as_its_parts_in_the_rate():
    async with bound_link(long_text="payload", window=100, rate_per_s=10) as (_, visit, link, _intake):
        sending = asyncio.create_task(link.submit(outbound("a" * 1500, parts=1, encoding="gsm7", weight=10)))
        pdu = await visit.expect(SUBMIT)
        visit.send(raw(SUBMIT_RESP, pdu.sequence, b"abc\0"))
        await sending
        assert link.ready() == 0


# --- in ---


@pytest.mark.parametrize(
    ("link_settings", "coding", "octets", "text"),
    [
        ({}, 4, b"a@b", "a@b"),
        ({"data_codings": "4 = gsm7"}, 4, b"\x00", "@"),
        ({"data_codings": "0xF1 = latin1, 4=gsm7"}, 0xF1, b"\xea", "ê"),
        ({"data_codings": "0 = ucs2"}, 0, b"\x00a", "a"),
        ({"data_codings": "8 = ucs2_little"}, 8, b"a\x00", "a"),
        ({"data_codings": "8 = utf8"}, 8, "ê".encode(), "ê"),
        ({"data_codings": "3 = binary"}, 3, b"\x01", "[data_coding 0x03: 01]"),
        ({"data_codings": "77 = gsm7_packed"}, 77, packing.pack(b"hellohello"), "hellohello"),
        ({"default_alphabet": "latin1"}, 0, b"@\xea", "@ê"),
        ({"default_alphabet": "utf8"}, 0, "ê".encode(), "ê"),
        ({"default_alphabet": "gsm7_packed"}, 0, packing.pack(b"\x00bc"), "@bc"),
        ({"little_endian": True}, 8, b"a\x00", "a"),
        ({"little_endian": True}, 8, b"\xfe\xff\x00a", "a"),
    ],
)
async def test_a_data_coding_means_what_the_link_was_told(link_settings, coding, octets, text):
    async with bound_link(**link_settings) as (_, visit, _link, intake):
        visit.send(deliver(1, octets, data_coding=coding))
        await visit.expect(DELIVER_RESP, status=0)
        assert [one.body for one in intake.texts] == [text]


async def test_packed_parts_are_unpacked_behind_their_headers_before_they_are_joined():
    async with bound_link(default_alphabet="gsm7_packed") as (_, visit, _link, intake):
        for number, septets in ((2, b"\x65fin"), (1, b"prix : 5 \x1b")):  # an operator cut the escape pair
            header = bytes((5, 0, 3, 7, 2, number))
            body = header + packing.pack(septets, header_octets=6)
            visit.send(deliver(number, body, esm_class=0x40))
            await visit.expect(DELIVER_RESP, status=0)
        parts = [StoredPart(one.part, one.total, one.payload, one.data) for one in intake.parts]
        assert SmppLink.join(parts).text == "prix : 5 €fin"


@pytest.mark.parametrize("marks", ["first", "each"])
async def test_a_byte_order_mark_holds_for_all_parts_and_is_no_character(marks):
    pieces = [piece.encode("utf-16-le") for piece in ("bon", "jour ê")]
    pieces = [(b"\xff\xfe" if marks == "each" or not number else b"") + one for number, one in enumerate(pieces)]
    async with bound_link() as (_, visit, _link, intake):
        for number, piece in enumerate(pieces, 1):
            visit.send(deliver(number, bytes((5, 0, 3, 7, 2, number)) + piece, esm_class=0x40, data_coding=8))
            await visit.expect(DELIVER_RESP, status=0)
        parts = [StoredPart(one.part, one.total, one.payload, one.data) for one in intake.parts]
        assert SmppLink.join(parts).text == "bonjour ê"


async def test_a_receipt_in_packed_septets_is_read():
    said = b"id:39f99dd5 sub:001 dlvrd:001 submit date:2611211200 done date:2611211200 stat:DELIVRD err:000 text:"
    async with bound_link(default_alphabet="gsm7_packed") as (_, visit, _link, intake):
        for octets in (packing.pack(said), said):
            visit.send(deliver(1 + len(intake.receipts), octets, esm_class=4))
            await visit.expect(DELIVER_RESP, status=0)
        assert [receipt.state for receipt in intake.receipts] == ["delivered", "delivered"]


# --- both ends ---

BOTH = {
    "packed": ({"packed": True}, {"packed_gsm": True, "default_alphabet": "gsm7_packed"}),
    "little endian": ({"little_endian": True}, {}),  # its own marks tell; ours are big endian
    "latin-1": ({"data_coding_latin1": 3}, {"data_coding_latin1": 3}),
    "message class": ({"data_coding_gsm": 0xF1}, {"data_coding_gsm": 0xF1}),
    "payload": ({}, {"long_text": "payload"}),
}


@pytest.mark.needs("BUS-011", part="alphabets of operators")
@pytest.mark.parametrize("long_texts", ["udh8", "udh16", "sar", "payload"])
@pytest.mark.parametrize("habit", BOTH)
async def test_texts_come_and_go_whole_whatever_the_operator_writes(tmp_path, habit, long_texts):
    behaviour, link_settings = BOTH[habit]
    texts = [*TEXTS, FRENCH, LONG_FRENCH]
    place = at_work(tmp_path, behaviour={"long_texts": long_texts, **behaviour}, **link_settings)
    async with place as (exchange, _operator, link, intake):
        for text in texts:
            exchange.text(number=AWA, code="1919", text=text)
        await intake.until(lambda: sorted(words(intake)) == sorted(texts))
        for number, text in enumerate(texts):
            planned = SmppLink.plan(text, link_settings)
            submits = planned.submits or planned.parts
            for part in range(1, submits + 1):
                piece = outbound(
                    text, part=part, parts=submits, destination="+" + AWA, reference=900 + number,
                    encoding=planned.encoding, weight=planned.parts // submits,
                )  # fmt: skip
                await asyncio.wait_for(link.wait_ready(), 5)
                await link.submit(piece)
        shown = [bubble["text"] for bubble in exchange.phones.thread(AWA, "1919") if bubble["direction"] == "received"]
        assert shown == texts


# --- settings ---


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"default_alphabet": "ebcdic"}, "default_alphabet is 'ebcdic'"),
        ({"data_coding_gsm": 256}, "data_coding_gsm is 256"),
        ({"data_coding_latin1": "trois"}, "data_coding_latin1 must be a number"),
        ({"data_coding_ucs2": -1}, "data_coding_ucs2 is -1"),
        ({"packed_gsm": "yes"}, "packed_gsm must be true or false"),
        ({"little_endian": 1}, "little_endian must be true or false"),
        ({"data_codings": "4: gsm7"}, "data_codings: '4: gsm7' does not look like"),
        ({"data_codings": "300 = gsm7"}, "data_codings is 300"),
        ({"data_codings": "4 = morse"}, "data_codings: 'morse' must be one of gsm7"),
        ({"data_codings": "4 = gsm7, 0x04 = latin1"}, "data_codings: 4 is there twice"),
        ({"data_codings": {"4": "gsm7"}}, "data_codings must look like"),
        ({"long_text": "fax"}, "long_text is 'fax'"),
        ({"parts_wait_s": 0}, "parts_wait_s is 0"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(wrong, reason):
    with pytest.raises(settings.InvalidSettings) as caught:
        settings.read({"host": "smsc", "port": 2775, "system_id": "a", **wrong}, "b")
    assert str(caught.value).startswith(reason)


def test_the_defaults_are_those_of_most_operators():
    found = settings.read({"host": "smsc", "port": 2775, "system_id": "a", "data_coding_latin1": ""}, "b")
    assert found.alphabets == alphabets.Alphabets()
    assert (found.alphabets.gsm, found.alphabets.latin1, found.alphabets.ucs2) == (0, None, 8)
