"""Conversations, what is said in them, and what nobody has decided about yet."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7
from contacts.models import Address, Contact
from conversations.models.lines import Line, Link


class Status(models.TextChoices):
    BOT = "bot"  # the bot answers
    QUEUED = "queued"  # waits for a person
    OPEN = "open"  # a person owns it
    SNOOZED = "snoozed"  # put aside by its owner until a time or a new text
    CLOSED = "closed"  # over; a new text opens another


class Conversation(models.Model):
    """A period of talk with a person on a line.

    Its foreign keys have no index of their own: the intake updates this row for every text, and each index is a write.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="conversations", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="conversations", db_index=False)
    address = models.ForeignKey(
        Address, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # where the last text came from
    link = models.ForeignKey(
        Link, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )  # and the way it came
    thread_key = models.CharField(max_length=200, default="", db_default="", blank=True)  # empty for SMS
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.BOT)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    queue_id = models.UUIDField(null=True)  # routing.Queue
    priority = models.SmallIntegerField(default=0, db_default=0)
    weight = models.PositiveSmallIntegerField(default=1, db_default=1)  # of its agent's capacity (routing.Queue)
    disposition_id = models.UUIDField(null=True)  # routing.Disposition: what came of it, told at its close
    language = models.CharField(max_length=5, default="", db_default="")
    handover_reason = models.CharField(max_length=16, default="", db_default="")
    handover_summary = models.CharField(max_length=500, default="", db_default="")

    revision = models.BigIntegerField(default=1, db_default=1)  # raised by every change: a screen keeps the highest
    last_seq = models.IntegerField(default=0, db_default=0)  # messages are numbered 1..last_seq, without holes
    unread = models.IntegerField(default=0, db_default=0)  # incoming texts since a person last read it
    preview = models.CharField(max_length=160, default="", db_default="")
    preview_author = models.CharField(max_length=8, default="contact", db_default="contact")
    preview_kind = models.CharField(max_length=8, default="incoming", db_default="incoming")

    opened_at = models.DateTimeField(db_default=Now())
    last_activity_at = models.DateTimeField(db_default=Now())
    waiting_since = models.DateTimeField(null=True)  # the first text that no person has answered
    queued_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    first_answered_at = models.DateTimeField(null=True)  # by a person
    closed_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(
        null=True
    )  # after a close, by a callback or a person: its resolution is counted anew
    # Who had this person last, if its queue asks for him again: nobody else before then (routing/sticky.py).
    preferred_id = models.UUIDField(null=True)
    preferred_until = models.DateTimeField(null=True)
    # When the closed stretch began of which the subscriber has been told (routing/after_hours.py): once for each.
    told_closed_since = models.DateTimeField(null=True)
    told_opens_at = models.DateTimeField(null=True)  # what he was told then; null: "soon"
    # The next target that somebody must meet (routing/deadlines.py). No index: the intake updates this row for every
    # text; what is due is found in routing_deadline.
    next_deadline_at = models.DateTimeField(null=True)
    deadline_warn_at = models.DateTimeField(null=True)
    deadline_kind = models.CharField(max_length=10, default="", db_default="")
    callback_at = models.DateTimeField(null=True)  # of its promised callback (Task), until somebody has kept it
    # Asleep (routing/snooze.py): since when, and until when; null: until its subscriber writes.
    snoozed_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    # When its subscriber was warned that it will be closed, for he says nothing (routing/silence.py).
    silence_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Twenty first texts at once: the second waits for the first and joins its conversation.
            models.UniqueConstraint(
                fields=["line", "contact", "thread_key"],
                name="conversation_open_once",
                condition=~Q(status="closed"),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "snoozed"], owner__isnull=False)
                | Q(status__in=["bot", "queued"], owner__isnull=True)
                | Q(status="closed"),
                name="conversation_owner_fits_status",
            ),
            models.CheckConstraint(
                condition=~Q(status="queued") | Q(queue_id__isnull=False, queued_at__isnull=False),
                name="conversation_queued_somewhere",
            ),
            # Whoever wakes one says so whole: what slept on in these columns would wake a second time.
            models.CheckConstraint(
                condition=Q(status="snoozed", snoozed_at__isnull=False)
                | (~Q(status="snoozed") & Q(snoozed_at__isnull=True, snoozed_until__isnull=True)),
                name="conversation_sleeps_or_not",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "owner", "waiting_since"],
                name="conversation_mine",
                condition=Q(status__in=["open", "snoozed"]),
            ),
            models.Index(
                fields=["organisation", "queue_id", "-priority", "queued_at"],
                name="conversation_waiting",
                condition=Q(status="queued"),
            ),
            models.Index(F("organisation"), F("last_activity_at").desc(), F("id").desc(), name="conversation_latest"),
            models.Index(fields=["contact", "-opened_at"], name="conversation_contact"),
            # Sleeping ones alone: of no text's business.
            models.Index(
                fields=["snoozed_until"],
                name="conversation_wakes",
                condition=Q(status="snoozed", snoozed_until__isnull=False),
            ),
            # Of those in which the last word is ours: a text takes its conversation out of them, an answer puts it in.
            models.Index(
                fields=["queue_id", "last_activity_at"],
                name="conversation_silent",
                condition=Q(
                    status__in=["open", "snoozed"],
                    waiting_since__isnull=True,
                    preview_kind="outgoing",
                    callback_at__isnull=True,
                    snoozed_until__isnull=True,
                    silence_at__isnull=True,
                ),
            ),
            models.Index(
                fields=["queue_id", "silence_at"],
                name="conversation_warned",
                condition=Q(
                    status__in=["open", "snoozed"],
                    waiting_since__isnull=True,
                    preview_kind="outgoing",
                    callback_at__isnull=True,
                    snoozed_until__isnull=True,
                    silence_at__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} on {self.line_id}: {self.status}"


class Unhandled(models.Model):
    """A conversation with texts that nobody has decided about yet: the dispatcher's queue.

    One row for a conversation, whatever the number of its texts, so that two dispatchers never decide about the
    same conversation at once, and the order of its texts is kept.
    """

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    organisation_id = models.UUIDField()
    since = models.DateTimeField(db_default=Now())
    claimed_by = models.CharField(max_length=80, default="", db_default="")
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["since"], name="unhandled_oldest")]


