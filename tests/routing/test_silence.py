"""Whose subscriber answers no more is warned once, in his language, and closed: never over his own words."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.hours import business_seconds
from accounts.schedules import hours_of
from common.clock import database_now
from contacts.models import Suppression
from conversations.models import Conversation, Delivery, Line, Message, MessageKind, Status, Unhandled
from measures.models import Interval, IntervalKind
from realtime.checker import check_density
from routing import ownership, silence
from routing.callbacks import promise_callback
from routing.loads import wrong_loads
from routing.models import Queue
from routing.silence import said_before, sweep_silent
from routing.snooze import snooze
from tests.cast import Cast
from tests.routing.hours import MONDAY_LATER, MONDAY_NIGHT, MONDAY_OPEN, TUESDAY_OPEN, at, keeps_hours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def policy(cast: Cast, settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    Queue.objects.update(silence_h=4, silence_close_h=2)
    yield
    assert check_density(cast.organisation.id).dense
    assert wrong_loads(cast.organisation.id) == []
    adapter_class.cache_clear()


def answered(cast: Cast, *, hours_ago: float = 5, sender: str = "+2290197000001", **given) -> Conversation:
    """A talk in which the last word is ours."""
    conversation = cast.owned_by(cast.awa, sender=sender, **given)
    cast.text_in(conversation, "Bonjour")
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Essayez ceci", client_id=uuid4())
    Unhandled.objects.filter(conversation=conversation).delete()  # the dispatcher has seen it
    silent_since(conversation, database_now() - timedelta(hours=hours_ago))
    return conversation


def silent_since(conversation: Conversation, moment: datetime) -> None:
    """As if that had been the last word, of us or of the warning."""
    Conversation.objects.filter(id=conversation.id).update(last_activity_at=moment)
    Conversation.objects.filter(id=conversation.id, silence_at__isnull=False).update(silence_at=moment)
    conversation.refresh_from_db()


def told(conversation: Conversation) -> list[str]:
    sent = Message.objects.filter(conversation=conversation, kind=MessageKind.OUTGOING, author="system")
    return list(sent.values_list("body", flat=True))


def test_who_is_written_to_while_others_are_warned_is_not_warned_himself(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    conversation = answered(cast)

    def found(*asked) -> list:
        ids = due(*asked)
        if ids:  # his turn comes after others': meanwhile his agent writes
            ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Ou ceci", client_id=uuid4())
            monkeypatch.setattr(silence, "_due", due)
        return ids

    due = silence._due
    monkeypatch.setattr(silence, "_due", found)
    assert sweep_silent() == 0
    assert told(conversation) == []


def test_he_is_warned_once_and_closed_after_a_time(cast: Cast):
    conversation = answered(cast)
    assert sweep_silent() == 1
    (warning,) = told(conversation)
    assert "Savane Assistance" in warning and "fermerons" in warning
    assert Delivery.objects.filter(conversation=conversation).count() == 2
    assert sweep_silent() == 0
    conversation.refresh_from_db()
    assert conversation.status == Status.OPEN
    silent_since(conversation, database_now() - timedelta(hours=1))
    assert sweep_silent() == 0, "its time has not come"
    silent_since(conversation, database_now() - timedelta(hours=3))
    assert sweep_silent() == 1
    conversation.refresh_from_db()
    assert conversation.status == Status.CLOSED
    line = Message.objects.filter(conversation=conversation, kind=MessageKind.EVENT).order_by("-seq").first()
    assert line is not None and line.facts == {"type": "closed", "by": "silence"}
    assert [one.label for one in cast.intervals(IntervalKind.HANDLE)] == ["silence"]
    assert Interval.objects.filter(kind=IntervalKind.RESOLUTION).count() == 1
    assert cast.state_of(cast.awa).load == 0
    assert len(told(conversation)) == 1


def test_in_his_language_and_in_the_queues_own_words(cast: Cast):
    Queue.objects.update(silence_text={"en": "Still there?", "fr": "Toujours là ?"})
    english = answered(cast)
    Conversation.objects.filter(id=english.id).update(language="en")
    french = answered(cast, sender="+2290197000002")
    assert sweep_silent() == 2
    assert (told(english), told(french)) == (["Still there?"], ["Toujours là ?"])


def test_never_when_the_last_word_is_his(cast: Cast):
    waiting = answered(cast)
    cast.text_in(waiting, "Ça ne marche pas")
    Conversation.objects.filter(id=waiting.id).update(last_activity_at=database_now() - timedelta(hours=50))
    warned = answered(cast, sender="+2290197000002")
    assert sweep_silent() == 1
    cast.text_in(warned, "Je suis là")
    silent_since(warned, database_now() - timedelta(hours=50))
    assert sweep_silent() == 0
    for one in (waiting, warned):
        one.refresh_from_db()
        assert one.status == Status.OPEN


def test_a_text_that_nobody_has_looked_at_yet_counts(cast: Cast):
    """Its row says that ours is the last word; what the dispatcher has still to decide says otherwise."""
    conversation = answered(cast)
    assert sweep_silent() == 1
    cast.text_in(conversation, "Attendez")
    Conversation.objects.filter(id=conversation.id).update(preview_kind="outgoing", waiting_since=None)
    silent_since(conversation, database_now() - timedelta(hours=9))
    assert sweep_silent() == 0


def test_an_answer_after_the_warning_begins_from_the_beginning(cast: Cast):
    conversation = answered(cast)
    sweep_silent()
    ownership.answer(user=cast.awa, conversation_id=conversation.id, body="Encore une idée", client_id=uuid4())
    conversation.refresh_from_db()
    assert conversation.silence_at is None
    silent_since(conversation, database_now() - timedelta(hours=3))
    assert sweep_silent() == 0
    silent_since(conversation, database_now() - timedelta(hours=5))
    assert sweep_silent() == 1
    conversation.refresh_from_db()
    assert (conversation.status, len(told(conversation))) == (Status.OPEN, 2)


def test_what_was_said_after_the_warning_by_others_closes_nothing(cast: Cast):
    conversation = answered(cast)
    sweep_silent()
    moment = database_now() - timedelta(hours=3)
    Conversation.objects.filter(id=conversation.id).update(silence_at=moment, last_activity_at=moment)
    Conversation.objects.filter(id=conversation.id).update(last_activity_at=moment + timedelta(minutes=1))
    assert sweep_silent() == 1
    conversation.refresh_from_db()
    assert (conversation.status, conversation.silence_at) == (Status.OPEN, None)


def test_a_promise_and_a_sleep_until_a_time_keep_it_open_and_one_until_he_writes_does_not(cast: Cast):
    promised, asleep, until = (answered(cast, sender=f"+229019700000{n}") for n in (1, 2, 3))
    promise_callback(user=cast.awa, conversation_id=promised.id, at=database_now() + timedelta(hours=9))
    for one, moment in ((asleep, None), (until, database_now() + timedelta(hours=9))):
        snooze(user=cast.awa, conversation_id=one.id, seen=99, until=moment)
    assert sweep_silent() == 1
    assert [len(told(one)) for one in (promised, asleep, until)] == [0, 1, 0]
    silent_since(asleep, database_now() - timedelta(hours=3))
    assert sweep_silent() == 1
    asleep.refresh_from_db()
    assert asleep.status == Status.CLOSED
    assert [one.label for one in cast.intervals(IntervalKind.HOLD)] == ["silence"]


def test_who_may_not_be_texted_is_not_and_it_is_closed_all_the_same(cast: Cast):
    opposed, machine, unheard = answered(cast), answered(cast, sender="ORANGE"), answered(cast, sender="+2290197000009")
    Suppression.objects.create(organisation_id=cast.organisation.id, number=opposed.address.value, source="text")
    machine.address.kind = "phone"
    machine.address.save(update_fields=["kind"])
    Conversation.objects.filter(id=unheard.id).update(link=None)
    assert sweep_silent() == 3
    for one in (opposed, machine, unheard):
        assert told(one) == []
        silent_since(one, database_now() - timedelta(hours=3))
    assert sweep_silent() == 3
    assert set(Conversation.objects.values_list("status", flat=True)) == {Status.CLOSED}


def test_hours_count_by_the_opening_of_the_line_and_nothing_happens_outside_it(cast: Cast):
    """Said on Monday at 16:30, four hours of opening are over on Tuesday at 10:30."""
    keeps_hours(cast, cast.line_3334)
    conversation = answered(cast)
    silent_since(conversation, at(2026, 11, 23, 16, 30))
    for moment in (MONDAY_NIGHT, MONDAY_LATER, TUESDAY_OPEN, at(2026, 11, 24, 10, 29)):
        assert sweep_silent(now=moment) == 0, moment
    assert sweep_silent(now=at(2026, 11, 24, 12, 31)) == 0, "a lunch break"
    assert sweep_silent(now=at(2026, 11, 24, 10, 31)) == 1


@pytest.mark.parametrize("hours", [0.5, 4, 30, 200])
def test_the_moment_before_which_something_was_said_is_that_of_the_hours(cast: Cast, hours: float):
    schedule = keeps_hours(cast, cast.line_3334)
    kept = hours_of(schedule.id)
    found = said_before(kept, MONDAY_OPEN, hours * 3600)
    assert found is not None
    assert business_seconds(kept, found, MONDAY_OPEN) >= hours * 3600
    assert business_seconds(kept, found + timedelta(seconds=2), MONDAY_OPEN) < hours * 3600


def test_a_queue_without_it_closes_nothing(cast: Cast):
    Queue.objects.update(silence_h=0)
    answered(cast, hours_ago=1000)
    assert sweep_silent() == 0


def test_two_dispatchers_at_once_warn_and_close_each_once(cast: Cast, at_once):
    cast.available(cast.awa, capacity=40)
    conversations = [answered(cast, sender=f"+22901970060{n:02}") for n in range(12)]
    at_once([sweep_silent] * 4)
    while sweep_silent():
        pass
    assert [len(told(one)) for one in conversations] == [1] * 12
    for one in conversations:
        silent_since(one, database_now() - timedelta(hours=3))
    at_once([sweep_silent] * 4)
    while sweep_silent():
        pass
    assert Message.objects.filter(facts__by="silence").count() == 12
    assert set(Conversation.objects.values_list("status", flat=True)) == {Status.CLOSED}


def test_a_text_and_the_close_at_the_same_moment_never_lose_the_text(cast: Cast, at_once):
    cast.available(cast.awa, capacity=40)
    conversations = [answered(cast, sender=f"+22901970070{n:02}") for n in range(8)]
    sweep_silent()
    for one in conversations:
        silent_since(one, database_now() - timedelta(hours=3))

    def text(one: Conversation) -> None:

        with transaction.atomic():
            found = Conversation.objects.select_for_update().get(id=one.id)
            if found.status != Status.CLOSED:  # else the intake opens another
                cast.text_in(found, "Je suis là")

    at_once([*(lambda c=one: text(c) for one in conversations), sweep_silent, sweep_silent])
    for one in Conversation.objects.filter(status=Status.CLOSED):
        last = Message.objects.filter(conversation=one, kind__in=["incoming", "outgoing"]).order_by("-seq").first()
        assert last is not None and last.kind == MessageKind.OUTGOING


def test_what_crashes_has_neither_warned_nor_said_so(cast: Cast, monkeypatch):
    from routing import silence

    conversation = answered(cast)

    def crash(*_a, **_k):
        raise RuntimeError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(silence, "add_event_line", crash)
        assert sweep_silent() == 0
    assert told(conversation) == []
    assert sweep_silent() == 1
    assert len(told(conversation)) == 1


def test_a_look_costs_what_is_due_and_not_what_is_open(cast: Cast):
    """Plans, not times: each of the two questions walks its partial index, however many are open and not due."""
    line: Line = cast.line_3334
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"line": line.id, "organisation": cast.organisation.id, "queue": cast.queue.id})
        cursor.execute("analyze conversations_conversation")
        for statement, index in ((silence_statements()[0], "conversation_silent"),
                                 (silence_statements()[1], "conversation_warned")):  # fmt: skip
            asked = {"queue": cast.queue.id, "before": database_now(), "lines": [line.id], "limit": 50}
            cursor.execute("explain " + statement, asked)
            assert index in "\n".join(row[0] for row in cursor.fetchall())


# 5,000 in which a text waits for its agent: none of them is due.
_OPEN = """
with person as (
    insert into contacts_contact (id, organisation_id, name)
    select uuidv7(), %(organisation)s, n::text from generate_series(1, 5000) n returning id, name
), address as (
    insert into contacts_address (id, organisation_id, contact_id, kind, value)
    select uuidv7(), %(organisation)s, id, 'phone', '+22907' || lpad(name, 8, '0') from person returning id, contact_id
)
insert into conversations_conversation (id, organisation_id, line_id, contact_id, address_id, status, queue_id,
                                        queued_at, waiting_since, last_activity_at, preview_kind)
select uuidv7(), %(organisation)s, %(line)s, contact_id, id, 'queued', %(queue)s, now(), now(), now(), 'incoming'
from address
"""


def silence_statements() -> tuple[str, str]:
    from routing import silence

    return silence._TO_WARN, silence._TO_CLOSE
