"""A bot that talks through its server, and through the embedded engine of the same files whenever that gives no answer.

What must not depend on a server is decided here, before it is asked: which language is spoken, whether the bot has
already asked what was meant, and that STOP is STOP.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from bots.embedded.bot_files import BotFiles
from bots.embedded.engine import EmbeddedEngine, ranked
from bots.remote import servers, wire
from bots.remote.failures import Kind, ServerFailed
from bots.remote.server import Server
from bots.remote.wire import Expected, Question
from bots.turn import BotTurn, Handover, Reading, Turn


class RasaEngine:
    def __init__(self, own: EmbeddedEngine, server: Server | None = None) -> None:
        """`own`: the embedded engine of the same bot. `server`: another than the installation's (servers.py)."""
        self.own = own
        self._server = server
        domain = own.files.domain
        self.expected = Expected(own.files.name, frozenset(domain.intents), frozenset(domain.entities))

    @property
    def files(self) -> BotFiles:
        return self.own.files

    @property
    def server(self) -> Server | None:
        return self._server or servers.of(self.files.name)

    @property
    def threshold(self) -> float:
        """The server's own, which only it knows: below it, it says `nlu_fallback`. 0: we add none."""
        return 0.0

    def take_turn(self, *, conversation_id: UUID, history: Sequence[Turn], text: str, language: str | None) -> BotTurn:
        """Within the time limit of a call and a turn of the embedded engine; never raises for what a server does."""
        server = self.server
        message = wire.sendable(text)
        before = self.own.before(history, text)
        spoken = self.own.spoken(before, text, language)
        if server is not None and message and not self.own.is_final(text, spoken):
            question = Question(conversation_id, message, spoken, self.own.has_clarified(before))
            try:
                return self._turn(server, question, before, text)
            except ServerFailed:
                pass  # counted and logged there
        return self.own.take_turn(conversation_id=conversation_id, history=history, text=text, language=language)

    def read(self, *, text: str, language: str | None) -> Reading:
        """What the server makes of it, and nobody else. Raises ServerFailed."""
        message = wire.sendable(text)
        if not message:
            return Reading(None, 0.0)
        server = self.server
        if server is None:
            raise ServerFailed(Kind.UNREACHED)
        answer = server.ask(Question(uuid4(), message, self.own.spoken((), text, language), False), self.expected)
        return Reading(answer.intent, answer.confidence, answer.best, answer.ranking)

    def failed(self, *, conversation_id: UUID, history: Sequence[Turn], text: str, language: str | None) -> BotTurn:
        return self.own.failed(conversation_id=conversation_id, history=history, text=text, language=language)

    def look(self) -> None:
        """Ask the server whether it is there, and whose bot it is: the first subscriber need not find out."""
        server = self.server
        if server is not None:
            try:
                server.look(self.expected)
            except ServerFailed:
                pass  # counted and logged there

    def _turn(self, server: Server, question: Question, before: Sequence[Turn], text: str) -> BotTurn:
        """Raises ServerFailed."""
        answer = server.ask(question, self.expected)
        handover: Handover | None = None
        if answer.handover is not None:
            handover = self.own.handover(
                answer.handover, before, text, question.language, intent=answer.intent, entities=answer.entities
            )
        return BotTurn(
            replies=answer.replies,
            intent=answer.intent,
            confidence=round(answer.confidence, 4),
            entities=answer.entities,
            language=question.language,
            handover=handover,
            actions=answer.actions,
            ranking=ranked(answer.ranking),
            why=(f"the server understood {answer.intent or 'nothing'} {answer.confidence:.2f}",),
        )
