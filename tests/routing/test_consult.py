"""Consult: a colleague is asked and answers in notes; the owner stays the owner, and nobody sees more than before."""

from __future__ import annotations

import pytest

from accounts.models import Team
from common.errors import Conflict, Invalid
from conversations.models import Conversation, Line, Message, MessageKind, Status
from conversations.visibility import visible_conversations
from realtime.checker import check_density
from realtime.models import Event
from routing import offers, ownership
from routing.consult import ask, end_consult
from routing.loads import wrong_loads
from routing.models import Consult, Offer
from routing.presence import set_state
from routing.transfer import transfer_to_agent, transfer_to_queue
from tests.browser import Browser
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def desk(cast: Cast):
    cast.available(cast.awa, cast.koffi)
    yield
    assert wrong_loads(cast.organisation.id) == []
    assert check_density(cast.organisation.id).dense


def asked(cast: Cast, conversation: Conversation, question: str = "A-t-il droit au remboursement ?") -> Consult:
    ask(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id, question=question)
    return Consult.objects.get(conversation=conversation)


def test_the_colleague_is_asked_answers_in_notes_and_the_owner_stays_the_owner(cast: Cast):
    cast.available(cast.koffi, capacity=0)  # it takes no room of his
    conversation = cast.owned_by(cast.awa)
    asked(cast, conversation)
    asked(cast, conversation)  # a double click
    (shown,) = Browser(cast.koffi).get("/api/consults").data["items"]
    assert (shown["asker"], shown["question"]) == ("Awa Diallo", "A-t-il droit au remboursement ?")
    assert shown["conversation"]["owner_id"] == str(cast.awa.id)
    ownership.note(user=cast.koffi, conversation_id=conversation.id, body="Oui", client_id=conversation.id)
    assert cast.said(conversation) == [
        ("agent", "A-t-il droit au remboursement ?"), ("agent", "consult_asked"), ("agent", "Oui"),
    ]  # fmt: skip
    conversation.refresh_from_db()
    assert (conversation.status, conversation.owner_id) == (Status.OPEN, cast.awa.id)
    with pytest.raises(Conflict):
        ownership.answer(user=cast.koffi, conversation_id=conversation.id, body="Oui", client_id=cast.koffi.id)
    end_consult(user=cast.koffi, conversation_id=conversation.id)
    end_consult(user=cast.awa, conversation_id=conversation.id)
    assert Browser(cast.awa).get("/api/consults").data["items"] == []
    assert [m.facts["type"] for m in Message.objects.filter(kind=MessageKind.EVENT).order_by("seq") if m.facts][
        -1
    ] == "consult_ended"


def test_both_hear_that_it_begins_and_ends_whatever_is_before_them(cast: Cast):
    """Event lines go only to who watches the conversation; who is asked has another one on his screen."""

    def heard() -> list[str]:
        return [one.data["agent_id"] for one in Event.objects.filter(type="consult.changed").order_by("seq")]

    both = [str(cast.awa.id), str(cast.koffi.id)]
    conversation = cast.owned_by(cast.awa)
    asked(cast, conversation)
    assert heard() == both
    end_consult(user=cast.koffi, conversation_id=conversation.id)
    assert heard() == both * 2
    ask(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id, question="Et maintenant ?")
    ownership.close(user=cast.awa, conversation_id=conversation.id)
    assert heard() == both * 4


@pytest.mark.parametrize("how", ["closed", "returned", "queue", "handed over", "bot"])
def test_it_ends_with_the_owners_handling(cast: Cast, how: str):
    conversation = cast.owned_by(cast.awa, line=cast.line_1919)
    one = asked(cast, conversation)
    if how == "closed":
        ownership.close(user=cast.awa, conversation_id=conversation.id)
    elif how == "returned":
        ownership.give_back(user=cast.awa, conversation_id=conversation.id)
    elif how == "bot":
        ownership.give_back(user=cast.awa, conversation_id=conversation.id, to="bot")
    elif how == "queue":
        transfer_to_queue(user=cast.awa, conversation_id=conversation.id, queue_id=cast.queue.id)
    else:
        transfer_to_agent(user=cast.awa, conversation_id=conversation.id, agent_id=cast.koffi.id)
        one.refresh_from_db()
        assert one.ended_at is None, "he may still refuse"
        offers.accept(user=cast.koffi, offer_id=Offer.objects.get().id)
    one.refresh_from_db()
    assert one.ended_at is not None
    assert Browser(cast.koffi).get("/api/consults").data["items"] == []


def test_nobody_is_shown_a_line_that_he_does_not_see(cast: Cast):
    conversation = cast.owned_by(cast.awa)
    team = Team.objects.create(organisation=cast.organisation, name="Nord")
    team.members.add(cast.awa)
    Line.objects.get(id=conversation.line_id).teams.add(team)
    with pytest.raises(Conflict) as refused:
        asked(cast, conversation)
    assert refused.value.code == "agent_blind"
    team.members.add(cast.koffi)
    asked(cast, conversation)
    team.members.remove(cast.koffi)  # he leaves the team meanwhile
    assert not visible_conversations(cast.koffi).filter(id=conversation.id).exists()
    assert Browser(cast.koffi).get("/api/consults").data["items"] == []


def test_only_the_owner_asks_one_at_a_time_and_only_who_is_there(cast: Cast):
    conversation = cast.owned_by(cast.awa)

    def refused(user, agent, question="?") -> str:
        with pytest.raises((Conflict, Invalid)) as caught:
            ask(user=user, conversation_id=conversation.id, agent_id=agent.id, question=question)
        return caught.value.code

    assert refused(cast.sam, cast.koffi) == "not_owner"
    assert refused(cast.awa, cast.awa) == "transfer_to_owner"
    assert refused(cast.awa, cast.koffi, " ") == "required"
    assert refused(cast.awa, cast.mariam) == "agent_away"
    asked(cast, conversation)
    set_state(user=cast.mariam, state="busy")
    assert refused(cast.awa, cast.mariam) == "consult_pending"
    with pytest.raises(Conflict) as caught:
        end_consult(user=cast.mariam, conversation_id=conversation.id)
    assert caught.value.code == "not_consulted"
    end_consult(user=cast.sam, conversation_id=conversation.id)
    assert refused(cast.awa, cast.mariam, "x" * 1001) == "too_long"
