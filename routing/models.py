"""Where conversations wait, who may take them, what is offered to whom, and what agents declared."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organisation, Schedule, Team
from common.ids import uuid7
from contacts.models import Contact
from conversations.models import Conversation
from routing.bot_server_models import BotServer  # noqa: F401
from routing.consult_models import Consult  # noqa: F401
from routing.filter_models import FrontCheck, FrontFilter, Passage, PassageDay, PassagesCounted  # noqa: F401
from routing.handover_policy_models import HandoverPolicy  # noqa: F401
from routing.ladder_models import LadderStart, LadderTold  # noqa: F401
from routing.pace_models import SendingPace, TokenPace  # noqa: F401
from routing.target_models import Deadline, TargetEvent, TargetKind, Targets  # noqa: F401
from routing.workflow_models import Routed, Rule, RuleCondition, Workflow  # noqa: F401

MOST_WEIGHT = 20


class Skill(models.Model):
    """What an agent can do, at a level from 1 to 5. With a language's code it is a language that he speaks."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="skills")
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=5, default="", blank=True)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="skill_name_once"),
            models.UniqueConstraint(
                fields=["organisation", "language"], name="skill_language_once", condition=~Q(language="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Strategy(models.TextChoices):
    """Which of the agents who may take a conversation gets it (routing/assignment.py)."""

    BEST_LEVEL = "best_level"
    LEAST_LOADED = "least_loaded"
    LONGEST_IDLE = "longest_idle"


class OnDisconnect(models.TextChoices):
    KEEP = "keep"  # his conversations wait for him
    RETURN = "return"  # those with an unanswered text go back to the queue


class Queue(models.Model):
    """Where conversations wait, who serves it, and how it hands out what waits."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="queues")
    name = models.CharField(max_length=120)
    is_enabled = models.BooleanField(default=True)
    # Which waiting conversation comes first: ten points for each step of priority, and so many for each minute.
    priority = models.PositiveSmallIntegerField(default=0, db_default=0)  # what is queued here has at least this
    points_per_minute = models.FloatField(default=1.0, db_default=1.0)
    strategy = models.CharField(
        max_length=16, choices=Strategy.choices, default=Strategy.BEST_LEVEL, db_default=Strategy.BEST_LEVEL
    )
    weight = models.PositiveSmallIntegerField(default=1, db_default=1)  # of an agent's capacity, each conversation
    auto_accept = models.BooleanField(default=True, db_default=True)  # given at once; else offered
    ring_s = models.PositiveSmallIntegerField(default=30, db_default=30)  # that an offer waits for its answer
    wrap_up_s = models.PositiveSmallIntegerField(default=0, db_default=0)  # 0: none
    most_waiting = models.PositiveIntegerField(default=0, db_default=0)  # 0: no limit
    full_reply = models.JSONField(default=dict, blank=True)  # {language: text}
    full_since = models.DateTimeField(db_default=Now())  # those two are as they are: who came before is not told
    # Who had this person last is asked first, for so many seconds, if he is free (routing/sticky.py).
    sticky_days = models.PositiveSmallIntegerField(default=0, db_default=0)  # how long he is remembered; 0: not at all
    reopen_min = models.PositiveSmallIntegerField(default=0, db_default=0)  # the same, in minutes after a close here
    sticky_s = models.PositiveSmallIntegerField(default=30, db_default=30)
    # Of those who serve it, this team alone is asked for the first seconds of each wait (routing/served.py).
    preferred_team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    preferred_team_s = models.PositiveSmallIntegerField(default=60, db_default=60)
    may_pull = models.BooleanField(default=False, db_default=False)  # agents may take the next by themselves
    language_level = models.PositiveSmallIntegerField(default=0, db_default=0)  # least, of the subscriber's language
    dispositions_required = models.BooleanField(default=False, db_default=False)
    on_disconnect = models.CharField(
        max_length=8, choices=OnDisconnect.choices, default=OnDisconnect.KEEP, db_default=OnDisconnect.KEEP
    )
    disconnect_grace_s = models.PositiveSmallIntegerField(default=60, db_default=60)
    # What waiting changes: steps as routing/ladder.py writes them, and own words for what they tell, by language.
    ladder = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), blank=True)
    ladder_texts = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), blank=True)
    callback_within_s = models.PositiveIntegerField(default=7200, db_default=7200)  # of a callback that it offers
    # Whose subscriber says nothing is warned after so many hours of opening (0: never), and closed after so many more.
    silence_h = models.PositiveSmallIntegerField(default=0, db_default=0)
    silence_close_h = models.PositiveSmallIntegerField(default=24, db_default=24)
    silence_text = models.JSONField(default=dict, blank=True)  # {language: warning}; empty: the usual words
    teams = models.ManyToManyField(Team, related_name="queues", blank=True)  # none: whoever sees the line
    # When its people work (routing/hours.py); null: as the line of each conversation.
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="queue_name_once"),
            models.CheckConstraint(condition=Q(weight__range=(1, MOST_WEIGHT)), name="queue_weight_in_range"),
            models.CheckConstraint(condition=Q(language_level__lte=5), name="queue_language_level"),
            models.CheckConstraint(condition=Q(ring_s__gte=5), name="queue_rings_a_while"),
        ]

    def __str__(self) -> str:
        return self.name


class QueueSkill(models.Model):
    """What a queue asks of its agents: at least a level, and a level from which on they come first. 0: neither."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="+")
    least = models.PositiveSmallIntegerField(default=0)
    preferred = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "skill"], name="queue_skill_once"),
            models.CheckConstraint(condition=Q(least__lte=5, preferred__lte=5), name="queue_skill_levels"),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.skill_id} {self.least}/{self.preferred}"


