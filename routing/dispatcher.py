"""The process that decides: bot turns, handovers, assignment, sweeps.

Doorbells (NOTIFY) wake it, a sweep each second finds what a lost one missed. Any number of these processes may run:
texts are claimed row by row, each organisation's assignment belongs to one of them (routing/leadership.py), the
others stand by. Database work happens in threads; the event loop only waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connections

from bots import lookups
from common.memory import settled
from common.places import place_of
from common.readiness import clear_ready, mark_ready
from common.waiting import rung
from jobs.leases import HeldLease, owner_name
from jobs.service import ring_due
from realtime import doorbell
from routing import bot_servers, deadlines
from routing.absence import Absences, end_work_of_the_switched_off
from routing.after_hours import closed_now
from routing.callbacks import open_due_callbacks
from routing.consult import end_unseen
from routing.deadline_watch import DeadlineWatch
from routing.forsaken import return_forsaken
from routing.handling import MOST_CLAIMED, claim_batch, decide, settle
from routing.housekeeping import Housekeeping
from routing.keyword_replies import reply_to_keywords
from routing.ladder_watch import LadderWatch
from routing.leadership import Leadership
from routing.offers import end_due_offers, withdraw_hidden
from routing.queue_full import tell_who_comes_too_many
from routing.rounds import LostLease, assign_waiting
from routing.silence import SilenceWatch
from routing.snooze import wake_due
from routing.turns import Turns
from routing.unhandled import return_claims, return_claims_of
from routing.wrap_up import end_due_wrap_ups

log = logging.getLogger(__name__)

SWEEP_S, JOBS_S = 1.0, 2.0
BOTS_S, FORSAKEN_S, OFFERS_S = 3.0, 3.0, 0.5
TELLS_EACH = 4  # of these
DECISIONS = 3  # batches with bot turns under way; beyond that only what needs no bot is claimed
# After a round that only forgot what people have, and after each assignment: under load these rounds took a quarter of
# what a text costs, for a few conversations each. Who comes in the pause waits so long, and no longer.
REST_S = 0.02
MANY, LONG_REST_S = 32, 0.05  # after a round that forgot so many: most of what a round costs, it costs once
FAILED_S = 0.5  # before decisions that failed are due again: what fails at once would else fail thousands of times
STOP_S = 6.0
Result = TypeVar("Result")


class Dispatcher:
    def __init__(self, *, dsn: str, owner: str) -> None:
        self._dsn = dsn
        self._owner = owner
        self._claimer = owner[:60]
        self._turns = Turns(make_look_up=lookups.make)
        self._leadership = Leadership(dsn, owner, self._on_leadership)
        self._housekeeping = Housekeeping()
        self._absences = Absences()
        self._watch = DeadlineWatch()
        self._ladders = LadderWatch()
        self._silence = SilenceWatch()
        # One thread for each batch of decisions, so that nobody waits behind a slow bot, and as many in all as the pool
        # has connections (settings): the loops that sweep each second share theirs.
        self._threads = ThreadPoolExecutor(5 + DECISIONS, thread_name_prefix="dispatcher")
        self._texts = asyncio.Event()
        self._waiting = asyncio.Event()
        self._stopping = asyncio.Event()
        self._decisions: set[asyncio.Task[None]] = set()
        self._claims = count(1)
        self._looks = count(1)
        self._begun = False  # what a former process of our name had claimed is given back
        self._failed: set[str] = set()  # claims of ours that came to nothing, to be given back
        self._bots_warm = False
        self._warmed: set[tuple[str, str]] = set()  # bots and engines
        self._ready = False

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Until `stop`: then finish what is under way, within STOP_S, and give the leases back."""
        sys.setswitchinterval(0.001)  # threads that compute: the event loop would wait 5 ms for each (loop_late_ms)
        leading = asyncio.create_task(self._leadership.run(), name="leadership")
        listening = asyncio.create_task(self._listen(), name="listening")
        warming = asyncio.create_task(self._warm_bots(), name="warming")
        loops = [
            asyncio.create_task(self._forever(name, step), name=name)
            for name, step in (
                ("texts", self._handle_texts),
                ("assignment", self._assign),
                ("forsaken", self._return_forsaken),
                ("offers", self._end_offers),
                ("promises", self._keep_promises),
                ("housekeeping", self._tidy),
                ("jobs", self._ring_jobs),
                ("bot servers", self._tell_of_bots),
            )
        ]
        await self._until_ready(warming)
        await self._stopping.wait()
        _, slow = await asyncio.wait([*loops, *self._decisions], timeout=STOP_S)
        for task in (leading, listening, warming, *slow):
            task.cancel()
        await asyncio.gather(leading, listening, warming, *slow, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._leadership.give_back(), 1.0)
        self._turns.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _until_ready(self, warming: asyncio.Task[None]) -> None:
        """Ready once the bots are warm and we know whether we lead or stand by."""

        async def both() -> None:
            await warming
            await self._leadership.first_look.wait()
            self._ready = True
            self._on_leadership()

        ready = asyncio.create_task(both())
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([ready, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in (ready, stopped):
            task.cancel()

    def _on_leadership(self) -> None:
        self._waiting.set()
        if self._ready:
            mark_ready("dispatcher", leading=self._leadership.names)

    # --- loops -------------------------------------------------------------------------------------------------

    async def _forever(self, name: str, step: Callable[[], Any]) -> None:
        """Step after step until stopped. What one raises is logged without its words, and does not end the loop."""
        pause = 0.1
        while not self._stopping.is_set():
            try:
                await step()
                pause = 0.1
            except Exception as error:
                log.error("%s: %s at %s; again in %.1f s", name, type(error).__name__, place_of(error), pause)
                await self._sleep(pause)
                pause = min(pause * 2, 2.0)

    async def _handle_texts(self) -> None:
        await self._return_claims()
        # A turn that had to wait for a bot's training would be taken for a failure.
        bots = self._bots_warm and len(self._decisions) < DECISIONS
        claim = f"{self._claimer}#{next(self._claims)}"
        try:
            claimed, rest = await self._in_thread(_claim_and_settle, claim, bots)
        except Exception:
            self._failed.add(claim)  # it may be committed: due again with the next round, not when it expires
            raise
        if rest:
            task = asyncio.create_task(self._decide(claim, rest), name=claim)
            self._decisions.add(task)
            task.add_done_callback(self._decided)
            if not bots:  # of lines that are closed; more than DECISIONS at once would take the threads of the rest
                await asyncio.wait([task])
        if not claimed:
            await self._wait_for(self._texts, SWEEP_S)
        elif not rest and claimed < MOST_CLAIMED:
            await self._sleep(LONG_REST_S if claimed >= MANY else REST_S)

    async def _return_claims(self) -> None:
        if not self._begun:
            if left := await self._in_thread(return_claims_of, self._claimer):
                log.warning("%d conversations were claimed by a process that has died: due again", left)
            self._begun = True
        if self._failed:
            failed = frozenset(self._failed)
            await self._in_thread(return_claims, failed)
            self._failed -= failed

    async def _decide(self, claim: str, rest: list[Any]) -> None:
        try:
            await self._in_thread(decide, claim, rest, self._turns)
        except Exception:
            await self._sleep(FAILED_S)
            self._failed.add(claim)
            raise

    def _decided(self, task: asyncio.Task[None]) -> None:
        self._decisions.discard(task)
        self._texts.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("decisions: %s at %s; due again", type(error).__name__, place_of(error))

    async def _assign(self) -> None:
        await self._wait_for(self._waiting, SWEEP_S)
        await self._for_each_led(_assign)
        await self._sleep(REST_S)

    async def _return_forsaken(self) -> None:
        await self._sleep(FORSAKEN_S)
        try:
            await self._for_each_led(_return_forsaken)
        finally:  # whatever one organisation's raises, those who have gone get nothing new
            await self._for_each_led(self._return_absent)

    def _return_absent(self, organisation_id: UUID, _lease: HeldLease) -> None:
        self._absences.sweep(organisation_id)

    async def _end_offers(self) -> None:
        """What is due by the database's clock, whoever leads: each of these claims what it ends row by row."""
        await self._sleep(OFFERS_S)
        # One process is enough to tell who comes too many, and seldom: it reads all who wait where a queue is full.
        tells = next(self._looks) % TELLS_EACH == 0 and bool(self._leadership.held)
        await self._in_thread(_end_due, tells)

    async def _for_each_led(self, deed: Callable[[UUID, HeldLease], Any]) -> None:
        """Do it for each organisation that we lead. What one of them raises, costs the others nothing."""
        failed: Exception | None = None
        for organisation_id, lease in self._leadership.held.items():
            try:
                await self._in_thread(deed, organisation_id, lease)
            except LostLease:
                pass
            except Exception as error:
                failed = error
        if failed is not None:
            raise failed

    async def _tidy(self) -> None:
        await self._sleep(SWEEP_S)
        await self._in_thread(self._housekeeping.tidy)

    async def _keep_promises(self) -> None:
        await self._sleep(SWEEP_S)
        await self._in_thread(_keep_promises, self._watch, self._ladders, self._silence, set(self._leadership.held))

    async def _ring_jobs(self) -> None:
        await self._sleep(JOBS_S)
        await self._in_thread(ring_due)

    async def _tell_of_bots(self) -> None:
        await self._sleep(BOTS_S)
        if self._bots_warm:  # a line may have been given another since; until that has learnt, people answer
            await self._in_thread(bot_servers.warm, self._warmed)
        await self._in_thread(bot_servers.tell, self._owner)

    async def _warm_bots(self) -> None:
        """Train what the lines name before the first text; a bot that cannot be used costs the others nothing."""
        try:
            await self._in_thread(bot_servers.warm, self._warmed)
        except Exception as error:
            log.warning("bots are not warm: %s", type(error).__name__)
        finally:
            self._bots_warm = True
            self._texts.set()

    async def _listen(self) -> None:
        pause = 0.2
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._dsn, autocommit=True, connect_timeout=3, application_name="palabre dispatcher bells"
                ) as connection:
                    for bell in (doorbell.UNHANDLED, doorbell.WAITING):
                        await connection.execute(f'listen "{bell}"')
                    pause = 0.2
                    async for notice in connection.notifies():
                        (self._texts if notice.channel == doorbell.UNHANDLED else self._waiting).set()
            except Exception as error:  # whatever it is: listen again
                log.warning("the bells are silent: %s", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    # --- waiting and threads -------------------------------------------------------------------------------------

    async def _in_thread(self, deed: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _with_connection, deed, arguments)

    async def _wait_for(self, bell: asyncio.Event, seconds: float) -> None:
        """Until the bell rings, `seconds` have passed, or we are stopped."""
        stopped = asyncio.create_task(self._stopping.wait())
        heard = asyncio.create_task(bell.wait())
        await asyncio.wait([stopped, heard], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        heard.cancel()
        bell.clear()

    async def _sleep(self, seconds: float) -> None:
        await rung(self._stopping, seconds)


def _with_connection(deed: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
    try:
        return deed(*arguments)
    finally:
        connections.close_all()  # back to the pool; a broken one is thrown away there


def _claim_and_settle(claim: str, bots: bool) -> tuple[int, list[Any]]:
    reply_to_keywords()
    claimed = claim_batch(claim, bots=bots)
    if not claimed:
        return 0, []
    rest = settle(claim, claimed, closed_now())
    deadlines.follow(claimed)
    return len(claimed), rest


def _keep_promises(
    watch: DeadlineWatch, ladders: LadderWatch, silence: SilenceWatch, led: Collection[UUID] | None = None
) -> None:
    """What is due by the database's clock; any number of processes may ask, each promise is taken by one of them.
    `led`: the organisations that this one leads; None: all."""
    with contextlib.ExitStack() as each:  # what fails in one costs the others nothing; the last in is the first to go
        each.callback(ladders.look, led=led)
        each.callback(watch.look)
        each.callback(silence.look)
        each.callback(wake_due)
        each.callback(open_due_callbacks)


def _assign(organisation_id: UUID, lease: HeldLease) -> None:
    assign_waiting(organisation_id=organisation_id, lease=lease)


def _end_due(tells: bool) -> None:
    _each(end_due_offers, end_due_wrap_ups, *([tell_who_comes_too_many] if tells else []))


def _each(*deeds: Callable[[], object]) -> None:
    """All of them, whatever one raises: an offer that cannot be ended keeps nobody in his wrap-up. The last is raised,
    the others are logged."""
    failed: Exception | None = None
    for deed in deeds:
        try:
            deed()
        except Exception as error:
            if failed is not None:
                log.error("a timer: %s at %s", type(failed).__name__, place_of(failed))
            failed = error
    if failed is not None:
        raise failed


def _return_forsaken(organisation_id: UUID, _lease: HeldLease) -> None:
    def of_those_who_left() -> None:
        while return_forsaken(organisation_id=organisation_id):
            pass

    _each(
        of_those_who_left,
        lambda: withdraw_hidden(organisation_id),
        lambda: end_unseen(organisation_id),
        lambda: end_work_of_the_switched_off(organisation_id),
    )


async def _main() -> None:
    clear_ready("dispatcher")
    dispatcher = Dispatcher(dsn=settings.DATABASE_URL, owner=owner_name("dispatcher"))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, dispatcher.stop)
    settled()
    try:
        await dispatcher.run()
    finally:
        clear_ready("dispatcher")


def main() -> None:
    """Run until SIGTERM."""
    import uvloop

    uvloop.run(_main())
    logging.shutdown()
    os._exit(0)  # a bot engine that hangs would hold up a normal exit for as long as it likes
