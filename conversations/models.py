"""Lines, links, conversations, messages and their deliveries.

Message, Delivery, Attempt and RawInbound are partitioned by month on their uuidv7 key (docs/decisions). A unique
constraint cannot cross partitions, so what must be unique stands in plain tables: Seen, MessageKey.

Lock order for every writer: seen, address, conversation, message and delivery, event head last; inside each, by key.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Organisation, Team
from common.ids import uuid7
from contacts.models import Address, Contact


class Saver(models.TextChoices):
    """What becomes of signs that make a text cost more short messages than its words need."""

    ASK = "ask"  # the author is offered the cheaper spelling
    ALWAYS = "always"  # it is taken, and he sees it before he sends
    NEVER = "never"  # texts leave as they were written


class FailOver(models.TextChoices):
    """What becomes of a line's texts that wait for a link which is down (conversations/fail_over.py)."""

    NEVER = "never"  # they wait for it
    AFTER = "after"  # they leave by another once it has been down for failover_after_s
    AT_ONCE = "at_once"


class Line(models.Model):
    """One place customers reach us, as they see it. Bot, queue and the one-open-conversation rule hang here."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="lines")
    name = models.CharField(max_length=120)
    medium = models.CharField(max_length=16, default="sms")
    address = models.CharField(max_length=254)  # "1919"
    bot = models.CharField(max_length=64, default="", blank=True)  # a folder of bots/data; empty: straight to the queue
    queue_id = models.UUIDField(null=True)  # routing.Queue, which lies above: the constraint is in routing's migration
    language = models.CharField(max_length=5, default="fr")
    most_parts = models.PositiveSmallIntegerField(default=10, db_default=10)  # of one text; 1: it must fit in one SMS
    saver = models.CharField(max_length=8, choices=Saver.choices, default=Saver.ASK, db_default=Saver.ASK)
    failover = models.CharField(
        max_length=8, choices=FailOver.choices, default=FailOver.NEVER, db_default=FailOver.NEVER
    )
    failover_after_s = models.PositiveIntegerField(default=60, db_default=60)
    is_enabled = models.BooleanField(default=True)
    # Whoever wanted nothing more and then writes again asks something: whether he may be answered, until he says START.
    answers_after_stop = models.BooleanField(default=False, db_default=False)
    teams = models.ManyToManyField(Team, related_name="lines", blank=True)
    links: models.ManyToManyField[Link, LineLink] = models.ManyToManyField(
        "Link", through="LineLink", related_name="lines"
    )

    class Meta:
        constraints = [
            # A text names its line by address alone, so two organisations cannot share a short code on one link;
            # inside an organisation an address is one line.
            models.UniqueConstraint(fields=["organisation", "medium", "address"], name="line_address_once"),
            # No header can number more than 255.
            models.CheckConstraint(condition=Q(most_parts__gte=1, most_parts__lte=255), name="line_most_parts"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"


class Link(models.Model):
    """One account with one operator or provider."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="links")
    name = models.CharField(max_length=120)
    adapter = models.CharField(max_length=40, default="sms.smpp")  # a key of settings.LINK_ADAPTERS
    settings = models.JSONField(default=dict)  # the adapter's own: host, port, system_id, window, rate...
    secret = models.BinaryField(default=b"")  # sealed by common.secrets; written, never shown
    is_enabled = models.BooleanField(default=True)
    # Enabled, and asked to leave in good order: it takes nothing new, waits for its answers, unbinds, stays away.
    is_draining = models.BooleanField(default=False, db_default=False)
    halted_at = models.DateTimeField(null=True)  # since when it is stopped or draining; null: it is neither
    operator = models.CharField(max_length=80, default="", db_default="", blank=True)  # as a portability table says
    prefixes = models.JSONField(default=list, db_default=[])  # of its own subscribers: "+22901", longest wins
    meanings = models.JSONField(default=dict, db_default={})  # of its error codes: conversations/reasons.py

    class Meta:
        # And one enabled link an account: link_account_once, in the migrations.
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="link_name_once")]

    def __str__(self) -> str:
        return self.name


class LinkState(models.Model):
    """What a link's owner last said of it. A row of its own: it changes each second, the Link hardly ever."""

    link = models.OneToOneField(Link, on_delete=models.CASCADE, primary_key=True, related_name="live")
    state = models.CharField(max_length=16, default="unbound")  # connecting, bound, unbound, failed, draining
    error = models.CharField(max_length=300, default="")
    since = models.DateTimeField(db_default=Now())
    facts = models.JSONField(default=dict)
    down_since = models.DateTimeField(null=True)  # null: it is bound
    ramp_began_at = models.DateTimeField(null=True)  # its first text of a campaign (conversations/ramp.py)
    updated_at = models.DateTimeField(db_default=Now())


