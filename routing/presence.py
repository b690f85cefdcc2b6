"""What agents declare, what their browsers say of them, and what the desk shows of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts import audit
from accounts.models import Role, User
from common.clock import database_now
from common.errors import Invalid, NotFound
from common.text import refuse_hidden
from conversations.models import Conversation, Status
from measures.intervals import record_interval
from measures.models import IntervalKind
from realtime.log import record_changes
from routing.hours import hours_of_places
from routing.models import DECLARED, AgentState, Reason, SetBy, State
from routing.offers import withdraw_of
from routing.rendering import AgentView, render_agents
from routing.states import change_state, focus_end, go_on
from routing.wrap_up import end_wrap_ups

LONGEST_REASON = 80


def set_state(
    *,
    user: User,
    state: str | None = None,
    reason: str = "",
    reason_id: UUID | None = None,
    by: User | None = None,
    now: datetime | None = None,
) -> AgentView:
    """Declare a state, or one of the organisation's reasons, which brings its own. The same again changes nothing.

    A state that takes no work withdraws the offers that ring; `available` ends what was being wrapped up. Whoever goes
    offline with open conversations stays their owner: texts to them wait for him, and a supervisor gives them to
    others. `by`: the supervisor who does it for him, with a line in the audit log.

    Raises Invalid("unknown_choice", "required", "too_long").
    """
    state, reason = _chosen(user.organisation_id, state, reason, reason_id)
    AgentState.objects.get_or_create(user=user, defaults={"organisation_id": user.organisation_id})
    with record_changes(user.organisation_id) as changes:
        if state != State.AVAILABLE:
            withdraw_of(changes, user.id, why="left", now=now or database_now())
        found = AgentState.objects.select_for_update(of=("self",)).get(user=user)
        at = now or database_now()
        before, before_by = [found.state, found.reason], found.set_by
        set_by = SetBy.SELF if by is None else SetBy.SUPERVISOR
        changed = change_state(
            changes, found, state=State(state), reason=reason, reason_id=reason_id, set_by=set_by, now=at
        )
        if state == State.AVAILABLE:
            end_wrap_ups(changes, found, how="available", now=at)
        if by is None and found.is_idle:  # whoever says something is there
            AgentState.objects.filter(user=user).update(is_idle=False)
        if changed and by is not None:
            said = {"state": state, "reason": reason}
            if [state, reason] == before:  # the same words, from now on the supervisor's
                said |= {"set_by": str(set_by)}
            audit.record(
                actor=by, organisation_id=user.organisation_id, action="agent.state_forced", kind="user",
                object_id=user.id, name=user.name,
                changes=audit.difference({"state": before[0], "reason": before[1], "set_by": before_by}, said),
            )  # fmt: skip
    return render_agents(user.organisation_id, [user.id])[user.id]


def force_state(
    *, actor: User, user_id: UUID, state: str | None, reason: str = "", reason_id: UUID | None = None
) -> AgentView:
    """A supervisor says it for an agent of his organisation. Raises NotFound("no_user") and as `set_state`."""
    user = (
        User.objects.filter(organisation_id=actor.organisation_id, id=user_id, is_active=True)
        .exclude(role=Role.OBSERVER)
        .first()
    )
    if user is None:
        raise NotFound("no_user", "there is no such user")
    return set_state(user=user, state=state, reason=reason, reason_id=reason_id, by=actor)


def set_idle(*, user: User, idle: bool, now: datetime | None = None) -> AgentView:
    """His browser has seen nobody for a while, or sees him again. Only who was available becomes away by it, and only
    who is away by it becomes available again; in any other state it is remembered until that ends (states.go_on)."""
    if idle:
        with record_changes(user.organisation_id) as changes:
            at = now or database_now()
            withdraw_of(changes, user.id, why="left", now=at, only_in=State.AVAILABLE)
            found = _locked(user)
            AgentState.objects.filter(user=user).update(is_idle=True)
            if found is not None and found.state == State.AVAILABLE:
                change_state(changes, found, state=State.AWAY, set_by=SetBy.IDLE, now=at)
    else:
        with record_changes(user.organisation_id) as changes:
            found = _locked(user)
            AgentState.objects.filter(user=user).update(is_idle=False)
            if found is not None and (found.state, found.set_by) == (State.AWAY, SetBy.IDLE):
                found.is_idle = False
                go_on(changes, found, set_by=SetBy.IDLE, now=now or database_now())
    return render_agents(user.organisation_id, [user.id])[user.id]


def set_focus(*, user: User, conversation_id: UUID | None, now: datetime | None = None) -> None:
    """What stands before his eyes: time that he gives to one of his own conversations alone. Others' count for none."""
    with record_changes(user.organisation_id):
        found = _locked(user)
        if found is None or found.focus_id == conversation_id:
            return
        at = now or database_now()
        if found.focus_id is not None and found.focus_since is not None:
            before = _own(user, found.focus_id)
            if before is not None:
                place = (before.line_id, before.queue_id)
                record_interval(
                    organisation_id=user.organisation_id, kind=IntervalKind.FOCUS, started_at=found.focus_since,
                    ended_at=focus_end(user.id, at), conversation_id=before.id, line_id=before.line_id,
                    queue_id=before.queue_id, agent_id=user.id,
                    hours=hours_of_places([place]).get(place),
                )  # fmt: skip
        new = None if conversation_id is None else _own(user, conversation_id)
        AgentState.objects.filter(user=user).update(
            focus_id=None if new is None else new.id, focus_since=None if new is None else at
        )


def presence_of(organisation_id: UUID) -> list[AgentView]:
    """All who work or may work here, by name: what each declared and holds."""
    return list(render_agents(organisation_id).values())


def _chosen(organisation_id: UUID, state: str | None, reason: str, reason_id: UUID | None) -> tuple[str, str]:
    """The state and its words. A reason of the list brings both."""
    if reason_id is not None:
        known = Reason.objects.filter(organisation_id=organisation_id, id=reason_id, is_enabled=True).first()
        if known is None or state not in (None, known.state):
            raise Invalid("unknown_choice", "there is no such reason", field="reason_id")
        return known.state, known.name
    if state is None:
        raise Invalid("required", "a state or a reason", field="state")
    if state not in DECLARED:
        raise Invalid("unknown_choice", f"must be one of {', '.join(DECLARED)}", field="state")
    reason = " ".join(reason.split())
    refuse_hidden(reason, field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid("too_long", f"at most {LONGEST_REASON} characters", field="reason")
    return state, reason


def _locked(user: User) -> AgentState | None:
    return AgentState.objects.select_for_update(of=("self",)).filter(user=user).first()


def _own(user: User, conversation_id: UUID) -> Conversation | None:
    return Conversation.objects.filter(
        organisation_id=user.organisation_id, id=conversation_id, owner_id=user.id, status=Status.OPEN
    ).first()
