"""A version is what an organisation has changed: tried by nobody but its makers until it is published, then by all."""

from __future__ import annotations

import shutil
import threading
import time
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Audit, Organisation, User
from bots import catalogue, engine
from bots.embedded import bot_files, training
from bots.errors import UnknownBot
from bots.workshop import folders, rehearsals, voices
from bots.workshop.edits import Edits, Phrase, difference, from_json
from bots.workshop.models import Version
from conversations.models import Message
from routing.handling import handle
from routing.turns import Turns
from tests.browser import Browser
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]

HOURS = "utter_opening_hours"
NEW = "Nous sommes ouverts de 9h a 17h."


def answers(cast: Cast, turns: Turns, text: str, sender: str = "+2290197000001", line: Any = None) -> list[str]:
    """What the bot says to `text` in a new conversation."""
    talk = cast.open_conversation(line=line or cast.line_1919, sender=sender)
    cast.text_in(talk, text)
    assert handle(owner="d1", turns=turns) == 1
    return list(Message.objects.filter(conversation=talk, author="bot").order_by("seq").values_list("body", flat=True))


def says(desk: Browser, texts: list[str] | None, language: str = "fr", name: str = HOURS) -> Any:
    answer = desk.put("/api/admin/bot/sentence", {"bot": "telecom", "name": name, "language": language, "texts": texts})
    assert answer.status == 200, answer.raw
    return answer.data


def published(desk: Browser, version: Any) -> Any:
    """Once this process talks with it."""
    answer = desk.post(f"/api/admin/bot/versions/{version['id']}/publish", {"note": "essai"})
    assert answer.status == 200, answer.raw
    row = Version.objects.get(id=version["id"])
    eventually(lambda: voices.voice(row.organisation_id, "telecom", row.id).version, row.number, 60)
    return answer.data


