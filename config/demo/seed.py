"""The demonstration's rows. Past ones carry keys of their own time, so each lies in the partition of its month."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from accounts.models import Organisation, Schedule, User
from common.clock import database_now
from common.ids import uuid7_at
from common.partitions import PARTITIONED
from common.secrets import seal, unseal
from config.demo.front_door import make_front_door
from config.demo.knowledge import make_articles
from config.demo.replies import make_replies
from config.demo.rules import make_rules
from config.demo.talks import Step, Talk, organisation, talks
from contacts.models import Address, Contact
from conversations.messages import LANE_BOT, LANE_PERSON, PREVIEW
from conversations.models import Conversation, Delivery, DeliveryState, Line, LineLink, Link, Message
from conversations.wording import plan_of
from realtime import doorbell
from realtime.models import EventHead
from routing.models import AgentSkill, AgentState, Disposition, Queue, QueueSkill, Skill
from routing.reasons import make_usual
from simulator.accounts import DEVELOPMENT_PASSWORD, demo_accounts, home_of
from simulator.twilio import ACCOUNT, DEMO_TWILIO_LINK

_AUTHORS = {"c": "contact", "b": "bot", "a": "agent", "x": "agent", "n": "agent"}
_KINDS = {"c": "incoming", "b": "outgoing", "a": "outgoing", "x": "outgoing", "n": "note"}


@dataclass(slots=True)
class Place:
    """What the talks refer to."""

    organisation: Organisation
    users: dict[str, User]
    lines: dict[str, Line]
    links: dict[str, Link]
    contacts: dict[str, Address] = field(default_factory=dict)


def seed() -> str:
    """Make the demonstration unless it is there, and point its links at the simulator. Says what it did."""
    data = organisation()
    with transaction.atomic():
        known = Organisation.objects.filter(slug=data["organisation"]["slug"]).first()
        if known is not None:
            changed = _point_links(known, data["links"])
            said = f"{known.name} is there; links changed: {', '.join(changed) or 'none'}"
        else:
            place = _make_place(data)
            now = database_now()
            told = talks(now=now, zone=ZoneInfo(place.organisation.time_zone))
            _make_months(min(talk.steps[0].at for talk in told), now)
            for talk in told:
                _store(place, talk)
            _count_loads(place.organisation)
            said = f"{place.organisation.name}: {len(place.users)} people, {len(told)} conversations"
    doorbell.ring(doorbell.LINKS)
    return said


def password_of_the_demonstration() -> str:
    """DEMO_PASSWORD, else the one in $PALABRE_STATE/demo-password, made on first need and readable by us alone."""
    if given := os.environ.get("DEMO_PASSWORD"):
        return given
    path = Path(settings.STATE) / "demo-password"
    if path.is_file():
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(12)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(made + "\n")
    return made


def _make_place(data: dict[str, Any]) -> Place:
    owner = Organisation.objects.create(**data["organisation"])
    EventHead.objects.get_or_create(organisation_id=owner.id)
    make_usual(owner.id)
    Schedule.objects.create(organisation=owner, **data["hours"])
    skills = {key: Skill.objects.create(organisation=owner, **fields) for key, fields in data["skills"].items()}
    queues = {key: _queue(owner, dict(fields), skills) for key, fields in data["queues"].items()}
    hashed = make_password(password_of_the_demonstration())  # slow on purpose: once for all
    users = {}
    for key, person in data["people"].items():
        user = User(
            organisation=owner, email=person["email"], name=person["name"], role=person["role"], password=hashed
        )
        user.save(force_insert=True)
        users[key] = user
        if "capacity" in person:
            AgentState.objects.create(user=user, organisation=owner, state=person["state"], capacity=person["capacity"])
        AgentSkill.objects.bulk_create(
            AgentSkill(user=user, skill=skills[name], level=level) for name, level in person.get("skills", {}).items()
        )
    links = {
        key: Link(
            **({"id": DEMO_TWILIO_LINK} if _is_twilio(link) else {}),
            organisation=owner,
            name=link["name"],
            adapter=link.get("adapter", "sms.smpp"),
            settings=_settings(key, link),
            secret=seal(_secret()),
            operator=link.get("operator", ""),
            prefixes=link.get("prefixes", []),
        )
        for key, link in data["links"].items()
    }
    Link.objects.bulk_create(links.values())
    lines = {}
    for address, line in data["lines"].items():
        lines[address] = Line.objects.create(
            organisation=owner,
            name=line["name"],
            address=address,
            bot=line["bot"],
            queue_id=queues[line["queue"]].id,
            failover=line.get("failover", "never"),
            failover_after_s=line.get("failover_after_s", 60),
        )
        carried_by = line.get("links") or [key for key, link in data["links"].items() if not _is_twilio(link)]
        for priority, key in enumerate(carried_by):
            LineLink.objects.create(line=lines[address], link=links[key], priority=priority)
    make_front_door(owner, lines)
    make_rules(owner, lines)
    roles = {user.role: user for user in users.values()}
    make_articles(owner, roles["supervisor"], roles["administrator"], database_now())
    make_replies(owner)
    return Place(owner, users, lines, links)


def _queue(owner: Organisation, fields: dict[str, Any], skills: dict[str, Skill]) -> Queue:
    """`skills`: [least, preferred] by key; `dispositions` in their order."""
    needs, names = fields.pop("skills", {}), fields.pop("dispositions", [])
    queue = Queue.objects.create(organisation=owner, **fields)
    QueueSkill.objects.bulk_create(
        QueueSkill(queue=queue, skill=skills[key], least=least, preferred=preferred)
        for key, (least, preferred) in needs.items()
    )
    Disposition.objects.bulk_create(
        Disposition(organisation=owner, queue=queue, name=name, position=place) for place, name in enumerate(names)
    )
    return queue


def _point_links(owner: Organisation, wanted: dict[str, Any]) -> list[str]:
    """The simulator may listen elsewhere than last time."""
    changed = []
    for key, link in wanted.items():
        row = Link.objects.select_for_update().filter(organisation=owner, name=link["name"]).first()
        ours = _settings(key, link)
        if row is None or any(row.settings.get(name) != ours.get(name) for name in ("system_id", "account_sid")):
            continue  # an administrator has made it something else
        place = {name: ours[name] for name in ("host", "port", "api_url") if name in ours}
        if {**row.settings, **place} == row.settings and _opens_to(row, _secret()):
            continue
        row.settings = {**row.settings, **place}
        row.secret = seal(_secret())
        row.save(update_fields=["settings", "secret"])
        changed.append(row.name)
    return changed


def _opens_to(link: Link, secret: str) -> bool:
    try:
        return unseal(bytes(link.secret)) == secret
    except ValueError:
        return False


def _is_twilio(link: dict[str, Any]) -> bool:
    return bool(link.get("adapter") == "sms.twilio")


def _settings(system_id: str, link: dict[str, Any]) -> dict[str, Any]:
    if _is_twilio(link):
        return {
            "account_sid": ACCOUNT,
            "api_url": f"http://127.0.0.1:{settings.SIMULATOR_HTTP_PORT}/twilio",
            "window": link["window"],
            "rate_per_s": link["rate_per_s"],
        }
    return {
        "host": "127.0.0.1",
        "port": settings.SIMULATOR_SMPP_PORT,
        "system_id": system_id,
        "window": link["window"],
        "rate_per_s": link["rate_per_s"],
        "error_profile": link["error_profile"],
    }


def _secret() -> str:
    return os.environ.get("SIMULATOR_PASSWORD", DEVELOPMENT_PASSWORD)


def _make_months(first: datetime, now: datetime) -> None:
    months = (now.year - first.year) * 12 + now.month - first.month
    with connection.cursor() as cursor:
        for table in PARTITIONED:
            cursor.execute("select palabre_make_partitions(%s, %s, %s)", [table, first, months])


# --- One talk ----------------------------------------------------------------------------------------------


def _store(place: Place, talk: Talk) -> None:
    line = place.lines[talk.line]
    link = place.links[home_of(talk.number[1:], demo_accounts("")).id]
    agent = place.users.get(talk.agent or "")
    opened, ended = talk.steps[0].at, talk.steps[-1].at
    address = _address(place, talk, opened)
    conversation = Conversation(
        id=uuid7_at(opened),
        organisation=place.organisation,
        line=line,
        contact_id=address.contact_id,
        address=address,
        link=link,
        language=talk.language,
        opened_at=opened,
        status="closed" if talk.end in ("closed", "bot") else talk.end,
        owner=agent if talk.end in ("closed", "open") else None,
        closed_at=ended if talk.end in ("closed", "bot") else None,
        last_seq=len(talk.steps),
        revision=len(talk.steps) + 1,
    )
    for step in talk.steps:
        _follow(conversation, step, line)
    if conversation.status == "closed":
        conversation.waiting_since, conversation.unread = None, 0
    conversation.save(force_insert=True)
    messages = [_message(conversation, step, seq, agent) for seq, step in enumerate(talk.steps, 1)]
    Message.objects.bulk_create(messages)
    Delivery.objects.bulk_create(
        _delivery(conversation, step, message.id, link)
        for step, message in zip(talk.steps, messages, strict=True)
        if _KINDS.get(step.act) == "outgoing"
    )


def _address(place: Place, talk: Talk, opened: datetime) -> Address:
    """The person's address. Who has written twice is one person; the scripts are in the order of time."""
    if talk.number not in place.contacts:
        contact = Contact.objects.create(
            id=uuid7_at(opened), organisation=place.organisation, name=talk.name, language=talk.language,
            created_at=opened,
        )  # fmt: skip
        place.contacts[talk.number] = Address.objects.create(
            id=uuid7_at(opened), organisation=place.organisation, contact=contact, value=talk.number,
            created_at=opened,
        )  # fmt: skip
    return place.contacts[talk.number]


