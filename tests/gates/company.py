"""Two organisations and a team's own line: what belongs to others is marked in every text that the database holds.

    own        where the people of each role work
    hidden     a conversation on own's team line: not for `agent`, who is in no team
    foreign    another organisation, busy with everything that can happen, with a row in every table

What is marked is found by looking at the database before and after: a new table or column is marked by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection, models, transaction

import tests.realtime.deeds  # noqa: F401  (registers further verbs)
from accounts.models import Role, Schedule, SpecialDays, Team, User
from bots.lookups.models import Definition, Source
from bots.workshop.models import Rehearsal, Version
from contacts.models import Attribute, ContactList, ListUpload, PersonNote, Tag
from conversations.models import ApiToken, Attachment, Conversation, Recipient, WrongNumber
from inbox.models import BulkDeed, SavedView
from knowledge.models import Article, ArticleVersion
from replies.models import CannedReply, ScheduledReply
from routing.models import AgentState, Consult, Disposition, Offer, Reason, Skill, WrapUp
from supervision.models import Export
from tests.gates.desks import keep_a_desk
from tests.gates.leftover_people import keep_people
from tests.gates.leftovers import (
    attach,
    equip,
    keep_hours,
    keep_lists,
    leave_behind,
    send_for_an_application,
    write_file,
)
from tests.gates.leftovers_bots import keep_look_ups, keep_versions, know
from tests.gates.leftovers_replies import keep_replies
from tests.realtime.verbs import VERBS, received
from tests.realtime.world import World, make_world

MARK = "zqx"  # and three letters of whose it is: short, so that the narrowest column holds it
ROLES = tuple(Role.values)
OWN_WRONG_NUMBER = "+2290197000009"
NO_LINES = "ohne"  # how the name of a team ends for which there is no line
OWN_PASSWORD = "trois pirogues sur la lagune"

# Texts by which the product works: marked, they would break what is tested, and they tell nothing of anybody.
MEANS_SOMETHING = {
    "accounts.organisation.time_zone", "accounts.organisation.region", "accounts.organisation.languages",
    "accounts.user.password", "accounts.user.language", "accounts.user.theme",
    "accounts.audit.action", "accounts.audit.object_kind",
    "accounts.schedule.week", "accounts.schedule.country", "accounts.specialdays.spans",
    "accounts.securitypolicy.factor_roles", "accounts.signin.session_key", "accounts.signin.hold",
    "mfa.authenticator.data",
    "accounts.holidaydate.country", "accounts.holidaydate.key", "conversations.afterhourstext.language",
    "conversations.conversation.deadline_kind",
    "contacts.contact.language", "contacts.suppression.source", "contacts.consentevent.kind",
    "contacts.consentevent.source", "contacts.owedreply.kind", "contacts.owedreply.language",
    "contacts.linekeywords.language", "contacts.linekeywords.kind",
    "conversations.line.medium", "conversations.line.bot", "conversations.line.language",
    "conversations.link.adapter", "conversations.linkstate.state",
    "conversations.conversation.language", "conversations.conversation.handover_reason",
    "conversations.conversation.preview_author", "conversations.conversation.preview_kind",
    "conversations.unhandled.claimed_by", "conversations.delivery.encoding",
    "conversations.inboundpart.group", "conversations.inboundpart.key", "conversations.inboundpart.data",
    "conversations.receipt.keys", "conversations.sending.scope", "conversations.rawinbound.kind",
    "realtime.event.type", "realtime.event.data",
    "jobs.job.kind", "jobs.job.arguments", "jobs.schedule.kind", "jobs.schedule.arguments", "jobs.lease.name",
    "jobs.lease.owner",
    "sessions.session.session_key", "sessions.session.session_data",
    "routing.agentstate.state", "routing.skill.language", "routing.queue.full_reply", "routing.agentmedium.medium",
    "lookups.source.settings", "lookups.definition.parameters", "lookups.definition.columns", "lookups.faring.state",
    "knowledge.articleversion.language",
    "routing.queue.ladder", "routing.queue.ladder_texts", "routing.laddertold.key", "routing.queue.silence_text",
    "routing.offer.medium", "routing.wrapup.medium", "supervision.export.language",
    "inbox.savedview.columns", "inbox.deskchoice.line_ids", "inbox.deskchoice.views", "inbox.deskchoice.pinned",
    "inbox.bulkdeed.action", "inbox.bulkdeed.arguments", "inbox.bulkdeed.conversation_ids", "inbox.bulkdeed.outcomes",
    "workshop.turntaken.language", "workshop.label.language", "workshop.rehearsal.language",
}  # fmt: skip
# Tables of the installation, of which no row belongs to an organisation.
OF_NOBODY = {
    "accounts.tries", "routing.botserver",
    "auth.permission", "auth.group", "auth.group_permissions", "contenttypes.contenttype", "account.emailconfirmation",
}  # fmt: skip


@dataclass
class Company:
    own: World
    foreign: World
    people: dict[str, User]  # by role, of own
    mine: Conversation  # on own's open line, held by the agent
    hidden: Conversation  # on own's team line
    theirs: Conversation  # of foreign
    marks: frozenset[str] = frozenset()  # in every text of foreign
    foreign_ids: frozenset[str] = frozenset()
    hidden_marks: frozenset[str] = frozenset()
    hidden_ids: frozenset[str] = frozenset()
    found: dict[tuple[UUID, UUID], dict[str, UUID]] = field(default_factory=dict)
    rows: dict[type[models.Model], list[Any]] = field(default_factory=dict)  # foreign's, by table: their keys

    def objects(self, world: World, conversation: Conversation) -> dict[str, UUID]:
        """An id of each kind that an address can name. Looked up once: what is asked of a company is undone."""
        key = (world.organisation.id, conversation.id)
        if key not in self.found:
            self.found[key] = self._looked_up(world, conversation)
        return dict(self.found[key])

    def _looked_up(self, world: World, conversation: Conversation) -> dict[str, UUID]:
        user = next(iter(world.people.values()))
        return {
            "conversation_id": conversation.id,
            "user_id": user.id,
            "line_id": conversation.line_id,
            "link_id": world.link.id,
            "queue_id": world.queue.id,
            "team_id": Team.objects.values_list("id", flat=True).get(
                organisation=world.organisation, name__endswith=NO_LINES
            ),
            "contact_id": conversation.contact_id,
            **{
                name: model.objects.filter(organisation=world.organisation)
                .order_by("pk")
                .values_list("pk", flat=True)[0]
                for name, model in ROUTING.items()
            },
            "export_id": Export.objects.filter(organisation=world.organisation).values_list("id", flat=True)[0],
            "schedule_id": Schedule.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "special_id": SpecialDays.objects.values_list("id", flat=True).get(
                schedule__organisation=world.organisation
            ),
            "token_id": ApiToken.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "list_id": ContactList.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "upload_id": ListUpload.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "article_id": Article.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "version_id": ArticleVersion.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "reply_id": CannedReply.objects.values_list("id", flat=True).get(
                organisation=world.organisation, scope="all"
            ),
            "own_reply_id": CannedReply.objects.values_list("id", flat=True).get(
                organisation=world.organisation, scope="personal"
            ),
            "scheduled_id": ScheduledReply.objects.filter(organisation=world.organisation)
            .order_by("id")
            .values_list("id", flat=True)[0],
            "note_id": PersonNote.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "tag_id": Tag.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "attachment_id": Attachment.objects.values_list("id", flat=True).get(
                conversation=conversation, state=Attachment.State.DRAFT
            ),
            "source_id": Source.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "look_up_id": Definition.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "attribute_id": Attribute.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "view_id": SavedView.objects.values_list("id", flat=True).get(
                organisation=world.organisation, sharing="everybody"
            ),
            "deed_id": BulkDeed.objects.values_list("id", flat=True).get(organisation=world.organisation),
            "text_id": Recipient.objects.values_list("id", flat=True).get(
                organisation=world.organisation, sending__scope__startswith="token:"
            ),
        }

    def fingerprint(self) -> str:
        """Of every row of the foreign organisation: it changes when one of them does."""
        parts, keys = [], []
        for model, found in self.rows.items():
            if not isinstance(model._meta.pk, models.CompositePrimaryKey):
                table, key = model._meta.db_table, model._meta.pk.column
                parts.append(
                    f"""select '{table}', md5(string_agg(t::text, '' order by "{key}")) from "{table}" t
                        where "{key}" = any(%s)"""
                )
                keys.append(found)
        with connection.cursor() as cursor:
            cursor.execute(f"{' union all '.join(parts)} order by 1", keys)  # else in any order
            return "".join(sum_ for _, sum_ in cursor.fetchall())

    def written(self) -> int:
        """Rows that this transaction has inserted, changed or deleted, in any table, those taken back included. Where
        it stands still the fingerprint does, at a tenth of the price."""
        with connection.cursor() as cursor:
            cursor.execute("select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_xact_user_tables")
            return int(cursor.fetchone()[0] or 0)

    def leaks(self, text: str, *, role: str, of_team: bool = True) -> list[str]:
        """What of others' stands in `text`, which `role` of own has been given."""
        found = [mark for mark in self.marks if mark in text]
        found += [id_ for id_ in ids_in(text) if id_ in self.foreign_ids]
        if of_team and role == Role.AGENT:
            found += [mark for mark in self.hidden_marks if mark in text]
            found += [id_ for id_ in ids_in(text) if id_ in self.hidden_ids]
        return found


