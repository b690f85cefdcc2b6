"""The control API, the ledger, the flood, and the phone page's HTTP side."""

import asyncio
import json

import aiohttp

from simulator.codec import decode, encode
from simulator.flood import start
from simulator.ledger import Ledger


async def test_the_ledger_tells_every_pdu_in_order_with_its_text(world):
    esme = await world.bound()
    [text_id] = await world.text("salut")
    pdu = await esme.expect("deliver_sm")
    esme.accept(pdu)
    sequence = esme.submit(b"Bonjour Awa", registered_delivery=0)
    answer = await esme.expect("submit_sm_resp")
    await world.counts(kept=0)
    rows = await world.ledger()
    assert [row["n"] for row in rows] == list(range(1, len(rows) + 1))
    told = [(row["direction"], row["command"], row.get("sequence")) for row in rows if row["direction"] != "phone"]
    assert told == [
        ("in", "connected", 0),
        ("in", "bind_transceiver", 1),
        ("out", "bind_transceiver_resp", 1),
        ("out", "deliver_sm", pdu.sequence),
        ("in", "deliver_sm_resp", pdu.sequence),
        ("in", "submit_sm", sequence),
        ("out", "submit_sm_resp", sequence),
    ]
    deliver = next(row for row in rows if row["command"] == "deliver_sm")
    assert (deliver["mo"], deliver["text"], deliver["source"], deliver["destination"]) == (
        text_id, "salut", world.awa, "1919",
    )  # fmt: skip
    assert deliver["account"] == "savane" and len(deliver["hash"]) == 16 and deliver["session"]
    submit = next(row for row in rows if row["command"] == "submit_sm")
    assert submit["text"] == "Bonjour Awa" and submit["status"] == 0
    response = next(row for row in rows if row["command"] == "submit_sm_resp")
    assert response["id"] == answer.message_id.decode()
    late = (await world.get(f"/control/ledger?since={rows[-2]['n']}"))["rows"]
    assert [row["n"] for row in late] == [rows[-1]["n"]]
    some = await world.get("/control/ledger?limit=2&direction=in")
    assert [row["command"] for row in some["rows"]] == ["connected", "bind_transceiver"] and some["upto"] == 2


async def test_the_ledger_goes_on_after_a_crash_in_the_middle_of_a_line(tmp_path):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    for n in range(1, 1201):
        assert ledger.write(direction="in", command="a", sequence=n) == n
    ledger.close()
    with path.open("ab") as file:
        file.write(b'{"n":99999,"at":1,"dire')
    ledger = Ledger(path)
    assert ledger.write(direction="in", command="b", sequence=1) == 1201
    assert [row["n"] for row in ledger.since(1198, 10)] == [1199, 1200, 1201]
    assert len(list(ledger.since(0, 5000))) == 1201
    for _ in range(2000):
        ledger.write(direction="in", command="c", sequence=1)
    assert [row["n"] for row in ledger.since(2999, 2)] == [3000, 3001]
    ledger.close()


async def test_wrong_orders_are_refused_with_a_reason(world):
    wrong = [
        ("/control/mo", {"from": "abc", "to": "1919", "text": "x"}, "phone number"),
        ("/control/mo", {"from": world.awa, "to": "4444", "text": "x"}, "short code"),
        ("/control/mo", {"from": world.awa, "to": "1919"}, "missing: text"),
        ("/control/mo", {"from": world.awa, "to": "1919", "text": ""}, "empty"),
        ("/control/mo", {"from": world.awa, "to": "1919", "text": "x", "account": "nobody"}, "no account"),
        ("/control/accounts/savane/behaviour", {"thottle": 1}, "no behaviour 'thottle'"),
        ("/control/accounts/savane/behaviour", {"throttle": 2}, "fraction"),
        ("/control/accounts/savane/behaviour", {"receipts": "sometimes"}, "one of"),
        ("/control/flood", {"count": 0}, "count is"),
        ("/control/flood", {"count": 1, "text": "é" * 161}, "GSM"),
    ]
    for path, values, reason in wrong:
        assert reason in (await world.post(path, 400, **values))["error"]


async def test_a_behaviour_set_and_one_reset(world):
    await world.behave(throttle=0.5, window=3)
    assert (await world.account())["behaviour"]["throttle"] == 0.5
    await world.behave(reset=True, delay_ms=5)
    behaviour = (await world.account())["behaviour"]
    assert (behaviour["throttle"], behaviour["window"], behaviour["delay_ms"]) == (0.0, 10, 5)