def _follow(conversation: Conversation, step: Step, line: Line) -> None:
    """What a step changes in its conversation, as the product itself would have changed it."""
    if step.act in "cbax":
        conversation.last_activity_at = step.at
        conversation.preview = step.body[:PREVIEW]
        conversation.preview_author, conversation.preview_kind = _AUTHORS[step.act], _KINDS[step.act]
    if step.act == "c":
        conversation.unread += 1
        conversation.waiting_since = conversation.waiting_since or step.at
    elif step.act in "hq":
        conversation.queue_id, conversation.queued_at = line.queue_id, step.at
        conversation.handover_reason = step.facts.get("reason", "")
        conversation.handover_summary = step.facts.get("summary", "")
    elif step.act == "s":
        conversation.assigned_at = step.at
    elif step.act in "ax":
        conversation.first_answered_at = conversation.first_answered_at or step.at
        conversation.waiting_since, conversation.unread = None, 0


def _message(conversation: Conversation, step: Step, seq: int, agent: User | None) -> Message:
    kind = _KINDS.get(step.act, "event")
    return Message(
        id=uuid7_at(step.at),
        organisation_id=conversation.organisation_id,
        conversation=conversation,
        seq=seq,
        kind=kind,
        author=_AUTHORS.get(step.act, "system"),
        author_user=agent if step.act in "axne" else None,
        body=step.body,
        facts=_facts(conversation, step, agent) if kind == "event" else None,
        created_at=step.at,
    )


