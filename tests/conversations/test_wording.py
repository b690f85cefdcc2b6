"""The longest text of a line, and what sparing makes of one, on every way out."""

from __future__ import annotations

from uuid import uuid4

import pytest
import regex

from accounts.models import Role, User
from common.errors import Invalid
from conversations.messages import lock_conversation, send_message
from conversations.models import Author, Conversation, Delivery, Link, Message, Saver
from conversations.wording import in_texts, takes_latin1
from realtime.log import record_changes
from routing import ownership
from routing.models import AgentState

pytestmark = pytest.mark.django_db(transaction=True)

GSM_160 = ("Bonjour, votre bonus arrive. " * 6)[:160]
FRENCH = "Bonjour, votre demande est prête. " * 5  # 170 characters, an ê among them: three SMS of two


@pytest.fixture
def talk(desk):
    """A conversation of an agent, over an SMPP link."""
    desk.link.settings = {"host": "smsc", "port": 2775, "system_id": "savane"}
    desk.link.save()
    agent = User.objects.create(organisation=desk.organisation, email="awa@savane.example", name="Awa", role=Role.AGENT)
    AgentState.objects.create(user=agent, organisation=desk.organisation, state="available", capacity=5, load=1)
    from contacts.models import Address, Contact

    contact = Contact.objects.create(organisation=desk.organisation)
    address = Address.objects.create(organisation=desk.organisation, contact=contact, value="+2290197000001")
    conversation = Conversation.objects.create(
        organisation=desk.organisation, line=desk.line, contact=contact, address=address, link=desk.link,
        status="open", owner=agent,
    )  # fmt: skip
    return agent, conversation


def line_says(desk, **fields):
    for name, value in fields.items():
        setattr(desk.line, name, value)
    desk.line.save()


def answer(talk, body, client_id=None):
    agent, conversation = talk
    return ownership.answer(user=agent, conversation_id=conversation.id, body=body, client_id=client_id or uuid4())


def say(talk, body):
    _, conversation = talk
    with record_changes(conversation.organisation_id) as changes:
        locked = lock_conversation(organisation_id=conversation.organisation_id, conversation_id=conversation.id)
        return [
            send_message(changes=changes, conversation=locked, body=text, author=Author.BOT)
            for text in in_texts(locked, body)
        ]


# --- the longest text ---


@pytest.mark.needs("ELL-017", "UNI-034")
def test_where_one_sms_is_the_most_160_characters_go_and_161_are_refused(desk, talk):
    line_says(desk, most_parts=1)
    answer(talk, GSM_160)
    with pytest.raises(Invalid) as caught:
        answer(talk, GSM_160 + "a")
    assert (caught.value.code, caught.value.field) == ("too_long", "body")
    assert caught.value.facts == {"parts": 2, "most_parts": 1}
    answer(talk, "ê" * 70)
    with pytest.raises(Invalid):
        answer(talk, "ê" * 71)
    assert Message.objects.count() == Delivery.objects.count() == 2  # what is refused is not stored


@pytest.mark.parametrize(("most", "longest"), [(2, 306), (10, 1530), (12, 1836)])
def test_a_text_may_have_as_many_parts_as_its_line_allows(desk, talk, most, longest):
    line_says(desk, most_parts=most)
    answer(talk, "a" * longest)
    with pytest.raises(Invalid):
        answer(talk, "a" * (longest + 1))
    assert Delivery.objects.get().parts == most


def test_latin_1_is_counted_where_the_link_takes_it(desk, talk):
    line_says(desk, most_parts=1)
    with pytest.raises(Invalid):
        answer(talk, "ê" * 140)
    Link.objects.update(settings={**desk.link.settings, "data_coding_latin1": 3})
    answer(talk, "ê" * 140)
    delivery = Delivery.objects.get()
    assert (delivery.encoding, delivery.parts, delivery.submits) == ("latin1", 1, None)


def test_a_text_that_is_handed_over_whole_has_its_price_and_one_submit(desk, talk):
    Link.objects.update(settings={**desk.link.settings, "long_text": "payload"})
    answer(talk, "a" * 400)
    delivery = Delivery.objects.get()
    assert (delivery.parts, delivery.submits) == (3, 1)


