"""The gateway beside Kannel: texts out with a receipt each, texts in acknowledged, a reply amid a wave, a kill -9.

Each repeat measures us, then Kannel (bench/_kannel.py; where it cannot be had, the figures stand alone and say so),
with the same operator, one process that knows nothing of who is its customer (bench/_operator.py), and as many binds.

`mt_per_s_receipts`: 15,000 texts over two accounts with one bind each and a window of 200. For us from COMMIT of their
rows in the outbox until the operator has the last receipt's answer. For Kannel from the first request at its HTTP door,
the only one it has, over 50 open connections, until the same. `kannel_queued`: Kannel, when it had taken all of them
before its operator was there: from the first submit until the same.
`mo_acked_per_s_w10`: 10,000 subscribers' texts that one account offers, ten without an answer a bind, until each is
acknowledged; `_4binds`: the same by four binds of the account. We answer after the commit, Kannel after a write that
nobody flushes.
`mo_lost_after_kill9`: of 20,000 offered so over one bind, while what speaks to the operator is killed three times
(our gateway; Kannel's two boxes, which are started again at once): acknowledged, and nowhere.
`reply_p95_ms_during_wave`: a campaign of 40,000 texts waits on a link that may send 100 a second; an agent's reply,
from its commit until the operator has read it.

`lost`: texts acknowledged that the database does not have, or deliveries without their receipt. `twice`: texts that are
stored twice, or that the operator was handed twice. Kannel's customer is asked for its own (`kannel_lost`: texts that
never came to it, `kannel_twice`).
`ceiling`: what the operator does with a customer that keeps nothing. `idle_cpu`: the share of one processor that all of
Palabre used while Kannel was measured.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import psycopg

from bench import _ground as ground
from bench import _kannel as kannel
from bench._debian import Absent, programs
from bench._ground import ACCOUNTS, Helper, Processor
from bench.outbox import WRITE
from config.up import trial
from config.up.trial import Running
from realtime.doorbell import OUTBOX

REPEATS = 5
OUT, IN, CONVERSATIONS = 15_000, 10_000, 5_000
KILLED, KILLS = 20_000, 3
WINDOW = 200
TO = "3334"
WAVE, RATE, REPLIES = 40_000, 100, 20
RATIOS = {"mt_per_s_receipts": 1.0, "mo_acked_per_s_w10": 0.2, "mo_acked_per_s_w10_4binds": 0.35}
LIMIT_S = 120.0
QUIET_S = 3.0  # without another text, what has not come to Kannel's customer does not come

# One answer of a person in a conversation of its own, as the product writes it.
REPLY = """
with chosen as materialized (
    select c.id, c.organisation_id, c.line_id, a.value, uuidv7() as message_id
    from conversations_conversation c join contacts_address a on a.id = c.address_id
    where a.value = %(number)s and c.status <> 'closed'
), numbered as (
    update conversations_conversation c set last_seq = last_seq + 1 from chosen where chosen.id = c.id
    returning c.id, c.last_seq
), message as (
    insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body)
    select message_id, organisation_id, id, last_seq, 'outgoing', 'agent', %(text)s from chosen join numbered using (id)
)
insert into conversations_delivery
    (message_id, organisation_id, conversation_id, line_id, link_id, source, destination, lane, encoding, parts,
     reference, state)