class LineLink(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    line = models.ForeignKey(Line, on_delete=models.CASCADE)
    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    priority = models.PositiveSmallIntegerField(default=0)  # smallest first, where nothing better is known

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "link"], name="linelink_once")]


class PortedNumber(models.Model):
    """A number whose operator is not the one that its prefix says: an organisation's portability table."""

    pk = models.CompositePrimaryKey("organisation_id", "number")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.CharField(max_length=32)  # E.164
    operator = models.CharField(max_length=80)  # Link.operator, or the name of a link; of neither: nobody of ours


class WrongNumber(models.Model):
    """A number to which an operator refused a text for good, and said that it was the number's fault."""

    pk = models.CompositePrimaryKey("organisation_id", "number")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.CharField(max_length=32)
    link_id = models.UUIDField()  # the operator that said so last
    message_id = models.UUIDField()  # of the text
    code = models.CharField(max_length=16)
    times = models.IntegerField(default=1, db_default=1)
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["organisation", "-last_at"], name="wrongnumber_latest")]


class LinkTest(models.Model):
    """An administrator asked whether a link can work; a gateway tries, step by step (conversations/link_tests.py)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    steps = models.JSONField(default=list, db_default=[])  # [{"step", "result", "code", "facts"}]


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
        indexes = [models.Index(fields=["conversation", "seq"], name="message_seq")]

    def __str__(self) -> str:
        return f"{self.conversation_id} #{self.seq}"


class DeliveryState(models.IntegerChoices):
    """What has happened in the world. Only moves to a higher `rank`; a final state never changes."""

    QUEUED = 0, "queued"  # stored; nobody has taken it
    SENDING = 1, "sending"  # claimed: an attempt is committed, the socket may or may not have been written
    UNKNOWN = 2, "unknown"  # written or perhaps written, and no answer: never resent by itself
    SENT = 3, "sent"  # the operator answered with an id
    DELIVERED = 4, "delivered"  # the handset has it, says the operator
    FAILED = 5, "failed"  # refused for good
    EXPIRED = 6, "expired"  # the operator gave up

    @property
    def rank(self) -> int:
        return min(self.value, 4)


class Delivery(models.Model):
    """The outbox row of an outgoing message: it is the queue. Partitioned by month on its key, the message's id."""

    message_id = models.UUIDField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+", db_index=False)
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=254)  # the line's address
    destination = models.CharField(max_length=254)  # the subscriber's
    lane = models.SmallIntegerField()  # 0 people and one-time codes, 1 bot, 2 campaigns: smallest first
    encoding = models.CharField(max_length=8)
    parts = models.SmallIntegerField()
    submits = models.SmallIntegerField(null=True)  # attempts that it takes; null: one for each part
    reference = models.IntegerField()  # the number that joins the parts of a long text, 0..65535
    state = models.SmallIntegerField(choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    due_at = models.DateTimeField(db_default=Now())
    error_code = models.CharField(max_length=16, default="", db_default="")
    error_text = models.CharField(max_length=200, default="", db_default="")
    updated_at = models.DateTimeField(db_default=Now())
    regardless = models.BooleanField(default=False, db_default=False)  # of an opt-out: what confirms it, and no more
    # Why it leaves by this link (conversations/paths.py); "moved": another was down. A trigger refuses to move what
    # may have been written (delivery_stays).
    path = models.CharField(max_length=8, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["link", "lane", "message_id"], name="delivery_ready", condition=Q(state=0)),
            models.Index(fields=["link", "updated_at"], name="delivery_under_way", condition=Q(state=1)),
            # What is still before an answer in its conversation: asked for each one that is claimed.
            models.Index(
                fields=["conversation", "message_id"], name="delivery_in_order", condition=Q(state__in=[0, 1])
            ),
            models.Index(fields=["link", "updated_at"], name="delivery_unknown", condition=Q(state=2)),
        ]


