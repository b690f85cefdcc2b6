"""Texts that come while the dispatcher settles: whoever writes is not held up, and nothing is forgotten."""

from __future__ import annotations

import pytest
from django.db import connection

from conversations.models import Unhandled
from routing.handling import claim_batch, settle
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def intake():
    """Another connection, in the middle of a transaction, as the intake is while it stores a text."""
    other = connection.copy()
    other.set_autocommit(False)
    yield other
    other.rollback()
    other.close()


def _takes_the_claim(other, conversation) -> None:
    with other.cursor() as cursor:
        cursor.execute(
            "update conversations_unhandled set claimed_by = '', claimed_until = null where conversation_id = %s",
            [conversation.id],
        )


def test_what_a_person_has_is_not_decided_about_because_the_intake_holds_it(cast: Cast, intake):
    theirs = cast.owned_by(cast.awa, line=cast.line_1919)
    bots = cast.open_conversation(line=cast.line_1919, sender="+2290197000101")
    for conversation in (theirs, bots):
        cast.text_in(conversation, "Mon solde ?")
    claimed = claim_batch("d1#1")
    assert set(claimed) == {theirs.id, bots.id}

    _takes_the_claim(intake, theirs)
    assert settle("d1#1", claimed) == [bots.id]
    intake.commit()
    assert Unhandled.objects.get(conversation_id=theirs.id).claimed_by == ""

    again = claim_batch("d1#2")
    assert again == [theirs.id]
    assert settle("d1#2", again) == []
    assert cast.unhandled() == {bots.id}


def test_a_claim_and_what_is_forgotten_lock_no_row_once_they_are_answered(cast: Cast, intake):
    """One message to the server for each: the intake waits for its rows."""
    conversation = cast.owned_by(cast.awa, line=cast.line_1919)
    cast.text_in(conversation, "Mon solde ?")
    sent: list[str] = []

    def note(execute, sql, params, many, context):
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        claimed = claim_batch("d1#1")
        assert not connection.in_atomic_block
        _takes_the_claim(intake, conversation)
        intake.rollback()
        assert settle("d1#1", claimed) == []
    assert len(sent) == 2, sent
    assert cast.unhandled() == set()