class Disposition(models.Model):
    """How a conversation of a queue may have ended, in the words of who administers it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="dispositions")
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "name"], name="disposition_name_once")]

    def __str__(self) -> str:
        return self.name


class State(models.TextChoices):
    AVAILABLE = "available"  # takes new work up to capacity: the only one that does
    BUSY = "busy"  # works, takes nothing new
    BREAK = "break"  # away for a stated reason
    TRAINING = "training"
    AWAY = "away"  # not at his place
    OFFLINE = "offline"  # not at work
    # Those of the product: nobody declares them.
    WRAP_UP = "wrap_up"  # notes what came of a conversation that is closed; ends by itself
    NOT_RESPONDING = "not_responding"  # let an offer run out
    DISCONNECTED = "disconnected"  # no browser of his is there; as it was when one comes back


DECLARED = (State.AVAILABLE, State.BUSY, State.BREAK, State.TRAINING, State.AWAY, State.OFFLINE)


class SetBy(models.TextChoices):
    """Who or what put an agent into his state."""

    SELF = "self"
    SUPERVISOR = "supervisor"
    MISSED = "missed"  # an offer ran out
    WRAP_UP = "wrap_up"  # it began or ended
    IDLE = "idle"  # his browser saw nobody
    DISCONNECT = "disconnect"  # his browser went or came


class CountsAs(models.TextChoices):
    """What a state is in figures of the day: occupancy is work in ready and work, pauses and absence stand beside."""

    READY = "ready"
    WORK = "work"
    PAUSE = "pause"
    ABSENT = "absent"


class Reason(models.Model):
    """A state that the organisation's agents may declare, in its own words: "Pause repas", "Formation"."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=16, choices=State.choices)
    counts_as = models.CharField(max_length=8, choices=CountsAs.choices)
    position = models.PositiveSmallIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="reason_name_once"),
            models.CheckConstraint(condition=Q(state__in=DECLARED), name="reason_state_declared"),
            models.CheckConstraint(condition=Q(counts_as__in=CountsAs.values), name="reason_counts_known"),
        ]

    def __str__(self) -> str:
        return self.name


