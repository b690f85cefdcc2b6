"""A row of an organisation in each table that no ordinary deed of the tests fills."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import F

from accounts.models import HolidayDate, PasswordLink, Role, SecurityPolicy, SignIn, SpecialDays, Team, User
from accounts.models import Schedule as OpeningHours
from accounts.people import PersonFields, create_person
from bots.models import Dialogue
from contacts.models import (
    Attribute,
    AttributeType,
    AttributeValue,
    ConsentEvent,
    ContactList,
    ContactTag,
    LineKeywords,
    ListNumber,
    ListProblem,
    ListStaged,
    ListUpload,
    ListUploadPart,
    OwedReply,
    Suppression,
    Tag,
)
from conversations.models import (
    AfterHoursText,
    ApiToken,
    Attachment,
    Attempt,
    Conversation,
    Delivery,
    InboundPart,
    LinkState,
    LinkTest,
    MediaPolicy,
    PortedNumber,
    ProviderKey,
    RawInbound,
    Receipt,
    Recipient,
    Sending,
    Task,
    WrongNumber,
)
from jobs.models import Job, JobState, Lease, Schedule, ScheduledRun
from measures.models import Interval, Remark
from routing.filter_models import FrontCheck, FrontFilter, Passage, PassageDay, PassagesCounted
from routing.handover_policy_models import HandoverPolicy
from routing.models import (
    AgentMedium,
    AgentSkill,
    AgentState,
    Consult,
    Deadline,
    DeskSeen,
    Disposition,
    FullTold,
    LadderStart,
    LadderTold,
    LastAgent,
    Offer,
    Queue,
    QueueSkill,
    Reason,
    Routed,
    Rule,
    RuleCondition,
    Skill,
    TargetEvent,
    Targets,
    TokenPace,
    Workflow,
    WrapUp,
)
from supervision.models import Export, ExportPart, Form
from tests.accounts.passkey import keep_passkey
from tests.gates.leftover_people import keep_people
from tests.gates.leftovers_bots import keep_look_ups, keep_versions, know
from tests.gates.leftovers_replies import keep_replies
from tests.realtime.world import World, sign_in


def attach(world: World, conversation: Conversation) -> None:
    """A picture that came with the conversation's first text, and one that its owner has not sent yet."""
    first = conversation.messages.get(seq=1)
    Attachment.objects.create(
        organisation_id=world.organisation.id, link_id=world.link.id, line_id=conversation.line_id,
        key=f"{conversation.id}", place=1, sender="+2290197999999", url="https://api.example/1", declared="image/gif",
        state=Attachment.State.THERE, content_type="image/gif", content=b"GIF89a", message_id=first.id,
        conversation=conversation,
    )  # fmt: skip
    MediaPolicy.objects.get_or_create(organisation=world.organisation, defaults={"keep_days": 30, "sender_mb": 5})
    Attachment.objects.create(
        organisation_id=world.organisation.id, link_id=uuid4(), line_id=conversation.line_id, key="draft:1", place=1,
        sender=str(conversation.owner_id), url="", declared="", state=Attachment.State.DRAFT, octets=100,
        conversation=conversation,
    )  # fmt: skip


def write_file(world: World, owner: User) -> None:
    """A file of the history that somebody has asked for, and that is written."""
    job = Job.objects.create(
        organisation_id=world.organisation.id, owner_id=owner.id, kind="nothing", state=JobState.DONE
    )
    export = Export.objects.create(
        organisation=world.organisation, owner=owner, job_id=job.id, form=Form.CSV, language="fr", rows=1, octets=8
    )
    ExportPart.objects.create(export=export, number=0, content=b"Bonjour\n")


def send_for_an_application(world: World) -> None:
    """An application with its token, and one text that it has asked for."""
    token = ApiToken.objects.create(
        organisation=world.organisation, name="Agenda d’avant", hint="abcd", digest=world.organisation.id.bytes,
        per_minute=60,
    )  # fmt: skip
    token.lines.add(world.open_line)
    TokenPace.objects.create(token=token, tokens=60, filled_at=datetime.now(UTC))
    sending = Sending.objects.create(
        organisation=world.organisation, scope=f"token:{token.id}", key="k", fingerprint=b"?", line=world.open_line
    )
    Recipient.objects.create(
        organisation=world.organisation, sending=sending, place=0, number="+2290197999999", refusal="opted_out",
        settled_at=datetime.now(UTC), facts={"since": "2026"},
    )  # fmt: skip


