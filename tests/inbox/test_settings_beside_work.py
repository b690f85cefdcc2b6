"""An administrator saves a line or a link while people work on it: nobody is in anybody's way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Role
from conversations.line_admin import Known, LineFields, save_line
from conversations.link_admin import LinkFields, save_link
from routing import ownership
from tests.browser import someone
from tests.cast import Cast

TURNS = 30


@pytest.mark.parametrize("change", ["line's name", "line's address", "link's name"])
def test_saving_settings_while_an_agent_answers_is_no_deadlock(
    cast: Cast, at_once: Callable[..., list[Any]], change: str
) -> None:
    """An answer's foreign keys are checked at COMMIT, when its writer holds the event head."""
    fatou = someone(cast, Role.ADMINISTRATOR, name="Fatou Zongo")
    conversation = cast.owned_by(cast.awa)
    line, link = conversation.line, conversation.line.links.first()

    account = {"host": "127.0.0.1", "port": 2775, "system_id": "savane"}
    save_link(actor=fatou, link_id=link.id, fields=LinkFields(settings=account, secret="un mot"))

    def answer() -> None:
        for number in range(TURNS):
            ownership.answer(
                user=cast.awa, conversation_id=conversation.id, client_id=uuid4(), body=f"réponse {number}"
            )

    def save() -> None:
        known = Known(bots={line.bot}, queues={line.queue_id})
        for number in range(TURNS):
            if change == "link's name":
                save_link(actor=fatou, link_id=link.id, fields=LinkFields(name=f"Lien {number}"))
            elif change == "line's name":
                save_line(actor=fatou, line_id=line.id, known=known, fields=LineFields(name=f"Ligne {number}"))
            else:
                fields = LineFields(address=str(5000 + number))
                save_line(actor=fatou, line_id=line.id, known=known, fields=fields)

    assert at_once([answer, save]) == [None, None]
