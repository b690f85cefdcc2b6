"""Keeping two robots from talking to each other: when the bot must be silent and a person look.

A subscriber's number may answer by itself (an absence notice, another operator's bot), and then each answer of ours
brings the next text. People do not get that many answers so fast; whoever does is given to people, who can see why.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from bots.turn import Handover
from contacts.models import AddressKind
from contacts.numbers import is_number
from conversations.models import Conversation

MOST_REPLIES = 30  # of the bot in one conversation, within any stretch of WINDOW
WINDOW = timedelta(minutes=10)

_TOO_MANY = {
    "fr": "Trop de réponses automatiques en peu de temps : c’est peut-être un automate qui écrit.",
    "en": "Too many automatic answers in a short time: this may be a machine that writes.",
}
_NO_NUMBER = {
    "fr": "L’expéditeur n’est pas un numéro de téléphone : rien ne lui est répondu automatiquement.",
    "en": "The sender is no phone number: nothing is answered automatically.",
}
# The bound on the keys keeps older months' partitions out (see conversations/rendering.py).
_REPLIES = """
select conversation_id, count(*) from conversations_message
where conversation_id = any(%(ids)s) and kind = 'outgoing' and author = 'bot' and created_at > %(since)s
  and id >= uuid_floor(%(since)s - interval '1 hour')
group by conversation_id
"""


def replies_lately(conversations: Collection[Conversation], now: datetime) -> dict[UUID, int]:
    """How many answers the bot has given in each during the last WINDOW, by id. One query; none where nobody has had
    enough messages, which is the rule. The conversations are locked: the count holds until COMMIT."""
    ids = [one.id for one in conversations if one.last_seq >= MOST_REPLIES]
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_REPLIES, {"ids": ids, "since": now - WINDOW})
        return dict(cursor.fetchall())


def must_be_silent(conversation: Conversation, *, lately: int, replies: int) -> Handover | None:
    """Why `replies` more answers of the bot may not be sent, as the handover that takes their place; None: they may.

    `lately`: of `replies_lately`.
    """
    if conversation.address.kind == AddressKind.PHONE and not is_number(conversation.address.value):
        words = _NO_NUMBER
    elif lately + replies > MOST_REPLIES:
        words = _TOO_MANY
    else:
        return None
    return Handover("rule", words.get(conversation.line.language, words["en"]))
