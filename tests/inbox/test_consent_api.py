"""What colleagues do about opt-outs, through the API."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.models import Audit, Role
from contacts.models import ConsentEvent, LineKeywords, Suppression
from conversations.models import Message
from tests.browser import Browser, someone
from tests.cast import SUBSCRIBER, Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def base(cast: Cast) -> str:
    return f"/api/conversations/{cast.owned_by(cast.awa).id}"


def test_an_agent_writes_an_opt_out_down_and_nothing_can_be_sent(cast: Cast, base: str) -> None:
    awa = Browser(cast.awa)
    assert awa.get(base).data["contact"]["consent"] == {"opted_out_at": None, "source": None, "may_answer": True}
    assert awa.post(f"{base}/opt-out", {"reason": "Il l'a dit au téléphone"}).status == 200
    consent = awa.get(base).data["contact"]["consent"]
    assert (consent["source"], consent["may_answer"]) == ("desk", False)
    refused = awa.post(f"{base}/messages", {"client_id": str(uuid4()), "body": "Bonjour"})
    assert (refused.status, refused.code) == (409, "opted_out")
    assert awa.post(f"{base}/opt-out", {"reason": "Encore"}).status == 200
    said, again = ConsentEvent.objects.order_by("id")
    assert (again.words, again.changed) == ("Encore", False)
    assert (said.number, said.words, said.actor_id, said.changed) == (
        SUBSCRIBER, "Il l'a dit au téléphone", cast.awa.id, True,
    )  # fmt: skip
    lines = Message.objects.filter(kind="event", facts__type="opt_out").order_by("seq")
    assert [(line.author_user_id, line.facts["reason"]) for line in lines] == [
        (cast.awa.id, "Il l'a dit au téléphone"),
        (cast.awa.id, "Encore"),
    ]


def test_only_those_who_may_lift_an_opt_out_can_and_only_with_a_reason(cast: Cast, base: str) -> None:
    awa, sam = Browser(cast.awa), Browser(cast.sam)
    awa.post(f"{base}/opt-out", {"reason": "Au téléphone"})
    assert awa.post(f"{base}/opt-in", {"reason": "Il a changé d'avis"}).status == 403
    assert sam.post(f"{base}/opt-in", {"reason": "  "}).code == "required"
    assert Suppression.objects.exists()
    assert sam.post(f"{base}/opt-in", {"reason": "Courrier signé du 3 mars"}).status == 200
    assert not Suppression.objects.exists()
    assert awa.post(f"{base}/messages", {"client_id": str(uuid4()), "body": "Bonjour"}).status == 200


def test_the_list_is_searched_by_number_and_tells_what_was_said(cast: Cast, base: str) -> None:
    Browser(cast.awa).post(f"{base}/opt-out", {"reason": "Au téléphone"})
    sam = Browser(cast.sam)
    assert [one["number"] for one in sam.get("/api/opt-outs").data["items"]] == [SUBSCRIBER]
    assert len(sam.get("/api/opt-outs?q=0197000001").data["items"]) == 1
    assert len(sam.get("/api/opt-outs?q=000001").data["items"]) == 1
    assert sam.get("/api/opt-outs?q=0197000002").data["items"] == []
    [said] = sam.get("/api/opt-outs/said?number=%2B2290197000001").data["items"]
    assert (said["kind"], said["words"], said["by"]) == ("opt_out", "Au téléphone", "Awa Diallo")
    assert Browser(cast.awa).get("/api/opt-outs").status == 403


def test_a_line_gets_words_of_its_own_and_never_loses_stop(cast: Cast) -> None:
    boss = Browser(someone(cast, Role.ADMINISTRATOR))
    base = f"/api/admin/lines/{cast.line_1919.id}/keywords"
    assert all(one["usual"] for one in boss.get(base).data["items"])
    given = {"language": "fr", "kind": "opt_out", "words": ["assez", " Assez ", "fini"], "reply": "C'est noté."}
    items = boss.put(base, given).data["items"]
    [own] = [one for one in items if not one["usual"]]
    assert own == {
        "language": "fr", "kind": "opt_out", "words": ["STOP", "ASSEZ", "FINI"], "reply": "C'est noté.", "usual": False,
    }  # fmt: skip
    assert Audit.objects.get().changes["opt_out.fr.words"][1] == ["STOP", "ASSEZ", "FINI"]
    for words, code in ((["1"], "keyword"), (["!!"], "keyword"), (["x" * 40], "keyword")):
        refused = boss.put(base, {**given, "words": words})
        assert (refused.status, refused.code) == (422, code)
    assert boss.put(base, {**given, "reply": " "}).code == "required"
    assert boss.put(base, {**given, "kind": "help", "words": []}).code == "required"
    assert boss.put(base, {**given, "language": "de"}).code == "unknown_choice"
    items = boss.put(base, {**given, "usual": True}).data["items"]
    assert all(one["usual"] for one in items)
    assert not LineKeywords.objects.exists()
