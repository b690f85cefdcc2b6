"""Verbs of the packages above conversations, for the tests that must hold for all verbs."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection

from accounts.events import SettingsChanged
from channels_sms.smpp.link import SmppLink
from common.clock import database_now
from contacts.models import Tag
from conversations import adapters, intake
from conversations.adapters import InboundText
from conversations.long_texts import LongTexts
from conversations.models import Conversation, InboundPart, Task
from conversations.store import LinkStore
from inbox.people import change_person
from inbox.tagging import put_tag
from realtime.log import record_changes
from replies import drafts, scheduled
from routing import callbacks, consult, deadline_watch, deadlines, offers, ownership, presence, snooze
from routing.events import OfferMade
from routing.loads import gain
from routing.models import AgentState, Offer, Queue, Targets
from routing.new_texts import NewText, Sender, send_new_text
from routing.unread import mark_unread
from routing.wrap_up import finish
from tests.realtime.verbs import received, verb
from tests.realtime.world import World


@verb("settings change")
def settings_changed(world: World, conversation: Conversation) -> Any:
    with record_changes(world.organisation.id) as changes:
        changes.add(SettingsChanged("line", conversation.line_id))


@verb("an agent renames a person")
def rename(world: World, conversation: Conversation) -> Any:
    change_person(
        user=world.people["afi"], contact_id=conversation.contact_id, name=f"Awa {uuid4().hex[:6]}", language=None,
        tag_ids=None, values=None,
    )  # fmt: skip


@verb("an agent takes from the queue", "queued")
def take_from_queue(world: World, conversation: Conversation) -> Any:
    return ownership.take(user=world.people["koffi"], conversation_id=conversation.id)


@verb("an agent takes from the bot", "bot")
def take_from_bot(world: World, conversation: Conversation) -> Any:
    return ownership.take(user=world.people["koffi"], conversation_id=conversation.id)


@verb("an owner asks a colleague")
def ask_colleague(world: World, conversation: Conversation) -> Any:
    owner, colleague = world.people["afi"], world.people["boss"]
    AgentState.objects.get_or_create(user=colleague, organisation=world.organisation, defaults={"state": "available"})
    return consult.ask(user=owner, conversation_id=conversation.id, agent_id=colleague.id, question="Tu le connais ?")


@verb("an agent tags a person")
def tag_person(world: World, conversation: Conversation) -> Any:
    tag = Tag.objects.filter(organisation=world.organisation).first()
    tag = tag or Tag.objects.create(organisation=world.organisation, name="VIP")
    return put_tag(user=world.people["koffi"], conversation_id=conversation.id, tag_id=tag.id, on=True)


@verb("an owner marks unread")
def put_back_unread(world: World, conversation: Conversation) -> Any:
    received(world, conversation)
    Conversation.objects.filter(id=conversation.id).update(unread=0)
    return mark_unread(user=world.people["afi"], conversation_id=conversation.id)


@verb("an agent gives back to the queue")
def give_to_queue(world: World, conversation: Conversation) -> Any:
    return ownership.give_back(user=world.people["afi"], conversation_id=conversation.id, to="queue")


@verb("an agent gives back to the bot")
def give_to_bot(world: World, conversation: Conversation) -> Any:
    return ownership.give_back(user=world.people["afi"], conversation_id=conversation.id, to="bot")


@verb("an agent closes")
def close(world: World, conversation: Conversation) -> Any:
    return ownership.close(user=world.people["afi"], conversation_id=conversation.id)


@verb("an agent reads")
def read(world: World, conversation: Conversation) -> Any:
    seq = received(world, conversation).seq
    return ownership.mark_read(user=world.people["afi"], conversation_id=conversation.id, seq=seq)


@verb("an owner answers")
def owner_answers(world: World, conversation: Conversation) -> Any:
    return ownership.answer(user=world.people["afi"], conversation_id=conversation.id, body="Oui", client_id=uuid4())


@verb("an agent sends a new text", "bot")
def new_text(world: World, conversation: Conversation) -> Any:
    """To two: the one that the bot talks with, and somebody unknown."""
    koffi, stranger = world.people["koffi"], f"+22901{uuid4().int % 10**8:08d}"
    asked = NewText(conversation.line_id, [conversation.address.value, stranger], "Rebonjour", uuid4().hex, keep=True)
    return send_new_text(sender=Sender(world.organisation.id, "BJ", user=koffi), asked=asked)


@verb("an agent puts a conversation aside")
def put_aside(world: World, conversation: Conversation) -> Any:
    return snooze.snooze(user=world.people["afi"], conversation_id=conversation.id, seen=conversation.last_seq)


@verb("a sleeping conversation wakes")
def wake(world: World, conversation: Conversation) -> Any:
    put_aside(world, conversation)
    Conversation.objects.filter(id=conversation.id).update(snoozed_until=database_now())
    return snooze.wake_due()


@verb("an agent promises a callback")
def promise(world: World, conversation: Conversation) -> Any:
    return callbacks.promise_callback(
        user=world.people["afi"],
        conversation_id=conversation.id,
        at=database_now() + timedelta(hours=1),
        note="Le soir",
    )


@verb("an agent keeps a promised callback")
def keep_promise(world: World, conversation: Conversation) -> Any:
    promise(world, conversation)
    return callbacks.end_callback(user=world.people["koffi"], conversation_id=conversation.id, kept=True)


@verb("a callback comes due", "bot")
def callback_due(world: World, conversation: Conversation) -> Any:
    promise(world, conversation)
    Task.objects.filter(conversation=conversation).update(due_at=database_now())
    return callbacks.open_due_callbacks()


@verb("a promise calls its agent")
def promise_calls(world: World, conversation: Conversation) -> Any:
    return callback_due(world, conversation)


@verb("a target begins to run", "queued")
def target_runs(world: World, conversation: Conversation) -> Any:
    Targets.objects.get_or_create(queue=world.queue, defaults={"organisation": world.organisation, "first_s": 600})
    Conversation.objects.filter(id=conversation.id).update(waiting_since=database_now() - timedelta(hours=1))
    return deadlines.renew_all(world.organisation.id, [conversation.id])


@verb("a target is missed", "queued")
def target_missed(world: World, conversation: Conversation) -> Any:
    target_runs(world, conversation)
    return deadline_watch.tell_deadlines()


@verb("a colleague notes")
def colleague_notes(world: World, conversation: Conversation) -> Any:
    return ownership.note(
        user=world.people["boss"], conversation_id=conversation.id, body="À suivre", client_id=uuid4()
    )


@verb("an agent takes a break")
def take_a_break(world: World, conversation: Conversation) -> Any:
    return presence.set_state(user=world.people["afi"], state="break", reason="déjeuner")


def _offered(world: World, conversation: Conversation) -> Offer:
    """It rings at Afi, as a round leaves it."""
    afi, now = world.people["afi"], database_now()
    AgentState.objects.filter(user=afi).update(capacity=100)
    with record_changes(world.organisation.id) as changes:
        gain(changes=changes, user_id=afi.id, now=now)
        offer = Offer.objects.create(
            organisation=world.organisation, conversation=conversation, line_id=conversation.line_id,
            queue=world.queue, user=afi, medium="sms", weight=1, made_at=now, expires_at=now + timedelta(minutes=1),
        )  # fmt: skip
        changes.add(OfferMade(agent_id=afi.id, offer_id=offer.id))
    return offer


@verb("an agent accepts what rings at him", "queued")
def accept_offer(world: World, conversation: Conversation) -> Any:
    return offers.accept(user=world.people["afi"], offer_id=_offered(world, conversation).id)


@verb("an agent declines what rings at him", "queued")
def decline_offer(world: World, conversation: Conversation) -> Any:
    offers.decline(user=world.people["afi"], offer_id=_offered(world, conversation).id, reason="Pas ma langue")


@verb("an agent closes and wraps up")
def wrap_up(world: World, conversation: Conversation) -> Any:
    Conversation.objects.filter(id=conversation.id).update(queue_id=world.queue.id)
    Queue.objects.filter(id=world.queue.id).update(wrap_up_s=60)
    try:
        ownership.close(user=world.people["afi"], conversation_id=conversation.id)
    finally:
        Queue.objects.filter(id=world.queue.id).update(wrap_up_s=0)
    finish(user=world.people["afi"], conversation_id=conversation.id)


def _dsn() -> str:
    facts = connection.settings_dict
    return f"postgresql://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


@verb("a late part completes a text", "bot", sql=True)
def late_part(world: World, conversation: Conversation) -> Any:
    """A text that was shown with a gap; then what was missing comes."""
    shown = received(world, conversation, "un […]")
    group, about = uuid4().hex, {"sender": "x", "recipient": "1919", "sender_ton": 1, "thread_key": ""}
    coded = {"data_coding": 0, "alphabet": "gsm7", "single_shift": 0, "locking_shift": 0}
    InboundPart.objects.create(
        link=world.link, group=group, part=1, total=2, key=uuid4().hex, payload=b"un ", message_id=shown.id,
        data={**coded, **about},
    )  # fmt: skip
    item = adapters.InboundPart(
        world.link.id, uuid4().hex, group, 2, 2, "x", "1919", 1, b"deux", coded, b"raw", fingerprint=os.urandom(32)
    )

    async def put() -> None:
        store = LinkStore(_dsn())
        parts = LongTexts(store, SmppLink, world.link.id, wait_s=600)
        kept = await parts.keep(item)
        assert kept.late is not None
        await parts.complete(kept.late)
        await store.close()

    asyncio.run(put())


@verb("a subscriber texts", "bot", sql=True)
def text(world: World, conversation: Conversation) -> Any:
    """Two texts in one batch: one to this conversation, one that opens another."""

    def ready(sender: str) -> intake.ReadyText:
        item = InboundText(
            world.link.id, uuid4().hex, sender, "1919", 1, "Bonjour", b"Bonjour", "gsm7",
            fingerprint=os.urandom(32),
        )  # fmt: skip
        return intake.ReadyText(conversation.line_id, sender, item)

    async def store() -> None:
        async with await intake.connect(_dsn(), **intake.CONNECTION_SETTINGS) as raw:
            stranger = f"+22901{uuid4().int % 10**8:08d}"
            await intake.store(raw, [ready(conversation.address.value), ready(stranger)])

    asyncio.run(store())


@verb("an agent begins to write")
def begin_to_write(world: World, conversation: Conversation) -> Any:
    return drafts.save_draft(
        user=world.people["afi"], conversation_id=conversation.id, mode="reply", text="Je re", browser=uuid4(), edit=1
    )


@verb("an agent plans an answer")
def plan_an_answer(world: World, conversation: Conversation) -> Any:
    return scheduled.schedule(
        user=world.people["afi"], conversation_id=conversation.id, client_id=uuid4(), body="À demain", seen=99,
        at=database_now() + timedelta(days=1), unless_answered=True,
    )  # fmt: skip
