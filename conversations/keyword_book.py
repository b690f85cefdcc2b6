"""The words of each line, as the gateway has read them: a changed word must not cost a link its session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

from contacts.keywords import WORDS, Found, Keyword, KeywordTable, usual_table

_ROWS = "select line_id, language, kind, words from contacts_linekeywords order by line_id, language, kind"


class KeywordBook:
    def __init__(self) -> None:
        self._rows: list[Any] = []
        self._tables: dict[UUID, KeywordTable] = {}

    async def load(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Read the lines' own words again; called whenever links or lines may have changed."""
        rows = await (await connection.execute(_ROWS)).fetchall()
        if rows == self._rows:
            return
        own: dict[UUID, dict[str, dict[Keyword, list[str]]]] = {}
        for line_id, language, kind, words in rows:
            own.setdefault(line_id, {}).setdefault(language, {})[Keyword(kind)] = words
        self._tables = {line_id: table_of(changed) for line_id, changed in own.items()}
        self._rows = rows

    def judge(self, line_id: UUID, address: str, body: str, provider_says: str = "") -> tuple[Found | None, bool]:
        """(the keyword that a text to this line consists of, whether a person should look for one in it).

        `provider_says`: Keyword, where the provider has read the text itself and acted upon it already.
        """
        if provider_says:
            return Found(Keyword(provider_says), ""), False
        return self._tables.get(line_id, usual_table()).judge(body, own_address=address)


def table_of(changed: dict[str, dict[Keyword, list[str]]]) -> KeywordTable:
    """The usual words, but for what a line has its own of."""
    languages = {*WORDS, *changed}
    return KeywordTable.of({one: {**WORDS.get(one, {}), **changed.get(one, {})} for one in languages})