def equip(world: World) -> None:
    """What routing goes by, an offer that rings at the first agent, and what he is wrapping up."""
    afi, now, organisation = next(iter(world.people.values())), datetime.now(UTC), world.organisation
    skill = Skill.objects.create(organisation=organisation, name="Français", language="fr")
    AgentSkill.objects.create(user=afi, skill=skill, level=4)
    QueueSkill.objects.create(queue=world.queue, skill=skill, preferred=3)
    AgentMedium.objects.create(user=afi, medium="sms", capacity=5, load=2)
    Reason.objects.create(organisation=organisation, name="Repas", state="break", counts_as="pause")
    Reason.objects.create(organisation=organisation, name="Prêt", state="available", counts_as="ready")
    Disposition.objects.create(organisation=organisation, queue=world.queue, name="Rappelé")
    DeskSeen.objects.create(user=afi, at=now)
    Queue.objects.filter(id=world.queue.id).update(may_pull=True)
    world.queue.teams.add(Team.objects.create(organisation=organisation, name=f"Jour {world.organisation.slug}"))
    for user in world.people.values():
        world.queue.teams.get().members.add(user)
    waiting = world.conversation(status="queued", queue_id=world.queue.id, queued_at=now)
    FullTold.objects.create(conversation=waiting)
    LadderStart.objects.create(conversation=waiting, at=now)
    LadderTold.objects.create(conversation=waiting, key="offer_callback@60", answer_after=3)
    held = {"organisation": organisation, "line_id": waiting.line_id, "medium": "sms", "weight": 1, "user": afi}
    Offer.objects.create(
        conversation=waiting, queue=world.queue, made_at=now, expires_at=now + timedelta(hours=1), **held
    )
    closed = world.conversation(status="closed", queue_id=world.queue.id, owner=afi, closed_at=now)
    WrapUp.objects.create(
        conversation=closed, queue_id=world.queue.id, since=now, until=now + timedelta(hours=1), **held
    )
    AgentState.objects.filter(user=afi).update(load=F("load") + 2)
    LastAgent.objects.get_or_create(
        contact=closed.contact,
        defaults={"organisation": organisation, "user": afi, "line_id": closed.line_id, "at": now},
    )
    Consult.objects.create(
        organisation=organisation, conversation=closed, line_id=closed.line_id, asker=afi, colleague=afi, note_seq=1,
        asked_at=now, ended_at=now,
    )  # fmt: skip


FILE = b"+2290197123400"


def keep_lists(world: World, owner: User) -> None:
    """A list with a number, a file for it that has come whole, a tag and an attribute."""
    one = ContactList.objects.create(organisation=world.organisation, name="Partenaires", kind="partners", size=1)
    ListNumber.objects.create(
        organisation_id=world.organisation.id, edition_id=one.edition_id, number="+2290197999999"
    )  # fmt: skip
    upload = ListUpload.objects.create(
        organisation=world.organisation, list=one, owner=owner, name="partenaires.csv", octets=len(FILE)
    )
    ListUploadPart.objects.create(upload=upload, number=0, content=FILE)
    ListProblem.objects.create(upload=upload, line=2, reason="not_a_number", value="rien")
    Tag.objects.get_or_create(organisation=world.organisation, name="VIP")
    Attribute.objects.create(organisation=world.organisation, key="offre", name="Offre", type=AttributeType.TEXT)


