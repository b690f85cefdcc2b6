"""Labels make phrases, phrases a candidate; a candidate that is worse than what talks is not published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Audit, User
from bots import engine
from bots.embedded.engine import EmbeddedEngine
from bots.workshop import folders, judging, labels, records, review
from bots.workshop.edits import Edits, Phrase, from_json
from bots.workshop.models import Label, TurnTaken, Version
from bots.workshop.phrases import proposed
from bots.workshop.shown import shipped_files
from common.clock import database_now
from conversations.models import Message
from jobs.models import Job
from routing.handling import handle
from routing.turns import Turns
from tests.browser import Browser
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]

# What people of one town write when they want to know what is left: nothing of it is in the bot's files.
WORDS = ("pognon", "kopek", "wari", "sika", "akwe", "gaou", "flouze", "nkap", "mbongo", "djai")
WAYS = ("il reste kombien 2 {} la", "{} la c koi mtn", "dis moi {} svp", "gade voir mon {}", "mon {} on dit koi")
TEXTS = [way.format(word) for word in WORDS for way in WAYS]
UNSEEN = "eske mon wari est fini gade voir"


def turn_of(cast: Cast, text: str, number: int, **given: Any) -> TurnTaken:
    """As the bot would have left it: not understood."""
    talk = cast.open_conversation(line=cast.line_1919, sender=f"+22901970{number:05d}")
    cast.text_in(talk, text)
    made = {"intent": "", "best": "out_of_scope", "confidence": 0.3, "outcome": "clarified", "language": "fr"} | given
    return TurnTaken.objects.create(
        organisation=cast.organisation, conversation_id=talk.id, seq=talk.last_seq, line_id=talk.line_id, bot="telecom",
        at=database_now(), **made,
    )  # fmt: skip


@pytest.fixture
def labelled(cast: Cast, desk: Browser) -> list[TurnTaken]:
    """Fifty texts that the bot has not understood, and what a person says that they meant."""
    turns = [turn_of(cast, text, number) for number, text in enumerate(TEXTS)]
    answer = desk.post("/api/admin/bot/labels", {"turn_ids": [str(one.id) for one in turns], "intent": "balance"})
    assert (answer.status, answer.data["labelled"]) == (200, 50), answer.raw
    return turns


def learnt(desk: Browser, work: Callable[[], None]) -> Any:
    answer = desk.post("/api/admin/bot/train", {"bot": "telecom"})
    assert (answer.status, answer.data["state"]) == (200, "training"), answer.raw
    work()
    return desk.get("/api/admin/bot?bot=telecom").data["draft"]


@pytest.mark.timeout(300)
@pytest.mark.needs(
    "RFP-130", part="corrections become phrases; a candidate is compared on texts kept apart, then published"
)
def test_fifty_corrections_change_what_an_unseen_text_is_answered(
    real: None, labelled: list[TurnTaken], desk: Browser, work: Callable[[], None]
) -> None:
    before = engine.make("telecom").read(text=UNSEEN, language="fr")
    assert before.intent != "balance"
    taught = desk.post("/api/admin/bot/labels/learn", {"bot": "telecom"})
    assert taught.status == 200, taught.raw
    apart = Label.objects.filter(is_kept_apart=True).count()
    assert (taught.data["added"], taught.data["refused"]) == (50 - apart, 0)
    draft = learnt(desk, work)
    assert (draft["state"], draft["figures"]["passes"]) == ("ready", True), draft
    assert {(one["set"], one["language"]) for one in draft["figures"]["sets"]} >= {("shipped", "fr"), ("shipped", "en")}
    assert draft["figures"]["shadow"]["texts"] == 50
    assert draft["figures"]["shadow"]["differ"] >= 25
    assert {one["text"] for one in draft["figures"]["shadow"]["items"]} <= set(TEXTS)
    assert desk.post(f"/api/admin/bot/versions/{draft['id']}/publish").status == 200
    row = Version.objects.get(id=draft["id"])
    after = engine.make(folders.materialise("telecom", from_json(row.edits))).read(text=UNSEEN, language="fr")
    assert after.intent == "balance", after


@pytest.mark.usefixtures("labelled")
def test_nothing_is_trained_on_a_label_that_is_kept_apart(cast: Cast, desk: Browser) -> None:
    apart = set(Label.objects.filter(is_kept_apart=True).values_list("phrase", flat=True))
    assert 4 <= len(apart) <= 18, "one in five, by the words"
    assert apart == {one for one in TEXTS if labels.is_kept_apart(one)}
    assert desk.post("/api/admin/bot/labels/learn", {"bot": "telecom"}).status == 200
    added = {one.text for one in from_json(Version.objects.get().edits).added}
    assert added == set(TEXTS) - apart
    assert {one.text for one in labels.to_learn(cast.organisation.id, shipped_files("telecom"))}.isdisjoint(apart)


@pytest.mark.timeout(300)
@pytest.mark.needs("RFP-130", part="a candidate that is worse on the texts kept apart is not published")
def test_a_worse_candidate_is_not_published(desk: Browser, work: Callable[[], None]) -> None:
    """Half of what means "balance" is said to mean something else: texts kept apart show it."""
    files = shipped_files("telecom")
    balance = [one.text for one in files.nlu.examples if (one.intent, one.language) == ("balance", "fr")]
    gone = {"bot": "telecom", "intent": "balance", "language": "fr", "remove": balance[1:]}
    assert desk.put("/api/admin/bot/phrases", gone).status == 200
    wrong = {"bot": "telecom", "intent": "roaming", "language": "fr", "add": balance[1:]}
    assert desk.put("/api/admin/bot/phrases", wrong).status == 200
    draft = learnt(desk, work)
    assert draft["state"] == "ready"
    assert draft["figures"]["passes"] is False
    assert any(reason.startswith("shipped.fr.") for reason in draft["figures"]["reasons"])
    refused = desk.post(f"/api/admin/bot/versions/{draft['id']}/publish")
    assert (refused.status, refused.code) == (409, "worse")
    assert not Version.objects.filter(state="published").exists()
    assert not Audit.objects.filter(action="bot.published").exists()


def shares(**given: float | None) -> dict[str, Any]:
    full = {"top1": 0.96, "precision": 0.98, "answered": 0.88, "off_topic_rejected": 0.97} | given
    return {name: None if share is None else {"share": share} for name, share in full.items()}


def judged(candidate: dict[str, Any], published: dict[str, Any], decides: bool = True, name: str = "shipped") -> Any:
    sets = [{"set": name, "language": "fr", "decides": decides, "candidate": candidate, "published": published}]
    return judging.verdict({"sets": sets, "rehearsals": []})


@pytest.mark.parametrize(
    ("candidate", "published", "reasons"),
    [
        (shares(), shares(), ()),
        (shares(top1=0.951), shares(), ()),
        (shares(top1=0.949), shares(), ("shipped.fr.top1",)),
        (shares(answered=0.85), shares(), ("shipped.fr.answered",)),
        (shares(off_topic_rejected=0.5), shares(), ("shipped.fr.off_topic_rejected",)),
        (shares(precision=0.969), shares(precision=0.975), ("shipped.fr.precision.floor",)),
        (shares(precision=0.955), shares(precision=0.96), ()),
        (shares(top1=0.899), shares(top1=0.905), ("shipped.fr.top1.floor",)),
        (shares(precision=None), shares(), ("shipped.fr.precision",)),
        (shares(), shares(off_topic_rejected=None), ()),
    ],
)  # fmt: skip
def test_the_rule(candidate: dict[str, Any], published: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert judged(candidate, published) == (not reasons, reasons)


def test_the_rule_without_texts_passes_nobody_and_few_labels_decide_nothing() -> None:
    assert judging.verdict({}) == (False, ("nothing_to_judge_by",))
    assert judged(shares(top1=0.1), shares(), decides=False) == (False, ("nothing_to_judge_by",))
    found = judging.verdict({"sets": [], "rehearsals": [{"name": "a", "passed": False}]})
    assert found.reasons == ("rehearsal.a", "nothing_to_judge_by")


def test_a_candidate_judged_against_another_version_is_judged_again(cast: Cast, desk: Browser, boss: User) -> None:
    ready = Version.objects.create(
        organisation=cast.organisation, bot="telecom", number=1, state="ready",
        edits=Edits(added=(Phrase("balance", "fr", "gade mon wari"),)).as_json(), figures={"against": "", "sets": []},
    )  # fmt: skip
    Version.objects.create(organisation=cast.organisation, bot="telecom", number=2, state="published")
    refused = desk.post(f"/api/admin/bot/versions/{ready.id}/publish")
    assert (refused.status, refused.code) == (409, "judged_before")


def test_a_candidate_that_cannot_be_made_says_why(cast: Cast, desk: Browser, work: Callable[[], None]) -> None:
    edits = Edits(added=(Phrase("no_such_intent", "fr", "rien du tout"),))
    Version.objects.create(organisation=cast.organisation, bot="telecom", number=1, edits=edits.as_json())
    draft = learnt(desk, work)
    assert draft["state"] == "failed"
    assert "no_such_intent" in draft["trouble"]
    # And it can be mended, or thrown away.
    assert desk.post("/api/admin/bot/discard", {"bot": "telecom"}).status == 204


def test_what_learns_is_not_changed_meanwhile_and_a_job_that_died_lets_go_of_it(desk: Browser) -> None:
    body = {"bot": "telecom", "intent": "balance", "language": "fr", "add": ["gade mon wari"]}
    assert desk.put("/api/admin/bot/phrases", body).status == 200
    assert desk.post("/api/admin/bot/train", {"bot": "telecom"}).status == 200
    refused = desk.put("/api/admin/bot/phrases", {**body, "add": ["autre chose"]})
    assert (refused.status, refused.code) == (409, "training")
    Job.objects.update(state="failed", error="its worker died each time")
    shown = desk.get("/api/admin/bot?bot=telecom").data["draft"]
    assert (shown["state"], shown["trouble"]) == ("failed", "its worker died each time")
    assert desk.put("/api/admin/bot/phrases", {**body, "add": ["autre chose"]}).status == 200


def test_each_decision_leaves_a_turn_without_a_word_of_the_text(cast: Cast, turns: Turns) -> None:
    talk = cast.open_conversation(line=cast.line_1919)
    cast.text_in(talk, "vous ouvrez a quelle heure")
    handle(owner="d1", turns=turns)
    cast.text_in(talk, "je veux parler a un conseiller")
    handle(owner="d1", turns=turns)
    first, second = TurnTaken.objects.order_by("id")
    assert (first.outcome, first.intent, first.version, first.line_id) == (
        "answered", "opening_hours", 0, cast.line_1919.id,
    )  # fmt: skip
    assert (second.outcome, second.reason) == ("handed_over", "asked")
    stored = [str(value) for one in (first, second) for value in vars(one).values()]
    assert not any("conseiller" in value or "ouvrez" in value for value in stored)


@pytest.mark.needs("RFP-129", part="texts of low confidence and a sample of the answered, to be looked at")
def test_turns_are_found_by_what_they_were_and_their_texts_go_with_the_message(cast: Cast, desk: Browser) -> None:
    unsure = turn_of(cast, "kesako 97 12 34 56 78", 1)
    turn_of(cast, "mon solde", 2, intent="balance", best="balance", confidence=0.99, outcome="answered")
    low = turn_of(
        cast, "le pass", 3, intent="bundle", best="bundle", confidence=0.86, outcome="answered", language="en"
    )

    def found(**asked: str) -> list[str]:
        query = "&".join(f"{name}={value}" for name, value in {"bot": "telecom", **asked}.items())
        answer = desk.get(f"/api/admin/bot/turns?{query}")
        assert answer.status == 200, answer.raw
        return [one["text"] for one in answer.data["items"]]

    assert found() == ["le pass", "kesako 97 12 34 56 78"]
    sampled = [one.id for one in TurnTaken.objects.filter(outcome="answered") if one.id.bytes[15] < review.SAMPLED]
    assert len(found(show="sample")) == len(sampled)
    assert found(show="all") == ["le pass", "mon solde", "kesako 97 12 34 56 78"]
    assert found(language="en") == ["le pass"]
    assert found(intent="bundle") == ["le pass"]
    assert found(line_id=str(cast.line_3334.id)) == []
    assert found(before=str(low.id)) == ["kesako 97 12 34 56 78"]
    (shown,) = desk.get(f"/api/admin/bot/turns?bot=telecom&before={low.id}").data["items"]
    assert shown["proposed"] == "kesako"
    answer = desk.post(
        "/api/admin/bot/labels", {"turn_ids": [str(low.id)], "intent": "bundle", "phrase": "le pass svp"}
    )
    assert answer.status == 200, answer.raw
    assert found(show="labelled") == ["le pass"]
    assert found() == ["kesako 97 12 34 56 78"]
    Message.objects.filter(conversation_id=unsure.conversation_id).update(body="")
    assert found() == [""]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("mon numero c'est +229 01 97 12 34 56 et j'ai plus de credit", "mon numero c'est et j'ai plus de credit"),
        ("Je m'appelle Awa Soglo, mon solde svp", "Je m'appelle, mon solde svp"),
        ("ecris a awa@example.org stp", "ecris a stp"),
        ("pass 2000f", "pass 2000f"),
        ("[solde](x) {a}", "solde (x) a"),
    ],
)
def test_a_proposed_phrase_is_without_numbers_names_and_addresses(text: str, phrase: str) -> None:
    assert proposed(text) == phrase


def test_turns_are_forgotten_and_labels_stay(cast: Cast, desk: Browser) -> None:
    old = turn_of(cast, "mon wari", 1)
    assert desk.post("/api/admin/bot/labels", {"turn_ids": [str(old.id)], "intent": "balance"}).status == 200
    TurnTaken.objects.update(at=database_now() - timedelta(days=records.KEPT_DAYS + 1))

    class Running:
        id, organisation_id, attempt = old.id, None, 1

        def progress(self, fraction: float) -> None:
            pass

    assert records.forget_turns(Running()) == {"forgotten": 1}
    assert not TurnTaken.objects.exists()
    assert Label.objects.get().turn is None


@pytest.mark.needs("RFP-127", part="how many texts the bot answers by itself, by week and version")
@pytest.mark.needs("RFP-129", part="how often it is right, by subject, as people have labelled")
def test_progress_is_counted_by_week_and_version_and_says_where_there_is_little(cast: Cast, desk: Browser) -> None:
    made = [turn_of(cast, f"texte {number}", number, version=number % 2) for number in range(6)]
    TurnTaken.objects.filter(id=made[0].id).update(outcome="handed_over", reason="unsure")
    TurnTaken.objects.filter(id=made[1].id).update(outcome="answered", best="balance", intent="balance")
    for one in made[:2]:
        assert desk.post(
            "/api/admin/bot/labels", {"turn_ids": [str(one.id)], "intent": "balance", "phrase": f"wari {one.seq}"}
        ).status == 200  # fmt: skip
    shown = desk.get("/api/admin/bot/progress?bot=telecom").data
    assert [(one["version"], one["turns"], one["answered"]["count"]) for one in shown["weeks"]] == [
        (1, 3, 1),
        (0, 3, 0),
    ]
    assert shown["weeks"][1]["handed_over"] == {"unsure": 1}
    assert (shown["labels"], shown["right"]["count"], shown["right"]["of"]) == (2, 1, 2)
    assert shown["confused"] == [{"meant": "balance", "taken_for": "out_of_scope", "count": 1}]
    assert shown["by_intent"][0]["enough"] is False


def test_somebody_elses_turn_is_not_labelled(cast: Cast, desk: Browser) -> None:
    turn = turn_of(cast, "mon wari", 1)
    other = type(cast.organisation).objects.create(name="Autre", slug="autre")
    TurnTaken.objects.update(organisation=other)
    answer = desk.post("/api/admin/bot/labels", {"turn_ids": [str(turn.id)], "intent": "balance"})
    assert (answer.status, answer.code) == (404, "no_turn")
    assert desk.get("/api/admin/bot/turns?bot=telecom&show=all").data["items"] == []


def test_a_saved_conversation_stops_what_would_change_it(desk: Browser) -> None:
    steps = [{"text": "vous ouvrez a quelle heure", "intent": "opening_hours", "hands_over": False}]
    talk = {"bot": "telecom", "texts": [steps[0]["text"]]}
    steps[0]["says"] = desk.post("/api/admin/bot/talk", talk).data["turns"][0]["replies"][0]
    saved = desk.put(
        "/api/admin/bot/rehearsals", {"bot": "telecom", "name": "Heures", "language": "fr", "steps": steps}
    )
    assert saved.status == 200, saved.raw
    change = {"bot": "telecom", "name": "utter_opening_hours", "language": "fr", "texts": ["Jamais."]}
    draft = desk.put("/api/admin/bot/sentence", change).data
    refused = desk.post(f"/api/admin/bot/versions/{draft['id']}/publish")
    assert (refused.status, refused.code) == (409, "worse")
    assert desk.post(f"/api/admin/bot/rehearsals/{saved.data['id']}/remove").status == 204
    assert desk.post(f"/api/admin/bot/versions/{draft['id']}/publish").status == 200


def test_the_simulator_takes_the_same_turns_and_stores_nothing(cast: Cast, desk: Browser) -> None:
    before = (Message.objects.count(), TurnTaken.objects.count())
    texts = ["bonjour", "xqzt wvbn", "xqzt wvbn klmp"]
    shown = desk.post("/api/admin/bot/talk", {"bot": "telecom", "texts": texts, "language": "fr"}).data
    made = EmbeddedEngine(folders.catalogue.folder("telecom"), folders.catalogue.models())
    assert shown["turns"][0]["intent"] == made.read(text="bonjour", language="fr").intent == "greet"
    assert shown["turns"][2]["handover"]["reason"] == "unsure"
    assert (Message.objects.count(), TurnTaken.objects.count()) == before