def _facts(conversation: Conversation, step: Step, agent: User | None) -> dict[str, Any]:
    if step.act == "h":
        return {"type": "handover", **step.facts}
    if step.act == "q":
        return {"type": "queued", "reason": "no_bot", "queue_id": str(conversation.queue_id)}
    if step.act == "s" and agent is not None:
        return {"type": "assigned", "owner_id": str(agent.id), "owner_name": agent.name, "by": "routing"}
    return {"type": "closed", **({"user_id": str(agent.id)} if agent else {})}


def _delivery(conversation: Conversation, step: Step, message_id: UUID, link: Link) -> Delivery:
    planned = plan_of(link, step.body)
    state = DeliveryState.EXPIRED if step.act == "x" else DeliveryState.DELIVERED
    return Delivery(
        message_id=message_id,
        organisation_id=conversation.organisation_id,
        conversation=conversation,
        line=conversation.line,
        link=link,
        source=conversation.line.address,
        destination=conversation.address.value,
        lane=LANE_BOT if step.act == "b" else LANE_PERSON,
        encoding=planned.encoding,
        parts=planned.parts,
        reference=secrets.randbelow(65536),
        state=state,
        due_at=step.at,
        error_code=step.facts.get("code", ""),
        error_text=step.facts.get("reason", ""),
        updated_at=step.at + timedelta(seconds=3),
        name=conversation.contact.name,
    )


def _count_loads(owner: Organisation) -> None:
    for state in AgentState.objects.filter(organisation=owner):
        state.load = Conversation.objects.filter(organisation=owner, owner_id=state.user_id, status="open").count()
        state.save(update_fields=["load"])
