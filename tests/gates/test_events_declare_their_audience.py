"""Each kind of event says who may hear of it; what says nothing is heard by nobody."""

from __future__ import annotations

from dataclasses import dataclass, fields
from uuid import UUID

import pytest

from realtime import facts
from realtime.audience import Hears
from realtime.events import Change, event, registry
from realtime.log import record_changes
from realtime.models import Event
from realtime.reading import StoredEvent
from realtime.typescript import declared_events


@pytest.fixture(autouse=True)
def nothing_stays_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.events.registry", dict(registry))


@pytest.mark.needs("RFP-096")
def test_an_event_that_does_not_say_who_may_hear_of_it_cannot_be_declared() -> None:
    @dataclass(frozen=True, slots=True)
    class Whispered(Change):
        line_id: UUID

    with pytest.raises(RuntimeError, match=r"does not say who may hear of it: .*hears=Hears\.LINE"):
        event("thing.whispered")(Whispered)
    with pytest.raises(RuntimeError, match="needs conversation_id"):
        event("thing.whispered", hears=Hears.LINE)(Whispered)
    with pytest.raises(RuntimeError, match="names what some may not see"):
        event("thing.whispered", hears=Hears.EVERYBODY)(Whispered)
    with pytest.raises(RuntimeError, match="names whom it would reach"):
        event("thing.whispered", hears=Hears.NOBODY)(Whispered)


def test_every_declared_event_says_who_may_hear_of_it() -> None:
    for name in declared_events():
        kind = registry[name]
        named = {field.name for field in fields(kind)}
        assert ("conversation_id" in named) == (kind.hears == Hears.LINE), name
        assert ("items" in named) == (kind.hears == Hears.LINES), name
        if kind.hears == Hears.NOBODY:
            stored = StoredEvent(Event._meta.pk.default(), 1, name, dict.fromkeys(named), None)  # no date
            assert not facts.for_everybody(stored)
            assert facts.conversations_in(stored) == []


def test_an_event_that_this_process_does_not_know_is_for_nobody() -> None:
    """A process of the next version may write one while this one still gives out events."""
    stored = Event._meta.pk.default()
    unknown = StoredEvent(stored, 1, "thing.of.tomorrow", {"text": "secret"}, None)  # no date
    assert not facts.for_everybody(unknown)
    assert facts.conversations_in(unknown) == []


def test_what_no_screen_may_hear_leaves_the_answer_for_the_absent_too(transactional_db: None) -> None:
    from realtime.audience import Audience, AudienceKind
    from realtime.gap import events_after
    from tests.realtime.world import make_world

    world = make_world()

    @dataclass(frozen=True, slots=True)
    class Unknown(Change):
        text: str

    Unknown.type = "thing.of.tomorrow"
    with record_changes(world.organisation.id) as changes:
        changes.add(Unknown("secret"))
    boss = world.people["boss"]
    viewer = Audience(AudienceKind.FULL, world.organisation.id, boss.id, boss.role, None)
    answer = events_after(viewer, 0, 1)
    assert (answer["upto"], answer["events"]) == (1, [])
