"""What comes with a text: kept with it, fetched from its provider alone, judged by its content, shown to readers."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from common import fetching
from conversations import media
from conversations.adapters import Heard, InboundMedium, InboundText, MediaAccess
from conversations.attachments import MOST_TRIES, kind_of, slice_of, stored_of
from conversations.models import Attachment, Conversation
from conversations.rendering import render_thread
from realtime.audience import AudienceKind
from tests.conversations.called_link import CalledLink, call, nothing_left, opened
from tests.conversations.deeds import until

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
COUNTED = "select count(*) from conversations_attachment where state = 'waiting'"


class PictureLink(CalledLink):
    """Its provider posts "key|sender|url url"."""

    @staticmethod
    def hear(request, config):
        [item] = CalledLink.hear(request, config).items
        urls = tuple(InboundMedium(url, "image/png") for url in item.body.split())
        return Heard((InboundText(
            config.id, item.key, item.sender, "1919", 1, "📎", item.raw, "ucs2", media=urls,
        ),))  # fmt: skip

    @staticmethod
    def media(url, config):
        if not url.startswith("https://media.example/"):
            raise ValueError("another host")
        return MediaAccess({"Authorization": f"Basic {config.secret}"})


@pytest.fixture
def pictures(called, settings):
    from conversations.links import adapter_class

    settings.LINK_ADAPTERS = {"scripted": "tests.conversations.test_media.PictureLink"}
    adapter_class.cache_clear()
    yield called
    adapter_class.cache_clear()


@dataclass
class Job:
    attempt: int = 1
    id: object = None
    organisation_id: object = None

    def progress(self, _fraction):
        pass


def fetched(desk, key, *, attempt=1):
    return media.fetch_media(Job(attempt), link_id=str(desk.link.id), key=key)


@contextlib.asynccontextmanager
async def texted(desk, dsn, rows, redis_url, place, words, key="k1"):
    async with opened(dsn, redis_url, place) as door:
        for _ in range(2):  # and once more, as a provider calls that has not heard us
            await asyncio.to_thread(door.receive, desk.link.id, call(f"{key}|+2290197000001|{words}"))
        await nothing_left(door)
        await until(rows, "select count(*) from conversations_message where body = '📎'", [(1,)])
        yield


def shown(kind=AudienceKind.FULL):
    conversation = Conversation.objects.get()
    [message], _ = render_thread(conversation.organisation_id, conversation.id, kind)
    return message["attachments"]


pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_picture_is_announced_with_its_text_and_shown_when_it_is_there(
    pictures, dsn, rows, redis_url, tmp_path, monkeypatch
):
    asked = []

    def fetch(url, *, headers, largest, emulated):
        asked.append((url, headers, emulated))
        return PNG

    monkeypatch.setattr(fetching, "fetch", fetch)
    async with texted(pictures, dsn, rows, redis_url, tmp_path, "https://media.example/1 https://media.example/2"):
        waiting = {"place": 1, "kind": "", "state": "waiting", "url": None}
        assert await sync_to_async(shown)() == [waiting, {**waiting, "place": 2}]
        assert await sync_to_async(rows)("select kind, state from jobs_job") == [
            ("conversations.fetch_media", "waiting")
        ]
        await sync_to_async(fetched)(pictures, "k1")
        await sync_to_async(fetched)(pictures, "k1")  # again, as after a crash
    assert asked == [(f"https://media.example/{n}", {"Authorization": "Basic open sesame"}, False) for n in (1, 2)]
    conversation = await Conversation.objects.aget()
    [one, _two] = await sync_to_async(shown)()
    assert (one["kind"], one["state"]) == ("image", "there")
    assert one["url"] == f"/api/conversations/{conversation.id}/attachment?seq=1&place=1"
    found = await sync_to_async(stored_of)(conversation.organisation_id, conversation.id, 1, 2)
    assert (found.content_type, await sync_to_async(slice_of)(found, 0, found.octets)) == ("image/png", PNG)
    assert await sync_to_async(slice_of)(found, 1, 3) == b"PNG"
    assert await sync_to_async(stored_of)(uuid4(), conversation.id, 1, 2) is None
    assert await sync_to_async(shown)(AudienceKind.NO_TEXT) == []
    told = await sync_to_async(rows)("select type from realtime_event where type = 'message.completed'")
    assert len(told) == 2


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (b"<svg onload=alert(1)>", "refused"),
        (b"<!doctype html><script>", "refused"),
        (b"MZ\x90\x00", "refused"),
        (fetching.Refused("it is too large"), "refused"),
        (fetching.Gone("status 404"), "gone"),
    ],
)
async def test_what_is_none_of_what_is_shown_is_not_kept(
    pictures, dsn, rows, redis_url, tmp_path, monkeypatch, content, state
):
    def fetch(url, **_given):
        if isinstance(content, Exception):
            raise content
        return content

    monkeypatch.setattr(fetching, "fetch", fetch)
    async with texted(pictures, dsn, rows, redis_url, tmp_path, "https://media.example/1"):
        await sync_to_async(fetched)(pictures, "k1")
    one = await Attachment.objects.aget()
    assert (one.state, bytes(one.content), one.content_type) == (state, b"", "")
    [view] = await sync_to_async(shown)()
    assert (view["state"], view["url"]) == (state, None)


async def test_an_address_that_is_none_of_the_providers_is_not_asked(
    pictures, dsn, rows, redis_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(fetching, "fetch", lambda *_, **__: pytest.fail("it was asked"))
    async with texted(pictures, dsn, rows, redis_url, tmp_path, "https://169.254.169.254/latest/meta-data"):
        await sync_to_async(fetched)(pictures, "k1")
    assert (await Attachment.objects.aget()).state == "refused"


async def test_a_provider_that_cannot_be_reached_is_asked_again_and_in_the_end_no_more(
    pictures, dsn, rows, redis_url, tmp_path, monkeypatch
):
    def fetch(*_, **__):
        raise fetching.Unreached("no answer in time")

    monkeypatch.setattr(fetching, "fetch", fetch)
    async with texted(pictures, dsn, rows, redis_url, tmp_path, "https://media.example/1"):
        with pytest.raises(media.NotYet):
            await sync_to_async(fetched)(pictures, "k1")
        assert (await Attachment.objects.aget()).state == "waiting"
        await sync_to_async(fetched)(pictures, "k1", attempt=MOST_TRIES)
    assert (await Attachment.objects.aget()).state == "gone"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"), (PNG, "image/png"), (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"), (b"RIFF\0\0\0\0WAVE", "audio/wav"), (b"OggS", "audio/ogg"),
        (b"#!AMR\n", "audio/amr"), (b"ID3\x03", "audio/mpeg"), (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"), (b"\0\0\0\x20ftyp3gp4", "video/3gpp"),
        (b"\0\0\0\x20ftypheic", ""), (b"\0\0\0\x20ftypmif1", ""), (b"\0\0\0\x20ftypavif", ""),
        (b"", ""), (b"<svg", ""), (b"%PDF-1.7", ""), (b"PK\x03\x04", ""), (b"RIFF\0\0\0\0XXXX", ""),
    ],
)  # fmt: skip
def test_a_kind_is_told_by_the_content(content, kind):
    assert kind_of(content) == kind


async def test_a_sender_who_leaves_too_much_is_shown_without_it(pictures, dsn, rows, redis_url, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "fetch", lambda *_, **__: PNG)
    monkeypatch.setattr(media, "refuses_more", lambda _, sender, octets: octets == len(PNG) and "+" in sender)
    async with texted(pictures, dsn, rows, redis_url, tmp_path, "https://media.example/1"):
        await sync_to_async(fetched)(pictures, "k1")
    one = await Attachment.objects.aget()
    assert (one.state, one.reason, bytes(one.content)) == ("refused", "too much of one sender within a day", b"")
