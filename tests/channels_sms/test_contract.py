"""The contract of link adapters (conversations.adapters), the same for each kind that an installation can make."""

from __future__ import annotations

import contextlib
import json
import random
from types import SimpleNamespace

import aggregator
import pytest
import twilio_world
from django.conf import settings as installation
from peer import FakeIntake, QuickLink, running
from peer import config as smpp_config
from peer import outbound as built

from conversations.adapters import (
    Capabilities,
    NotBound,
    Planned,
    StoredPart,
    SubmitRefused,
    SubmitUnknown,
    WebhookRefused,
)
from conversations.links import adapter_class
from simulator.accounts import demo_accounts
from simulator.exchange import Exchange

AWA = "+2290197204518"
TEXTS = [
    "Bonjour",
    "Où est mon colis ? 5 € [svp]",
    "Ça ne marche pas 😀 & = % {to}",
    "Toujours rien depuis hier. " * 20,
]


@contextlib.asynccontextmanager
async def smpp(tmp_path):
    accounts = demo_accounts("palabre")
    behaviour = accounts["savane"].behaviour
    behaviour.change({"receipt_delay_ms": 5, "retry_s": 0.1})
    exchange = Exchange(accounts, tmp_path / "ledger.jsonl", random.Random(7))
    port = await exchange.start(0)
    intake = FakeIntake()
    link = QuickLink(smpp_config(port, system_id="savane", secret="palabre"), intake)

    async def says(words, again=False):
        behaviour.change({"lose_answers": 1 if again else 0})
        before = len(intake.texts) + len(intake.duplicates)
        exchange.text(number=AWA[1:], code="1919", text=words, account="savane")
        await intake.until(lambda: len(intake.texts) + len(intake.duplicates) >= before + 1 + again)

    def script(what):
        behaviour.change(
            {
                "refuse": {"refused": 0x0B, "throttled": 0x58}.get(what, 0),
                "drop_before_response": 1 if what == "cut" else 0,
            }
        )

    async def gone():
        await exchange.stop()

    def got():
        thread = exchange.phones.thread(AWA[1:], "1919")
        return [bubble["text"] for bubble in thread if bubble["direction"] == "received"]

    try:
        yield SimpleNamespace(link=link, intake=intake, source="1919", got=got, says=says, script=script, gone=gone)
    finally:
        with contextlib.suppress(ValueError):
            await exchange.stop()


def heard_into(link_class, config, intake):
    """As the door does it: what the adapter hears of a call is stored."""

    async def hear(request):
        for item in link_class.hear(request, config).items:
            await (intake.text(item) if hasattr(item, "body") else intake.receipt(item))

    return hear


@contextlib.asynccontextmanager
async def twilio(tmp_path):
    async with twilio_world.twilio(tmp_path, statuses=[]) as (emulator, url):
        intake = FakeIntake()
        config = twilio_world.config(url)
        link = twilio_world.QuickTwilio(config, intake)
        hear = heard_into(twilio_world.QuickTwilio, config, intake)

        async def says(words, again=False):
            fields = twilio_world.text_fields(Body=words)
            for _ in range(1 + again):
                await hear(twilio_world.posted(fields))

        async def delivered(sid):
            await hear(twilio_world.posted(twilio_world.status_fields(sid), kind="receipts"))

        def script(what):
            emulator.behaviour.answers[:] = {
                "refused": [{"status": 400, "code": 21211}], "throttled": [{"status": 429, "code": 20429}],
                "cut": [{"drop": True}],
            }.get(what, [])  # fmt: skip

        async def gone():
            link._rest._transport.session._api_url = "http://127.0.0.1:9"

        yield SimpleNamespace(
            link=link, intake=intake, source=twilio_world.SENDER, says=says, script=script, gone=gone,
            got=lambda: [message["body"] for message in emulator.messages], delivered=delivered,
        )  # fmt: skip


