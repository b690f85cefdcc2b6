"""The link and the simulator, two codecs that share no code, through each other's worst days."""

import asyncio
import random
from contextlib import asynccontextmanager

import pytest
from peer import FakeIntake, QuickLink, config, outbound, running

from channels_sms.smpp.link import SmppLink
from channels_sms.text import parts as cutting
from conversations.adapters import NotBound, StoredPart, SubmitRefused, SubmitUnknown
from simulator.accounts import demo_accounts
from simulator.exchange import Exchange

AWA = "2290197204518"
TEXTS = [
    "Bonjour",
    "Où est mon colis ? 5 € [svp]",
    "Ça ne marche pas, aidez-moi s'il vous plaît 😀",
    "Je n'ai plus de réseau depuis hier soir. " * 6,
    "Vous m'aviez promis une réponse aujourd'hui même ! 👨‍👩‍👧‍👦 " * 4,
]


@asynccontextmanager
async def at_work(tmp_path, *, account="savane", behaviour=None, **settings):
    """(exchange, operator, link, intake) with the link bound to one of the simulator's operators."""
    accounts = demo_accounts("palabre")
    accounts[account].behaviour.change({"retry_s": 0.1, "receipt_delay_ms": 5, **(behaviour or {})})
    exchange = Exchange(accounts, tmp_path / "ledger.jsonl", random.Random(7))
    port = await exchange.start(0)
    intake = FakeIntake()
    link = QuickLink(config(port, system_id=account, secret="palabre", **settings), intake)
    try:
        async with running(link):
            await intake.until(lambda: any(state == "bound" for state, _ in intake.states))
            yield exchange, exchange.operators[account], link, intake
    finally:
        await exchange.stop()


def words(intake):
    """All texts that came, long ones joined."""
    groups = {}
    for part in intake.parts:
        groups.setdefault(part.group, []).append(StoredPart(part.part, part.total, part.payload, part.data))
    joined = [SmppLink.join(parts) for parts in groups.values()]
    return [text.body for text in intake.texts] + [text.text for text in joined if not text.missing]


@pytest.mark.needs("BUS-011", part="joining")
@pytest.mark.parametrize("long_texts", ["udh8", "udh16", "sar", "payload"])
@pytest.mark.parametrize("addresses", ["international", "plus", "national"])
async def test_texts_come_whole_however_the_operator_carries_them(tmp_path, long_texts, addresses):
    behaviour = {"long_texts": long_texts, "addresses": addresses}
    async with at_work(tmp_path, behaviour=behaviour) as (exchange, _operator, _link, intake):
        for text in TEXTS:
            exchange.text(number=AWA, code="1919", text=text)
        await intake.until(lambda: sorted(words(intake)) == sorted(TEXTS))
        assert {text.recipient for text in intake.texts} == {"1919"}
        assert intake.unreadables == []


async def test_lost_answers_and_cut_lines_make_no_duplicate_and_lose_nothing(tmp_path):
    async with at_work(tmp_path, behaviour={"lose_answers": 5}) as (exchange, operator, _link, intake):
        sent = [f"texte {number % 4}" for number in range(12)]  # the same words come several times for real
        for text in sent:
            exchange.text(number=AWA, code="1919", text=text)
        await intake.until(lambda: len(intake.texts) >= len(sent) and not operator.behaviour.lose_answers)
        await asyncio.sleep(0.3)
        assert sorted(words(intake)) == sorted(sent)
        assert intake.duplicates


async def test_copies_under_the_same_sequence_number_are_one_text(tmp_path):
    async with at_work(tmp_path, behaviour={"copies_same": 3}) as (exchange, _operator, _link, intake):
        for text in TEXTS:
            exchange.text(number=AWA, code="1919", text=text)
        await intake.until(lambda: sorted(words(intake)) == sorted(TEXTS))
        await asyncio.sleep(0.1)
        assert sorted(words(intake)) == sorted(TEXTS)


