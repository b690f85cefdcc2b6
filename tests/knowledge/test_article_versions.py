"""Texts go from a draft to people by the hands of two, at the hour that was set, and stay as they were approved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Audit, Role, User
from common.clock import database_now
from common.errors import Conflict, Invalid, NotAllowed, NotFound
from knowledge.articles import (
    ArticleGiven,
    SettingsGiven,
    article_shown,
    change_article,
    create_article,
    save_settings,
)
from knowledge.models import ArticleVersion
from knowledge.search import books, search, search_for_agents
from knowledge.versions import DraftGiven, approve, bring_back, refuse, save_draft, submit, withdraw
from tests.cast import Cast, make_cast
from tests.knowledge.conftest import Writes

pytestmark = pytest.mark.django_db(transaction=True)

ESIM = {
    "title": "Passer à l'eSIM",
    "questions": ("Comment avoir une eSIM ?",),
    "answer": "Pour une eSIM, venez en agence.",
    "body": "Le client doit présenter un passeport biométrique au guichet.",
}


def answers(cast: Cast, text: str = "je veux une esim", language: str = "fr", **given: Any) -> list[str]:
    return [hit.entry.answer for hit in search(cast.organisation.id, text, language, **given) if hit.score >= 0.9]


@pytest.mark.needs("RFP-129", part="only approved words are told")
def test_a_text_is_told_to_nobody_before_somebody_else_has_approved_it(
    cast: Cast, boss: User, written: Writes, live: Writes
) -> None:
    row = written("esim", **ESIM)
    live("fibre", title="Fibre à domicile", answer="Oui.")  # what is held in memory is read again
    assert answers(cast) == [] and search_for_agents(cast.organisation.id, "esim", "fr", None) == []

    approve(actor=boss, version_id=row.id)
    assert answers(cast) == [ESIM["answer"]]
    lines = [one.action for one in Audit.objects.filter(object_id=row.article_id).order_by("id")]
    assert lines == [
        "article.created", "article.drafted", "article.submitted", "article.approved",
    ]  # fmt: skip


def test_who_wrote_it_approves_it_only_where_nobody_else_could(cast: Cast, boss: User, written: Writes) -> None:
    alone = written("esim", by=boss, **ESIM)
    assert approve(actor=boss, version_id=alone.id).state == "approved"

    User.objects.create_user(
        "second@savane.example", None, organisation=cast.organisation, name="Second", role=Role.ADMINISTRATOR
    )
    again = save_draft(actor=boss, article_id=alone.article_id, given=DraftGiven("fr", **(ESIM | {"answer": "Autre"})))
    submit(actor=boss, version_id=again.id)
    with pytest.raises(NotAllowed) as refusal:
        approve(actor=boss, version_id=again.id)
    assert refusal.value.code == "own_words"

    save_settings(actor=boss, given=SettingsGiven(bot_quotes=True, threshold=0.9, author_may_approve=True))
    approve(actor=boss, version_id=again.id)
    assert answers(cast) == ["Autre"]


@pytest.mark.needs("MCE-026", part="versions of what is said, and a switch at its hour")
def test_a_switch_that_was_planned_needs_nobody(cast: Cast, boss: User, live: Writes) -> None:
    """The same book, in memory, a moment before and after: no clock, no job, no statement."""
    first = live("esim", **ESIM)
    now = database_now()
    later = save_draft(actor=cast.sam, article_id=first.article_id, given=DraftGiven("fr", "eSIM", (), "", "Fermé."))
    submit(actor=cast.sam, version_id=later.id)
    begins, ends = now + timedelta(days=1), now + timedelta(days=2)
    approve(actor=boss, version_id=later.id, live_from=begins, live_until=ends)

    book = books([cast.organisation.id])[cast.organisation.id]

    def told(at_s: float) -> str:
        (entry,) = book.live(begins + timedelta(seconds=at_s))
        return entry.answer

    assert told(-1) == ESIM["answer"]
    assert told(0) == told(86_399) == "Fermé."
    assert told(86_400) == ESIM["answer"]  # the passing text gives way by itself
    assert told(-1) == ESIM["answer"]  # and a clock that steps back is no trap


def test_what_is_withdrawn_is_told_no_more_and_nothing_older_comes_back(cast: Cast, boss: User, live: Writes) -> None:
    first = live("esim", **ESIM)
    second = save_draft(actor=cast.sam, article_id=first.article_id, given=DraftGiven("fr", **(ESIM | {"answer": "2"})))
    submit(actor=cast.sam, version_id=second.id)
    approve(actor=boss, version_id=second.id)
    assert answers(cast) == ["2"]

    withdraw(actor=boss, version_id=second.id)
    assert answers(cast) == []

    third = bring_back(actor=boss, version_id=first.id)
    assert (third.number, answers(cast)) == (3, [ESIM["answer"]])


def test_a_text_that_is_still_to_come_is_called_off_alone(cast: Cast, boss: User, live: Writes) -> None:
    first = live("esim", **ESIM)
    later = save_draft(actor=cast.sam, article_id=first.article_id, given=DraftGiven("fr", **(ESIM | {"answer": "2"})))
    submit(actor=cast.sam, version_id=later.id)
    approve(actor=boss, version_id=later.id, live_from=database_now() + timedelta(days=1))
    withdraw(actor=boss, version_id=later.id)
    assert answers(cast) == [ESIM["answer"]]


def test_words_do_not_change_once_they_are_submitted(cast: Cast, boss: User, written: Writes) -> None:
    row = written("esim", **ESIM)
    with pytest.raises(Conflict) as refusal:
        save_draft(actor=cast.sam, article_id=row.article_id, given=DraftGiven("fr", **(ESIM | {"answer": "2"})))
    assert refusal.value.code == "submitted"

    refuse(actor=boss, version_id=row.id, remark="Et le prix ?")
    new = save_draft(actor=cast.sam, article_id=row.article_id, given=DraftGiven("fr", **(ESIM | {"answer": "2"})))
    assert new.number == 2
    row.refresh_from_db()
    assert (row.answer, row.state, row.remark) == (ESIM["answer"], "refused", "Et le prix ?")
    for deed in (submit, approve, withdraw, bring_back):
        with pytest.raises(Conflict):
            deed(actor=boss, version_id=row.id)


def test_two_drafts_of_a_language_are_refused_by_the_database(cast: Cast, written: Writes) -> None:
    row = written("esim", **ESIM)
    row.pk, row.id, row.number = None, UUID(int=7), 2
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_an_article_is_found_on_its_own_lines_and_in_its_own_language(cast: Cast, live: Writes) -> None:
    live("esim", line_ids=(cast.line_1919.id,), **ESIM)
    assert answers(cast, line_id=cast.line_1919.id) == [ESIM["answer"]]
    assert answers(cast, line_id=cast.line_3334.id) == []
    assert answers(cast, language="en") == []


def test_an_archived_article_is_found_by_nobody(cast: Cast, boss: User, live: Writes) -> None:
    row = live("esim", **ESIM)
    change_article(actor=boss, article_id=row.article_id, is_archived=True)
    assert answers(cast) == []
    change_article(actor=boss, article_id=row.article_id, is_archived=False)
    assert answers(cast) == [ESIM["answer"]]


@pytest.mark.needs("RFP-129", part="another organisation's articles do not exist")
def test_another_organisation_s_articles_do_not_exist(cast: Cast, boss: User, live: Writes) -> None:
    row = live("esim", **ESIM)
    other = make_cast(name="Baobab", slug="baobab", domain="baobab.example")
    stranger = User.objects.create_user(
        "boss@baobab.example", None, organisation=other.organisation, name="Boss", role=Role.ADMINISTRATOR
    )
    own = create_article(actor=stranger, given=ArticleGiven("fibre"))  # they have a book, too
    draft = save_draft(actor=stranger, article_id=UUID(own["id"]), given=DraftGiven("fr", "Fibre", (), "", "Oui."))
    approve(actor=stranger, version_id=submit(actor=stranger, version_id=draft.id).id)
    assert answers(other, "la fibre") == ["Oui."] and answers(cast, "la fibre") == []
    assert answers(other) == []
    assert search_for_agents(other.organisation.id, "esim", "fr", None) == []
    for deed in (submit, approve, withdraw, bring_back):
        with pytest.raises(NotFound):
            deed(actor=stranger, version_id=row.id)
    with pytest.raises(NotFound):
        article_shown(stranger, row.article_id)
    with pytest.raises(Invalid):
        create_article(actor=stranger, given=ArticleGiven("a", line_ids=(cast.line_1919.id,)))


def test_agents_find_it_by_the_words_of_its_body_and_without_accents(cast: Cast, live: Writes) -> None:
    live("esim", **ESIM)
    (hit,) = search_for_agents(cast.organisation.id, "passeports biometriques guichet", "fr", None)
    assert hit.entry.key == "esim"
    assert search_for_agents(cast.organisation.id, "camion", "fr", None) == []
    assert [one.entry.key for one in search_for_agents(cast.organisation.id, "", "fr", None)] == ["esim"]


def test_the_history_keeps_who_wrote_and_who_approved(cast: Cast, boss: User, live: Writes) -> None:
    row = live("esim", **ESIM)
    (version,) = article_shown(cast.sam, row.article_id)["versions"]
    assert (version["written_by"], version["written_by_me"], version["judged_by"]) == (cast.sam.name, True, boss.name)
    assert version["is_live"] and ArticleVersion.objects.count() == 1
