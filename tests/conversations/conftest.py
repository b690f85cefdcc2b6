"""A small organisation on the real tables, and raw connections to the test database."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.db import connection

from accounts.models import Organisation
from common.secrets import seal
from conversations.adapters import InboundText
from conversations.intake import CONNECTION_SETTINGS, ReadyText, connect, store
from conversations.links import adapter_class
from conversations.models import Conversation, Line, LineLink, Link
from routing.models import Queue
from tests.conversations.scripted import ScriptedLink


@dataclass
class Desk:
    organisation: Organisation
    line: Line
    straight: Line
    link: Link
    queue: Queue

    def text(
        self, body: str = "Bonjour", *, sender: str = "+2290197000001", key: str = "", line: UUID | None = None
    ) -> ReadyText:
        item = InboundText(
            self.link.id,
            key or uuid4().hex,
            sender,
            "1919",
            1,
            body,
            body.encode("utf-8", "replace"),
            "gsm7",
            fingerprint=os.urandom(32),
        )
        return ReadyText(line or self.line.id, sender, item)


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    organisation = Organisation.objects.create(name="Savane Assistance", slug="savane")
    queue = Queue.objects.create(organisation=organisation, name="Service clients")
    line = Line.objects.create(
        organisation=organisation, name="Service clients", address="1919", bot="telecom", queue_id=queue.id
    )
    straight = Line.objects.create(organisation=organisation, name="Distributeurs", address="3334", queue_id=queue.id)
    link = Link.objects.create(organisation=organisation, name="Savane Mobile")
    for each in (line, straight):
        LineLink.objects.create(line=each, link=link)
    return Desk(organisation, line, straight, link, queue)


@pytest.fixture
def dsn(transactional_db: None) -> str:
    """The test database, for raw connections."""
    facts = connection.settings_dict
    return f"postgresql://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


@pytest.fixture
def rows() -> Callable[..., list[tuple]]:
    """Ask the database, from outside the code under test."""

    def ask(sql: str, *parameters: object) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    return ask


@pytest.fixture
def scripted(desk, settings):
    settings.LINK_ADAPTERS = {"scripted": "tests.conversations.scripted.ScriptedLink"}
    desk.link.adapter = "scripted"
    desk.link.save()
    ScriptedLink.made.clear()
    ScriptedLink.bound = True
    ScriptedLink.answer = staticmethod(lambda part: (f"id-{part.message_id}-{part.part}",))
    return desk


@pytest.fixture
async def conversation(scripted, dsn) -> Conversation:
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        await store(connection, [scripted.text("Bonjour")])
    return await Conversation.objects.select_related("line", "address").aget()


@pytest.fixture
def called(scripted, settings):
    """The desk's link is one whose provider calls us."""
    settings.LINK_ADAPTERS = {"scripted": "tests.conversations.called_link.CalledLink"}
    adapter_class.cache_clear()
    scripted.link.secret = seal("open sesame")
    scripted.link.save()
    yield scripted
    adapter_class.cache_clear()