def come_to_a_filter(world: World, conversation: Conversation) -> None:
    """A filter with a check, and a rule with a condition, of each kind of thing; and who came by them."""
    organisation = world.organisation
    filter_ = FrontFilter.objects.create(line=world.open_line, organisation=organisation, reply="refusé")
    for place, thing in enumerate(("contact_list", "tag", "attribute"), 1):
        model = {"contact_list": ContactList, "tag": Tag, "attribute": Attribute}[thing]
        given = {thing: model.objects.filter(organisation=organisation).first()}
        FrontCheck.objects.create(filter=filter_, place=place, name="contrôle", kind=thing[:12], value="v", **given)
    HandoverPolicy.objects.create(
        line=world.open_line, organisation=organisation, kind="tag",
        tag=Tag.objects.filter(organisation=organisation)[0], vip="after_one", keywords="avocat", value="v",
    )  # fmt: skip
    rules = Workflow.objects.create(line=world.open_line, organisation=organisation, revision=1)
    rule = Rule.objects.create(
        organisation=organisation, workflow=rules, place=1, name="règle", queue=world.queue, wants=[], ladder=[]
    )
    for place, thing in enumerate(("contact_list", "tag", "attribute"), 1):
        model = {"contact_list": ContactList, "tag": Tag, "attribute": Attribute}[thing]
        given = {thing: model.objects.filter(organisation=organisation).first()}
        RuleCondition.objects.create(rule=rule, place=place, kind=thing[:12], value="v", key="k", **given)
    Routed.objects.create(
        conversation=conversation, organisation_id=organisation.id, rule_id=rule.id, queue_id=world.queue.id
    )
    Passage.objects.create(
        conversation=conversation, organisation_id=organisation.id, line_id=conversation.line_id, outcome="answer"
    )
    PassageDay.objects.create(
        organisation_id=organisation.id, line_id=conversation.line_id, day="2026-01-01", outcome="answer", count=1
    )
    PassagesCounted.objects.create(organisation=organisation, until="2026-01-02")
    tag, attribute = (model.objects.get(organisation=organisation) for model in (Tag, Attribute))
    ContactTag.objects.create(organisation=organisation, contact_id=conversation.contact_id, tag=tag)
    AttributeValue.objects.create(
        organisation=organisation, contact_id=conversation.contact_id, attribute=attribute, value="or"
    )  # fmt: skip
    upload = ListUpload.objects.filter(organisation=organisation).first()
    assert upload is not None
    ListStaged.objects.create(upload_id=upload.id, attempt=1, line=1, number="+2290197999999", reason="", value="v")


def guard(user: User) -> None:
    """What stands beside an account: rules, a session, a second factor, a link to a first password."""
    organisation = user.organisation
    SecurityPolicy.objects.create(organisation=organisation, factor_roles=[])
    SignIn.objects.create(
        organisation=organisation, user=user, session_key=uuid4().hex, ends_at=datetime.now(UTC) + timedelta(hours=9),
        device="Firefox · Linux", address="41.85.170.9",
    )  # fmt: skip
    PasswordLink.objects.create(
        organisation=organisation, user=user, digest=uuid4().bytes, made_by=user,
        expires_at=datetime.now(UTC) + timedelta(hours=72),
    )  # fmt: skip
    keep_passkey(user)


