"""What came with texts, as it is kept and shown: pictures, sounds, films, by their content and never by their name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

from django.db import connection

LARGEST = 6 * 1024 * 1024  # bytes; providers carry at most five million
MOST_TRIES = 8  # of a job, over some ten minutes
WORDLESS = "📎"  # the words of a text that has none: what came, or leaves, is a picture alone

KEEP_MEDIA = """
with kept as (
    insert into conversations_attachment (id, organisation_id, link_id, line_id, key, place, sender, url, declared)
    select uuidv7(), %(organisation)s, %(link)s, %(line)s, %(key)s, place, %(sender)s, url, declared
    from unnest(%(url)s::text[], %(declared)s::text[]) with ordinality t (url, declared, place)
    on conflict (link_id, key, place) do nothing returning 1
)
insert into jobs_job (id, organisation_id, kind, arguments, state, progress, attempts, max_attempts, lease_holder,
                      result, error, due_at)
select uuidv7(), %(organisation)s, 'conversations.fetch_media',
       jsonb_build_object('link_id', %(link)s::text, 'key', %(key)s::text), 'waiting', 0, 0, %(tries)s, '', '{}',
       '', clock_timestamp() + interval '1 second'
where exists (select from kept)
"""

# First octets -> what it is. Nothing that can hold a script: no SVG, no HTML; what is none of these is not shown.
_SIGNS: tuple[tuple[bytes, int, str], ...] = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"OggS", 0, "audio/ogg"),
    (b"#!AMR", 0, "audio/amr"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"\xff\xf3", 0, "audio/mpeg"),
    (b"WAVE", 8, "audio/wav"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
)
_BRANDS = {b"M4A ": "audio/mp4", b"3gp4": "video/3gpp", b"3gp5": "video/3gpp", b"3gp6": "video/3gpp"}
# Pictures in the same box (HEIF, AVIF), as telephones make them: no film, and no provider carries them.
_BRANDS |= dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"), "")


def kind_of(content: bytes) -> str:
    """Its content type by what it is; "" for what is not shown."""
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "video/mp4")
    return next((kind for sign, at, kind in _SIGNS if content[at : at + len(sign)] == sign), "")


class AttachmentView(TypedDict):
    """`kind`: image, audio, video, or "" as long as nobody knows. `url`: where it is had, once it is there."""

    place: int
    kind: str
    state: str
    url: str | None


_SHOWN = """
select message_id, place, state, content_type, conversation_id from conversations_attachment
where organisation_id = %s and message_id = any(%s) order by message_id, place
"""


def attachments_of(
    organisation_id: UUID, messages: Iterable[tuple[UUID, int, str | None]]
) -> dict[UUID, list[AttachmentView]]:
    """What came with messages (id, number, facts as stored). Nearly none has any: then nothing is asked."""
    counts = {id_: (seq, json.loads(facts)["media"]) for id_, seq, facts in messages if facts and '"media"' in facts}
    if not counts:
        return {}
    found: dict[UUID, list[AttachmentView]] = {
        id_: [{"place": place, "kind": "", "state": "waiting", "url": None} for place in range(1, count + 1)]
        for id_, (_, count) in counts.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, [organisation_id, list(counts)])
        for message_id, place, state, content_type, conversation_id in cursor.fetchall():
            seq, count = counts[message_id]
            if 1 <= place <= count:
                there = state == "there"
                found[message_id][place - 1] = {
                    "place": place,
                    "kind": content_type.partition("/")[0],
                    "state": state,
                    "url": f"/api/conversations/{conversation_id}/attachment?seq={seq}&place={place}"
                    if there
                    else None,
                }
    return found


class Stored(NamedTuple):
    """What is there; its octets are read by slices."""

    id: UUID
    content_type: str
    octets: int


def stored_of(organisation_id: UUID, conversation_id: UUID, seq: int, place: int) -> Stored | None:
    """What came, or left, with message number `seq`; None as long as it is not there."""
    return _stored(
        """select a.id, a.content_type, octet_length(a.content) from conversations_attachment a
           join conversations_message m on m.id = a.message_id and m.conversation_id = a.conversation_id
           where a.organisation_id = %s and a.conversation_id = %s and m.seq = %s and a.place = %s
             and a.state = 'there'""",
        [organisation_id, conversation_id, seq, place],
    )


def sent_with(message_id: UUID, place: int) -> Stored | None:
    """What leaves with a message of ours; nothing of what came with one is had here."""
    return _stored(
        """select id, content_type, octet_length(content) from conversations_attachment
           where message_id = %s and place = %s and state = 'there' and key = %s""",
        [message_id, place, sent_key(message_id)],
    )


def sent_key(message_id: UUID) -> str:
    """Attachment.key of what leaves with a message."""
    return f"sent:{message_id}"


def slice_of(stored: Stored, first: int, count: int) -> bytes:
    """`count` octets from `first` on, or what there is of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select substring(content from %s for %s) from conversations_attachment where id = %s",
            [first + 1, count, stored.id],
        )
        found: Any = cursor.fetchone()
    return b"" if found is None else bytes(found[0])


def _stored(statement: str, parameters: list[Any]) -> Stored | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = cursor.fetchone()
    return None if found is None else Stored(*found)
