"""Who sees which lines, and how much of a person."""

from __future__ import annotations

import pytest

from accounts.models import Role, User
from conversations.rendering import render_messages, render_rows, render_thread
from conversations.visibility import audience_of, audiences_of, lines_visible_to, visible_conversations
from realtime.audience import AudienceKind
from tests.realtime.verbs import answer, event_line, received
from tests.realtime.world import World, make_world


def test_an_agent_sees_open_lines_and_those_of_his_teams(world: World) -> None:
    people = world.people
    assert lines_visible_to(people["afi"]) == {world.open_line.id}
    assert lines_visible_to(people["koffi"]) == {world.open_line.id, world.team_line.id}


@pytest.mark.parametrize("name", ["boss", "client"])
def test_overseers_see_every_line_of_their_organisation_and_no_other(world: World, name: str) -> None:
    other = make_world()
    assert lines_visible_to(world.people[name]) == {world.open_line.id, world.team_line.id}
    mine = {world.conversation(line).id for line in (world.open_line, world.team_line)}
    other.conversation()
    found = visible_conversations(world.people[name]).values_list("id", flat=True)
    assert set(found) == mine


def test_conversations_follow_their_lines(world: World) -> None:
    shown, hidden = world.conversation(world.open_line), world.conversation(world.team_line)
    assert set(visible_conversations(world.people["afi"])) == {shown}
    assert set(visible_conversations(world.people["koffi"])) == {shown, hidden}


def test_one_who_is_switched_off_sees_nothing(world: World) -> None:
    afi = world.people["afi"]
    User.objects.filter(id=afi.id).update(is_active=False)
    assert audience_of(afi) is None
    assert lines_visible_to(afi) == set()
    assert not visible_conversations(afi).exists()


def test_kinds_follow_roles(world: World) -> None:
    found = audiences_of([user.id for user in world.people.values()])
    kinds = {found[user.id].role: found[user.id].kind for user in world.people.values()}
    assert kinds == {
        Role.AGENT: AudienceKind.FULL,
        Role.SUPERVISOR: AudienceKind.FULL,
        Role.OBSERVER: AudienceKind.NO_TEXT,
    }


def test_three_audiences_get_three_depths_of_the_same(world: World) -> None:
    conversation = world.conversation(status="open", owner=world.people["afi"])
    received(world, conversation, "mon code est 4711")
    sent = answer(world, conversation)
    event_line(world, conversation)
    number = conversation.address.value
    organisation = world.organisation.id
    shown = {
        kind: (
            render_rows(organisation, [conversation.id], kind)[conversation.id],
            render_thread(organisation, conversation.id, kind)[0],
        )
        for kind in AudienceKind
    }
    row, thread = shown[AudienceKind.FULL]
    assert row["contact"]["address"] == number and row["contact"]["name"] == "Awa Soglo"
    assert [message["kind"] for message in thread] == ["incoming", "outgoing", "event"]
    delivery = thread[1]["delivery"]
    assert delivery is not None and delivery["status"] == "queued" and delivery["parts"] == 1
    assert thread[1]["author"]["name"] == "Afi"
    assert thread[2]["event"] is not None and thread[2]["event"]["summary"] == "veut un conseiller"

    masked, words = shown[AudienceKind.MASKED]
    assert number not in str(masked) and "••" in masked["contact"]["address"]
    assert words[0]["body"] == "mon code est 4711"

    silent, nothing = shown[AudienceKind.NO_TEXT]
    for secret in (number, "Awa", "4711", "Bonjour", "conseiller"):
        assert secret not in str(silent) + str(nothing)
    assert silent["status"] == "open" and [message["seq"] for message in nothing] == [1, 2, 3]
    assert render_messages(organisation, [sent.id], AudienceKind.FULL)[sent.id] == thread[1]


def test_a_thread_is_read_page_by_page_without_hole(world: World) -> None:
    conversation = world.conversation()
    for number in range(7):
        received(world, conversation, f"texte {number}")
    organisation, kind = world.organisation.id, AudienceKind.FULL
    pages, before = [], None
    while True:
        page, more = render_thread(organisation, conversation.id, kind, before=before, limit=3)
        pages.append([message["seq"] for message in page])
        if not more:
            break
        before = page[0]["seq"]
    assert pages == [[5, 6, 7], [2, 3, 4], [1]]
    other = make_world()
    assert render_thread(other.organisation.id, conversation.id, kind) == ([], False)
    assert render_rows(other.organisation.id, [conversation.id], kind) == {}
