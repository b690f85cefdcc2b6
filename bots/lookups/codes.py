"""The one-time code of a sensitive look-up: whoever writes must hold the telephone now.

A sender's number can be forged; a text to that number cannot be read by who forged it. Six digits, for one look-up with
its values in one conversation: 5 minutes, 3 tries; at most 3 codes an hour for a number. Once right, the conversation
is believed for 10 minutes.

Nothing is kept but keyed hashes. Each step that counts is one statement that says what it has changed: two processes
cannot both use the last try, nor one code twice.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from bots.lookups.values import Value
from bots.turn import Found

DIGITS = 6
VALID_S, TRIES, PER_HOUR, BELIEVED_S = 300, 3, 3, 600
FORGOTTEN_DAYS = 1

_BELIEVED = """
select exists (
    select from lookups_code where organisation_id = %(organisation)s and number = %(number)s
    and conversation_id = %(conversation)s and used_at > clock_timestamp() - make_interval(secs => %(believed_s)s))
"""
_TRY = """
update lookups_code set tries = tries + 1
where id = (select id from lookups_code where organisation_id = %(organisation)s and number = %(number)s
            and conversation_id = %(conversation)s and asked = %(asked)s order by made_at desc, id desc limit 1)
  and used_at is null and tries < %(most)s and expires_at > clock_timestamp()
returning id, code, tries
"""
_USE = "update lookups_code set used_at = clock_timestamp() where id = %(id)s and used_at is null returning id"
_SPENT = """
select tries >= %(most)s and expires_at > clock_timestamp() from lookups_code
where organisation_id = %(organisation)s and number = %(number)s and conversation_id = %(conversation)s
  and asked = %(asked)s
order by made_at desc, id desc limit 1
"""
# Codes of a number are made one after the other: two at once would both be the third.
_ONE_BY_ONE = "select pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))"
_FORGET = """
delete from lookups_code where organisation_id = %(organisation)s
  and made_at < clock_timestamp() - make_interval(days => %(days)s)
"""
_MAKE = """
insert into lookups_code (id, organisation_id, conversation_id, definition_id, number, asked, code, tries, made_at,
                          expires_at)
select uuidv7(), %(organisation)s, %(conversation)s, %(definition)s, %(number)s, %(asked)s, %(code)s, 0,
       clock_timestamp(), clock_timestamp() + make_interval(secs => %(valid_s)s)
where (select count(*) from lookups_code where organisation_id = %(organisation)s and number = %(number)s
       and made_at > clock_timestamp() - interval '1 hour') < %(per_hour)s
returning id
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what: all that a code is bound to."""

    organisation_id: UUID
    conversation_id: UUID
    definition_id: UUID
    number: str
    bound: Mapping[str, Value]

    def said(self) -> str:
        return repr((str(self.definition_id), sorted((name, repr(value)) for name, value in self.bound.items())))


def prove(asked: Asked, code: str) -> Found | None:
    """None: it is proved, look it up. Otherwise what the bot must say: a code is asked for, was wrong, or it is refused
    ("refused": three wrong ones, or too many codes within the hour)."""
    about: dict[str, Any] = {
        "organisation": asked.organisation_id, "conversation": asked.conversation_id,
        "definition": asked.definition_id, "number": _hash("number", asked.number),
        "asked": _hash("asked", asked.said()), "most": TRIES, "believed_s": BELIEVED_S,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_BELIEVED, about)
        if cursor.fetchone()[0]:
            return None
        digits = _digits(code)
        if digits:
            tried = _try(cursor, about, digits, asked)
            if tried != "expired":
                return None if tried == "right" else Found("code_wrong" if tried == "wrong" else "refused")
    return _ask(about, asked)


def _try(cursor: Any, about: dict[str, Any], digits: str, asked: Asked) -> str:
    """right, wrong, spent (the last try was), or expired: there is none that could still be right."""
    cursor.execute(_TRY, about)
    row = cursor.fetchone()
    if row is None:
        cursor.execute(_BELIEVED, about)  # another process was as quick with the right one
        if cursor.fetchone()[0]:
            return "right"
        cursor.execute(_SPENT, about)
        spent = cursor.fetchone()
        return "spent" if spent and spent[0] else "expired"
    id_, kept, tries = row
    if not hmac.compare_digest(bytes(kept), _code_hash(asked, digits)):
        return "wrong" if tries < TRIES else "spent"
    cursor.execute(_USE, {"id": id_})
    cursor.fetchone()
    return "right"


def _ask(about: dict[str, Any], asked: Asked) -> Found:
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    given = {
        **about, "code": _code_hash(asked, code), "valid_s": VALID_S, "per_hour": PER_HOUR, "days": FORGOTTEN_DAYS,
        "lock": f"code:{asked.organisation_id}:{asked.number}",
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_BY_ONE, given)
        cursor.execute(_FORGET, given)
        cursor.execute(_MAKE, given)
        made = cursor.fetchone()
    return Found("code_asked", code=code) if made else Found("refused")


def _digits(code: str) -> str:
    """Of a text that should be a code: its digits, in whatever script they were typed; "" when there are none."""
    found = [unicodedata.decimal(one, None) for one in unicodedata.normalize("NFKC", code)]
    return "".join(str(one) for one in found if one is not None)[: 4 * DIGITS]


def _code_hash(asked: Asked, digits: str) -> bytes:
    return _hash("code", repr((str(asked.conversation_id), asked.number, asked.said(), digits)))


def _hash(what: str, said: str) -> bytes:
    key = sha256(b"palabre look-up codes" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, f"{what}\0{said}".encode("utf-8", "replace"), sha256).digest()
