"""The scripted subscribers: believable, patient, and at the asked rate."""

import asyncio
import random
from collections import Counter

from channels_sms.text import parts
from simulator.accounts import CODES
from simulator.subscribers import Crowd, _run, scripts


def test_about_forty_scripts_in_two_languages_that_a_phone_could_send():
    assert len(scripts()) >= 40
    assert {script.language for script in scripts()} == {"fr", "en"}
    assert len({script.name for script in scripts()}) == len(scripts())
    for script in scripts():
        assert script.to in CODES and script.steps[0].condition is None
        for step in script.steps:
            assert 1 <= parts.plan(step.say).parts <= 4, step.say


def test_a_person_waits_for_an_answer_thinks_and_goes_on():
    crowd = Crowd(random.Random(3))
    number, code, first = crowd.speak(0.0)
    script = next(script for script in scripts() if script.steps[0].say == first)
    while len(script.steps) < 2:
        number, code, first = crowd.speak(0.0)
        script = next(script for script in scripts() if script.steps[0].say == first)
    crowd.hear(number, "0000", "not for this talk", 1.0)
    crowd.hear(number, code, "Bonjour, que puis-je pour vous ?", 1.0)
    assert crowd.speak(2.0)[0] != number  # still reading
    said = [crowd.speak(60.0) for _ in range(3)]
    assert (number, code, script.steps[1].say) in said


def test_nobody_waits_for_ever():
    crowd = Crowd(random.Random(3))
    begun = {crowd.speak(0.0)[0] for _ in range(30)}
    nudges = [said for said in (crowd.speak(100.0) for _ in range(30)) if said[0] in begun]
    assert nudges and max(Counter(number for number, _, _ in nudges).values()) == 1
    for _ in range(100):
        crowd.speak(300.0)
    assert len(crowd._talks) < 31 + 100


async def test_the_demo_texts_at_its_rate_and_reacts_to_answers(world):
    await world.behave(window=50)
    await world.behave("lagune", window=50)
    esmes = [await world.bound("savane"), await world.bound("lagune")]
    heard = []

    async def serve(esme):
        while True:
            pdu = await esme.expect("deliver_sm", 10)
            esme.accept(pdu)
            if pdu.esm_class & 0x40 and pdu.short_message[5] > 1:
                continue  # one answer for a long text
            heard.append(pdu.source_addr)
            code = pdu.destination_addr.decode()
            esme.submit(b"Bien recu.", to=pdu.source_addr.decode(), source_addr=code, registered_delivery=0)
            await esme.expect("submit_sm_resp")

    await world.behave(window=1, receipts="never")
    await world.behave("lagune", window=1, receipts="never")
    servers = [asyncio.ensure_future(serve(esme)) for esme in esmes]
    url = f"http://127.0.0.1:{world.http.port}"
    report = await _run(url, 40, 2.5, 0.02)
    for server in servers:
        server.cancel()
    assert 50 <= report["texts"] <= 160
    assert max(Counter(heard).values()) >= 2  # somebody answered an answer
    assert report["people"] < report["texts"]