@contextlib.asynccontextmanager
async def http(_tmp_path):
    async with aggregator.aggregator() as (peer, url, runner):
        intake = FakeIntake()
        config = aggregator.config(url)
        link = aggregator.QuickHttp(config, intake)
        hear = heard_into(aggregator.QuickHttp, config, intake)
        numbers = iter(range(1000))

        async def says(words, again=False):
            fields = {"id": f"k{next(numbers)}", "msisdn": AWA, "to": "1919", "message": words}
            for _ in range(1 + again):
                await hear(aggregator.posted(fields))

        async def delivered(identifier):
            await hear(aggregator.posted({"id": identifier, "status": "DELIVRD"}, kind="receipts"))

        def script(what):
            peer.answers[:] = {
                "refused": [(200, {"status": "1", "error": {"code": "12"}})], "throttled": [(429, {})], "cut": ["drop"],
            }.get(what, [])  # fmt: skip

        yield SimpleNamespace(
            link=link, intake=intake, source="1919", says=says, script=script, gone=runner.cleanup,
            got=lambda: [fields["text"] for fields in peer.fields()], delivered=delivered,
        )  # fmt: skip


WORLDS = {"sms.smpp": smpp, "sms.twilio": twilio, "sms.http": http}
EACH = pytest.mark.parametrize("kind", sorted(WORLDS))


@contextlib.asynccontextmanager
async def bound(kind, tmp_path):
    async with WORLDS[kind](tmp_path) as world, running(world.link):
        await world.intake.until(lambda: any(state == "bound" for state, _ in world.intake.states))
        yield world


async def submit(world, text, **given):
    """All submits of one text, as the gateway makes them; returns the ids of the last."""
    planned = world.link.plan(text, {})
    count = planned.submits or planned.parts
    ids = ()
    for part in range(1, count + 1):
        await world.link.wait_ready()
        ids = await world.link.submit(
            built(text, part=part, parts=count, source=world.source, destination=AWA, encoding=planned.encoding,
                  weight=planned.parts if count == 1 else 1, **given)
        )  # fmt: skip
    return ids


def test_every_kind_of_link_is_held_to_the_contract():
    assert set(WORLDS) == set(installation.LINK_ADAPTERS)


@EACH
def test_what_is_asked_for_each_message_needs_no_link(kind):
    adapter = adapter_class(kind)
    assert isinstance(adapter.capabilities, Capabilities)
    for text in TEXTS:
        planned = adapter.plan(text, {})
        assert isinstance(planned, Planned)
        assert planned.encoding in ("gsm7", "ucs2")
        assert planned.parts >= 1 and 0 <= planned.submits <= planned.parts
        assert adapter.plan(adapter.spare(text, {}), {}).parts <= planned.parts
    joined = adapter.join([StoredPart(2, 3, b"b", {}), StoredPart(1, 3, b"a", {})])
    assert joined.total == 3 and joined.missing == (3,)
    with pytest.raises(ValueError, match=r"^\w+"):
        adapter.check({}, "")


@EACH
@pytest.mark.parametrize("text", TEXTS)
async def test_a_text_arrives_as_it_was_written_and_has_an_id(kind, text, tmp_path):
    async with bound(kind, tmp_path) as world:
        ids = await submit(world, text)
        assert ids and all(isinstance(one, str) and one for one in ids)
        assert world.got() == [text]


@EACH
async def test_a_refusal_says_whether_it_is_for_good(kind, tmp_path):
    async with bound(kind, tmp_path) as world:
        world.script("refused")
        with pytest.raises(SubmitRefused) as refused:
            await submit(world, "Bonjour")
        assert refused.value.permanent and not refused.value.throttled
        world.script("throttled")
        with pytest.raises(SubmitRefused) as refused:
            await submit(world, "Bonjour")
        assert refused.value.throttled and not refused.value.permanent
        assert world.link.ready() == 0, "it is asked to slow down"
        world.script("")
        assert len(refused.value.spelled) <= 16
        assert world.got() == []


