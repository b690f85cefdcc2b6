"""What a bot looks up in the installation's own systems: a PostgreSQL beside ours, a REST service (docs/look-ups.md).

    models        a source, a look-up, a one-time code, and how sources fare
    values        what is asked with: whose number it is, and what the dialogue has gathered
    sql_text      which queries may be asked          sql_run    asking one
    rest_text     how a request is written and read   rest_run   making one
    destinations  which machines may be reached
    guarded       one source behind its breaker       told       how it fares, for the health page
    codes         the one-time code of what is sensitive
    kept          answers kept for a moment
    making        all of it for one turn of a bot
    source_admin, look_up_admin, trying: the administration's part

A look-up reads; nothing here changes another system. Who is asked about is known from the number that writes, and
from nothing that anybody has written.
"""

from __future__ import annotations

from uuid import UUID

from bots.turn import Found, LookUp


def make(*, organisation_id: UUID, conversation_id: UUID, number: str, look_up: LookUp) -> Found:
    """Make `look_up` for the conversation with `number` (E.164). Never raises for what a source does; takes as long as
    the look-up may (at most 2 s) and two or three short statements of our own database.

    Outside any transaction, from any thread. The connection to our database is given back.
    """
    from bots.lookups.making import make as made  # its tables are not there before Django is set up

    return made(organisation_id=organisation_id, conversation_id=conversation_id, number=number, look_up=look_up)
