"""Consult: an owner asks a colleague about his conversation, who answers in notes; the owner stays the owner.

It opens nothing to anybody: only who sees the line can be asked, and he reads and notes what he could read and note
before. It takes no room of his. Then the owner hands over (routing/transfer.py), or goes on. It ends when either says
so, and with the owner's handling (routing/stretches.py), whatever ends that.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts.models import Role, User
from common.clock import database_now
from common.errors import Conflict, Invalid
from common.text import shows_something
from conversations.messages import add_event_line, add_note, clean_text, lock_conversation
from conversations.models import Conversation
from conversations.visibility import audience_of, audiences_of
from realtime.audience import Audience
from realtime.log import record_changes
from routing.consult_models import Consult
from routing.events import ConsultChanged
from routing.handing import NOT_THERE
from routing.models import AgentState
from routing.stretches import end_asked
from routing.transfer import HELD, LONGEST_NOTE, OVERSEERS, receiver_of


def ask(
    *, user: User, conversation_id: UUID, agent_id: UUID, question: str, now: datetime | None = None
) -> Conversation:
    """Ask a colleague. To the same again changes nothing, nor writes the question twice.

    Raises Invalid("required", "too_long", "unknown_choice"); Conflict: "not_owner" (only he asks), "consult_pending"
    (somebody else is asked), "transfer_to_owner", "agent_blind" (he does not see the line), "agent_away".
    """
    question = clean_text(question)
    if not shows_something(question):
        raise Invalid("required", "ask something", field="note")
    if len(question) > LONGEST_NOTE:
        raise Invalid("too_long", f"at most {LONGEST_NOTE} characters", field="note")
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        if conversation.status not in HELD or conversation.owner_id != user.id:
            raise Conflict("not_owner", "only the owner of a conversation asks")
        open_one = Consult.objects.filter(conversation=conversation, ended_at=None).first()
        if open_one is not None:
            if open_one.colleague_id == agent_id:
                return conversation
            raise Conflict("consult_pending", "somebody else is asked already")
        colleague = receiver_of(conversation, agent_id)
        if not AgentState.objects.filter(user=colleague).exclude(state__in=NOT_THERE).exists():
            raise Conflict("agent_away", "he is not at his place")
        note = add_note(changes=changes, conversation=conversation, body=question, author_user=user)
        Consult.objects.create(
            organisation_id=conversation.organisation_id, conversation=conversation, line_id=conversation.line_id,
            asker=user, colleague=colleague, note_seq=note.seq, asked_at=now or database_now(),
        )  # fmt: skip
        for agent in (user, colleague):
            changes.add(ConsultChanged(agent_id=agent.id))
        facts = {"type": "consult_asked", "to_id": str(colleague.id), "to_name": colleague.name}
        add_event_line(changes=changes, conversation=conversation, facts=facts, author_user=user)
    return conversation


def end_consult(*, user: User, conversation_id: UUID, now: datetime | None = None) -> Conversation:
    """The owner has heard enough, or the colleague has said what he knows; over already: nothing.

    Raises Conflict("not_consulted"): it is between two others (a supervisor may).
    """
    with record_changes(user.organisation_id) as changes:
        conversation = lock_conversation(organisation_id=user.organisation_id, conversation_id=conversation_id)
        one = Consult.objects.select_related("colleague").filter(conversation=conversation, ended_at=None).first()
        if one is None:
            return conversation
        if user.id not in (one.asker_id, one.colleague_id) and user.role not in OVERSEERS:
            raise Conflict("not_consulted", "two others talk about it")
        end_asked(changes, one, now=now or database_now())
        facts = {"type": "consult_ended", "to_id": str(one.colleague_id), "to_name": one.colleague.name}
        add_event_line(changes=changes, conversation=conversation, facts=facts, author_user=user)
    return conversation


def end_unseen(organisation_id: UUID) -> int:
    """End the consults whose colleague is switched off, or no longer sees their line: who asks waits for nobody.
    Returns how many. Asked seldom: people and teams change by hand."""
    open_ones = Consult.objects.filter(organisation_id=organisation_id, ended_at=None)
    asked = list(open_ones.values_list("conversation_id", "colleague_id", "line_id"))
    seen = audiences_of({colleague_id for _, colleague_id, _ in asked}) if asked else {}
    ended = 0
    for conversation_id, colleague_id, line_id in asked:
        if not _is_blind(seen.get(colleague_id), line_id):
            continue
        with record_changes(organisation_id) as changes:
            found = Conversation.objects.select_for_update(of=("self",), skip_locked=True).select_related("line")
            conversation = found.filter(id=conversation_id).first()
            one = (
                Consult.objects.select_related("colleague")
                .filter(conversation_id=conversation_id, colleague_id=colleague_id, ended_at=None)
                .first()
            )
            # Somebody holds it, or has ended it; or he sees the line again: the next look.
            if conversation is None or one is None or not _is_blind(audience_of(one.colleague), line_id):
                continue
            end_asked(changes, one, now=database_now())
            facts = {"type": "consult_ended", "how": "left", "to_id": str(colleague_id), "to_name": one.colleague.name}
            add_event_line(changes=changes, conversation=conversation, facts=facts)
            ended += 1
    return ended


def _is_blind(audience: Audience | None, line_id: UUID) -> bool:
    return audience is None or audience.role == Role.OBSERVER or not audience.sees_line(line_id)
