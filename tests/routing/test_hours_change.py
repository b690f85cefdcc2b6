"""Hours that change, that cannot be asked, or that say more than a line can send: subscribers hear what is true."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import F

from accounts import schedules
from accounts.models import Schedule, SpecialDays
from conversations.line_hours import closed_lines
from conversations.models import AfterHoursText, Conversation, Message, Task
from realtime.checker import check_density
from routing import deadlines
from routing.deadline_watch import DeadlineWatch
from routing.deadlines import follow
from routing.handling import handle
from routing.models import Deadline, Targets
from routing.turns import Turns
from tests.cast import Cast
from tests.routing.hours import MONDAY_LATER, MONDAY_NIGHT, MONDAY_OPEN, TUESDAY_NIGHT, TUESDAY_OPEN, at, keeps_hours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh(settings, monkeypatch, cast: Cast):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    monkeypatch.setattr(deadlines, "FRESH_S", 0.0)
    yield
    adapter_class.cache_clear()
    assert check_density(cast.organisation.id).dense


def writes(cast: Cast, conversation: Conversation, now) -> list[str]:
    """He writes; all that he has been told by then."""
    cast.text_in(conversation, "Bonjour", at=now)
    pool = Turns(limit_s=5.0)
    while handle(owner="d1", turns=pool, now=now):
        pass
    pool.close()
    told = Message.objects.filter(conversation=conversation, kind="outgoing", author="system").order_by("seq")
    return list(told.values_list("body", flat=True))


def closes(schedule: Schedule, *days: date, says: str = "") -> None:
    SpecialDays.objects.create(schedule=schedule, first=days[0], last=days[-1], reason="Panne", says_fr=says)
    Schedule.objects.filter(id=schedule.id).update(revision=F("revision") + 1)


def test_a_closure_announced_in_the_morning_is_told_to_those_who_had_been_told_another_opening(cast: Cast):
    schedule = keeps_hours(cast, promises_callback=True)
    conversation = cast.queued(at=MONDAY_NIGHT)
    assert writes(cast, conversation, MONDAY_NIGHT)[-1].endswith("demain à 08:00.")
    closes(schedule, date(2026, 11, 24), says="Panne : de retour {opens_at}.")
    before, opening = at(2026, 11, 24, 7, 30), at(2026, 11, 25, 8)
    assert writes(cast, conversation, before)[1:] == ["Panne : de retour demain à 08:00."]
    conversation.refresh_from_db()
    assert (Task.objects.get().due_at, conversation.callback_at) == (opening, opening)
    assert len(writes(cast, conversation, TUESDAY_OPEN)) == 2
    assert len(writes(cast, conversation, TUESDAY_NIGHT)) == 2
    assert len(writes(cast, conversation, at(2026, 11, 25, 13))) == 3


def test_an_end_of_today_that_is_moved_in_the_evening_is_not_told(cast: Cast):
    keeps_hours(cast)
    conversation = cast.queued(at=MONDAY_NIGHT)
    writes(cast, conversation, MONDAY_NIGHT)
    longer = [[[480, 750], [840, 1150]]] * 5 + [[], []]
    Schedule.objects.update(week=longer, revision=3)
    assert len(writes(cast, conversation, MONDAY_LATER)) == 1


def test_who_was_told_soon_is_told_once_in_the_stretch(cast: Cast):
    schedule = keeps_hours(cast)
    Schedule.objects.filter(id=schedule.id).update(week=[[]] * 7, revision=2)
    conversation = cast.queued(at=MONDAY_NIGHT)
    assert writes(cast, conversation, MONDAY_NIGHT)[-1].endswith("prochainement.")
    assert len(writes(cast, conversation, MONDAY_LATER)) == 1


def test_words_of_a_closure_that_a_line_cannot_send_give_way_to_its_own(cast: Cast):
    schedule = keeps_hours(cast, promises_callback=True, most_parts=1)
    closes(schedule, date(2026, 11, 23), says="Nous sommes fermes. " * 20)
    AfterHoursText.objects.create(
        organisation=cast.organisation, line=cast.line_3334, language="fr", body="À {opens_at}."
    )
    first = cast.queued(at=MONDAY_OPEN)
    assert writes(cast, first, MONDAY_OPEN) == ["À demain à 08:00."]
    assert Task.objects.count() == 1
    AfterHoursText.objects.update(body="Nous sommes fermes. " * 20)
    second = cast.queued(sender="+2290197000002", at=MONDAY_OPEN)
    assert writes(cast, second, MONDAY_OPEN)[0].startswith(f"{cast.organisation.name} : nous sommes fermés")


def test_holidays_that_cannot_be_asked_hold_up_nobody(cast: Cast, monkeypatch):
    def fail(*_):
        raise RuntimeError("poison")

    monkeypatch.setattr(schedules, "holidays_of", fail)
    keeps_hours(cast, country="FR")
    assert closed_lines(MONDAY_OPEN) == {}
    assert set(closed_lines(MONDAY_NIGHT)) == {cast.line_1919.id, cast.line_3334.id}


def test_hours_that_cannot_be_asked_leave_the_deadlines_to_the_watch(cast: Cast, monkeypatch):
    def fail(*_):
        raise RuntimeError("poison")

    keeps_hours(cast)
    targets = Targets.objects.create(organisation=cast.organisation, queue=cast.queue, first_s=600)
    conversation = cast.queued()
    cast.text_in(conversation)
    with monkeypatch.context() as broken:
        broken.setattr(deadlines, "add_business_seconds", fail)
        follow([conversation.id])
        watch = DeadlineWatch()
        watch.look()
        assert not Deadline.objects.exists()
    watch._next_round = 0.0
    watch.look()
    assert Deadline.objects.get().kind == "first"
    # Targets or hours that change are looked at with the next look, not with the next round.
    targets.first_s = 60
    targets.save()
    before = Deadline.objects.get().due_at
    watch.look()
    now_due = Deadline.objects.get().due_at
    assert now_due < before
    Schedule.objects.update(week=[[[0, 1440]]] * 7, revision=9)
    watch.look()
    assert Deadline.objects.get().due_at <= now_due
