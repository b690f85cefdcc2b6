"""A day of the service with a clock of its own: who arrives, waits, gives up, is served by whom.

Every decision is made by `plan_round` of routing/assignment.py and every step of a ladder by routing/ladder.py, the
functions that serve real subscribers; only the clock, the people and the subscribers are pretended. Events are worked
off in the order of time. The same scenario gives the same day: each kind of chance has a generator of its own, seeded
from the scenario's seed.

Not every event needs a full round. After each, nobody waits whom a free agent could take; so an arrival concerns the
free agents only, and an agent who frees up concerns, of conversations that ask the same, the longest waiting only.
What a whole round would say is said by these parts of it.
"""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from routing.assignment import Agent, QueueRule, Waiting, plan_round
from routing.estimates import AT_ONCE_S, Estimate
from routing.ladder import Deed, apply
from routing.scenario import Scenario, chance_of, skill_id, team_id
from routing.scenario_parts import Crew
from routing.simulated import Contact, Ended, LastHour, Outcome, Served

BEGINS = datetime(2026, 1, 5, tzinfo=UTC)  # any instant: only differences count
AVOID_S = 120.0  # whoever declined or missed one is offered it again after so long
LINE = UUID(int=1)


@dataclass(slots=True, eq=False)
class _Talk:
    number: int
    kind: int
    at_s: float
    base: Waiting
    where: str = "waiting"  # then offered, talking, or gone
    avoid: frozenset[UUID] = frozenset()
    told: Estimate | None = None
    lasts_s: float = 0.0  # its handling, drawn on arrival: whoever serves it, it takes as long


@dataclass(slots=True, eq=False)
class _Seat:
    number: int
    crew: Crew
    id: UUID
    queues: frozenset[UUID] | None
    skills: dict[UUID, int]
    served: Served
    signed_in: bool = False
    away: bool = False
    load: int = 0
    talks: int = 0
    media: dict[str, int] = field(default_factory=dict)  # weights held
    idle_since: float = 0.0
    counted_to: float = 0.0
    known: Agent | None = None  # to the core; None: changed since

    def has_room(self) -> bool:
        return self.signed_in and not self.away and self.load < self.crew.capacity

    def agent(self) -> Agent:
        if self.known is None:
            room = {medium: most - self.media.get(medium, 0) for medium, most in self.crew.media.items()}
            self.known = Agent(
                id=self.id, load=self.load, capacity=self.crew.capacity, skills=self.skills, queues=self.queues,
                room=room or None, idle_since=BEGINS + timedelta(seconds=self.idle_since),
            )  # fmt: skip
        return self.known


def simulate(scenario: Scenario, seed: int | None = None) -> Outcome:
    """Run one day. `seed`: another than the scenario's, for another day of the same kind."""
    return _Day(scenario, scenario.day.seed if seed is None else seed).run()


