"""What Rasa keeps a turn in while it lasts, and how it chooses among several sentences. Named in endpoints.yml.

Rasa's own RedisTrackerStore has no time limit: a Redis that hangs would hang every conversation, since the calls stand
in the event loop. Here each call ends within PATIENCE_S.
"""

import copy
import zlib
from typing import Any
from uuid import UUID

import redis
from rasa.core.lock_store import RedisLockStore
from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.tracker_store import RedisTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

PATIENCE_S = 0.8


def _connection(url: str, **more: Any) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, **more)


class TurnStore(RedisTrackerStore):
    """Holds the tracker of one turn. What a process that died left behind is gone after `record_exp` seconds."""

    def __init__(self, domain: Domain, host: str, record_exp: float, event_broker: Any = None) -> None:
        super().__init__(domain, event_broker=event_broker, record_exp=record_exp, key_prefix="rasa")
        self.red = _connection(host, decode_responses=True)

    def forget(self, sender: str) -> None:
        self.red.delete(self.key_prefix + sender)


class TurnLock(RedisLockStore):
    """One turn of a sender at a time, across servers."""

    def __init__(self, endpoint_config: EndpointConfig) -> None:
        super().__init__(key_prefix="rasa")
        self.red = _connection(endpoint_config.url)


class SteadyAnswers(TemplatedNaturalLanguageGenerator):
    """Rasa draws one of several sentences by lot; here the conversation decides, so that the same turn twice gives the
    same answer: the one that the embedded engine gives when it says the thing for the first time.
    """

    def __init__(self, endpoint_config: EndpointConfig, domain: Any = None) -> None:
        super().__init__(domain.responses if domain else {})

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> "dict[str, Any] | None":
        slots = tracker.current_slot_values()
        suitable = ResponseVariationFilter(self.responses).responses_for_utter_action(
            utter_action, output_channel, slots
        )
        if not suitable:
            return None
        start = zlib.crc32(_bytes(tracker.sender_id) + utter_action.encode())
        return self._fill_response(copy.deepcopy(suitable[start % len(suitable)]), slots, **kwargs)


def _bytes(sender: str) -> bytes:
    try:
        return UUID(sender).bytes
    except ValueError:
        return sender.encode()