@EACH
async def test_what_may_have_been_taken_is_unknown(kind, tmp_path):
    async with bound(kind, tmp_path) as world:
        world.script("cut")
        with pytest.raises(SubmitUnknown):
            await submit(world, "Bonjour")
        world.script("")
        await submit(world, "second")
        assert world.got() == ["Bonjour", "second"]


@EACH
async def test_while_nobody_is_there_nothing_is_written_and_nothing_asked_for(kind, tmp_path):
    async with bound(kind, tmp_path) as world:
        await submit(world, "Bonjour")
        await world.gone()
        with pytest.raises((NotBound, SubmitUnknown)):
            await world.link.submit(built("perdu", source=world.source, destination=AWA))
        await world.intake.until(lambda: world.link.ready() == 0)
        with pytest.raises(NotBound):
            await world.link.submit(built("perdu", source=world.source, destination=AWA))
        assert world.intake.states[-1][0] != "bound"


@EACH
async def test_drained_it_takes_no_more_and_ends(kind, tmp_path):
    async with WORLDS[kind](tmp_path) as world, running(world.link):
        await world.intake.until(lambda: any(state == "bound" for state, _ in world.intake.states))
        await world.link.drain()
        assert world.link.ready() == 0
        with pytest.raises(NotBound):
            await world.link.submit(built(source=world.source, destination=AWA))


@EACH
async def test_the_same_text_again_has_the_same_key_and_the_same_words_another(kind, tmp_path):
    async with bound(kind, tmp_path) as world:
        await world.says("1")
        await world.says("1", again=True)
        assert [text.body for text in world.intake.texts] == ["1", "1"]
        assert len(world.intake.duplicates) == 1
        assert all(text.recipient == world.source and len(text.key) <= 200 for text in world.intake.texts)
        assert AWA.endswith(world.intake.texts[0].sender.lstrip("+"))


@EACH
async def test_a_receipt_names_what_the_answer_named(kind, tmp_path):
    async with bound(kind, tmp_path) as world:
        ids = await submit(world, "Bonjour")
        if hasattr(world, "delivered"):
            await world.delivered(ids[0])
        await world.intake.until(lambda: world.intake.receipts)
        [receipt] = world.intake.receipts
        assert set(receipt.provider_ids) & set(ids)
        assert receipt.state == "delivered"


@EACH
async def test_what_watchers_are_told_is_json_and_names_nobody(kind, tmp_path):
    async with bound(kind, tmp_path) as world:
        await submit(world, "Bonjour")
        told = json.dumps(world.link.facts())
        assert AWA[1:] not in told and "Bonjour" not in told


@EACH
async def test_settings_that_cannot_work_fail_the_link_in_words(kind, tmp_path):
    async with WORLDS[kind](tmp_path) as world:
        config = world.link._config
        broken = type(world.link)(type(config)(
            config.id, config.organisation_id, config.name, {"window": -1}, "", config.lines
        ), world.intake)  # fmt: skip
        async with running(broken):
            await world.intake.until(lambda: any(state == "failed" for state, _ in world.intake.states))
            assert "settings" in world.intake.states[-1][1]["error"]
            assert broken.ready() == 0


@pytest.mark.parametrize("kind", [kind for kind in sorted(WORLDS) if kind != "sms.smpp"])
async def test_no_call_is_heard_without_its_proof(kind, tmp_path):
    async with WORLDS[kind](tmp_path) as world:
        adapter, config = type(world.link), world.link._config
        for request in (
            twilio_world.posted(twilio_world.text_fields(), signed=False),
            aggregator.posted({"id": "k", "msisdn": AWA, "to": "1919", "message": "x"}, key=None),
        ):
            with pytest.raises(WebhookRefused) as refused:
                adapter.hear(request, config)
            assert refused.value.status == 403