class MessageKind(models.TextChoices):
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    NOTE = "note"  # for colleagues, never sent
    EVENT = "event"  # one grey line: handed over, assigned, closed


class Author(models.TextChoices):
    CONTACT = "contact"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class Message(models.Model):
    """One item of a conversation, numbered in it. Partitioned on `id`; read by (conversation, seq), never by id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    seq = models.IntegerField()
    kind = models.CharField(max_length=8, choices=MessageKind.choices)
    author = models.CharField(max_length=8, choices=Author.choices)
    author_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    body = models.TextField()
    facts = models.JSONField(null=True)  # of an event: {"type": "handover", ...}; of an incoming text: its encoding
    client_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "seq"], name="message_seq"),
            # An organisation's texts, newest first (supervision/history.py). Its price stands in docs/history.md.
            models.Index(
                fields=["organisation", "id"], name="message_texts", condition=Q(kind__in=["incoming", "outgoing"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} #{self.seq}"


class Attachment(models.Model):
    """What came with a text: fetched from its provider by a job, judged by its content, shown beside the words.

    Kept from before its text is stored (so a crash in between loses nothing), and found by the provider's key.
    What leaves with a text stands here, too (conversations/outgoing_media.py): a draft of its author until then.
    """

    class State(models.TextChoices):
        DRAFT = "draft"  # on its way from its author's browser, or waiting there for its text to be sent
        WAITING = "waiting"  # not fetched yet
        THERE = "there"
        REFUSED = "refused"  # nothing that is shown: another kind, too large, from where nothing is fetched
        GONE = "gone"  # its provider has it no more, or was never reached
        EXPIRED = "expired"  # kept no longer (conversations/media_policy.py)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    link_id = models.UUIDField()
    line_id = models.UUIDField()
    key = models.CharField(max_length=200)
    place = models.SmallIntegerField()  # from 1
    sender = models.CharField(max_length=254)
    url = models.CharField(max_length=1000)
    declared = models.CharField(max_length=100)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING, db_default=State.WAITING)
    content_type = models.CharField(max_length=40, default="", db_default="")
    content = models.BinaryField(default=b"", db_default=b"")
    octets = models.IntegerField(default=0, db_default=0)  # of a draft, when all of it has come
    reason = models.CharField(max_length=100, default="", db_default="")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, null=True, related_name="+")
    message_id = models.UUIDField(null=True)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link_id", "key", "place"], name="attachment_once")]
        indexes = [
            models.Index(fields=["message_id"], name="attachment_message"),
            # What retention may still empty: nightly looks pass by all that is empty already.
            models.Index(
                fields=["organisation_id", "id"],
                name="attachment_kept",
                condition=models.Q(state__in=["there", "refused", "gone", "waiting"]),
            ),
        ]


class MediaPolicy(models.Model):
    """How an organisation keeps attachments (conversations/media_policy.py)."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    keep_days = models.IntegerField(null=True)  # null: for ever
    sender_mb = models.IntegerField()  # of one sender, within a day
