"""What an administrator says about texts, on a line and on a link, and what the desk gets of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Role
from conversations.models import Message, Status
from tests.browser import Browser, someone
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(cast: Cast) -> Browser:
    return Browser(someone(cast, Role.ADMINISTRATOR, name="Fatou Zongo"))


def line_of(browser: Browser, address: str = "3334") -> dict[str, Any]:
    return next(line for line in browser.get("/api/session").data["lines"] if line["address"] == address)


def test_a_line_starts_with_ten_parts_and_asks_before_it_spares(boss: Browser) -> None:
    line = line_of(boss)
    assert (line["most_parts"], line["saver"], line["latin1"]) == (10, "ask", False)


def test_the_longest_text_and_the_saver_of_a_line_reach_every_desk(boss: Browser, cast: Cast) -> None:
    changed = boss.patch(f"/api/admin/lines/{cast.line_3334.id}", {"most_parts": 1, "saver": "always"})
    assert (changed.data["most_parts"], changed.data["saver"]) == (1, "always")
    line = line_of(boss)
    assert (line["most_parts"], line["saver"]) == (1, "always")
    audited = boss.get("/api/admin/audit").data["items"][0]["changes"]
    assert audited == {"most_parts": [10, 1], "saver": ["ask", "always"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [({"most_parts": 0}, "most_parts"), ({"most_parts": 256}, "most_parts"), ({"saver": "sometimes"}, "saver")],
)
def test_what_no_line_can_be_is_refused(boss: Browser, cast: Cast, change: dict[str, Any], field: str) -> None:
    answer = boss.patch(f"/api/admin/lines/{cast.line_3334.id}", change)
    assert (answer.status, list(answer.data["error"]["fields"])) == (422, [field])
    assert line_of(boss)["most_parts"] == 10


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"data_codings": "4 = morse"}, "settings.data_codings"),
        ({"default_alphabet": "ebcdic"}, "settings.default_alphabet"),
        ({"data_coding_latin1": 300}, "settings.data_coding_latin1"),
        ({"long_text": "fax"}, "settings.long_text"),
        ({"parts_wait_s": 0}, "settings.parts_wait_s"),
    ],
)
def test_a_data_coding_that_cannot_be_is_named(boss: Browser, cast: Cast, settings: dict[str, Any], field: str) -> None:
    usable = {"host": "127.0.0.1", "port": 2775, "system_id": "savane"}
    answer = boss.patch(f"/api/admin/links/{cast.north.id}", {"settings": {**usable, **settings}})
    assert (answer.status, list(answer.data["error"]["fields"])) == (422, [field])


def test_latin_1_on_all_links_of_a_line_is_latin_1_for_its_desks(boss: Browser, cast: Cast) -> None:
    usable = {"host": "127.0.0.1", "port": 2775, "system_id": "savane", "data_coding_latin1": 3}
    for link in cast.line_3334.links.all():
        assert line_of(boss)["latin1"] is False
        boss.patch(f"/api/admin/links/{link.id}", {"settings": usable, "secret": "motpasse"})
    assert line_of(boss)["latin1"] is True


@pytest.mark.needs("ELL-017", part="over the desk's address")
def test_a_text_that_is_too_long_for_its_line_is_refused_in_words_and_not_stored(boss: Browser, cast: Cast) -> None:
    boss.patch(f"/api/admin/lines/{cast.line_3334.id}", {"most_parts": 1})
    conversation = cast.open_conversation(line=cast.line_3334, status=Status.OPEN, owner=cast.awa)
    awa = Browser(cast.awa)
    body = {"client_id": str(uuid4()), "body": "a" * 161}
    refused = awa.post(f"/api/conversations/{conversation.id}/messages", body)
    assert refused.status == 422
    assert refused.data["error"]["code"] == "too_long"
    assert not Message.objects.filter(kind="outgoing").exists()
    assert awa.post(f"/api/conversations/{conversation.id}/messages", {**body, "body": "a" * 160}).status == 200


def test_a_text_with_a_gap_says_so_and_when_it_was_closed(cast: Cast) -> None:
    conversation = cast.open_conversation(line=cast.line_3334, status=Status.OPEN, owner=cast.awa)
    awa, found = Browser(cast.awa), cast.text_in(conversation, "un […]")

    def gap() -> Any:
        items = awa.get(f"/api/conversations/{conversation.id}/messages").data["items"]
        return next(item["gap"] for item in items if item["id"] == str(found.id))

    assert gap() is None
    Message.objects.filter(id=found.id).update(facts={"encoding": "gsm7", "parts": 3, "missing": [2, 3], "key": "k"})
    assert gap() == {"missing": 2, "completed_at": None}
    at = "2026-11-21T10:00:00.000Z"
    Message.objects.filter(id=found.id).update(facts={"missing": [], "completed_at": at})
    assert gap() == {"missing": 0, "completed_at": at}