# What addresses of routing and of the bots' workshop name, by the name that they give it.
ROUTING: dict[str, Any] = {
    "offer_id": Offer, "wrap_up_id": WrapUp, "skill_id": Skill, "reason_id": Reason, "disposition_id": Disposition,
    "bot_version_id": Version, "rehearsal_id": Rehearsal,
}  # fmt: skip


def normal(text: str) -> str:
    """Without what differs between two answers to the same question: ids, times, CSRF tokens."""
    text = _ONCE.sub("<once>", text)
    return _HINT.sub("<hint>", _TOOK.sub('"ms":0', _TOKEN.sub("<token>", _AT.sub("<at>", _ID.sub("<id>", text)))))


_TOKEN = re.compile(r"\b[A-Za-z0-9]{64}\b|palabre_[\w-]{43}")
_TOOK = re.compile(r'"ms":\d+')
_ONCE = re.compile(r'#welcome=[\w-]+|"(?:secret|uri|offer|challenge)":"[^"]*"|"(?:recovery_codes|qr)":\[[^\]]*\]')
_HINT = re.compile(r'"hint":"[^"]*"')
_AT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)


def ids_in(text: str) -> list[str]:
    return [str(UUID(found)) for found in _ID.findall(text)]


def make_company() -> Company:
    own = make_world("own")
    own.person("alim", Role.ADMINISTRATOR)
    User.objects.filter(organisation=own.organisation).update(password=make_password(OWN_PASSWORD))
    for person in own.people.values():
        person.refresh_from_db()
    people = {
        Role.AGENT: own.people["afi"], Role.SUPERVISOR: own.people["boss"],
        Role.ADMINISTRATOR: own.people["alim"], Role.OBSERVER: own.people["client"],
    }  # fmt: skip
    verb = VERBS["an agent closes"]
    mine = own.conversation(**verb.fields(own))
    received(own, mine)
    attach(own, mine)
    write_file(own, own.people["boss"])
    send_for_an_application(own)
    equip(own)
    keep_lists(own, own.people["alim"])
    keep_look_ups(own, mine)
    keep_a_desk(own, own.people["boss"], mine)
    know(own, own.people["boss"])
    keep_replies(own, mine, own.people["boss"])
    keep_people(own, mine, own.people["afi"])
    keep_hours(own, mine, own.people["boss"])
    keep_versions(own, mine, own.people["boss"])

    before = _keys()
    hidden = own.conversation(own.team_line, status="queued", queue_id=own.queue.id, queued_at=datetime.now(UTC))
    received(own, hidden, "un secret de l’équipe")
    attach(own, hidden)
    _, hidden_ids = _mark(_since(before), "tea")
    # The line itself and its team are hidden from agents, too; colleagues, links and queues are known to all.
    for thing in (own.team_line, own.team):
        type(thing).objects.filter(pk=thing.pk).update(name=f"{MARK}tea{thing._meta.model_name}")
    WrongNumber.objects.create(
        organisation_id=own.organisation.id,
        number=OWN_WRONG_NUMBER,
        link_id=own.link.id,
        message_id=own.link.id,
        code="001",
    )
    Team.objects.create(organisation=own.organisation, name=f"Soirs {NO_LINES}")
    before = _keys()
    foreign = make_world("foreign")
    theirs = busy(foreign)
    leave_behind(foreign, theirs)
    keep_a_desk(foreign, foreign.people["boss"], theirs)
    rows = _since(before)
    _, foreign_ids = _mark(rows, "for")
    Team.objects.create(organisation=foreign.organisation, name=f"{MARK}for {NO_LINES}")
    company = Company(own, foreign, {str(role): user for role, user in people.items()}, mine, hidden, theirs)
    company.marks, company.foreign_ids = frozenset({f"{MARK}for"}), frozenset(foreign_ids)
    company.hidden_marks = frozenset({f"{MARK}tea"})
    company.hidden_ids = frozenset(hidden_ids) | {str(own.team_line.id), str(own.team.id)}
    company.rows = rows
    hand_on(own, mine, hidden)
    AgentState.objects.update(capacity=100)  # nobody is too busy for one more
    for one in (mine, hidden, theirs):
        one.refresh_from_db()
    return company


