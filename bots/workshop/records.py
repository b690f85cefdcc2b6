"""What each turn of a bot was and what came of it: a row, stored with the decision. No words of anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from bots.turn import BotTurn
from bots.workshop.models import TurnTaken
from common.text import storable
from conversations.models import Conversation, Status
from jobs.forgetting import forget_in_slices
from jobs.kinds import RunningJob, job_kind

KEPT_DAYS = 400  # a year can be compared with the one before
MOST_GUESSES = 5
Outcome = TurnTaken.Outcome

# Who looks after a label looks at its phrase, which stays: the turn that it was about may go.
_FORGET = """
with old as (
    select id from workshop_turntaken
    where at < clock_timestamp() - make_interval(days => %(days)s) order by at limit %(limit)s
), parted as (update workshop_label set turn_id = null where turn_id in (select id from old))
delete from workshop_turntaken where id in (select id from old)
"""


def taken(conversation: Conversation, bot: str, turn: BotTurn, seq: int, at: datetime) -> TurnTaken:
    """Not stored yet. `conversation`: as the decision leaves it. `seq`: of the last message that it knew."""
    outcome, reason = _outcome(conversation, turn)
    intent = storable(turn.intent or "")[:80]  # a foreign engine may answer anything
    ranking: list[list[Any]] = [[storable(one)[:80], round(share, 4)] for one, share in turn.ranking[:MOST_GUESSES]]
    return TurnTaken(
        organisation_id=conversation.organisation_id, conversation_id=conversation.id, seq=seq,
        line_id=conversation.line_id, bot=bot, version=turn.version, language=storable(turn.language)[:5],
        intent=intent, best=str(ranking[0][0]) if ranking else intent,
        confidence=turn.confidence, ranking=ranking, outcome=outcome, reason=reason[:24], mood=turn.sentiment[:12],
        at=at,
    )  # fmt: skip


def store(turns: Sequence[TurnTaken]) -> None:
    """In the transaction of their decisions: one statement."""
    if turns:
        TurnTaken.objects.bulk_create(turns)


def text_of(organisation_id: UUID, conversation_id: UUID, seq: int) -> str:
    """The subscriber's text that a turn answered; "" once it is erased."""
    from conversations.models import Message, MessageKind

    found = (
        Message.objects.filter(
            organisation_id=organisation_id, conversation_id=conversation_id, seq__lte=seq, kind=MessageKind.INCOMING
        )
        .order_by("-seq").values_list("body", flat=True).first()
    )  # fmt: skip
    return found or ""


@job_kind("workshop.forget_turns", every=timedelta(days=1), at=time(3, 10))
def forget_turns(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Delete what is older than KEPT_DAYS, slice by slice."""
    return {"forgotten": forget_in_slices(job, _FORGET, days=KEPT_DAYS)}


def _outcome(conversation: Conversation, turn: BotTurn) -> tuple[str, str]:
    if conversation.status == Status.BOT:
        return (Outcome.CLARIFIED if turn.intent is None else Outcome.ANSWERED), ""
    if conversation.status in (Status.QUEUED, Status.OPEN):
        return Outcome.HANDED_OVER, conversation.handover_reason
    return Outcome.KEPT_BACK, ""
