"""The one door to this server: POST /webhooks/palabre/webhook, one turn of talk by one request (docs/rasa.md).

Rasa's own channels ask for no token, answer 200 with [] when a store is dead, go on in memory when Redis is gone, and
obey "/restart" in a text. This one does none of that. The application owns the state of a conversation: a turn begins
with an empty tracker and the slots that were sent, and nothing of it is kept.
"""

import hmac
import json
import logging
import re
import time
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

import palabre_endpoints

logger = logging.getLogger(__name__)

MOST_CHARACTERS = 4000
MOST_BYTES = 1_000_000
RESPONSE_S = 10
RANKED = 5
REST_S = 1.0
"""After a store has failed, others are told so at once for this long: each try could hold everybody for 1.6 s."""

_SENDER = re.compile(r"[A-Za-z0-9-]{1,64}")
_COMMAND = re.compile(r"^[\s/]+")


class BadRequest(Exception):
    pass


class StoreFellBack(Exception):
    """Rasa would keep turns in memory, where no other server sees them."""


class NoAnswer(Exception):
    """A rule says something to every text: silence means that an action broke, which Rasa only writes to its log."""


class PalabreInput(InputChannel):
    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._failed: tuple[float, str] = (0.0, "")

    @classmethod
    def name(cls) -> str:
        return "palabre"

    @classmethod
    def from_credentials(cls, credentials: "dict[str, Any] | None") -> "PalabreInput":
        token = (credentials or {}).get("token")
        if not token:
            cls.raise_missing_credentials_exception()
        return cls(str(token))

    def blueprint(self, on_new_message: Any) -> Blueprint:
        door = Blueprint("palabre", "palabre")

        @door.listener("before_server_start")
        async def bound(app: Sanic, _loop: Any) -> None:
            # Rasa hands --response-timeout to its HTTP API only, which is not served here.
            app.config.RESPONSE_TIMEOUT = RESPONSE_S
            app.config.REQUEST_MAX_SIZE = MOST_BYTES

        @door.listener("after_server_start")
        async def needs_a_model(app: Sanic, _loop: Any) -> None:
            # Rasa goes on without one, and would answer 200 with nothing to every text.
            if not app.ctx.agent.is_ready():
                logger.error("the model cannot be loaded: see above; the server ends")
                app.stop()

        @door.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready():
                return response.json({"error": "NoModel"}, status=503)
            bot, model = _served(agent)
            return response.json({"status": "ok", "bot": bot, "model": model})

        @door.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if not self._may(request):
                return response.json({"error": "auth"}, status=401)
            agent = request.app.ctx.agent
            try:
                asked = read(request.body, agent.domain)
            except BadRequest:
                return response.json({"error": "bad request"}, status=400)
            since, name = self._failed
            if name and time.monotonic() - since < REST_S:
                return response.json({"error": name}, status=503)
            try:
                return response.json(await self._turn(agent, *asked))
            except Exception as error:
                name = type(error).__name__
                if name != "NoAnswer":
                    self._failed = time.monotonic(), name
                logger.error("a turn failed: %s", name)  # its own words may quote the text
                return response.json({"error": name}, status=503)

        return door

    def _may(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogatepass")
        return hmac.compare_digest(given, b"Bearer " + self._token)

    async def _turn(self, agent: Agent, sender: str, text: str, lang: str, clarified: bool) -> "dict[str, Any]":
        """Raises whatever a store or Rasa raises."""
        store = _real_store(agent)
        told = CollectingOutputChannel()
        message = UserMessage(
            text, told, sender, input_channel=self.name(), metadata={"lang": lang, "clarified": clarified}
        )
        async with agent.lock_store.lock(sender):
            store.forget(sender)
            await store.save(_begun(sender, agent.domain, lang, clarified))
            await agent.processor.handle_message(message)
            tracker = await store.retrieve(sender)
            store.forget(sender)
        if tracker is None or tracker.latest_message is None:
            raise NoAnswer
        paused = tracker.is_paused()
        messages = [_message(one) for one in told.messages]
        if not messages and not paused:
            raise NoAnswer
        parsed = tracker.latest_message.parse_data
        return {
            "bot": _served(agent)[0],
            "intent": _named(parsed["intent"]),
            "intent_ranking": [_named(one) for one in parsed.get("intent_ranking", ())][:RANKED],
            "entities": [{"entity": one["entity"], "value": one["value"]} for one in parsed.get("entities", ())],
            "messages": messages,
            "paused": paused,
        }


def read(body: bytes, domain: Any) -> "tuple[str, str, str, bool]":
    """(sender, text, language, clarified) of a request. Raises BadRequest.

    The text comes without what would be a command to Rasa: it strips white space, and obeys what then begins with a
    slash.
    """
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(sent, dict):
        raise BadRequest
    sender, text, more = sent.get("sender"), sent.get("message"), sent.get("metadata", {})
    if not isinstance(sender, str) or not _SENDER.fullmatch(sender):
        raise BadRequest
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS or not isinstance(more, dict):
        raise BadRequest
    text = _COMMAND.sub("", text)
    lang, clarified = more.get("lang", _home(domain)), more.get("clarified", False)
    if not text or lang not in _languages(domain) or not isinstance(clarified, bool):
        raise BadRequest
    return sender, text, lang, clarified


def _languages(domain: Any) -> "list[str]":
    """Those in which the bot has sentences: in another it would say nothing."""
    return [
        condition["value"]
        for variations in domain.responses.values()
        for one in variations
        for condition in one.get("condition", ())
        if condition["name"] == "lang"
    ]


def _home(domain: Any) -> str:
    return next(slot.initial_value for slot in domain.slots if slot.name == "lang")


def _begun(sender: str, domain: Any, lang: str, clarified: bool) -> DialogueStateTracker:
    events = [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        SlotSet("lang", lang),
        SlotSet("clarified", clarified),
        ActionExecuted("action_listen"),
    ]
    return DialogueStateTracker.from_events(sender, events, domain.slots, domain=domain)


def _real_store(agent: Agent) -> palabre_endpoints.TurnStore:
    """The store behind Rasa's wrapper, which would answer from memory when Redis fails, and log it only.

    Raises StoreFellBack where Rasa has none of ours: a mistake in endpoints.yml is a warning to it, too.
    """
    store = agent.tracker_store
    if not isinstance(store, palabre_endpoints.TurnStore):
        store = getattr(store, "_tracker_store", None)
        if not isinstance(store, palabre_endpoints.TurnStore):
            raise StoreFellBack
        agent.tracker_store = agent.processor.tracker_store = store
    return store


def _served(agent: Agent) -> "tuple[str, str]":
    """The bot and the model, from the name that train.py gave the file."""
    bot, _, model = str(agent.processor.model_filename).removesuffix(".tar.gz").rpartition("-")
    return bot, model


def _named(intent: "dict[str, Any]") -> "dict[str, Any]":
    return {"name": intent.get("name"), "confidence": intent.get("confidence", 0.0)}


def _message(said: "dict[str, Any]") -> "dict[str, Any]":
    return {"custom": said["custom"]} if "custom" in said else {"text": said["text"]}