class AgentState(models.Model):
    """What an agent declared, why, since when; and how much he holds.

    `load` is changed in the transaction that gives or takes a conversation: two routers, or a router and a click,
    cannot push it past `capacity`, because the database refuses. Both are weights (Queue.weight): an offer that waits
    for its answer and a wrap-up hold theirs, too.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="agent_state"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.OFFLINE)
    reason = models.CharField(max_length=80, default="")
    reason_id = models.UUIDField(null=True)  # of the organisation's list; plain: the words outlive it
    set_by = models.CharField(max_length=16, choices=SetBy.choices, default=SetBy.SELF, db_default=SetBy.SELF)
    is_idle = models.BooleanField(default=False, db_default=False)  # his browser sees nobody, whatever his state
    # What he had said when the product took him out of `available`: with it he comes back.
    back_reason = models.CharField(max_length=80, default="", db_default="")
    back_reason_id = models.UUIDField(null=True)
    since = models.DateTimeField(db_default=Now())
    capacity = models.PositiveSmallIntegerField(default=5)
    load = models.SmallIntegerField(default=0)
    last_assigned_at = models.DateTimeField(null=True)
    focus_id = models.UUIDField(null=True)  # the conversation before his eyes, as his browser says
    focus_since = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "load"], name="agent_available", condition=models.Q(state="available"))
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(load__gte=0), name="load_not_negative"),
            models.CheckConstraint(condition=models.Q(load__lte=models.F("capacity")), name="load_within_capacity"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.state}"


class AgentMedium(models.Model):
    """How much of one medium an agent may hold, and holds. Without a row only his whole capacity bounds it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    medium = models.CharField(max_length=16)
    capacity = models.PositiveSmallIntegerField()
    load = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "medium"], name="agent_medium_once"),
            models.CheckConstraint(condition=Q(load__gte=0), name="medium_load_not_negative"),
            models.CheckConstraint(condition=Q(load__lte=models.F("capacity")), name="medium_load_within_capacity"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.medium}"


class AgentSkill(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="agents")
    level = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "skill"], name="agent_skill_once"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="agent_skill_level"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.skill_id} {self.level}"


class OfferState(models.TextChoices):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    WITHDRAWN = "withdrawn"  # closed, taken by somebody else, or the agent left


class Offer(models.Model):
    """A waiting conversation put to one agent, who may accept or decline it until `expires_at` (database clock).

    While it is pending it counts in his load, and the conversation stays in its queue. With a `sender` it is a
    transfer: the conversation is the sender's until it is accepted (routing/transfer.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="offers", db_index=False)
    line_id = models.UUIDField()
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    medium = models.CharField(max_length=16)
    weight = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=OfferState.choices, default=OfferState.PENDING)
    reason = models.CharField(max_length=80, default="")  # why declined or withdrawn
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    note_seq = models.IntegerField(null=True)  # the note that goes with a transfer, by its number in the conversation

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation"], name="offer_pending_once", condition=Q(state="pending")),
            models.CheckConstraint(
                condition=Q(state="pending", ended_at__isnull=True) | (~Q(state="pending") & Q(ended_at__isnull=False)),
                name="offer_ended_when_over",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="offer_due", condition=Q(state="pending")),
            models.Index(fields=["user"], name="offer_ringing", condition=Q(state="pending")),
            models.Index(fields=["sender"], name="offer_sent", condition=Q(state="pending", sender__isnull=False)),
            models.Index(fields=["conversation"], name="offer_conversation"),
            models.Index(
                fields=["organisation", "ended_at"],
                name="offer_missed",
                condition=Q(state__in=["declined", "timed_out"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} to {self.user_id}: {self.state}"


class WrapUp(models.Model):
    """After a close: its agent notes what came of it, and the conversation still counts in his load until `until`."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    line_id = models.UUIDField()
    queue_id = models.UUIDField(null=True)
    medium = models.CharField(max_length=16)
    weight = models.PositiveSmallIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user_id} after {self.conversation_id}"


class LastAgent(models.Model):
    """Who had a person last, and when he closed: one row a person, written at each close."""

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, primary_key=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    line_id = models.UUIDField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.contact_id} with {self.user_id} {self.at}"


class FullTold(models.Model):
    """This conversation has been told that its queue is full: once, whoever sweeps."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.at}"


class DeskSeen(models.Model):
    """When a browser of this user was last connected. A row and not a key in Redis, which may be emptied at any time.

    Written for all sockets of a web process in one statement each SEEN_S (routing/absence.py). The row is updated in
    place: `at` is in no index.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.at}"
