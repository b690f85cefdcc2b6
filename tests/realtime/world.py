"""A small organisation with people, lines and conversations, made with as little as possible."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from accounts.models import Organisation, Role, Team, User
from contacts.models import Address, Contact
from conversations.models import Conversation, Line, LineLink, Link
from realtime.reading import Head, read_head
from routing.models import AgentState, Queue, State


@dataclass
class World:
    organisation: Organisation
    queue: Queue
    open_line: Line  # no team: everybody sees it
    team_line: Line  # the team's only
    link: Link
    team: Team
    people: dict[str, User] = field(default_factory=dict)

    def person(self, name: str, role: str = Role.AGENT) -> User:
        user = User.objects.create_user(
            f"{name}.{self.organisation.slug}@example.org", None, name=name.title(), role=role,
            organisation=self.organisation,
        )  # fmt: skip
        if role == Role.AGENT:
            AgentState.objects.create(user=user, organisation=self.organisation, state=State.AVAILABLE)
        self.people[name] = user
        return user

    def conversation(self, line: Line | None = None, **fields: Any) -> Conversation:
        contact = Contact.objects.create(organisation=self.organisation, name="Awa Soglo")
        number = f"+22901{uuid4().int % 10**8:08d}"
        address = Address.objects.create(organisation=self.organisation, contact=contact, value=number)
        return Conversation.objects.create(
            organisation=self.organisation, line=line or self.open_line, contact=contact, address=address,
            link=self.link, **fields,
        )  # fmt: skip

    def head(self) -> Head:
        return read_head(self.organisation.id)


def make_world(slug: str = "") -> World:
    organisation = Organisation.objects.create(name="Savane", slug=slug or uuid4().hex[:12])
    queue = Queue.objects.create(organisation=organisation, name="Clients")
    team = Team.objects.create(organisation=organisation, name="Distributeurs")
    lines = [
        Line.objects.create(organisation=organisation, name=name, address=name, queue_id=queue.id, bot="telecom")
        for name in ("1919", "3334")
    ]
    lines[1].teams.add(team)
    link = Link.objects.create(organisation=organisation, name="Savane Mobile")
    for line in lines:
        LineLink.objects.create(line=line, link=link)
    world = World(organisation, queue, lines[0], lines[1], link, team)
    world.person("afi")
    world.person("koffi")
    world.person("boss", Role.SUPERVISOR)
    world.person("client", Role.OBSERVER)
    team.members.add(world.people["koffi"])
    return world


def sign_in(user: User) -> str:
    """A session of `user`, as signing in would leave it; returns its key."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    assert session.session_key
    return session.session_key


async def in_thread(work: Any, *arguments: Any, **named: Any) -> Any:
    """Run what uses the database on a thread, and give its connection back."""

    def go() -> Any:
        try:
            return work(*arguments, **named)
        finally:
            connection.close()

    return await asyncio.to_thread(go)


def ids(*given: object) -> list[str]:
    return [str(one.id if hasattr(one, "id") else one) for one in given]


def uuids(given: list[str]) -> frozenset[UUID]:
    return frozenset(UUID(one) for one in given)
