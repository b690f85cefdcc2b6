"""A link whose operator does as it is told: for what the gateway decides, not for any protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from conversations.adapters import (
    Capabilities,
    Intake,
    JoinedText,
    LinkConfig,
    NotBound,
    OutboundPart,
    Planned,
    StoredPart,
)


class ScriptedLink:
    """`answer(part)` decides about each part: returns ids, or raises. Everything that happened is in `log`."""

    capabilities: ClassVar[Capabilities] = Capabilities("sms", 1530, True, False, True)
    made: ClassVar[list[ScriptedLink]] = []
    answer: ClassVar[Callable[[OutboundPart], Any]]
    bound: ClassVar[bool] = True

    def __init__(self, config: LinkConfig, intake: Intake) -> None:
        self.config = config
        self.intake = intake
        self.submitted: list[OutboundPart] = []
        self.drained = asyncio.Event()
        ScriptedLink.made.append(self)

    @staticmethod
    def plan(text: str, settings: Mapping[str, Any]) -> Planned:
        return Planned("gsm7", max(1, -(-len(text) // 153)) if len(text) > 160 else 1)

    @staticmethod
    def spare(text: str, settings: Mapping[str, Any]) -> str:
        return text

    @staticmethod
    def join(parts: Sequence[StoredPart]) -> JoinedText:
        total = parts[0].total
        there = {part.part: part.payload.decode() for part in parts}
        missing = tuple(number for number in range(1, total + 1) if number not in there)
        return JoinedText("".join(there.get(n, "[…]") for n in range(1, total + 1)), "gsm7", total, missing)

    async def run(self) -> None:
        self.intake.state("bound")
        await self.drained.wait()

    async def drain(self) -> None:
        self.drained.set()

    def ready(self) -> int:
        return 10 if ScriptedLink.bound and not self.drained.is_set() else 0

    async def wait_ready(self) -> None:
        await asyncio.sleep(0.02)

    async def submit(self, part: OutboundPart) -> tuple[str, ...]:
        if not ScriptedLink.bound:
            raise NotBound("scripted")
        self.submitted.append(part)
        answered = ScriptedLink.answer(part)
        if asyncio.iscoroutine(answered):
            answered = await answered
        return answered
