"""The cast, for stories of articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Role, User
from bots.turn import BotTurn
from conversations.links import adapter_class
from knowledge import search
from knowledge.articles import ArticleGiven, create_article
from knowledge.models import ArticleVersion
from knowledge.versions import DraftGiven, approve, save_draft, submit
from routing.turns import Turns
from tests.browser import someone
from tests.cast import Cast
from tests.cast_fixtures import *  # noqa: F403


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stories do not wait the second for which a dispatcher trusts what it knows."""
    monkeypatch.setattr(search, "FRESH_S", 0.0)


@pytest.fixture
def boss(cast: Cast) -> User:
    return someone(cast, Role.ADMINISTRATOR)


@pytest.fixture
def scripted_links(settings) -> Iterator[None]:
    settings.LINK_ADAPTERS = {"sms.smpp": "tests.conversations.scripted.ScriptedLink"}
    adapter_class.cache_clear()
    yield
    adapter_class.cache_clear()


@pytest.fixture
def turns() -> Iterator[Turns]:
    pool = Turns(limit_s=2.0)
    yield pool
    pool.close()


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that understands nothing, and learns nothing before it says so."""

    def take_turn(**_: Any) -> BotTurn:
        return BotTurn(("Dites-le autrement, s'il vous plaît.",), None, 0.3, language="fr")

    monkeypatch.setattr("routing.turns.take_turn", take_turn)


Writes = Callable[..., ArticleVersion]


@pytest.fixture
def written(cast: Cast) -> Writes:
    """An article, submitted by the supervisor: `written("esim", title=..., questions=..., answer=...)`."""

    def write(
        key: str, *, language: str = "fr", line_ids: tuple[UUID, ...] = (), by: User | None = None, **words: Any
    ) -> ArticleVersion:
        author = by or cast.sam
        article = create_article(actor=author, given=ArticleGiven(key, line_ids=line_ids))
        given = DraftGiven(language, **words)
        return submit(actor=author, version_id=save_draft(actor=author, article_id=UUID(article["id"]), given=given).id)

    return write


@pytest.fixture
def live(boss: User, written: Writes) -> Writes:
    """As `written`, and approved by the administrator."""

    def publish(key: str, **given: Any) -> ArticleVersion:
        return approve(actor=boss, version_id=written(key, **given).id)

    return publish
