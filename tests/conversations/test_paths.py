"""Which link of its line a text leaves by: the rule, and the rule with everything that the database knows."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role, User
from common.errors import Conflict
from conversations.intake import CONNECTION_SETTINGS, connect, store
from conversations.line_admin import Known as Choices
from conversations.line_admin import LineFields, save_line
from conversations.links import link_for_answer
from conversations.models import Conversation, Delivery, DeliveryState, LineLink, Link, PortedNumber
from conversations.paths import Known, Way, choose
from tests.conversations.deeds import say

NORTH, SOUTH, EAST = (
    Way(UUID(int=1), "Savane Mobile", "Savane", ("+2290196", "+2290197", "+22670")),
    Way(UUID(int=2), "Lagune Telecom", "Lagune", ("+22901", "+2290197000")),
    Way(UUID(int=3), "Harmattan", "Harmattan"),
)
WAYS = (NORTH, SOUTH, EAST)
NUMBER = "+2290196331207"


@pytest.mark.parametrize(
    ("known", "number", "expected"),
    [
        (Known(came_by=EAST.link_id, heard_by=SOUTH.link_id, ported_to="Savane"), NUMBER, (EAST, "came")),
        (Known(came_by=uuid4(), heard_by=SOUTH.link_id, ported_to="Savane"), NUMBER, (SOUTH, "heard")),
        (Known(ported_to="lagune"), NUMBER, (SOUTH, "ported")),
        (Known(ported_to="HARMATTAN"), NUMBER, (EAST, "ported")),
        (Known(ported_to="Lagune Telecom"), NUMBER, (SOUTH, "ported")),
        # Surely not where its prefix says, and we have no link where it is.
        (Known(ported_to="Ailleurs"), "+2290195000001", (NORTH, "order")),
        (Known(), NUMBER, (NORTH, "prefix")),
        (Known(), "+2290195000001", (SOUTH, "prefix")),
        (Known(), "+2290197000001", (SOUTH, "prefix")),  # the longest
        (Known(), "+33612345678", (NORTH, "order")),
        (Known(), "1919", (NORTH, "order")),
    ],
)
def test_what_is_known_of_a_number_decides_in_its_order(known: Known, number: str, expected: tuple[Way, str]) -> None:
    assert choose(WAYS, number, known) == (expected[0].link_id, expected[1])


digits = st.text("0123456789", min_size=1, max_size=9)
ways = st.lists(
    st.builds(
        Way,
        st.uuids(),
        st.text(max_size=5),
        st.text(max_size=5),
        st.lists(digits.map("+{}".format), max_size=5).map(tuple),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda way: way.link_id,
)


@given(ways, digits, st.data())
def test_a_path_is_always_one_of_the_lines_links_and_no_other_fits_better(
    some: list[Way], number: str, data: st.DataObject
) -> None:
    number = f"+{number}"
    known = data.draw(
        st.builds(
            Known,
            st.none() | st.uuids() | st.sampled_from([way.link_id for way in some]),
            st.none() | st.sampled_from([way.link_id for way in some]),
            st.none() | st.text(max_size=5) | st.sampled_from([way.operator for way in some]),
        )
    )
    path = choose(some, number, known)
    [chosen] = [way for way in some if way.link_id == path.link_id]
    if path.why == "prefix":
        fit = max(len(prefix) for prefix in chosen.prefixes if number.startswith(prefix))
        assert all(len(one) <= fit for way in some for one in way.prefixes if number.startswith(one))
    if path.why == "order":
        assert chosen == some[0]
    if known.came_by in {way.link_id for way in some}:
        assert path == (known.came_by, "came")


# --- With the database -------------------------------------------------------------------------------------


@pytest.fixture
def other(scripted) -> Link:
    """A second link of the line, behind the first in its order."""
    link = Link.objects.create(
        organisation=scripted.organisation, name="Lagune Telecom", adapter="scripted", operator="Lagune",
        prefixes=["+2290195"], settings={"system_id": "lagune"},
    )  # fmt: skip
    LineLink.objects.create(line=scripted.line, link=link, priority=1)
    return link


async def talk_with(scripted, dsn: str, sender: str = "+2290195000001") -> Conversation:
    """A conversation of which nobody knows any more by which link its text came."""
    async with await connect(dsn, **CONNECTION_SETTINGS) as connection:
        await store(connection, [scripted.text(sender=sender)])
    found = await Conversation.objects.select_related("line", "address").aget(address__value=sender)
    await Conversation.objects.filter(id=found.id).aupdate(link=None)
    found.link_id = None
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.needs("UNI-017")
async def test_a_text_leaves_by_what_is_known_of_its_number(scripted, other, dsn, rows) -> None:
    ask = sync_to_async(link_for_answer)
    conversation = await talk_with(scripted, dsn)
    assert await ask(conversation) == (other, "prefix")
    await PortedNumber.objects.acreate(
        organisation=scripted.organisation, number="+2290195000001", operator="Savane Mobile"
    )
    assert await ask(conversation) == (scripted.link, "ported")
    # An earlier talk with the same person came by the other link.
    earlier = await Conversation.objects.aget(id=conversation.id)
    earlier.id, earlier.status, earlier.link_id = uuid4(), "closed", other.id
    await earlier.asave(force_insert=True)
    assert await ask(conversation) == (other, "heard")
    conversation.link_id = scripted.link.id
    assert await ask(conversation) == (scripted.link, "came")
    await sync_to_async(say)(conversation)
    await Link.objects.all().aupdate(is_enabled=False)
    with pytest.raises(Conflict, match="no enabled link"):
        await ask(conversation)


@pytest.mark.django_db(transaction=True)
async def test_a_link_that_drains_takes_an_answer_only_where_there_is_no_other(scripted, other, dsn) -> None:
    ask = sync_to_async(link_for_answer)
    conversation = await talk_with(scripted, dsn)
    conversation.link_id = scripted.link.id
    await Link.objects.filter(id=scripted.link.id).aupdate(is_draining=True)
    assert await ask(conversation) == (other, "prefix")
    await Link.objects.filter(id=other.id).aupdate(is_draining=True)
    assert (await ask(conversation))[1] == "came"


@pytest.mark.django_db(transaction=True)
async def test_a_link_is_not_taken_from_a_line_while_texts_of_it_wait_there(scripted, other, dsn) -> None:
    """Nothing would ever move them: what a line says of its links holds for those that it has."""
    await sync_to_async(say)(await talk_with(scripted, dsn))

    def only(link: Link) -> None:
        boss, _ = User.objects.get_or_create(
            organisation=scripted.organisation, email="boss@savane.example", defaults={"role": Role.ADMINISTRATOR}
        )
        fields = LineFields(link_ids=[link.id])
        save_line(actor=boss, line_id=scripted.line.id, fields=fields, known=Choices(bots=["telecom"], queues=[]))

    with pytest.raises(Conflict, match="still wait"):
        await sync_to_async(only)(scripted.link)
    await Delivery.objects.all().aupdate(state=DeliveryState.SENT)
    await sync_to_async(only)(scripted.link)
    assert [link async for link in scripted.line.links.all()] == [scripted.link]


@pytest.mark.django_db(transaction=True)
async def test_why_a_text_leaves_by_its_link_stands_on_its_delivery(scripted, other, dsn, rows) -> None:
    await sync_to_async(say)(await talk_with(scripted, dsn))
    assert await sync_to_async(rows)("select link_id, path from conversations_delivery") == [(other.id, "prefix")]