async def test_pages_of_other_sites_are_refused(world):
    for headers in ({"Origin": "http://evil.example"}, {"Host": "rebound.example:80"}):
        response = await world.http.post(
            "/control/mo", json={"from": world.awa, "to": "1919", "text": "x"}, headers=headers
        )
        assert response.status == 403
    response = await world.http.post("/control/mo", data="{}", headers={"Content-Type": "text/plain"})
    assert response.status == 400


async def test_a_flood_delivers_each_text_once_in_order_per_subscriber(world):
    await world.behave(window=50)
    esme = await world.bound()
    await world.post("/control/flood", count=500, numbers=20, account="savane")
    await world.post("/control/flood", 400, count=1)
    seen = {}
    for _ in range(500):
        pdu = await esme.expect("deliver_sm")
        seen.setdefault(pdu.source_addr, []).append(pdu.short_message)
        esme.accept(pdu)
    assert len(seen) == 20
    assert all(texts == sorted(texts) and len(set(texts)) == 25 for texts in seen.values())
    await world.counts(kept=0, handed=500)
    flood = (await world.get("/control/state"))["flood"]
    assert (flood["sent"], flood["handed"]) == (500, 500)


async def test_a_flood_keeps_to_its_rate(world):
    esme = await world.bound()
    await world.post("/control/flood", count=1000, rate=100, account="savane")
    await asyncio.sleep(0.5)
    sent = (await world.get("/control/state"))["flood"]["sent"]
    assert 10 <= sent <= 60
    assert (await world.http.delete("/control/flood")).status == 200
    assert (await world.get("/control/state"))["flood"]["state"] == "stopped"
    assert esme


async def test_the_floods_shortcut_gives_the_octets_that_smpplib_gives(world):
    flood = start(world.exchange, "f1", count=3, numbers=2, text="Bonjour {n} @")
    await flood._encode()
    for body, number, text, _ in flood._prepared:
        whole = encode(
            "deliver_sm", sequence=0, source_addr_ton=1, source_addr_npi=1, source_addr=number, dest_addr_ton=3,
            dest_addr_npi=0, destination_addr="1919", esm_class=0, data_coding=0,
            short_message=text.replace("@", "\0").encode(),
        )  # fmt: skip
        assert body == whole[16:] and decode(whole).fields["source_addr"] == number


async def test_the_page_and_its_files_are_served_without_anything_from_outside(world):
    response = await world.http.get("/")
    page = await response.text()
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page
    assert "<style" not in page and "style=" not in page and " onclick" not in page
    for name in ("phone.css", "phone.js", "words.js", "segments.js", "icon.svg"):
        assert (await world.http.get(f"/{name}")).status == 200
    assert (await world.http.get("/../command.py")).status == 404
    for mark in ("phone-number", "phone-code", "phone-text", "phone-send", "phone-banner"):
        assert f'data-testid="{mark}"' in page


async def test_the_page_hears_of_answers_states_and_binds_as_they_happen(world):
    people = await world.get("/phone/people")
    assert people["people"][0] == {"name": "Awa Sanogo", "number": world.awa, "operator": "Savane Mobile"}
    assert {operator["name"] for operator in people["operators"]} == {
        "Savane Mobile",
        "Lagune Telecom",
        "Harmattan Mobile",
    }
    async with world.http.ws_connect("/phone/live") as feed:

        async def news():
            async with asyncio.timeout(3):
                return json.loads((await feed.receive()).data)

        await feed.send_json({"number": world.awa, "code": "1919"})
        thread = await news()
        assert (thread["type"], thread["bubbles"], thread["operator"]["bound"]) == ("thread", [], False)
        sent = await world.post("/phone/texts", **{"from": "01 97 20 45 18", "to": "1919", "text": "allô ?"})
        bubble = (await news())["bubble"]
        assert (bubble["id"], bubble["text"], bubble["state"]) == (sent["id"], "allô ?", "kept")
        esme = await world.bound()
        told = await news()
        assert (told["type"], told["id"], told["bound"]) == ("operator", "savane", True)
        esme.accept(await esme.expect("deliver_sm"))
        assert (await news())["bubble"]["state"] == "handed"
        esme.submit(b"Bienvenue", registered_delivery=0)
        assert (await news())["bubble"]["text"] == "Bienvenue"
        esme.close()
        assert (await news())["bound"] is False
        await feed.send_json({"number": "x"})
        assert (await news())["type"] == "error"


async def test_a_page_of_another_site_cannot_listen(world):
    try:
        async with world.http.ws_connect("/phone/live", headers={"Origin": "http://evil.example"}):
            raise AssertionError("it was let in")
    except aiohttp.WSServerHandshakeError as error:
        assert error.status == 403
