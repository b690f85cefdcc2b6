"""Pictures, sounds and films that an agent sends: from his browser to the address where their provider fetches them."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Role
from conversations import media_links
from conversations.media_links import media_url
from conversations.models import Attachment, Conversation, Delivery, Line, LineLink, Link, Message
from simulator.twilio import ACCOUNT
from tests.browser import Answer, Browser, someone
from tests.cast import Cast

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2500  # some 640 KB: two pieces
PNG = b"\x89PNG\r\n\x1a\n" + bytes(500)
BASE = "https://palabre.example.org/webhooks/x"


@pytest.fixture
def twilio(cast: Cast) -> Conversation:
    """A conversation of Awa's on a line that Twilio carries."""
    conversation = cast.owned_by(cast.awa)
    cast.text_in(conversation)
    LineLink.objects.filter(line=conversation.line).delete()
    link = Link.objects.create(
        organisation=cast.organisation, name="Twilio", adapter="sms.twilio", settings={"account_sid": ACCOUNT}
    )
    LineLink.objects.create(line=conversation.line, link=link)
    Conversation.objects.filter(id=conversation.id).update(link_id=link.id)
    Line.objects.filter(id=conversation.line_id).update(address="+15005550006")
    return conversation


def upload(browser: Browser, conversation: Conversation, octets: bytes, *, piece: int = 512 * 1024) -> Answer:
    base = f"/api/conversations/{conversation.id}/attachments"
    made = browser.post(base, {"octets": len(octets)})
    if made.status != 201:
        return made
    for at in range(0, len(octets), piece):
        content = base64.b64encode(octets[at : at + piece]).decode()
        for _ in range(2):  # and again, as after an answer that was lost
            made = browser.put(f"{base}/{made.data['id'] if made.status < 300 else ''}", {"at": at, "content": content})
            if made.status >= 300:
                return made
    return made


def sent(browser: Browser, conversation: Conversation, *drafts: Any, body: str = "") -> Answer:
    given = {"client_id": str(uuid4()), "body": body, "attachments": [str(one) for one in drafts]}
    return browser.post(f"/api/conversations/{conversation.id}/messages", given)


def fetched(url: str, **headers: str) -> Any:
    return Client().get(urlsplit(url).path, headers=headers)


def test_a_picture_leaves_with_its_words_and_its_provider_fetches_it(cast: Cast, twilio: Conversation) -> None:
    awa = Browser(cast.awa)
    first, second = upload(awa, twilio, JPEG), upload(awa, twilio, PNG)
    assert (first.status, first.data["kind"], first.data["there"]) == (200, "image", len(JPEG))
    answer = sent(awa, twilio, second.data["id"], first.data["id"], body="a" * 400)
    assert answer.status == 200, answer.data
    kinds = [(one["place"], one["kind"], one["state"]) for one in answer.data["attachments"]]
    assert kinds == [(1, "image", "there"), (2, "image", "there")]
    shown = awa.client.get(answer.data["attachments"][0]["url"])
    assert shown.content == PNG
    delivery = Delivery.objects.get(message_id=UUID(answer.data["id"]))
    assert (delivery.parts, delivery.submits) == (1, 1)

    url = media_url(BASE, delivery.message_id, 2)
    assert url.startswith(f"{BASE}/media/")
    whole = fetched(url.replace("/x/", f"/{delivery.link_id}/"))
    assert (whole.status_code, whole["Content-Type"], whole.content) == (200, "image/jpeg", JPEG)
    assert "sandbox" in whole["Content-Security-Policy"]