def hand_on(world: World, mine: Conversation, hidden: Conversation) -> None:
    """The supervisor is there; what the agent holds rings at him, and he is asked about the other."""
    afi, boss, now = world.people["afi"], world.people["boss"], datetime.now(UTC)
    AgentState.objects.update_or_create(
        user=boss, defaults={"organisation": world.organisation, "state": "available", "load": 1}
    )
    Offer.objects.create(
        organisation=world.organisation, conversation=mine, line_id=mine.line_id, queue=world.queue, user=boss,
        sender=afi, medium="sms", weight=1, made_at=now, expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    Consult.objects.create(
        organisation=world.organisation, conversation=hidden, line_id=hidden.line_id, asker=afi, colleague=boss,
        note_seq=1, asked_at=now,
    )  # fmt: skip


def busy(world: World) -> Conversation:
    """Everything that can be done is done in `world`; returns a conversation that its first agent holds."""
    for verb in VERBS.values():
        if not verb.sql:
            verb.act(world, world.conversation(**verb.fields(world)))
    conversation = world.conversation(**VERBS["an agent closes"].fields(world))
    received(world, conversation)
    return conversation


def product_models() -> list[type[models.Model]]:
    """Every table that Django knows, joining tables too."""
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]


def _keys() -> dict[type[models.Model], set[Any]]:
    return {model: set(model._default_manager.values_list("pk", flat=True)) for model in product_models()}


