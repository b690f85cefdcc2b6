"""What an organisation's bots leave behind: what they look up, the articles that they quote, their versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accounts.models import User
from bots.lookups.models import Code, Definition, Faring, Source
from bots.workshop.models import Label, Rehearsal, TurnTaken, Version
from conversations.models import Conversation
from knowledge.models import Article, ArticleVersion, KnowledgeSettings
from tests.realtime.world import World


def keep_look_ups(world: World, conversation: Conversation) -> None:
    """A source on a machine that nobody may reach, a look-up on it, a code that was sent, and how the source fares."""
    source = Source.objects.create(
        organisation=world.organisation, name="Comptes", kind="rest", settings={"url": "http://127.0.0.1:9/api"}
    )
    definition = Definition.objects.create(
        organisation=world.organisation, source=source, name="compte", path="/accounts/{numero}",
        parameters=[{"name": "numero", "origin": "number", "form": "e164", "slot": ""}],
        columns=[{"name": "solde", "path": "balance"}],
    )  # fmt: skip
    Code.objects.create(
        organisation=world.organisation, conversation=conversation, definition=definition, number=b"?", asked=b"?",
        code=b"?", expires_at=datetime.now(UTC) + timedelta(minutes=5),
    )  # fmt: skip
    Faring.objects.create(organisation=world.organisation, source=source, owner="d1", state="answering")


def know(world: World, author: User) -> None:
    """An article with a draft."""
    organisation = world.organisation
    KnowledgeSettings.objects.create(organisation=organisation)
    article = Article.objects.create(organisation=organisation, key="esim", topic="SIM", tags="eSIM")
    article.lines.add(world.open_line)
    ArticleVersion.objects.create(
        organisation=organisation, article=article, language="fr", number=1, title="Avoir une eSIM",
        questions="Comment avoir une eSIM ?", body="En agence.", answer="Venez en agence.", written_by=author,
        written_at=datetime.now(UTC), remark="non",
    )  # fmt: skip


def keep_versions(world: World, conversation: Conversation, boss: User) -> None:
    """Versions that were and are published, one that is worked on, a turn with its label, and a saved conversation."""
    organisation, now = world.organisation, datetime.now(UTC)
    edits = {"sentences": {"utter_opening_hours": {"fr": ["Chez nous"]}}, "added": [], "removed": []}
    for number, state in ((1, "retired"), (2, "draft"), (3, "published")):
        Version.objects.create(
            organisation=organisation, bot="telecom", number=number, state=state, edits=edits, note="Essai",
            trouble="rien", made_by=boss,
        )  # fmt: skip
    turn = TurnTaken.objects.create(
        organisation=organisation, conversation_id=conversation.id, seq=1, line_id=conversation.line_id, bot="telecom",
        language="fr", intent="balance", best="balance", confidence=0.5, ranking=[["balance", 0.5]],
        outcome="answered", reason="r", mood="m", at=now,
    )  # fmt: skip
    Label.objects.create(
        organisation=organisation, turn=turn, bot="telecom", language="fr", intent="balance", taken_for="bundle",
        phrase="mon argent", by=boss,
    )  # fmt: skip
    Rehearsal.objects.create(
        organisation=organisation, bot="telecom", name="Bonjour", language="fr", steps=[{"text": "bjr"}], by=boss
    )