class Attempt(models.Model):
    """Each try to hand one part to a provider; committed before the socket is written. Partitioned by month on `id`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation_id = models.UUIDField()
    message_id = models.UUIDField()
    link_id = models.UUIDField()
    part = models.SmallIntegerField()  # 1..parts
    epoch = models.BigIntegerField()  # of the link's lease: which owner wrote
    state = models.SmallIntegerField(choices=DeliveryState.choices, default=DeliveryState.SENDING)
    provider_id = models.CharField(max_length=200, default="", db_default="")  # verbatim
    error_code = models.CharField(max_length=16, default="", db_default="")
    error_text = models.CharField(max_length=200, default="", db_default="")
    requested_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)
    withdrawn = models.BooleanField(default=False, db_default=False)  # surely not written: does not count

    class Meta:
        indexes = [
            models.Index(fields=["message_id"], name="attempt_message"),
            models.Index(fields=["link_id", "epoch"], name="attempt_under_way", condition=Q(state=1)),
        ]


class ProviderKey(models.Model):
    """Where a receipt's id leads. Not unique: operators use their numbers again; the newest of the address wins."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link_id = models.UUIDField()
    key = models.CharField(max_length=200)
    attempt_id = models.UUIDField()
    message_id = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["link_id", "key"], name="providerkey_lookup")]


class Receipt(models.Model):
    """Every receipt as it came, matched or parked: one may arrive before the answer that names its id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link_id = models.UUIDField()
    keys = models.JSONField()  # spellings of the provider's id, best first
    address = models.CharField(max_length=254)
    state = models.SmallIntegerField(choices=DeliveryState.choices)
    error = models.CharField(max_length=40, default="")
    text = models.TextField(default="")
    raw = models.BinaryField(default=b"")
    received_at = models.DateTimeField(db_default=Now())
    attempt_id = models.UUIDField(null=True)  # null: parked

    class Meta:
        indexes = [models.Index(fields=["link_id", "received_at"], name="receipt_parked", condition=Q(attempt_id=None))]


class Seen(models.Model):
    """Transport evidence of what came in: asked first, so that a redelivered text changes nothing.

    The key is the operator's or the session's, never the text alone: a subscriber may truly send "1" twice.
    Primary key (link_id, key), made by hand in the migration. Kept 90 days.
    """

    pk = models.CompositePrimaryKey("link_id", "key")
    link_id = models.UUIDField()
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(null=True)
    confirmed = models.BooleanField(default=False, db_default=False)  # the peer has shown life after our answer
    at = models.DateTimeField(db_default=Now())


class MessageKey(models.Model):
    """Ids that authors give: a browser's client id, an API caller's idempotency key. Kept 90 days."""

    pk = models.CompositePrimaryKey("organisation_id", "scope", "key")
    organisation_id = models.UUIDField()
    scope = models.CharField(max_length=80)  # "user:<id>", "api:<key id>"
    key = models.CharField(max_length=200)
    message_id = models.UUIDField()
    at = models.DateTimeField(db_default=Now())


class RawInbound(models.Model):
    """The bytes that came, as they came. Dropped by the month, after 30 days by default. Partitioned on `id`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link_id = models.UUIDField()
    kind = models.CharField(max_length=12)  # text, part, receipt, unreadable
    key = models.CharField(max_length=200)
    payload = models.BinaryField()
    error = models.CharField(max_length=300, default="", db_default="")  # not empty: an alarm
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["link_id", "key"], name="rawinbound_key"),
            models.Index(fields=["link_id", "received_at"], name="rawinbound_alarm", condition=~Q(error="")),
        ]


class InboundPart(models.Model):
    """A part of a long text, durable before it is acknowledged; gone when the text is whole.

    A text that was shown with a gap names its message here: a part that comes late is put into it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="+")
    group = models.CharField(max_length=300)  # link, sender, recipient, reference, its size, total
    part = models.SmallIntegerField()
    total = models.SmallIntegerField()
    key = models.CharField(max_length=200)
    data = models.JSONField()  # what the adapter needs to join: coding, addresses
    payload = models.BinaryField()
    received_at = models.DateTimeField(db_default=Now())
    message_id = models.UUIDField(null=True)  # where it is shown; null: it waits for the others

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "group", "part"], name="inboundpart_once")]


class Attachment(models.Model):
    """What came with a text: fetched from its provider by a job, judged by its content, shown beside the words.

    Kept from before its text is stored (so a crash in between loses nothing), and found by the provider's key.
    """

    class State(models.TextChoices):
        WAITING = "waiting"  # not fetched yet
        THERE = "there"
        REFUSED = "refused"  # nothing that is shown: another kind, too large, from where nothing is fetched
        GONE = "gone"  # its provider has it no more, or was never reached

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
    reason = models.CharField(max_length=100, default="", db_default="")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, null=True, related_name="+")
    message_id = models.UUIDField(null=True)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link_id", "key", "place"], name="attachment_once")]
        indexes = [models.Index(fields=["message_id"], name="attachment_message")]