def leave_behind(world: World, conversation: Conversation) -> None:
    now = datetime.now(UTC)
    organisation, link = world.organisation, world.link
    fields = PersonFields(name="Nadia", email="nadia@foreign.example", role=Role.AGENT, password="un baobab au bord")
    nadia = create_person(actor=world.people["boss"], organisation_id=organisation.id, fields=fields)  # with its audit
    sign_in(nadia)
    EmailAddress.objects.create(user=nadia, email=nadia.email)
    guard(nadia)

    Dialogue.objects.create(conversation=conversation, organisation=organisation, memory={"slots": {"town": "Ganvié"}})
    attach(world, conversation)
    write_file(world, nadia)
    send_for_an_application(world)
    equip(world)
    keep_lists(world, nadia)
    keep_look_ups(world, conversation)
    know(world, nadia)
    keep_replies(world, conversation, nadia)
    keep_people(world, conversation, nadia)
    come_to_a_filter(world, conversation)
    message = Delivery.objects.filter(organisation=organisation).first()
    assert message is not None, "a verb that sends is missing"
    attempt = Attempt.objects.create(
        organisation_id=organisation.id, message_id=message.message_id, link_id=link.id, part=1, epoch=1
    )
    ProviderKey.objects.create(link_id=link.id, key="k", attempt_id=attempt.id, message_id=message.message_id)
    Receipt.objects.create(link_id=link.id, keys=["k"], address="+22901", state=4, text="id:k", raw=b"id:k")
    RawInbound.objects.create(link_id=link.id, kind="unreadable", key="k", payload=b"?", error="cannot be read")
    InboundPart.objects.create(link=link, group="g", part=1, total=2, key="k", data={}, payload=b"?")
    LinkState.objects.create(link=link, state="failed", error="refused")
    LinkTest.objects.create(link=link)
    PortedNumber.objects.create(organisation=organisation, number="+2290197999999", operator="foreign")
    WrongNumber.objects.create(
        organisation=organisation,
        number="+2290197999999",
        link_id=link.id,
        message_id=message.message_id,
        code="001",
    )
    with connection.cursor() as cursor:
        cursor.execute("insert into conversations_seen (link_id, key) values (%s, 'k')", [link.id])
        cursor.execute(
            """insert into conversations_unhandled (conversation_id, organisation_id) values (%s, %s)
               on conflict do nothing""",
            [conversation.id, organisation.id],
        )

    number = "+2290197999999"
    Suppression.objects.create(organisation_id=organisation.id, number=number, source="text")
    said = ConsentEvent.objects.create(
        organisation=organisation, number=number, kind="opt_out", source="text", changed=True, words="STOP foreign"
    )
    OwedReply.objects.create(
        id=said.id,
        organisation_id=organisation.id,
        number=number,
        line_id=world.open_line.id,
        kind="opt_out",
        changed=True,
    )
    LineKeywords.objects.create(
        organisation=organisation,
        line_id=world.open_line.id,
        language="fr",
        kind="help",
        words=["FOREIGN"],
        reply="foreign",
    )

    job = Job.objects.create(organisation_id=organisation.id, owner_id=nadia.id, kind="nothing")
    schedule = Schedule.objects.create(
        organisation_id=organisation.id, name=f"s{uuid4().hex}", kind="nothing", every_seconds=60
    )
    ScheduledRun.objects.create(schedule=schedule, due_at=now, job=job)
    Lease.objects.create(name=f"link:{link.id}", owner="gateway", expires_at=now + timedelta(hours=1))
    Interval.objects.create(
        organisation_id=organisation.id, kind="wait", conversation_id=conversation.id, started_at=now, ended_at=now,
        wall_seconds=0, business_seconds=0,
    )  # fmt: skip
    Remark.objects.create(organisation_id=organisation.id, words="Repas")
    keep_hours(world, conversation, nadia)
    keep_versions(world, conversation, nadia)


def keep_hours(world: World, conversation: Conversation, boss: User) -> None:
    """Hours with a closure and a holiday, what is answered outside them, targets, and a promised callback."""
    now = datetime.now(UTC)
    organisation = world.organisation
    schedule = OpeningHours.objects.create(
        organisation=organisation, name="Bureau", week=[[[480, 1080]]] * 7, country="BJ"
    )
    SpecialDays.objects.create(
        schedule=schedule, first=now.date(), last=now.date(), reason="Inventaire", says_fr="Fermé.", says_en="Closed."
    )
    HolidayDate.objects.create(organisation=organisation, country="BJ", year=2027, key="eid-al-adha", by=boss)
    AfterHoursText.objects.create(organisation=organisation, line=world.open_line, language="fr", body="Fermé.")
    Targets.objects.get_or_create(queue=world.queue, defaults={"organisation": organisation, "first_s": 300})
    running = {
        "organisation_id": organisation.id, "line_id": conversation.line_id, "kind": "first", "since": now,
        "due_at": now,
    }  # fmt: skip
    Deadline.objects.get_or_create(conversation=conversation, kind="first", defaults={"warn_at": now, **running})
    TargetEvent.objects.create(conversation_id=conversation.id, what="near", **running)
    Task.objects.create(
        organisation=organisation, conversation=conversation, due_at=now + timedelta(days=1), note="Rappeler"
    )
