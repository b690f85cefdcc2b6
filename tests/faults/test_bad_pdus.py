"""Poison against the whole product: its processes live, each PDU has one answer, its octets are kept, texts go on."""

from __future__ import annotations

import logging
import struct
import time
from collections import Counter
from random import Random

import pytest

from routing.robots import MOST_REPLIES
from tests.channels_sms.judge import answer_to, judge
from tests.channels_sms.strategies import DELIVER, MESSAGES, Pdu, damaged, framed, message_body, sound, stream
from tests.faults.conftest import seeds, wait_until

FIRST = 1_000_000  # sequence numbers of ours; the operators' own count from 1
FULL = len(seeds()) > 1
ROUNDS = len(seeds())
POISON = 2_000 if FULL else 1_500  # PDUs of a round
TOGETHER = 100  # of one write
CASES = 200_000 if FULL else 0
USABLE_S = 5.0  # the promise: by then a good text is acknowledged
GROWTH_MB = 100  # of the gateway: what it remembers is bounded (repeats, evidence, answers awaited)
MACHINES = 1 if FULL else 3  # how many times slower a machine that does other things may be


class Ledger:
    """The operators' ledger, read on from where it was read before."""

    def __init__(self, line):
        self._line = line
        self._since = 0
        self.answers: Counter[tuple[int, int]] = Counter()
        self.statuses: dict[tuple[int, int], int] = {}

    def read(self):
        from simulator.codec import NAMES

        numbers = {name: number for number, name in NAMES.items()}
        while True:
            page = self._line.ask(f"/control/ledger?since={self._since}&limit=20000&direction=in")
            for row in page["rows"]:
                place = numbers.get(row["command"], 0), row["sequence"]
                if row["sequence"] >= FIRST and place[0] & 0x80000000:
                    self.answers[place] += 1
                    self.statuses[place] = row["status"]
            self._since = page["upto"]
            if page["upto"] >= page["last"] or not page["rows"]:
                return self


def poison(dice: Random, first: int, count: int) -> list[Pdu]:
    """Sound PDUs and damaged ones, each under a number of its own. Their framing is true, so none ends the session."""
    made = []
    for sequence in range(first, first + count):
        pdu = sound(dice, sequence).numbered(sequence)
        made.append(damaged(dice, pdu) if dice.random() < 0.6 else pdu)
    return made


def resident_mb(pid: int) -> float:
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123
        return next(int(row.split()[1]) for row in status if row.startswith("VmRSS")) / 1024


def usable(line, rows, mark: str, account: str) -> float:
    """Seconds until a good text is acknowledged and stored."""
    began = time.monotonic()
    since = line.ask("/control/state")["ledger"]["last"]
    [text_id] = line.text("+2290197660001", mark, to="3334", account=account)

    def acknowledged() -> bool:
        answers = line.ask(f"/control/ledger?since={since}&limit=20000&command=deliver_sm_resp")["rows"]
        return any(row.get("mo") == text_id and row["status"] == 0 for row in answers)

    wait_until(acknowledged, f"{mark} is acknowledged", USABLE_S * MACHINES)
    assert rows("select count(*) from conversations_message where body = %s", mark) == [(1,)]
    return time.monotonic() - began