def _since(before: dict[type[models.Model], set[Any]]) -> dict[type[models.Model], list[Any]]:
    return {
        model: fresh
        for model, known in before.items()
        if (fresh := [key for key in model._default_manager.values_list("pk", flat=True) if key not in known])
    }


def text_columns(model: type[models.Model]) -> list[models.Field]:
    """Columns that hold free words."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    return [
        one
        for one in model._meta.concrete_fields
        if isinstance(one, kinds)
        and not one.primary_key
        and not one.choices
        and f"{model._meta.label_lower}.{one.name}" not in MEANS_SOMETHING
    ]


def _mark(rows: dict[type[models.Model], list[Any]], word: str) -> tuple[str, set[str]]:
    """Write the mark into every text of `rows`; returns it and all their ids."""
    mark, ids = f"{MARK}{word}", set()
    for model, keys in rows.items():
        for number, key in enumerate(keys):
            given: dict[str, Any] = {}
            for column in text_columns(model):
                unique = f"{mark}{model._meta.model_name}{column.name}{number}"
                if isinstance(column, models.JSONField):
                    given[column.name] = {unique: [unique]}
                else:
                    longest = column.max_length or 400
                    given[column.name] = unique if len(unique) <= longest else f"{mark}{number}"
                    assert len(given[column.name]) <= longest, f"{model._meta.label}.{column.name} holds no mark"
            if given:
                with connection.cursor() as cursor:
                    cursor.execute(*_update(model, key, given))
        ids |= {
            str(value)
            for column in model._meta.concrete_fields
            if isinstance(column, models.UUIDField)
            for value in model._default_manager.filter(pk__in=keys).values_list(column.name, flat=True)
            if value is not None and column.primary_key
        }
    return mark, ids


def _update(model: type[models.Model], key: Any, given: dict[str, Any]) -> tuple[str, list[Any]]:
    """By SQL: some tables have keys that Django cannot filter by, and history is not for the ORM to change."""
    columns = {one.name: one for one in model._meta.concrete_fields}
    values = [json.dumps(value) if isinstance(value, dict) else value for value in given.values()]
    names = [model._meta.pk.column] if not isinstance(key, tuple) else list(model._meta.pk.field_names)
    keys = [key] if not isinstance(key, tuple) else list(key)
    setting = ", ".join(f'"{columns[name].column}" = %s' for name in given)
    where = " and ".join(f'"{name}" = %s' for name in names)
    return f'update "{model._meta.db_table}" set {setting} where {where}', [*values, *keys]


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back at the end. Inside it, transactions may call themselves the outermost."""
    block = transaction.atomic()
    block._from_testcase = True  # as Django's own TestCase does
    with block:
        yield
        transaction.set_rollback(True)