select message_id, organisation_id, id, line_id, %(link)s, %(line)s, value, 0, 'gsm7', 1, 1, 0 from chosen
"""


Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """One that is measured. `kept`: of texts "<mark> <number>", how many different ones it has, and how many in all."""

    account: str
    kept: Callable[[str, int], tuple[int, int]]
    kill: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Beside:
    """Kannel, bound once or more, and its customer."""

    kannel: kannel.Kannel
    customer: Helper
    operator: Helper

    @property
    def side(self) -> Side:
        return Side(self.kannel.binds[0].system_id, self.kept, self.restart)

    def restart(self) -> None:
        self.kannel.kill()
        self.kannel.start()

    def asked(self, **order: Any) -> Figure:
        self.customer.tell(**order)
        return self.customer.hear()

    def kept(self, mark: str, count: int) -> tuple[int, int]:
        """Once the customer has them all, or hears of no more."""
        found, since = self.asked(mark=mark), time.monotonic()
        while found["taken"] < count and time.monotonic() - since < QUIET_S:
            time.sleep(0.1)
            now = self.asked(mark=mark)
            if now["times"] != found["times"]:
                found, since = now, time.monotonic()
        return found["taken"], found["times"]


def run() -> Iterator[Figure]:
    absent = _absent()
    if absent:
        print(f"Kannel cannot be had here, nothing stands beside our figures: {absent}", file=sys.stderr, flush=True)
    with trial.running() as palabre, ground.helper(palabre, "_operator", receipt_ms=50) as operator:
        port = operator.hear()["port"]
        ours = Side(ACCOUNTS[0], lambda mark, _count: _stored(palabre, mark), lambda: _killed(palabre))
        ground.set_links(palabre, port=port, window=WINDOW, rate_per_s=0)
        for binds, metric in ((1, "mo_acked_per_s_w10"), (4, "mo_acked_per_s_w10_4binds")):
            ground.set_links(palabre, binds=binds)
            _binds(operator, dict.fromkeys(ACCOUNTS, binds))
            ceiling = _ceiling_in(palabre, operator, port, binds)
            with _beside(palabre, operator, port, ["kannel"] * binds, absent) as other:
                pairs = [_pair_in(palabre, operator, ours, other, metric, f"in{binds}r{n}") for n in range(REPEATS)]
                yield from _bounded(metric, [{**figure, "ceiling": ceiling} for figure in pairs])
                if binds == 1:
                    yield _after_kills(operator, ours, other)
        ground.set_links(palabre, binds=1)
        _binds(operator, dict.fromkeys(ACCOUNTS, 1))
        ceiling = ground.ceiling_out(palabre, port=port, count=OUT, window=WINDOW, source=TO)
        with _beside(palabre, operator, port, ["kannel", "jackal"], absent) as other:
            pairs = [_pair_out(palabre, operator, other, f"out{n}") for n in range(REPEATS)]
        yield from _bounded("mt_per_s_receipts", [{**figure, "ceiling": ceiling} for figure in pairs])
        ground.set_links(palabre, rate_per_s=RATE, window=10)
        yield from _replies(palabre, operator)


def _absent() -> str:
    """Why there is no Kannel, or nothing."""
    try:
        programs("kannel", "bearerbox").path("smsbox")
    except Absent as why:
        return str(why)
    return ""


@contextmanager
def _beside(palabre: Running, operator: Helper, port: int, accounts: list[str], absent: str) -> Iterator[Beside | None]:
    if absent:
        yield None
        return
    with ground.helper(palabre, "_http_customer") as customer:
        binds = [kannel.Bind(f"k{n}", account, "secret") for n, account in enumerate(accounts)]
        with kannel.running(kannel.Kannel(port, binds, customer.hear()["port"], window=WINDOW)) as started:
            _binds(operator, {account: accounts.count(account) for account in accounts})
            yield Beside(started, customer, operator)


def _binds(operator: Helper, wanted: dict[str, int]) -> None:
    def bound() -> bool:
        operator.tell()
        found = operator.hear()["binds"]
        return all(found.get(account) == count for account, count in wanted.items())

    ground.wait_until(bound, 30, f"binds {wanted}")


def _bounded(metric: str, figures: list[Figure]) -> list[Figure]:
    """With the bound that the ratio to Kannel's median makes."""
    if "baseline_value" not in figures[0]:
        return figures
    bound = round(RATIOS[metric] * median(figure["baseline_value"] for figure in figures))
    return [{**figure, "at_least": bound} for figure in figures]


# --- texts in ---------------------------------------------------------------------------------------------------