@pytest.mark.needs("BUS-011", part="cutting")
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("wide", [False, True])
async def test_what_we_send_reads_the_same_on_the_phone(tmp_path, text, wide):
    async with at_work(tmp_path, wide_reference=wide) as (exchange, _operator, link, _intake):
        count = SmppLink.plan(text, {}).parts
        for part in range(1, count + 1):
            await link.submit(outbound(text, part=part, parts=count, destination="+" + AWA, reference=900))
        bubbles = exchange.phones.thread(AWA, "1919")
        assert [bubble["text"] for bubble in bubbles] == [text]


@pytest.mark.needs("BUS-019", part="reading")
@pytest.mark.parametrize("account", ["savane", "lagune"])  # decimal ids, hexadecimal ids
@pytest.mark.parametrize("receipt_ids", ["same", "hex", "HEX", "decimal", "decimal10"])
@pytest.mark.parametrize("receipt_form", ["text", "openmarket", "tlv", "payload"])
async def test_every_receipt_finds_its_message(tmp_path, account, receipt_ids, receipt_form):
    behaviour = {"receipt_ids": receipt_ids, "receipt_form": receipt_form, "receipt_stat": "EXPIRED"}
    async with at_work(tmp_path, account=account, behaviour=behaviour) as (_exchange, _operator, link, intake):
        filed = [await link.submit(outbound(str(n), destination="+" + AWA)) for n in range(3)]
        await intake.until(lambda: len(intake.receipts) == 3)
        for receipt in intake.receipts:
            found = [ids for ids in filed if set(ids) & set(receipt.provider_ids)]
            assert len(found) == 1
            assert receipt.state == "expired"
            assert receipt.address.endswith(AWA)
        assert intake.texts == intake.unreadables == []


@pytest.mark.needs("BUS-019", part="reading")
async def test_a_receipt_may_come_before_the_answer_and_in_steps(tmp_path):
    behaviour = {"receipt_when": "before_response", "receipt_before": ["ENROUTE", "ACCEPTD"], "receipt_copies": 2}
    async with at_work(tmp_path, behaviour=behaviour) as (_exchange, _operator, link, intake):
        filed = await link.submit(outbound(destination="+" + AWA))
        await intake.until(lambda: [r.state for r in intake.receipts].count("delivered") == 2)
        assert {receipt.state for receipt in intake.receipts} == {"enroute", "accepted", "delivered"}
        assert all(set(filed) & set(receipt.provider_ids) for receipt in intake.receipts)


async def test_a_cut_before_the_answer_is_unknown_and_never_sent_again_by_the_link(tmp_path):
    async with at_work(tmp_path, behaviour={"drop_before_response": 1}) as (exchange, _operator, link, intake):
        with pytest.raises(SubmitUnknown):
            await link.submit(outbound(destination="+" + AWA))
        await intake.until(lambda: [state for state, _ in intake.states].count("bound") == 2)
        await link.submit(outbound("second", destination="+" + AWA))
        texts = [bubble["text"] for bubble in exchange.phones.thread(AWA, "1919")]
        assert texts == ["Bonjour", "second"]


async def test_a_throttling_operator_gets_everything_in_the_end_and_nothing_twice(tmp_path):
    async with at_work(tmp_path, behaviour={"tps": 10}, window=5) as (exchange, _operator, link, _intake):
        refused = 0
        for number in range(12):
            while True:
                await asyncio.wait_for(link.wait_ready(), 5)
                try:
                    await link.submit(outbound(f"n{number}", destination="+" + AWA))
                    break
                except SubmitRefused as error:
                    assert error.throttled
                    refused += 1
                except NotBound:
                    pass
        texts = [bubble["text"] for bubble in exchange.phones.thread(AWA, "1919")]
        assert texts == [f"n{number}" for number in range(12)]
        assert refused < 6


async def test_long_texts_cut_by_us_count_as_the_plan_said(tmp_path):
    async with at_work(tmp_path, long_text="sar") as (exchange, _operator, link, _intake):
        text = TEXTS[4]
        count = cutting.plan(text).parts
        for part in range(count, 0, -1):
            await link.submit(outbound(text, part=part, parts=count, destination="+" + AWA, reference=3))
        assert [bubble["text"] for bubble in exchange.phones.thread(AWA, "1919")] == [text]