def eventually(check: Any, wanted: Any, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while (got := check()) != wanted:
        assert time.monotonic() < until, f"{got!r} instead of {wanted!r}"
        time.sleep(0.05)


@pytest.mark.needs("MCE-026", part="what the bot says, in versions, changed without a programmer")
def test_a_changed_sentence_reaches_nobody_until_published_and_everybody_from_the_next_text_on(
    cast: Cast, desk: Browser, turns: Turns
) -> None:
    shipped = answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000001")
    draft = says(desk, [NEW])
    assert (draft["state"], draft["number"]) == ("draft", 1)
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000002") == shipped
    tried = desk.post("/api/admin/bot/talk", {"bot": "telecom", "texts": ["vous ouvrez a quelle heure"]})
    assert tried.status == 200, tried.raw
    assert tried.data["turns"][0]["replies"] == [NEW]
    for making in list(voices._making.values()):  # whatever it would talk with is ready by now
        making.join(30)
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000006") == shipped

    assert published(desk, draft)["state"] == "published"
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000003") == [NEW]
    assert desk.post("/api/admin/bot/restore", {"bot": "telecom"}).status == 204
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000004") == shipped
    # Back again: what was published once may be published again.
    published(desk, draft)
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000005") == [NEW]
    told = Audit.objects.filter(action="bot.published").order_by("id").values_list("changes", flat=True)
    assert [one["published"] for one in told] == [[0, 1], [1, 0], [0, 1]]


def test_another_organisations_version_is_never_heard(cast: Cast, desk: Browser, turns: Turns) -> None:
    shipped = answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000001")
    other = Organisation.objects.create(name="Autre", slug="autre")
    edits = Edits().saying(HOURS, "fr", ["Nous ne sommes pas de chez vous."])
    theirs = Version.objects.create(
        organisation=other, bot="telecom", number=1, state="published", edits=edits.as_json()
    )
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000002") == shipped
    shown = desk.get("/api/admin/bot?bot=telecom").data
    assert (shown["published"], shown["versions"], shown["draft"]) == (0, [], None)
    assert desk.post(f"/api/admin/bot/versions/{theirs.id}/publish").status == 404
    tried = desk.post("/api/admin/bot/talk", {"bot": "telecom", "texts": ["bjr"], "version_id": str(theirs.id)})
    assert tried.status == 404
    # Not even where its id is asked for: the row is looked for in one's own organisation.
    voices._make(theirs.id, "", cast.organisation.id)
    assert voices.voice(cast.organisation.id, "telecom", theirs.id).version == 0


def test_a_version_that_is_being_learnt_leaves_the_one_before_talking_and_nobody_waits(
    cast: Cast, desk: Browser, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(desk, says(desk, [NEW]))
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000001") == [NEW]
    first = Version.objects.get()
    Version.objects.filter(id=first.id).update(state="retired")
    edits = (
        from_json(first.edits)
        .saying(HOURS, "fr", ["Jamais."])
        .adding([Phrase("balance", "fr", "combien de sous reste")])
    )
    second = Version.objects.create(
        organisation=cast.organisation, bot="telecom", number=2, state="published", edits=edits.as_json()
    )
    go, train = threading.Event(), training.train

    def slowly(*args: Any, **named: Any) -> Any:
        assert go.wait(20)
        return train(*args, **named)

    monkeypatch.setattr(training, "train", slowly)
    began = time.monotonic()
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000002") == [NEW]
    assert time.monotonic() - began < 2
    go.set()
    eventually(lambda: voices.voice(cast.organisation.id, "telecom", second.id).version, 2, 60)
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000003") == ["Jamais."]


def test_a_version_that_cannot_be_made_leaves_the_one_before_and_says_so(
    cast: Cast, desk: Browser, turns: Turns
) -> None:
    published(desk, says(desk, [NEW]))
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000001") == [NEW]
    Version.objects.update(state="retired")
    edits = Edits(added=(Phrase("no_such_intent", "fr", "rien du tout"),))
    Version.objects.create(
        organisation=cast.organisation, bot="telecom", number=2, state="published", edits=edits.as_json()
    )
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000002") == [NEW]
    eventually(lambda: "no_such_intent" in Version.objects.get(number=2).trouble, True, 60)
    (told,) = [one for one in desk.get("/api/admin/health").data["checks"] if one["check"] == "bot_version"]
    assert (told["level"], told["name"]) == ("warning", "telecom 2")
    assert "no_such_intent" in desk.get("/api/admin/bot?bot=telecom").data["trouble"]


def test_sentences_alone_need_no_learning(desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.warm("telecom")
    draft = says(desk, [NEW])
    voices.forget_all()
    engine._ready.clear()

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("it trains")

    monkeypatch.setattr(training, "train", never)
    name = folders.materialise("telecom", from_json(Version.objects.get(id=draft["id"]).edits))
    engine.warm(name)
    assert engine.take_turn(
        bot=name, conversation_id=UUID(draft["id"]), history=(), text="vous ouvrez a quelle heure", language="fr"
    ).replies == (NEW,)


def test_phrases_are_added_and_taken_out_and_refused_where_training_would(desk: Browser) -> None:
    body = {"bot": "telecom", "intent": "balance", "language": "fr"}
    listed = desk.get("/api/admin/bot/phrases?bot=telecom&intent=balance&language=fr").data["items"]
    gone = listed[3]["text"]
    given = desk.put("/api/admin/bot/phrases", {**body, "add": [" combien  de sous "], "remove": [gone]})
    assert given.status == 200, given.raw
    after = desk.get("/api/admin/bot/phrases?bot=telecom&intent=balance&language=fr").data["items"]
    assert after[0] == {"text": "combien de sous", "state": "added"}
    assert {"text": gone, "state": "removed"} in after
    shown = desk.get("/api/admin/bot?bot=telecom").data
    assert shown["needs_learning"] is True
    (balance,) = [one for one in shown["intents"] if one["name"] == "balance"]
    assert (balance["added"], balance["removed"]) == (1, 1)
    assert shown["differences"]["removed"] == [{"intent": "balance", "language": "fr", "text": gone}]

    def refused(**given: Any) -> str:
        answer = desk.put("/api/admin/bot/phrases", {**body, **given})
        assert answer.status == 422, answer.raw
        return answer.code

    assert refused(intent="bundle", add=["combien de sous"]) == "phrase_elsewhere"
    assert refused(add=["???"]) == "phrase_length"
    assert refused(add=["mon [solde](amount)"]) == "phrase_signs"
    assert refused(add=["12345"]) == "phrase_numbers"
    assert refused(remove=["une phrase que personne n'a ecrite"]) == "no_phrase"
    every = [one["text"] for one in listed if one["text"] != gone]
    assert refused(remove=[*every, "combien de sous"]) == "last_phrase"
    # Put back, nothing is left of it.
    desk.put("/api/admin/bot/phrases", {**body, "add": [gone], "remove": ["combien de sous"]})
    assert desk.get("/api/admin/bot?bot=telecom").data["needs_learning"] is False


def test_the_materialised_folder_reads_as_the_shipped_one_with_the_edits() -> None:
    shipped = bot_files.read(catalogue.folder("telecom"))
    gone = next(one for one in shipped.nlu.examples if one.intent == "balance" and one.language == "fr")
    edits = (
        Edits().saying(HOURS, "en", ["Nine to five.", "Until five."]).removing([Phrase(gone.intent, "fr", gone.text)])
    )
    edits = edits.adding([Phrase("balance", "en", "how many coins are left")])
    name = folders.materialise("telecom", edits)
    files = bot_files.read(catalogue.folder(name))
    assert (files.name, files.languages) == ("telecom", shipped.languages)
    before, after = ({(one.intent, one.language, one.text) for one in one.nlu.examples} for one in (shipped, files))
    assert before - after == {(gone.intent, "fr", gone.text)}
    assert after - before == {("balance", "en", "how many coins are left")}
    assert files.domain.responses[HOURS].variants("en") == ("Nine to five.", "Until five.")
    same = {key: one.texts for key, one in shipped.domain.responses.items() if key != HOURS}
    assert {key: one.texts for key, one in files.domain.responses.items() if key != HOURS} == same
    assert files.rules.steps.keys() == shipped.rules.steps.keys()
    assert folders.materialise("telecom", edits) == name
    assert folders.materialise("telecom", Edits()) == "telecom"


def test_no_name_of_a_version_leads_out_of_the_models() -> None:
    for name in ("telecom@..", "telecom@" + "a" * 31, "../x@" + "a" * 32, "telecom@" + "a" * 32):
        with pytest.raises(UnknownBot):
            catalogue.folder(name)


def test_a_folder_that_somebody_has_deleted_is_made_again(cast: Cast, desk: Browser, turns: Turns) -> None:
    published(desk, says(desk, [NEW]))
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000001") == [NEW]
    kept = catalogue.models()
    assert kept is not None
    shutil.rmtree(kept / "versions")
    voices.forget_all()
    engine._ready.clear()
    voices.warm({"telecom": {""}})
    assert answers(cast, turns, "vous ouvrez a quelle heure", "+2290197000002") == [NEW]


def test_differences_are_told_from_what_talks_now() -> None:
    one = Edits().saying(HOURS, "fr", ["a"]).adding([Phrase("balance", "fr", "x")])
    two = one.saying(HOURS, "fr", None).removing([Phrase("balance", "fr", "x"), Phrase("balance", "fr", "y")])
    found = difference(one, two)
    assert found.sentences == ((HOURS, "fr", ("a",), None),)
    assert found.added == ()
    assert set(found.removed) == {Phrase("balance", "fr", "y"), Phrase("balance", "fr", "x")}
    assert from_json(two.as_json()) == two
    assert Edits().adding([Phrase("a", "fr", "b")]).removing([Phrase("a", "fr", "b")]).is_empty


def test_who_publishes_what_was_changed_meanwhile_is_told(
    desk: Browser, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = says(desk, [NEW])
    run_all = rehearsals.run_all

    def meanwhile(*given: Any) -> Any:
        says(desk, ["Tout autre chose."])
        return run_all(*given)

    monkeypatch.setattr(rehearsals, "run_all", meanwhile)
    answer = desk.post(f"/api/admin/bot/versions/{draft['id']}/publish")
    assert (answer.status, answer.code) == (409, "changed_meanwhile")
    assert not Version.objects.filter(state="published").exists()


def test_new_phrases_are_published_only_once_they_are_learnt(desk: Browser) -> None:
    body = {"bot": "telecom", "intent": "balance", "language": "fr", "add": ["combien de sous il y a"]}
    draft = desk.put("/api/admin/bot/phrases", body).data
    answer = desk.post(f"/api/admin/bot/versions/{draft['id']}/publish")
    assert (answer.status, answer.code) == (409, "not_trained")
    assert desk.post("/api/admin/bot/discard", {"bot": "telecom"}).status == 204
    assert desk.get("/api/admin/bot?bot=telecom").data["draft"] is None


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([], "sentence_length"),
        ([""], "sentence_length"),
        (["Bonjour {name}"], "sentence_values"),
        (["a\u202eb"], "characters"),
    ],
)
def test_a_sentence_that_could_not_be_said_is_refused(desk: Browser, texts: list[str], code: str) -> None:
    answer = desk.put("/api/admin/bot/sentence", {"bot": "telecom", "name": HOURS, "language": "fr", "texts": texts})
    assert (answer.status, answer.code) == (422, code)
    assert not Version.objects.exists()