def test_a_bots_answer_becomes_several_texts_that_end_where_its_sentences_do(desk, talk):
    line_says(desk, most_parts=1)
    body = " ".join(f"Voici la phrase numéro {n}, qui dit quelque chose d'utile au client." for n in range(6))
    found = [message.body for message in say(talk, body)]
    assert len(found) == 3
    assert all(text.endswith("client.") for text in found)
    assert " ".join(found) == body
    assert {delivery.parts for delivery in Delivery.objects.all()} == {1}


@pytest.mark.parametrize(
    "body",
    [
        "mot " * 100,  # no sentence ends
        "x" * 500,  # nor a word
        "😀" * 200,
        "Oui ! Non ? Peut-être… (« voilà. ») " * 12,
        "a.b.c " * 80,
        "ligne\n" * 60,
    ],
)
def test_what_has_no_sentences_is_cut_between_words_and_what_has_no_words_between_letters(desk, talk, body):
    line_says(desk, most_parts=1)
    found = [message.body for message in say(talk, body)]
    assert all(delivery.parts == 1 for delivery in Delivery.objects.all())
    assert regex.sub(r"\s", "", "".join(found)) == regex.sub(r"\s", "", body)


def test_a_bots_answer_that_would_be_a_flood_is_refused(desk, talk):
    line_says(desk, most_parts=1)
    with pytest.raises(Invalid) as caught:
        say(talk, "Bonjour. " * 250)
    assert caught.value.code == "too_long"


# --- sparing ---


@pytest.mark.needs("BUS-011", part="sparing on the server")
def test_a_line_that_always_spares_sends_the_cheaper_spelling_and_keeps_the_authors(desk, talk):
    line_says(desk, saver=Saver.ALWAYS)
    message = answer(talk, FRENCH)
    assert message.body == FRENCH.replace("ê", "e").strip()
    assert message.facts == {"written": FRENCH.strip()}
    assert (Delivery.objects.get().encoding, Delivery.objects.get().parts) == ("gsm7", 2)


@pytest.mark.parametrize("policy", [Saver.ASK, Saver.NEVER])
def test_other_lines_change_nothing(desk, talk, policy):
    line_says(desk, saver=policy)
    message = answer(talk, FRENCH)
    assert (message.body, message.facts) == (FRENCH.strip(), None)
    assert Delivery.objects.get().encoding == "ucs2"


def test_a_short_text_keeps_its_circumflex_and_an_emoji_is_nobodys_to_remove(desk, talk):
    line_says(desk, saver=Saver.ALWAYS)
    assert answer(talk, "C'est prêt !").body == "C'est prêt !"
    assert answer(talk, FRENCH + "😀").body == FRENCH + "😀"


def test_the_same_click_twice_is_one_message_although_it_was_spared(desk, talk):
    line_says(desk, saver=Saver.ALWAYS)
    client_id = uuid4()
    first = answer(talk, FRENCH, client_id)
    assert answer(talk, FRENCH, client_id).id == first.id
    with pytest.raises(Invalid) as caught:
        answer(talk, "Autre chose", client_id)
    assert caught.value.code == "client_id_used"


def test_sparing_may_make_a_text_short_enough(desk, talk):
    line_says(desk, saver=Saver.ALWAYS, most_parts=2)
    answer(talk, FRENCH)
    line_says(desk, saver=Saver.NEVER)
    with pytest.raises(Invalid):
        answer(talk, FRENCH)


def test_a_line_takes_latin_1_when_all_of_its_links_do(desk, talk):
    assert not takes_latin1(desk.line)
    Link.objects.update(settings={**desk.link.settings, "data_coding_latin1": 3})
    assert takes_latin1(desk.line)
    settings = {**desk.link.settings, "system_id": "lagune"}
    other = Link.objects.create(organisation=desk.organisation, name="Lagune Telecom", settings=settings)
    desk.line.links.add(other)
    assert not takes_latin1(desk.line)
    Link.objects.filter(id=other.id).update(is_enabled=False)
    assert takes_latin1(desk.line)
