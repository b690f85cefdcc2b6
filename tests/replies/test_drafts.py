"""Drafts on the server: kept, never lost to another browser unseen, gone when sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Role
from jobs.kinds import kinds
from realtime.models import Event
from replies.models import Draft
from tests.browser import Answer, Browser, someone
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

HERE, THERE = str(uuid4()), str(uuid4())


class Desk(Browser):
    def writes(
        self, talk: Any, text: str, edit: int, *, browser: str = HERE, mode: str = "reply", **more: Any
    ) -> Answer:
        given = {"mode": mode, "text": text, "browser": browser, "edit": edit, **more}
        return self.put(f"/api/conversations/{talk.id}/draft", given)

    def drafts(self) -> list[tuple[str, str]]:
        return [(one["mode"], one["text"]) for one in self.get("/api/drafts").data["items"]]


def told() -> list[tuple[str, bool]]:
    found = Event.objects.filter(type="draft.changed").order_by("seq")
    return [(one.data["mode"], one.data["is_there"]) for one in found]


def test_a_draft_is_there_in_another_browser_and_a_note_is_another_one(cast: Cast) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    for edit, text in enumerate(("J", "Je", "Je regarde"), 1):
        assert desk.writes(talk, text, edit).status == 200
    desk.writes(talk, "Il ment", 4, mode="note")
    assert sorted(Desk(cast.awa).drafts()) == [("note", "Il ment"), ("reply", "Je regarde")]
    assert Desk(cast.koffi).drafts() == []
    assert told() == [("reply", True), ("note", True)], "a pause in typing is no event"
    late = desk.writes(talk, "Je", 2)
    assert (late.status, late.data["text"]) == (200, "Je regarde"), "a save that comes late changes nothing"
    desk.writes(talk, "", 5)
    assert desk.drafts() == [("note", "Il ment")]
    assert told()[-1] == ("reply", False)
    assert desk.writes(talk, "Je regarde", 3).data["text"] == "", "nor does it bring back what is over"


def test_another_browser_does_not_write_over_what_its_author_has_not_seen(cast: Cast) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    first = desk.writes(talk, "Au bureau", 1).data["revision"]
    refused = desk.writes(talk, "À la maison", 1, browser=THERE)
    assert (refused.status, refused.code) == (409, "draft_elsewhere")
    facts = refused.data["error"]["facts"]
    assert (facts["text"], facts["revision"]) == ("Au bureau", first)
    assert desk.drafts() == [("reply", "Au bureau")]
    assert desk.writes(talk, "À la maison", 2, browser=THERE, based_on=first).status == 200
    assert desk.writes(talk, "Au bureau, encore", 2).code == "draft_elsewhere"
    assert desk.writes(talk, "À la maison", 3).status == 200, "the same words are no quarrel"
    desk.writes(talk, "", 4)
    assert desk.writes(talk, "Neuf", 3, browser=THERE).status == 200, "nothing is lost where nothing stands"


def test_what_was_sent_is_no_draft_any_more_whatever_becomes_of_the_desk(cast: Cast) -> None:
    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    desk.writes(talk, " Je regarde ", 1)
    desk.writes(talk, "Il ment", 1, mode="note")
    assert (
        desk.post(f"/api/conversations/{talk.id}/messages", {"client_id": str(uuid4()), "body": "Je regarde"}).status
        == 200
    )
    assert desk.drafts() == [("note", "Il ment")]
    assert (
        desk.post(f"/api/conversations/{talk.id}/notes", {"client_id": str(uuid4()), "body": "Il ment"}).status == 200
    )
    assert desk.drafts() == []
    desk.writes(talk, "Bonne", 2)
    desk.post(f"/api/conversations/{talk.id}/messages", {"client_id": str(uuid4()), "body": "Bonne journée"})
    assert desk.drafts() == [], "the rest was written while the line was cut"
    desk.writes(talk, "Encore ceci", 3)
    desk.post(f"/api/conversations/{talk.id}/messages", {"client_id": str(uuid4()), "body": "Autre"})
    assert desk.drafts() == [("reply", "Encore ceci")], "what he has gone on writing stays"


def test_a_colleague_reads_it_only_where_the_organisation_wants_it_and_the_conversation_is_his(cast: Cast) -> None:
    talk = cast.owned_by(cast.awa)
    Desk(cast.awa).writes(talk, "Cher monsieur", 1)
    Desk(cast.awa).writes(talk, "Quel râleur", 1, mode="note")
    koffi, boss = Desk(cast.koffi), Desk(someone(cast, Role.ADMINISTRATOR))
    here = f"/api/conversations/{talk.id}/draft"
    assert koffi.put("/api/admin/replies/drafts", {"shares_drafts": True}).status == 403
    talk.owner = cast.koffi
    talk.save()
    assert koffi.get(here).data == {"others": []}, "off unless wanted"
    assert boss.put("/api/admin/replies/drafts", {"shares_drafts": True}).status == 200
    (other,) = koffi.get(here).data["others"]
    assert (other["by"], other["text"]) == ("Awa Diallo", "Cher monsieur"), "her notes stay hers"
    assert Desk(cast.mariam).get(here).data == {"others": []}, "only who has taken it"


def test_a_draft_of_a_line_that_is_no_longer_his_is_not_shown_and_old_ones_are_forgotten(cast: Cast) -> None:
    from accounts.models import Team

    talk, desk = cast.owned_by(cast.awa), Desk(cast.awa)
    desk.writes(talk, "Je regarde", 1)
    team = Team.objects.create(organisation=cast.organisation, name="Nord")
    cast.line_3334.teams.add(team)
    assert desk.drafts() == []
    assert desk.writes(talk, "Je", 2).status == 404
    cast.line_3334.teams.clear()

    class Run:
        id, organisation_id, attempt = uuid4(), None, 1

        def progress(self, fraction: float) -> None: ...

    forget = kinds["replies.forget_drafts"].work
    desk.writes(talk, "", 3, mode="note")
    assert forget(Run()) == {"forgotten": 0}
    Draft.objects.update(at="2026-01-01T00:00Z")
    assert forget(Run()) == {"forgotten": 2}