def test_an_address_opens_what_it_names_until_it_is_over_and_nothing_else(
    cast: Cast, twilio: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    awa = Browser(cast.awa)
    answer = sent(awa, twilio, upload(awa, twilio, PNG).data["id"])
    assert answer.status == 200, answer.data
    base = f"https://palabre.example.org/webhooks/{uuid4()}"
    good = media_url(base, UUID(answer.data["id"]), 1)
    assert fetched(good).status_code == 200
    assert fetched(good[:-1] + ("A" if good[-1] != "A" else "B")).status_code == 404
    assert fetched(media_url(base, UUID(answer.data["id"]), 2)).status_code == 404
    assert fetched(media_url(base, uuid4(), 1)).status_code == 404
    assert Client().post(urlsplit(good).path).status_code == 405
    # What came in is had by its readers alone, whoever signs.
    Attachment.objects.update(key="SM1")
    assert fetched(good).status_code == 404
    Attachment.objects.update(key=f"sent:{answer.data['id']}")
    monkeypatch.setattr(media_links, "VALID_S", -1)
    assert fetched(good).status_code == 404


@pytest.mark.parametrize("octets", [b"<svg onload=alert(1)>", b"%PDF-1.7 ", b"RIFF\0\0\0\0WAVE", b"PK\x03\x04"])
def test_what_its_content_says_decides_and_not_its_name(cast: Cast, twilio: Conversation, octets: bytes) -> None:
    awa = Browser(cast.awa)
    refused = upload(awa, twilio, octets)
    assert (refused.status, refused.code) == (422, "attachment_kind")
    assert not Attachment.objects.exists()


def test_too_much_and_too_many_are_refused_in_words(cast: Cast, twilio: Conversation) -> None:
    awa = Browser(cast.awa)
    base = f"/api/conversations/{twilio.id}/attachments"
    assert awa.post(base, {"octets": 5_000_001}).code == "attachments_too_large"
    assert awa.post(base, {"octets": 0}).code == "file_empty"
    drafts = [upload(awa, twilio, PNG).data["id"] for _ in range(11)]
    assert sent(awa, twilio, *drafts).code == "too_many_attachments"
    assert sent(awa, twilio, drafts[0], drafts[0]).code == "no_attachment"
    Attachment.objects.filter(id__in=drafts).update(octets=600_000)
    assert sent(awa, twilio, *drafts[:10]).code == "attachments_too_large"
    assert not Message.objects.filter(kind="outgoing").exists()
    # One with a text of WhatsApp.
    Line.objects.filter(id=twilio.line_id).update(address="whatsapp:+15005550007")
    assert sent(awa, twilio, *drafts[:2]).code == "too_many_attachments"


def test_a_piece_out_of_its_place_is_refused_and_half_a_file_leaves_nowhere(cast: Cast, twilio: Conversation) -> None:
    awa = Browser(cast.awa)
    base = f"/api/conversations/{twilio.id}/attachments"
    draft = awa.post(base, {"octets": 10}).data["id"]
    four = base64.b64encode(PNG[:4]).decode()
    assert awa.put(f"{base}/{draft}", {"at": 4, "content": four}).code == "piece"
    assert awa.put(f"{base}/{draft}", {"at": 0, "content": four}).data["there"] == 4
    other = base64.b64encode(b"abcd").decode()
    assert awa.put(f"{base}/{draft}", {"at": 0, "content": other}).code == "piece"
    assert awa.put(f"{base}/{draft}", {"at": 4, "content": "?"}).code == "piece"
    assert awa.put(f"{base}/{draft}", {"at": 4, "content": base64.b64encode(bytes(7)).decode()}).code == "piece"
    assert sent(awa, twilio, draft).code == "no_attachment"
    assert awa.call("DELETE", f"{base}/{draft}").status == 204
    assert awa.put(f"{base}/{draft}", {"at": 4, "content": four}).status == 404


def test_a_line_that_only_texts_takes_none_and_nobody_sends_a_colleagues(cast: Cast, twilio: Conversation) -> None:
    awa, kofi = Browser(cast.awa), Browser(someone(cast, Role.SUPERVISOR))
    draft = upload(awa, twilio, PNG).data["id"]
    base = f"/api/conversations/{twilio.id}/attachments"
    assert kofi.put(f"{base}/{draft}", {"at": 0, "content": base64.b64encode(PNG).decode()}).status == 404
    Conversation.objects.filter(id=twilio.id).update(owner=someone(cast, Role.AGENT))
    Conversation.objects.filter(id=twilio.id).update(owner=cast.awa)
    Link.objects.update(adapter="sms.smpp")
    assert awa.post(base, {"octets": 10}).code == "no_attachments"
    assert sent(awa, twilio, draft).code == "no_attachments"
    lines = {one["id"]: one for one in awa.get("/api/session").data["lines"]}
    assert lines[str(twilio.line_id)]["capabilities"]["attachments"] is False
    Link.objects.update(adapter="sms.twilio")
    lines = {one["id"]: one for one in awa.get("/api/session").data["lines"]}
    known = lines[str(twilio.line_id)]["capabilities"]
    assert (known["attachments"], known["most_media"], known["largest_media"]) == (True, 10, 5_000_000)
    assert "image/jpeg" in known["media"]


def test_a_player_jumps_to_a_place(cast: Cast, twilio: Conversation) -> None:
    awa = Browser(cast.awa)
    url = sent(awa, twilio, upload(awa, twilio, JPEG).data["id"]).data["attachments"][0]["url"]
    whole = awa.client.get(url)
    assert (whole.status_code, whole["Accept-Ranges"], whole["Content-Length"]) == (200, "bytes", str(len(JPEG)))
    part = awa.client.get(url, headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, JPEG[4:10])
    assert part["Content-Range"] == f"bytes 4-9/{len(JPEG)}"
    assert part["Content-Type"] == "image/jpeg"
    last = awa.client.get(url, headers={"Range": "bytes=-5", "If-Range": part["ETag"]})
    assert (last.status_code, last.content) == (206, JPEG[-5:])
    assert awa.client.get(url, headers={"Range": "bytes=-5", "If-Range": '"other"'}).status_code == 200
    beyond = awa.client.get(url, headers={"Range": f"bytes={len(JPEG)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(JPEG)}")
    assert beyond.content == b""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from conversations_attachment")
        assert cursor.fetchone() == (1,)