def quiet(line, seconds: float = 1.0) -> None:
    """Return when no PDU has passed for so long."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < seconds:
        now = line.ask("/control/state")["ledger"]["last"]
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.05)


@pytest.mark.timeout(900)
@pytest.mark.needs("RFP-002", part="damaged and hostile PDUs")
def test_poison_costs_itself_only(palabre, line, rows):
    for account in ("savane", "lagune"):
        line.behave(account, window=50)
    before = palabre.processes()
    usable(line, rows, "avant", "savane")
    gateway = palabre.pid("gateway")
    at_first = resident_mb(gateway)
    ledger, sent = Ledger(line), []
    began = time.monotonic()
    for round_ in range(ROUNDS):
        dice = Random(round_)
        pdus = poison(dice, FIRST + len(sent), POISON)
        for at in range(0, POISON, TOGETHER):
            octets = b"".join(pdu.octets for pdu in pdus[at : at + TOGETHER])
            line.ask("/control/raw", {"account": dice.choice(("savane", "lagune")), "hex": octets.hex()})
        sent += pdus
        wanted = Counter(answer for pdu in sent if (answer := answer_to(pdu.octets)) is not None)
        wait_until(lambda: not wanted - ledger.read().answers, "each is answered", 60)  # noqa: B023
        assert ledger.answers == wanted, "answered though nothing asked for it, or twice"
        took = usable(line, rows, f"après {round_}", "lagune")
        print(f"round {round_}: a good text is acknowledged in {took:.2f} s, gateway {resident_mb(gateway):.0f} MB")
    print(f"{len(sent)} PDUs, {time.monotonic() - began:.1f} s")

    # Everything that was answered for good is there, octet for octet; what is unreadable has its alarm.
    kept = Counter(bytes(octets) for (octets,) in rows("select payload from conversations_rawinbound"))
    kept += Counter(bytes(octets) for (octets,) in rows("select raw from conversations_receipt"))
    for pdu in sent:
        if pdu.command in MESSAGES:
            status = ledger.statuses[pdu.command | 0x80000000, pdu.sequence]
            assert status in (0, 1, 2, 0xC0), f"{hex(status)}: nothing was away, so nothing is refused for now"
            assert kept[pdu.octets] == 1, (
                f"answered {hex(status)} and kept {kept[pdu.octets]} times: {pdu.octets.hex()}"
            )
    assert rows("select count(*) from conversations_rawinbound where kind = 'unreadable' and error = ''") == [(0,)]
    # Whatever stood in the senders' place: nobody is answered by himself but telephones, and no machine for ever.
    ours = [row for row in line.ledger() if row["direction"] == "in"]  # the poison may be called a submit_sm, too
    submits = [row["destination"] for row in ours if row["command"] == "submit_sm"]
    assert submits, "the bot has answered nobody: this proves nothing"
    assert all(number.isdecimal() and 8 <= len(number) <= 15 for number in submits), set(submits)
    [(most,)] = rows(
        """select max(answers) from (select count(*) as answers from conversations_message
               where kind = 'outgoing' and author = 'bot' group by conversation_id) counted"""
    )
    assert most <= MOST_REPLIES
    words = Counter(pdu.words for pdu in sent if pdu.words is not None)
    shown = Counter(body for (body,) in rows("select body from conversations_message where kind = 'incoming'"))
    assert not words - shown, "texts of people that came whole and are not shown"

    assert before.items() <= palabre.processes().items(), "a process died"
    growth = resident_mb(gateway) - at_first
    print(f"gateway grew by {growth:.0f} MB")
    assert growth < GROWTH_MB

    # A body that cannot be read is offered once: acknowledged, or refused for good.
    dice = Random(99)
    bodies = [damaged(dice, Pdu(framed(DELIVER, 1, message_body(dice)[0]))).octets[16:].hex() for _ in range(60)]
    ids = set(line.ask("/control/kept", {"account": "savane", "bodies": bodies})["ids"])

    def left():
        return next(one["kept"] for one in line.ask("/control/state")["accounts"] if one["id"] == "savane")

    wait_until(lambda: left() == 0, "the operator keeps nothing", 20)
    offered = Counter(row["mo"] for row in line.ledger() if row["command"] == "deliver_sm" and row.get("mo") in ids)
    assert set(offered) == ids
    assert set(offered.values()) == {1}, "offered again and again"

    # Half a PDU, a pause, the other half; then a length that cannot be true: the link comes back by itself.
    body, _ = message_body(Random(5))
    halved = framed(DELIVER, FIRST - 1, body)
    # Whatever the operator says between the halves would be a part of the PDU: a receipt, a question of his own, the
    # answer to the one by which our answers are proved, 5 s after them.
    line.behave("lagune", paused=True, enquire_s=600)
    quiet(line, 6.5)
    line.ask("/control/raw", {"account": "lagune", "hex": halved[:20].hex()})
    time.sleep(1.5)
    line.ask("/control/raw", {"account": "lagune", "hex": halved[20:].hex()})
    line.behave("lagune", paused=False)
    assert usable(line, rows, "après la pause", "lagune") < USABLE_S * MACHINES
    assert rows("select count(*) from conversations_rawinbound where payload = %s", halved) == [(1,)]
    for account, length in (("savane", 0), ("lagune", 0xFFFFFFFF)):
        line.ask("/control/raw", {"account": account, "hex": struct.pack(">IIII", length, 5, 0, FIRST - 2).hex()})
        took = usable(line, rows, f"après une longueur de {length}", account)
        print(f"after a command_length of {length}: a good text is acknowledged in {took:.2f} s")
    assert before.items() <= palabre.processes().items(), "a process died"


@pytest.mark.skipif(not CASES, reason="the shorter storm runs with the other tests")
@pytest.mark.timeout(1800)
async def test_a_long_storm_in_process():
    logging.disable(logging.CRITICAL)
    try:
        for number in range(CASES):
            dice = Random(10_000_000 + number)
            wrong = await judge(stream(dice, most=8), dice, trouble=dice.choice((0.0, 0.0, 0.3)))
            assert not wrong, f"seed {10_000_000 + number}: {wrong}"
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.skipif(not FULL, reason="ten seconds of waiting")
@pytest.mark.timeout(300)
def test_half_a_pdu_is_dropped_after_its_deadline_and_the_link_comes_back(palabre, line, rows):
    usable(line, rows, "avant", "savane")
    began = time.monotonic()
    line.ask("/control/raw", {"account": "savane", "hex": framed(DELIVER, FIRST, b"x" * 50)[:30].hex()})
    wait_until(
        lambda: any(row["command"] == "disconnected" for row in line.ledger()), "the link is dropped", 10 + USABLE_S
    )
    print(f"dropped after {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began > 9
    assert usable(line, rows, "après", "savane") < USABLE_S
