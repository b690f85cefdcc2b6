"""The search of the desk with a million texts: how long it takes, whatever is asked, and what its index costs.

`search_p95_ms_...`: GET /api/search over a session, as the search box asks, for each of the questions below in turn, of
a supervisor (who sees all) and of an agent (who sees the lines of his teams); `by_question` has each one's own p95.
`intake_rows_ms`: what PostgreSQL needs to store the rows of 100 texts, beside the same without the index of words, in
turn.

100,000 people with names of two words; texts of twelve words out of 4,000, the common ones far more often, over the
last three months; "bonjour" begins nearly all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import psycopg

from bench import _ground as ground
from bench._ground import percentile
from bench.history import _Screen
from config.up import trial
from config.up.trial import Running

TEXTS = 1_000_000
PERSONS = 100_000
TIMES = 15
AT_MOST_MS = 200
BATCHES = 300

_WORD = "word[1 + floor(power(random(), 3) * 4000 + n * 0)::int]"
_FILL = [
    "select palabre_make_partitions('conversations_message', now() - interval '3 months', 4)",
    """create temporary table vocabulary as
       select array_agg((array['fac','sol','cré','for','ré','con','pa','mo','net','ap'])[1 + n % 10]
           || (array['tu','de','dit','fait','cla','nex','ie','bi','wo','pel'])[1 + n / 10 % 10]
           || (array['re','s','ment','tion','le','ur','é','rk','ler','e'])[1 + n / 100 % 10]
           || (array['','x','s','z'])[1 + n / 1000 % 4] order by n) as word
       from generate_series(0, 3999) n""",
    """create temporary table person as
       select n, uuidv7() as contact, uuidv7() as address, uuidv7() as conversation,
              '+22901' || lpad((n * 37 % 100000000)::text, 8, '0') as number,
              (array['Aïcha','Koffi','Félicité','Mariam','Sènami','Rachida','Hervé','Awa','Dossa','Codjo'])[1 + n % 10]
                  || ' ' || (array['Soglo','Agossou','Houngbédji','Dossou','Zinsou','Adjovi','Kérékou','Tossou',
                  'Hounkpè','Gbaguidi'])[1 + n / 10 % 10]
                  || (array['','-Kora','vi','nou','to'])[1 + n / 100 % 5] as name
       from generate_series(1, PERSONS) n""",
    """insert into contacts_contact (id, organisation_id, name)
       select contact, (select id from accounts_organisation limit 1), name from person""",
    """insert into contacts_address (id, organisation_id, contact_id, kind, value)
       select address, (select id from accounts_organisation limit 1), contact, 'phone', number from person""",
    """insert into contacts_tag (id, organisation_id, name)
       select uuidv7(), (select id from accounts_organisation limit 1), 'Fidèle'""",
    """insert into contacts_contacttag (organisation_id, contact_id, tag_id)
       select tag.organisation_id, contact, tag.id from person, contacts_tag tag
       where n % 10 = 0 and tag.name = 'Fidèle'""",
    """insert into conversations_conversation (id, organisation_id, line_id, contact_id, address_id, link_id, status,
                                               last_seq, opened_at, last_activity_at)
       select conversation, (select id from accounts_organisation limit 1),
              case when n % 5 = 0 then other.id else line.id end, contact, address, link.id, 'closed', 10,
              now() - interval '90 days', now() - (PERSONS - n) * interval '60 seconds'
       from person, (select id from conversations_line where address = '1919') line,
            (select id from conversations_line where address = '3334') other,
            (select id from conversations_link order by name limit 1) link""",
    """insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body, created_at)
       select encode(overlay(uuid_send(uuidv7()) placing substring(uuid_send(uuid_floor(at)) from 1 for 6)
                             from 1 for 6), 'hex')::uuid,
              organisation, conversation, 100 + n, kind, case kind when 'incoming' then 'contact' else 'bot' end,
              concat_ws(' ', case when n % 10 < 9 then 'Bonjour' end, WORD, WORD, WORD, WORD, WORD, WORD, WORD, WORD,
                        WORD, WORD, WORD, case when n % 20000 = 0 then 'réclamation urgente' end), at
       from (select g.n, person.conversation, (select id from accounts_organisation limit 1) as organisation,
                    now() - (TEXTS - g.n) * (interval '90 days' / TEXTS) as at,
                    case when g.n % 2 = 0 then 'incoming' else 'outgoing' end as kind
             from generate_series(1, TEXTS) g (n) join person on person.n = (g.n::bigint * 7919 % PERSONS) + 1) said,
            vocabulary order by n""",
]  # fmt: skip

QUESTIONS = {
    "a rare word": "reclamation",
    "a beginning": "récla",
    "a word of all": "bonjour",
    "two common words": "bonjour facture",
    "three letters": "fac",
    "a phrase": '"réclamation urgente"',
    "a phrase of nobody": '"urgente réclamation"',
    "no such word": "zzzz",
    "a common word of a person": "bonjour from:koffi-adjovi",
    "a common word of a tag": "bonjour tag:fidele",
    "a rare word of a line": "reclamation line:1919",
    "a word of a state": "bonjour state:queued",
    "a day": "bonjour after:2026-01-01 before:2026-12-31",
    "a tag": "tag:fidele",
    "a line": "line:3334",
    "a name": "houngbedji",
    "two names": "felicite soglo",
    "a name with a slip": "houngbeji",
    "a number": "0100003700",
    "00229": "00229 01 00 00 37 00",
    "last digits": "3700",
    "a number with a slip": "0100003701",
}


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        ground.keep_to_accounts(palabre)
        _fill(palabre)
        for who, email in (("supervisor", "sam@savane.example"), ("agent", "koffi@savane.example")):
            screen = _Screen(palabre, email)
            took: dict[str, list[float]] = {name: [] for name in QUESTIONS}
            found: dict[str, int] = {}
            slow: set[str] = set()
            for _ in range(TIMES):
                for name, question in QUESTIONS.items():
                    milliseconds, page = screen.get("/api/search", {"q": question})
                    took[name].append(milliseconds)
                    found[name] = sum(len(page[group]["items"]) for group in ("people", "conversations", "texts"))
                    slow |= {name} if page["slow"] else set()
            every = [one for some in took.values() for one in some]
            yield {
                "metric": f"search_p95_ms_{who}",
                "value": round(percentile(every, 0.95), 1),
                "unit": "ms",
                "at_most": AT_MOST_MS,
                "by_question": {name: round(percentile(some, 0.95), 1) for name, some in took.items()},
                "found": found,
                "cut": sorted(slow),
                "slowest": round(max(every), 1),
            }
        yield from _price_of_the_index(palabre)


def _fill(palabre: Running) -> None:
    with psycopg.connect(ground.url(palabre)) as connection:
        connection.execute("set synchronous_commit = off")
        for statement in _FILL:
            whole = statement.replace("WORD", _WORD).replace("TEXTS", str(TEXTS)).replace("PERSONS", str(PERSONS))
            connection.execute(whole)
    with psycopg.connect(ground.url(palabre), autocommit=True) as connection:
        for table in ("conversations_message", "conversations_conversation", "contacts_contact", "contacts_address",
                      "contacts_contacttag"):  # fmt: skip
            connection.execute(f"vacuum analyze {table}")


def _price_of_the_index(palabre: Running) -> Iterator[dict[str, Any]]:
    """Batches of 100 rows as the intake stores them, into the table with its indexes and into one like it without."""
    took: dict[str, list[float]] = {"with": [], "without": []}
    with psycopg.connect(ground.url(palabre), autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        for which in took:
            connection.execute(f"create table bench_{which} (like conversations_message including all)")
        for (name,) in connection.execute(
            """select indexname from pg_indexes
               where tablename = 'bench_without' and (indexdef like '%palabre_fold%' or indexdef like '%''note''::%')"""
        ).fetchall():
            connection.execute(f'drop index "{name}"')
        for _ in range(BATCHES):
            for which, some in took.items():
                began = time.perf_counter()
                connection.execute(
                    f"""insert into bench_{which} (id, organisation_id, conversation_id, seq, kind, author, body)
                        select uuidv7(), (select id from accounts_organisation limit 1), gen_random_uuid(), n,
                               'incoming', 'contact',
                               'Bonjour, la facture ' || n || ' de mon forfait n''a pas été payée, merci de vérifier'
                        from generate_series(1, 100) n"""
                )
                some.append((time.perf_counter() - began) * 1000)
        for which in took:
            connection.execute(f"drop table bench_{which}")
    yield {
        "metric": "intake_rows_ms",
        "value": round(median(took["with"]), 3),
        "mean": round(sum(took["with"]) / BATCHES, 3),
        "unit": "ms for 100 rows",
        "baseline": "without the index of words",
        "baseline_value": round(median(took["without"]), 3),
        "baseline_mean": round(sum(took["without"]) / BATCHES, 3),
    }