def _offer(operator: Helper, side: Side, mark: str, count: int, kills: int = 0) -> Figure:
    """`value`: texts acknowledged a second. With `kills`, it is killed when so many equal shares are acknowledged."""
    operator.tell(offer={"account": side.account, "count": count, "window": 10, "to": TO, "text": mark})
    began, killed = time.monotonic(), 0
    while (found := operator.hear()["offered"])["acked"] < count and time.monotonic() - began < LIMIT_S:
        if killed < kills and found["acked"] >= count * (killed + 1) / (kills + 1):
            side.kill()
            killed += 1
        time.sleep(0.01)
        operator.tell()
    if killed < kills:
        raise RuntimeError(f"{count} texts were acknowledged before it could be killed {kills} times")
    kept, times = side.kept(mark, count)
    return {
        "value": round(found["acked"] / found["seconds"]),
        "lost": found["acked"] - kept,
        "twice": times - kept,
        "refused": found["refused"],
    }


def _pair_in(palabre: Running, operator: Helper, ours: Side, other: Beside | None, metric: str, mark: str) -> Figure:
    found: Figure = {"metric": metric, "unit": "1/s", **_offer(operator, ours, mark, IN)}
    if other is not None:
        idle, began = Processor(palabre).start(), time.monotonic()
        its = _offer(operator, other.side, f"kannel {mark}", IN)
        share = sum(idle.used().values()) / (time.monotonic() - began)
        found |= {"baseline": "kannel", "baseline_value": its["value"], "kannel_lost": its["lost"]}
        found |= {"idle_cpu": round(share, 3)}
    return found


def _after_kills(operator: Helper, ours: Side, other: Beside | None) -> Figure:
    found = _offer(operator, ours, "killed", KILLED, KILLS)
    figure: Figure = {
        "metric": "mo_lost_after_kill9", "value": found["lost"], "unit": "texts", "at_most": 0, "lost": found["lost"],
        "twice": found["twice"], "kills": KILLS, "offered": KILLED,
    }  # fmt: skip
    if other is not None:
        its = _offer(operator, other.side, "kannel killed", KILLED, KILLS)
        figure |= {"baseline": "kannel", "baseline_value": its["lost"], "kannel_twice": its["twice"]}
    return figure


def _stored(palabre: Running, mark: str) -> tuple[int, int]:
    ((different, times),) = ground.rows(
        palabre,
        "select count(distinct body), count(*) from conversations_message where body like %s",
        f"{mark} %",
    )
    return int(different), int(times)


def _killed(palabre: Running) -> None:
    palabre.kill("gateway")


def _ceiling_in(palabre: Running, operator: Helper, port: int, binds: int) -> int:
    """Texts a second that a customer takes who keeps nothing."""
    nothing = Side("nobody", lambda _mark, count: (count, count), lambda: None)
    order = {"port": port, "accounts": [nothing.account] * binds, "password": "secret"}
    with ground.helper(palabre, "_null_customer", **order) as customer:
        customer.hear()
        return int(_offer(operator, nothing, "ceiling", 5 * IN)["value"])


# --- texts out --------------------------------------------------------------------------------------------------


def _pair_out(palabre: Running, operator: Helper, other: Beside | None, mark: str) -> Figure:
    found = _out(palabre, operator, mark)
    if other is not None:
        by_http = _kannel_out(other, f"kannel {mark}", queued=False)
        queued = _kannel_out(other, f"kannel queued {mark}", queued=True)
        found |= {"baseline": "kannel", "baseline_value": by_http["value"], "kannel_lost": by_http["lost"]}
        found |= {"kannel_queued": queued["value"], "kannel_cpu_ms": by_http["cpu_ms"]}
    return found