class _Day:
    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        day = scenario.day
        self.counts_from = day.warm_up_hours * 3600.0
        self.rules = {
            scenario.queue_ids[one.name]: QueueRule(scenario.queue_ids[one.name], one.strategy, one.points_per_minute)
            for one in day.queues
        }
        self.at = 0.0
        self.rounds = 0
        self.contacts: list[tuple[int, Contact]] = []
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        # Each kind of chance for itself: one agent more in a scenario does not change who calls when.
        self._handling, self._patience, self._ringing = (
            chance_of(f"{seed}:{what}") for what in ("handling", "patience", "ringing")
        )
        self._kinds = day.arrivals
        self._queue_of = [scenario.queue_ids[one.queue] for one in self._kinds]
        self._own = [(id_,) for id_ in self._queue_of]
        self._ladder = [scenario.ladders[one.queue] for one in self._kinds]
        self._waiting: list[list[tuple[float, int]]] = [[] for _ in self._kinds]  # by kind: since, number
        self._talks: dict[int, _Talk] = {}
        self._last_hour = {id_: LastHour(self._at_once_s(name)) for name, id_ in scenario.queue_ids.items()}
        self._of_team: dict[UUID, list[_Seat]] = {one: [] for one in scenario.teams if one is not None}
        self._seats = list(self._crews())
        self._seat_of = {seat.id: seat for seat in self._seats}
        self._free: dict[int, _Seat] = {}
        self._book(seed)

    # --- Setting up --------------------------------------------------------------------------------------

    def _crews(self) -> Iterator[_Seat]:
        number = 0
        for place, crew in enumerate(self.scenario.day.agents):
            queues = None if crew.queues is None else frozenset(self.scenario.queue_ids[one] for one in crew.queues)
            skills = {skill_id(name): level for name, level in crew.skills.items()}
            if team_id(crew.name) in self._of_team:
                skills[team_id(crew.name)] = 1
            for _ in range(crew.count):
                seat = _Seat(number, crew, UUID(int=1_000_000 + number), queues, skills, Served(place, number))
                self._of_team.get(team_id(crew.name), []).append(seat)
                yield seat
                number += 1

    def _at_once_s(self, queue: str) -> float:
        """Who waited no longer in this queue was offered to somebody at once."""
        serving = [crew for crew in self.scenario.day.agents if crew.queues is None or queue in crew.queues]
        return max((AT_ONCE_S if crew.ring is None else crew.ring.limit_s for crew in serving), default=AT_ONCE_S)

    def _book(self, seed: int) -> None:
        by_shift: dict[tuple[float, float], list[_Seat]] = {}
        for seat in self._seats:
            for shift in self.scenario.shifts[seat.served.crew]:
                by_shift.setdefault(shift, []).append(seat)
        # At the same second an end goes before a beginning: it may be the same agent's.
        for (_, end), seats in by_shift.items():
            self._at(end, partial(self._sign_out, seats))
        for (begin, _), seats in by_shift.items():
            self._at(begin, partial(self._sign_in, seats))
        found: list[tuple[float, int, float | None]] = []
        for kind, (one, recorded) in enumerate(zip(self._kinds, self.scenario.recorded, strict=True)):
            if recorded is not None:
                found.extend((at, kind, handling) for at, handling in recorded)
            else:
                times = one.times(self.scenario.length_s, chance_of(f"{seed}:arrivals:{kind}"))
                found.extend((at, kind, None) for at in times)
        found.sort(key=lambda row: row[:2])
        for number, (at, kind, handling) in enumerate(found, start=1):
            self._at(at, partial(self._arrive, number, kind, handling))

    def _at(self, at: float, deed: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at, next(self._order), deed))

    def run(self) -> Outcome:
        while self._events:
            self.at, _, deed = heapq.heappop(self._events)
            deed()
        for number in sorted(self._talks):
            talk = self._talks[number]
            if talk.where == "waiting":
                self._record(talk, Ended.LEFT_WAITING, None, None)
        self.contacts.sort(key=lambda row: row[0])
        return Outcome(
            self.scenario, [one for _, one in self.contacts], [seat.served for seat in self._seats], self.rounds
        )

    # --- Conversations -----------------------------------------------------------------------------------

    def _arrive(self, number: int, kind: int, handling: float | None) -> None:
        one = self._kinds[kind]
        base = Waiting(
            id=UUID(int=number), line_id=LINE, queue_ids=self._own[kind], priority=one.priority,
            since=BEGINS + timedelta(seconds=self.at), medium=one.medium, weight=one.weight,
            wants=self.scenario.wants[kind],
        )  # fmt: skip
        talk = self._talks[number] = _Talk(number, kind, self.at, base)
        talk.lasts_s = one.handling.draw(self._handling) if handling is None else handling
        # Drawn before it is known whether it is needed: one agent more changes nobody else's patience.
        patience_s = None if one.patience is None else one.patience.draw(self._patience)
        self._wait(talk)
        if talk.where == "waiting":
            talk.told = self._last_hour[self._queue_of[kind]].estimate(self.at)
        if patience_s is not None and talk.where != "talking":
            self._at(self.at + patience_s, partial(self._give_up, talk))

    def _wait(self, talk: _Talk) -> None:
        """Into the queue, and to whom is free for it; then up its ladder in time."""
        talk.where = "waiting"
        insort(self._waiting[talk.kind], (talk.at_s, talk.number))
        self._climb(talk)

    def _climb(self, talk: _Talk) -> None:
        if talk.where != "waiting" or self._is_over():
            return
        rung = apply(self._ladder[talk.kind], talk.base, self._waited(talk))
        if any(step.what is Deed.GIVE_TO_BOT for step in rung.due):
            self._leave(talk, "gone")
            self._record(talk, Ended.TO_BOT, self.at - talk.at_s, None)
            return
        self._match([talk], self._free.values())
        if talk.where == "waiting" and rung.next_after_s is not None:
            self._at(talk.at_s + rung.next_after_s, partial(self._climb, talk))

    def _waited(self, talk: _Talk) -> float:
        """Rounded: a step that is due after 60 s is due at `at_s + 60`, whatever the difference of floats says."""
        return round(self.at - talk.at_s, 6)

    def _is_over(self) -> bool:
        """Then talks and offers come to their end, and nothing else: who waits is left waiting."""
        return self.at > self.scenario.length_s

    def _give_up(self, talk: _Talk) -> None:
        if self._is_over():
            return
        if talk.where == "waiting":
            self._leave(talk, "gone")
        elif talk.where == "offered":
            talk.where = "gone"  # whom it rings with finds nobody there
        else:
            return
        self._record(talk, Ended.ABANDONED, self.at - talk.at_s, None)

    def _leave(self, talk: _Talk, where: str) -> None:
        line = self._waiting[talk.kind]
        del line[bisect_left(line, (talk.at_s, talk.number))]
        talk.where = where

    def _record(self, talk: _Talk, ended: Ended, wait: float | None, agent: int | None) -> None:
        del self._talks[talk.number]
        if self._is_counted(talk):
            self.contacts.append((talk.number, Contact(talk.kind, talk.at_s, ended, wait, agent, talk.told)))

    def _is_counted(self, talk: _Talk) -> bool:
        return talk.at_s >= self.counts_from

    # --- Decisions ---------------------------------------------------------------------------------------

    def _match(self, talks: Iterable[_Talk], seats: Iterable[_Seat]) -> None:
        """One round of the real core on what may have changed."""
        agents = [seat.agent() for seat in seats]
        if not agents:
            return
        waiting = [self._asks(talk) for talk in talks]
        if not waiting:
            return
        self.rounds += 1
        for one in plan_round(waiting, agents, self.rules, BEGINS + timedelta(seconds=self.at)):
            self._give(self._talks[one.conversation_id.int], self._seat_of[one.agent_id])

    def _asks(self, talk: _Talk) -> Waiting:
        """As its ladder has it by now."""
        ladder, base, team = self._ladder[talk.kind], talk.base, self.scenario.teams[talk.kind]
        if team is not None and not any(seat.signed_in and not seat.away for seat in self._of_team[team]):
            base = replace(base, wants=tuple(want for want in base.wants if want.skill_id != team))
        one = apply(ladder, base, self._waited(talk)).waiting if ladder.steps else base
        return replace(one, avoid=talk.avoid) if talk.avoid else one

    def _freed(self, seat: _Seat) -> None:
        """Of those who ask the same, as many of the longest waiting as he has room for; the others come later."""
        if not seat.has_room():
            return
        room = seat.crew.capacity - seat.load
        talks: list[_Talk] = []
        for line in self._waiting:
            mine = (talk for _, number in line if seat.id not in (talk := self._talks[number]).avoid)
            talks.extend(itertools.islice(mine, room))
        self._match(talks, [seat])

    # --- Agents ------------------------------------------------------------------------------------------

    def _sign_in(self, seats: list[_Seat]) -> None:
        for seat in seats:
            self._count(seat)
            seat.signed_in = True
            seat.idle_since = self.at
            self._changed(seat)
        self._match(self._everybody(), [seat for seat in seats if seat.has_room()])

    def _everybody(self) -> list[_Talk]:
        return [self._talks[number] for line in self._waiting for _, number in line]

    def _sign_out(self, seats: list[_Seat]) -> None:
        for seat in seats:
            self._count(seat)
            seat.signed_in = False
            self._changed(seat)
        self._teams_left()

    def _teams_left(self) -> None:
        """Of a preferred team that has nobody here any more nobody is waited for."""
        if self._of_team:
            self._match(self._everybody(), self._free.values())

    def _give(self, talk: _Talk, seat: _Seat) -> None:
        self._leave(talk, "offered")
        self._hold(seat, talk, 1)
        seat.idle_since = self.at
        ring = seat.crew.ring
        if ring is None:
            self._answer(talk, seat)
            return
        takes, fate = min(ring.takes.draw(self._ringing), ring.limit_s), self._ringing.random()
        if fate < ring.missed:
            self._at(self.at + ring.limit_s, partial(self._missed, talk, seat, ring.away_s))
        elif fate < ring.missed + ring.declined:
            self._at(self.at + takes, partial(self._declined, talk, seat))
        else:
            self._at(self.at + takes, partial(self._answer, talk, seat))

    def _answer(self, talk: _Talk, seat: _Seat) -> None:
        if talk.where == "gone":
            self._hold(seat, talk, -1)
            self._freed(seat)
            return
        talk.where = "talking"
        wait = self.at - talk.at_s
        self._last_hour[self._queue_of[talk.kind]].add(self.at, wait)
        lasts = talk.lasts_s * (1.0 + seat.crew.slower * (seat.talks - 1))
        seat.served.handled += self._is_counted(talk)
        self._record(talk, Ended.ANSWERED, wait, seat.number)
        self._at(self.at + lasts, partial(self._finish, talk, seat))

    def _finish(self, talk: _Talk, seat: _Seat) -> None:
        self._hold(seat, talk, -1)
        self._freed(seat)

    def _declined(self, talk: _Talk, seat: _Seat) -> None:
        seat.served.declined += self._is_counted(talk)
        self._back(talk, seat)

    def _missed(self, talk: _Talk, seat: _Seat, away_s: float) -> None:
        seat.served.missed += self._is_counted(talk)
        seat.away = True
        self._at(self.at + away_s, partial(self._returned, seat))
        self._back(talk, seat)
        self._teams_left()

    def _returned(self, seat: _Seat) -> None:
        seat.away = False
        self._changed(seat)
        self._freed(seat)

    def _back(self, talk: _Talk, seat: _Seat) -> None:
        """To the others first; where nobody else can, to him again after a while."""
        self._hold(seat, talk, -1)
        if talk.where != "gone":
            talk.avoid |= {seat.id}
            self._at(self.at + AVOID_S, partial(self._forget, talk, seat))
            self._wait(talk)
        self._freed(seat)

    def _forget(self, talk: _Talk, seat: _Seat) -> None:
        talk.avoid -= {seat.id}
        if talk.where == "waiting" and seat.has_room():
            self._match([talk], [seat])

    def _hold(self, seat: _Seat, talk: _Talk, sign: int) -> None:
        self._count(seat)
        one = self._kinds[talk.kind]
        seat.load += sign * one.weight
        seat.talks += sign
        seat.media[one.medium] = seat.media.get(one.medium, 0) + sign * one.weight
        self._changed(seat)

    def _changed(self, seat: _Seat) -> None:
        seat.known = None
        if seat.has_room():
            self._free[seat.number] = seat
        else:
            self._free.pop(seat.number, None)

    def _count(self, seat: _Seat) -> None:
        """His time since the last change of what he does, as far as it counts. Finishing after a shift is work."""
        for_s = self.at - max(seat.counted_to, self.counts_from)
        seat.counted_to = self.at
        if for_s > 0 and (seat.signed_in or seat.load):
            seat.served.signed_in_s += for_s
            seat.served.busy_s += for_s if seat.load else 0.0
            seat.served.load_s += for_s * seat.load
            seat.served.room_s += for_s * seat.crew.capacity
