"""When a bot's conversation goes to people, and what is said of it: to the subscriber, and to the agent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Audit, User
from bots.turn import BotTurn, Handover
from common.clock import database_now
from common.errors import Invalid, NotFound
from common.ids import uuid7
from contacts.models import ContactTag, Tag
from conversations.models import Conversation, Message, Status
from measures.models import Interval, IntervalKind
from routing import ownership
from routing.handling import handle
from routing.handover_policy import Policy, So, Vip, judge
from routing.handover_policy_admin import PolicyGiven, policy_shown, save_policy
from routing.turns import Turns
from tests.cast import SUBSCRIBER, Cast
from tests.routing.doors import sent, writes

UNSURE = BotTurn(("Dites-le autrement.",), None, 0.4, language="fr")
SURE = BotTurn(("Composez *124#.",), "balance", 0.95, language="fr")
ASKED = BotTurn(
    ("Un conseiller arrive.",), "talk_to_human", 0.99, language="fr", handover=Handover("asked", "Il demande.")
)
GIVES_UP = BotTurn(("Je passe la main.",), None, 0.3, language="fr", handover=Handover("unsure", "Pas compris."))


def reason(policy: Policy, turn: BotTurn, **so: Any) -> str | None:
    found = judge(policy, So(**({"text": "x"} | so)), turn)
    if found.handover is not None and turn.handover is None:
        assert found.replies == () and found.look_up is None, "the bot stays silent where a person comes"
    return found.handover.reason if found.handover else None


@pytest.mark.needs("RFP-128", part="on request, always")
@pytest.mark.parametrize(
    "policy", [Policy(), Policy(unsure_times=3, loops=True), Policy(vip=Vip.AT_ONCE, words=("x",))]
)
def test_who_asks_for_a_person_gets_one_whatever_the_line_wants(policy: Policy) -> None:
    for so in (So("x"), So("x", is_vip=True), So("x", unsure=1, asked_back="?"), So("x", moods=("negative",) * 5)):
        assert judge(policy, so, ASKED).handover == ASKED.handover
        failed = BotTurn((), None, 0.0, handover=Handover("failed", ""))
        assert judge(policy, so, failed) == failed


@pytest.mark.needs("RFP-128", part="not understood so many times running")
@pytest.mark.parametrize(("times", "expected"), [(1, ["unsure"]), (2, [None, "unsure"]), (3, [None, None, "unsure"])])
def test_a_bot_may_not_understand_so_many_times_running(times: int, expected: list[str | None]) -> None:
    policy = Policy(unsure_times=times)
    assert [reason(policy, UNSURE, unsure=n) for n in range(times)] == expected


def test_a_patient_line_has_the_question_asked_once_more_than_the_bot_would() -> None:
    found = judge(Policy(unsure_times=3), So("x", unsure=1, asked_back="Pardon ?"), GIVES_UP)
    assert (found.handover, found.replies) == (None, ("Pardon ?",))
    assert (
        judge(Policy(unsure_times=3), So("x", unsure=2, asked_back="Pardon ?"), GIVES_UP).handover == GIVES_UP.handover
    )
    assert judge(Policy(), So("x", unsure=1, asked_back="Pardon ?"), GIVES_UP).handover == GIVES_UP.handover


def test_a_value_that_the_bot_asked_for_is_no_misunderstanding() -> None:
    given = BotTurn(("Merci.",), None, 0.4, language="fr", entities={"amount": "500"})
    assert reason(Policy(unsure_times=1), given) is None


@pytest.mark.needs("RFP-128", part="negative mood, where a line wants it")
@pytest.mark.parametrize(
    ("texts", "moods", "now", "expected"),
    [
        (0, ("negative",) * 4, "negative", None),
        (2, ("negative",), "negative", "mood"),
        (2, ("neutral", "negative"), "negative", "mood"),
        (2, ("negative", "neutral"), "negative", None),
        (2, (), "negative", None),
        (1, (), "negative", "mood"),
        (1, ("negative",), "positive", None),
        (2, ("negative",), "", None),
    ],
)
def test_a_bad_mood_brings_a_person_sooner_only_where_it_lasts(
    texts: int, moods: tuple[str, ...], now: str, expected: str | None
) -> None:
    turn = BotTurn(("Oui.",), "greet", 0.9, language="fr", sentiment=now)
    assert reason(Policy(mood_texts=texts), turn, moods=moods) == expected


def test_the_bot_does_not_say_the_same_a_third_time() -> None:
    wary = Policy(loops=True)
    assert reason(wary, SURE, said=("Composez *124#.",)) is None
    assert reason(wary, SURE, said=("Composez *124#.", "Bonjour", "Composez *124#.")) == "loop"
    assert reason(Policy(), SURE, said=("Composez *124#.",) * 5) is None


@pytest.mark.needs("RFP-128", part="customers to look after")
@pytest.mark.parametrize(
    ("vip", "is_vip", "said", "expected"),
    [
        (Vip.AT_ONCE, True, (), "vip"),
        (Vip.AFTER_ONE, True, (), None),
        (Vip.AFTER_ONE, True, ("Bonjour.",), "vip"),
        (Vip.AT_ONCE, False, (), None),
        (Vip.OFF, True, ("Bonjour.",), None),
    ],
)
def test_who_is_looked_after_gets_a_person(vip: Vip, is_vip: bool, said: tuple[str, ...], expected: str | None) -> None:
    assert reason(Policy(vip=vip), SURE, is_vip=is_vip, said=said) == expected


def test_a_word_of_the_line_asks_for_a_person_as_a_whole_word() -> None:
    policy = Policy(words=("avocat", "mise en demeure"))
    assert reason(policy, SURE, text="mon AVOCÁT va vous écrire") == "keyword"
    assert reason(policy, SURE, text="avocats") is None
    assert reason(policy, SURE, text="une mise en demeure suit") == "keyword"


def test_an_opt_out_is_obeyed_before_everything() -> None:
    turn = BotTurn(("Vous ne recevrez plus de SMS.",), "stop_optout", 1.0, language="fr", actions=("opt_out",))
    assert judge(Policy(vip=Vip.AT_ONCE, words=("stop",)), So("stop", is_vip=True), turn) == turn


def test_each_reason_may_add_to_how_soon_and_mood_takes_nothing_away() -> None:
    policy = Policy(priorities={"asked": 5, "vip": 40}, vip=Vip.AFTER_ONE)
    asked = judge(policy, So("x"), ASKED).handover
    vip = judge(policy, So("x", is_vip=True), ASKED).handover
    assert asked is not None and vip is not None
    assert (asked.priority, vip.priority, vip.reason) == (5, 40, "asked")


# --- In the database ---------------------------------------------------------------------------------------------

Says = Callable[..., None]


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Says:
    """What the bot answers from now on."""

    def say(*turns: BotTurn) -> None:
        left = list(turns)
        monkeypatch.setattr("routing.turns.take_turn", lambda **_: left.pop(0) if len(left) > 1 else left[0])

    return say


on_the_desk = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted_links")]


class TestOnTheDesk:
    pytestmark = on_the_desk

    def test_a_customer_with_the_tag_goes_to_a_person_at_once_and_first(
        self, cast: Cast, boss: User, turns: Turns, says: Says
    ) -> None:
        says(SURE)
        vip = Tag.objects.create(organisation=cast.organisation, name="VIP")
        person = cast.person(SUBSCRIBER)
        ContactTag.objects.create(organisation=cast.organisation, contact_id=person.contact_id, tag=vip)
        given = PolicyGiven(vip="at_once", kind="tag", thing_id=vip.id, priorities={"vip": 30})
        save_policy(actor=boss, line_id=cast.line_1919.id, given=given)

        one = writes(cast, turns, cast.line_1919, SUBSCRIBER, "mon solde")
        assert (one.status, one.handover_reason, one.priority) == (Status.QUEUED, "vip", 30)
        assert sent(one) == ["Un conseiller va vous répondre ici."]
        other = writes(cast, turns, cast.line_1919, "+2290197000055", "mon solde")
        assert (other.status, sent(other)) == (Status.BOT, list(SURE.replies))

    def test_the_bot_remembers_how_often_it_asked_back_and_a_sure_answer_begins_anew(
        self, cast: Cast, turns: Turns, says: Says
    ) -> None:
        says(UNSURE, SURE, UNSURE, UNSURE)
        line = cast.line_1919
        assert writes(cast, turns, line, SUBSCRIBER, "a").status == Status.BOT
        assert writes(cast, turns, line, SUBSCRIBER, "b").status == Status.BOT
        assert writes(cast, turns, line, SUBSCRIBER, "c").status == Status.BOT
        one = writes(cast, turns, line, SUBSCRIBER, "d")
        assert (one.status, one.handover_reason) == (Status.QUEUED, "unsure")

    def test_the_agent_reads_why_what_was_said_what_was_tried_and_the_mood(
        self, cast: Cast, boss: User, turns: Turns, says: Says
    ) -> None:
        angry = BotTurn(("Composez *124#.",), "balance", 0.9, {"amount": "500 F"}, "en", sentiment="negative")
        says(angry)
        save_policy(actor=boss, line_id=cast.line_1919.id, given=PolicyGiven(mood_texts=2))
        writes(cast, turns, cast.line_1919, SUBSCRIBER, "where is my credit")
        one = writes(cast, turns, cast.line_1919, SUBSCRIBER, "this is a scandal")
        assert one.handover_reason == "mood"
        assert one.handover_summary.split("\n") == [
            "Le client s'impatiente. Donné : 500 F.",
            "Client : « where is my credit / this is a scandal »",
            "Robot : « Composez *124#. »",
            "Humeur : mécontent",
            "Langue : anglais",
        ]
        (line,) = Message.objects.filter(conversation=one, kind="event")
        assert line.facts and line.facts["reason"] == "mood"
        assert sent(one)[-1] == "An agent will answer you here."

    def test_a_wait_is_told_once_and_only_where_enough_have_waited(self, cast: Cast, turns: Turns, says: Says) -> None:
        says(ASKED)
        first = writes(cast, turns, cast.line_1919, SUBSCRIBER, "un conseiller")
        assert sent(first) == ["Un conseiller arrive."]
        now = database_now()
        for n in range(20):
            Interval.objects.create(
                organisation_id=cast.organisation.id, kind=IntervalKind.WAIT, queue_id=cast.queue.id, label="assigned",
                conversation_id=uuid7(), started_at=now - timedelta(minutes=30), wall_seconds=240 + 12 * n,
                ended_at=now - timedelta(minutes=1), business_seconds=0,
            )  # fmt: skip
        second = writes(cast, turns, cast.line_1919, "+2290197000055", "un conseiller")
        assert sent(second) == ["Un conseiller arrive. Attente : environ 6 min, rarement plus de 8 min."]
        cast.text_in(second, "et alors ?")
        while handle(owner="d1", turns=turns):
            pass
        assert len(sent(second)) == 1

    @pytest.mark.needs("RFP-128", part="given back, the bot talks again; a person there, it is silent")
    def test_given_back_the_bot_answers_at_once_and_never_beside_a_person(
        self, cast: Cast, turns: Turns, says: Says
    ) -> None:
        says(ASKED, SURE)
        cast.available(cast.awa)
        one = writes(cast, turns, cast.line_1919, SUBSCRIBER, "un conseiller")
        ownership.take(user=cast.awa, conversation_id=one.id)
        one = writes(cast, turns, cast.line_1919, SUBSCRIBER, "mon solde")
        assert sent(one) == ["Un conseiller arrive."]
        ownership.give_back(user=cast.awa, conversation_id=one.id, to="bot")
        while handle(owner="d1", turns=turns):
            pass
        assert sent(one) == ["Un conseiller arrive.", "Composez *124#."]
        assert Conversation.objects.get(id=one.id).status == Status.BOT

    def test_what_a_line_wants_is_read_back_and_written_down(self, cast: Cast, boss: User) -> None:
        usual = policy_shown(cast.organisation.id, cast.line_1919.id)
        assert (usual["unsure_times"], usual["mood_texts"], usual["vip"]) == (2, 0, "off")
        given = PolicyGiven(
            unsure_times=3, mood_texts=2, keywords=["avocat", " avocat "], priorities={"mood": 0, "loop": 4}
        )
        found = save_policy(actor=boss, line_id=cast.line_1919.id, given=given)
        assert found == policy_shown(cast.organisation.id, cast.line_1919.id)
        assert (found["keywords"], found["priorities"]) == (["avocat"], {"loop": 4})
        (line,) = Audit.objects.filter(action="handover_policy.changed")
        assert set(line.changes) == {"unsure_times", "mood_texts", "keywords", "priorities.loop"}

    @pytest.mark.parametrize(
        "given",
        [
            {"unsure_times": 0}, {"unsure_times": 4}, {"mood_texts": 6}, {"vip": "at_once"}, {"vip": "always"},
            {"kind": "tag", "thing_id": UUID(int=1)}, {"kind": "hours"}, {"priorities": {"weather": 1}},
            {"priorities": {"vip": 101}}, {"keywords": ["!!!"]},
        ],
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused(self, cast: Cast, boss: User, given: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            save_policy(actor=boss, line_id=cast.line_1919.id, given=PolicyGiven(**given))
        with pytest.raises(NotFound):
            save_policy(actor=boss, line_id=UUID(int=1), given=PolicyGiven())