def _out(palabre: Running, operator: Helper, mark: str) -> Figure:
    operator.tell()
    before = operator.hear()
    processor = Processor(palabre, ("gateway", "postgres"))
    with psycopg.connect(ground.url(palabre)) as connection:
        order = {"mark": mark, "line": TO, "conversations": CONVERSATIONS, "each": OUT // CONVERSATIONS}
        connection.execute(WRITE, order)
        connection.execute(f"notify {OUTBOX}")
        processor.start()
        began = time.monotonic()  # COMMIT comes with the end of the block
    now = _receipts(operator, before["receipts"] + OUT)
    used = processor.used()
    ((delivered,),) = ground.rows(
        palabre,
        """select count(*) from conversations_delivery d join conversations_message m on m.id = d.message_id
           where d.state = 4 and m.body like %s""",
        f"{mark} %",
    )
    return {
        "metric": "mt_per_s_receipts",
        "value": round(OUT / (now["last"] - began)),
        "unit": "1/s",
        "lost": OUT - delivered,
        "twice": now["twice"] - before["twice"],
        "cpu_ms": {name: round(1000 * seconds / OUT, 3) for name, seconds in used.items()},
    }


def _kannel_out(other: Beside, mark: str, *, queued: bool) -> Figure:
    operator, accounts = other.operator, [bind.system_id for bind in other.kannel.binds]
    operator.tell(closed=accounts if queued else [])
    before, heard = operator.hear(), other.asked()["receipts"]
    cpu = {name: ground.cpu_of(pid) for name, pid in other.kannel.pids.items()}
    send = {"port": other.kannel.sendsms_port, "user": kannel.USER, "password": kannel.PASSWORD}
    began = time.monotonic()
    other.asked(send={**send, "count": OUT, "source": TO, "text": mark})
    if queued:
        ground.wait_until(lambda: other.asked()["accepted"] >= OUT, LIMIT_S, "Kannel has taken the texts")
        operator.tell(closed=[])
        operator.hear()
    now = _receipts(operator, before["receipts"] + OUT)
    used = {name: ground.cpu_of(pid) - cpu[name] for name, pid in other.kannel.pids.items()}
    try:
        ground.wait_until(lambda: other.asked()["receipts"] - heard >= OUT, 10, "receipts at Kannel's customer")
    except RuntimeError:
        pass  # what is missing is counted
    return {
        "value": round(OUT / (now["last"] - (now["first"] if queued else began))),
        "lost": OUT - (other.asked()["receipts"] - heard),
        "cpu_ms": {name: round(1000 * seconds / OUT, 3) for name, seconds in used.items()},
    }


def _receipts(operator: Helper, wanted: int) -> Figure:
    """What the operator says when that many were answered, or when LIMIT_S have passed: what is missing is counted."""
    began = time.monotonic()
    operator.tell()
    while (now := operator.hear())["receipts"] < wanted and time.monotonic() - began < LIMIT_S:
        time.sleep(0.02)
        operator.tell()
    return now


# --- a reply amid a wave ----------------------------------------------------------------------------------------


def _replies(palabre: Running, operator: Helper) -> Iterator[dict[str, Any]]:
    ((link,),) = ground.rows(
        palabre, "select id from conversations_link where settings->>'system_id' = %s", ACCOUNTS[0]
    )
    operator.tell(watch="reply")
    operator.hear()
    with psycopg.connect(ground.url(palabre)) as connection:
        order = {"mark": "wave", "line": TO, "conversations": CONVERSATIONS, "each": WAVE // CONVERSATIONS}
        connection.execute(WRITE, order)
        connection.execute(
            "update conversations_delivery set lane = 2, link_id = %s where state = 0 and lane = 0", [link]
        )
        connection.execute(f"notify {OUTBOX}")
    time.sleep(3.0)  # the wave is on its way
    for repeat in range(REPEATS):
        committed: dict[str, float] = {}
        with psycopg.connect(ground.url(palabre)) as connection:
            for n in range(REPLIES):
                text = f"reply {repeat}.{n}"
                number = f"+22901900{repeat * REPLIES + n:05d}"
                # Of somebody who is in the wave, the reply would take the campaign's texts to him with it.
                connection.execute(
                    "update conversations_delivery set state = 5 where state = 0 and destination = %s", [number]
                )
                connection.execute(REPLY, {"number": number, "text": text, "link": link, "line": TO})
                connection.execute(f"notify {OUTBOX}")
                connection.commit()
                committed[text] = time.monotonic()
                time.sleep(0.05 + 0.013 * (n % 7))
        time.sleep(2.0)
        operator.tell()
        arrived = operator.hear()["arrived"]
        took = [arrived[text] - at for text, at in committed.items() if text in arrived]
        yield {
            "metric": "reply_p95_ms_during_wave",
            "value": round(1000 * ground.percentile(took, 0.95), 1) if took else None,
            "unit": "ms",
            "at_most": 500,
            "lost": len(committed) - len(took),
            "median_ms": round(1000 * ground.percentile(took, 0.5), 1) if took else None,
        }
