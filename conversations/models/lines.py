"""Lines and links: where customers reach us, by which operators, and what is known of those."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now

from accounts.models import Organisation, Schedule, Team
from common.ids import uuid7

# How lines are listed: short codes, which most people write to, before long numbers.
SHORT_CODES_FIRST = (Length("address"), "address")


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
    bot_engine = models.CharField(max_length=16, default="", db_default="", blank=True)  # empty: the bot's own
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
    # routing.FrontFilter is on: who writes first is judged before bot and queue, so the intake queues nobody itself.
    is_filtered = models.BooleanField(default=False, db_default=False)
    # routing.Workflow is on: its rules say which queue people find a conversation in, so the intake queues nobody.
    is_routed = models.BooleanField(default=False, db_default=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, null=True, related_name="+")  # null: always open
    # Outside its hours: whether the bot goes on answering, and whether the after-hours answer promises to come back to
    # the subscriber, which makes a Task (conversations/models/talk.py).
    bot_after_hours = models.BooleanField(default=True, db_default=True)
    promises_callback = models.BooleanField(default=False, db_default=False)
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


class AfterHoursText(models.Model):
    """What a line answers outside its hours, in one language; where there is no row, routing/after_hours.py's USUAL."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=5)
    body = models.CharField(max_length=480)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "language"], name="afterhourstext_once")]

    def __str__(self) -> str:
        return f"{self.line_id} {self.language}"


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
