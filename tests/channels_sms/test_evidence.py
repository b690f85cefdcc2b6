"""When a copy is the same text, and when the same words are another; and how long a link waits to try
again.
"""

from uuid import uuid4

import pytest

from channels_sms.smpp import codes, evidence, settings
from channels_sms.smpp.connection import Connection, Ended, Patience
from channels_sms.smpp.evidence import Evidence, fingerprint
from channels_sms.smpp.pdu import ShortMessage
from channels_sms.smpp.receipts import MessageIds
from channels_sms.smpp.session import Timing

ONE = b"\1" * 32


def started(now=0.0, stored=None):
    found = Evidence()
    found.session_started(stored or {}, now)
    return found


def test_a_key_is_never_given_twice_whatever_the_sequence_numbers():
    found = started()
    keys = {found.key(ONE, sequence, 0) for sequence in (1, 1, 1, 2, 2)}
    assert len(keys) == 5
    found.session_started({}, 0)
    assert found.key(ONE, 1, 0) not in keys


def test_an_old_key_is_taken_over_once_and_only_for_a_while():
    found = started()
    key = found.key(ONE, 1, 0)
    found.session_ended()
    found.session_started({}, 1000)  # a long outage: the grace counts from the new bind
    assert found.key(ONE, 1, 1000 + evidence.GRACE_S - 1) == key
    assert found.key(ONE, 2, 1000 + evidence.GRACE_S - 1) != key

    found = started(stored={ONE: "old"})
    assert found.key(ONE, 1, evidence.GRACE_S + 1) != "old"


def print_of(words: str, *, person: str = "2290197000001") -> bytes:
    return fingerprint(ShortMessage(source=person, destination="1919", body=words.encode()))


def test_the_same_words_after_a_new_text_of_the_person_are_truly_sent_again():
    found = started()
    first = found.key(print_of("1"), 1, 0)
    found.answered(first, 17, stored=True, now=0)
    other = found.key(print_of("1", person="2290197000002"), 2, 0)
    found.answered(other, 34, stored=True, now=0)
    found.session_ended()
    found.session_started({}, 1)
    found.key(print_of("2"), 1, 2)  # the operator offers what he has to offer again before what is new
    assert found.key(print_of("1"), 2, 3) != first
    assert found.key(print_of("1", person="2290197000002"), 3, 3) == other, "of another person nothing is known by that"

    found = started(stored={print_of("1"): ["old", "older"]})
    assert found.key(print_of("1"), 1, 1) == "old"
    found.key(print_of("2"), 2, 2)
    assert found.key(print_of("1"), 3, 3) != "older"
    assert found._all._carried_count == 0


def test_a_text_that_had_no_answer_is_awaited_whatever_comes_before_it():
    found = started()
    unanswered = found.key(print_of("1"), 1, 0)
    refused = found.key(print_of("5"), 2, 0)
    found.answered(refused, 17, stored=False, now=0)
    found.session_ended()
    found.session_started({}, 1)
    found.key(print_of("2"), 1, 2)
    assert found.key(print_of("5"), 2, 3) == refused
    assert found.key(print_of("1"), 2, 3) == unanswered
    assert found._all._carried_count == 0


def test_a_text_refused_for_now_is_awaited_longer():
    found = started()
    key = found.key(ONE, 1, 0)
    found.answered(key, 17, stored=False, now=0)
    assert found.proved(17) == []
    found.session_ended()
    found.session_started({}, 100)
    assert found.key(ONE, 9, evidence.RETRY_S - 1) == key


def test_a_key_known_to_memory_and_to_the_database_is_one_key():
    found = started()
    key = found.key(ONE, 1, 0)
    found.session_ended()
    found.session_started({ONE: key}, 1)
    assert found.key(ONE, 1, 1) == key
    assert found.key(ONE, 2, 1) != key


def test_answers_are_proved_in_order_up_to_the_mark():
    found = started()
    keys = [found.key(bytes((n,)) * 32, n, 0) for n in range(3)]
    for key, mark in zip(keys, (17, 34, 51), strict=True):
        assert found.answered(key, mark, stored=True, now=0) == []
    assert found.proved(34) == keys[:2]
    assert found.proved(34) == []


def test_an_operator_that_proves_nothing_does_not_fill_the_memory():
    found = started()
    confirmed = []
    for second in range(500):
        key = found.key(second.to_bytes(32, "big"), second, second)
        confirmed += found.answered(key, 17 * second, stored=True, now=second)
    assert len(confirmed) == 500 - evidence.OLD_S
    assert len(found._open) == len(found._answered) == evidence.OLD_S


def test_what_is_carried_over_has_a_bound():
    found = started()
    for n in range(evidence._MOST_CARRIED + 50):
        found.key(n.to_bytes(32, "big"), n, 0)
    found.session_ended()
    assert found._all._carried_count == sum(map(len, found._all._carried.values())) == evidence._MOST_CARRIED
    assert sum(map(len, found._all._carried_of.values())) == evidence._MOST_CARRIED, "and nobody else is remembered"


def test_who_has_nothing_more_to_come_is_forgotten():
    found = started()
    for n in range(100):
        found.answered(found.key(n.to_bytes(32, "big"), n, 0), 17 * n, stored=False, now=0)
        assert found.key(n.to_bytes(32, "big"), n, 1)
    assert found._all._carried_of == found._all._carried == {}


def test_a_fingerprint_tells_apart_what_may_not_be_taken_for_a_copy():
    base = ShortMessage(source="229", destination="1919", body=b"1")
    tlv = ((codes.TLV_SAR_NUMBER, b"\1"),)
    others = [
        base._replace(source="2291", destination="919"),
        base._replace(data_coding=8),
        base._replace(esm_class=0x40),
        base._replace(body=b"2"),
        base._replace(tlvs=tlv),
        base._replace(tlvs=((codes.TLV_SAR_NUMBER, b"\2"),)),
    ]
    assert len({fingerprint(message) for message in (base, *others)}) == 7
    assert fingerprint(base) == fingerprint(base._replace(priority=3, tlvs=((0x1401, b"x"),)))


@pytest.mark.parametrize(
    ("account", "expected"),
    [(False, [1, 2, 4, 8, 16, 32, 60, 60]), (True, [5, 10, 20, 40, 80, 160, 300, 300])],
)
async def test_attempts_get_slower_and_slower_up_to_a_bound(account, expected):
    connection = Connection(
        uuid4(),
        settings.SmppSettings(host="a", port=1, system_id="b", password="c"),
        codes.BIND_TRANSCEIVER,
        None,
        MessageIds(),
        timing=Timing(),
        patience=Patience(),
        report=lambda *_: None,
        wake=lambda: None,
    )
    for failures, most in enumerate(expected, 1):
        delays = [connection._delay(failures, Ended("", account=account)) for _ in range(20)]
        assert most * 0.75 <= min(delays) < max(delays) <= most
