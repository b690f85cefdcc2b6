"""A centre of a year's size for the bench of the desk: 200,000 conversations of five texts each, 5,000 of them waiting.

Each has a person of its own, so that lists, panels and searches meet as many. Texts are the words that subscribers and
agents use; times spread over the last three months, the newest conversations wait.
"""

from __future__ import annotations

import psycopg

from bench import _ground as ground
from config.up.trial import Running

CONVERSATIONS = 200_000
TEXTS_EACH = 5
WAITING = 5_000
TABLES = (
    "conversations_message", "conversations_conversation", "conversations_delivery", "contacts_contact",
    "contacts_address", "contacts_contacttag",
)  # fmt: skip

_AT = "now() - interval '1 minute' - (CONVERSATIONS - n) * (interval '90 days' / CONVERSATIONS)"
_KEY = (
    "encode(overlay(uuid_send(uuidv7()) placing substring(uuid_send(uuid_floor(AT)) from 1 for 6) from 1 for 6), 'hex')"
    "::uuid"
)
_FILL = [
    "select palabre_make_partitions(t, now() - interval '3 months', 4) "
    "from unnest(array['conversations_message', 'conversations_delivery']) t",
    f"""create temporary table person as
        select n, uuidv7() as contact, uuidv7() as address, uuidv7() as conversation,
               '+22901' || lpad((n * 37 % 100000000)::text, 8, '0') as number, {_AT} as at,
               n > CONVERSATIONS - WAITING as waits,
               case when n % 5 = 0 then other.id else line.id end as line,
               case when n % 5 = 0 then other.queue_id else line.queue_id end as queue,
               line.organisation_id as organisation, link.id as link
        from generate_series(1, CONVERSATIONS) n,
             (select id, queue_id, organisation_id from conversations_line where address = '1919') line,
             (select id, queue_id from conversations_line where address = '3334') other,
             (select id from conversations_link order by name limit 1) link""",
    """insert into contacts_contact (id, organisation_id, name)
       select contact, organisation, (array['Aïcha','Koffi','Félicité','Mariam','Sènami','Hervé','Awa','Codjo'])
           [1 + n % 8] || ' ' || (array['Soglo','Agossou','Houngbédji','Dossou','Zinsou','Adjovi'])[1 + n / 8 % 6]
       from person""",
    """insert into contacts_address (id, organisation_id, contact_id, kind, value)
       select address, organisation, contact, 'phone', number from person""",
    """insert into contacts_tag (id, organisation_id, name)
       select uuidv7(), organisation, 'Fidèle' from person limit 1""",
    """insert into contacts_contacttag (organisation_id, contact_id, tag_id)
       select organisation, contact, tag.id from person, contacts_tag tag where n % 10 = 0 and tag.name = 'Fidèle'""",
    """insert into conversations_conversation (id, organisation_id, line_id, contact_id, address_id, link_id, status,
           queue_id, queued_at, waiting_since, unread, last_seq, preview, opened_at, last_activity_at, closed_at)
       select conversation, organisation, line, contact, address, link, case when waits then 'queued' else 'closed' end,
              queue, case when waits then at end, case when waits then at end, case when waits then 1 else 0 end,
              TEXTS_EACH, 'Bonjour, où en est ma facture numéro ' || n || ' ?', at, at,
              case when waits then null else at end
       from person""",
    f"""insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body, created_at)
        select {_KEY.replace("AT", "at")}, organisation, conversation, seq,
               case when seq % 2 = 1 then 'incoming' else 'outgoing' end,
               case when seq % 2 = 1 then 'contact' else 'bot' end,
               case when seq % 2 = 1 then 'Bonjour, où en est ma facture numéro ' || n || ' ?'
                    else 'Votre facture est prête. Répondez 1 pour le montant, 2 pour un conseiller.' end, at
        from person, generate_series(1, TEXTS_EACH) seq order by n, seq""",
    """insert into conversations_delivery (message_id, organisation_id, conversation_id, line_id, link_id, source,
           destination, lane, encoding, parts, reference, state, updated_at)
       select m.id, p.organisation, p.conversation, p.line, p.link, '1919', number, 1, 'gsm7', 1, 1, 4, at
       from conversations_message m join person p on p.conversation = m.conversation_id where m.kind = 'outgoing'""",
]


def fill(palabre: Running) -> None:
    """Nobody is free, so that what waits goes on waiting."""
    ground.rows(palabre, "update routing_agentstate set state = 'busy'")
    with psycopg.connect(ground.url(palabre)) as connection:
        connection.execute("set synchronous_commit = off")
        for statement in _FILL:
            whole = statement.replace("CONVERSATIONS", str(CONVERSATIONS)).replace("WAITING", str(WAITING))
            connection.execute(whole.replace("TEXTS_EACH", str(TEXTS_EACH)))
    with psycopg.connect(ground.url(palabre), autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"vacuum analyze {table}")
