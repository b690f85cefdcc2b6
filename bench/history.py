"""The history with a million texts: how long the first page takes, whatever is asked (ELL-028 to ELL-036).

`first_page_p95_ms`: GET /api/history over a session, as a screen asks, twenty times for each of the questions below, in
turn; `by_question` has each one's own p95. `total_p95_ms`: the quick count beside it. `traffic_p95_ms`: the page of
traffic. `intake_rows_ms`: what PostgreSQL needs to store the rows of 100 texts, beside the same without the index that
the history brought (message_texts), in turn.

Half of the texts are received, half sent; 2 of 100 sent ones failed; 100,000 subscribers, the last three months.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from http.cookiejar import CookieJar
from statistics import median
from typing import Any

import psycopg

from bench import _ground as ground
from bench._ground import percentile
from config.up import trial
from config.up.trial import Running

TEXTS = 1_000_000
PERSONS = 100_000
TIMES = 20
AT_MOST_MS = 200

_FILL = [
    "select palabre_make_partitions(t, now() - interval '3 months', 4) "
    "from unnest(array['conversations_message', 'conversations_delivery', 'conversations_attempt']) t",
    """create temporary table person as
       select n, uuidv7() as contact, uuidv7() as address, uuidv7() as conversation,
              '+22901' || lpad((n * 37 % 100000000)::text, 8, '0') as number
       from generate_series(1, %(persons)s) n""",
    """insert into contacts_contact (id, organisation_id, name)
       select contact, (select id from accounts_organisation limit 1),
              case when n % 3 = 0 then 'Client ' || n else '' end from person""",
    """insert into contacts_address (id, organisation_id, contact_id, kind, value)
       select address, (select id from accounts_organisation limit 1), contact, 'phone', number from person""",
    """insert into conversations_conversation (id, organisation_id, line_id, contact_id, address_id, link_id, status,
                                               last_seq)
       select conversation, (select id from accounts_organisation limit 1),
              case when n % 500 = 0 then other.id else line.id end, contact, address, link.id, 'closed', 10
       from person,
            (select id from conversations_line where address = '1919') line,
            (select id from conversations_line where address = '3334') other,
            (select id from conversations_link order by name limit 1) link""",
    # Keys of their time: three months, evenly, newest last, as they would have been stored.
    """create temporary table said as
       select g.n, person.conversation, person.number,
              now() - (%(texts)s - g.n) * (interval '90 days' / %(texts)s) as at,
              case when g.n % 2 = 0 then 'incoming' else 'outgoing' end as kind
       from generate_series(1, %(texts)s) g (n)
       join person on person.n = (g.n::bigint * 7919 % %(persons)s) + 1""",
    """alter table said add id uuid""",
    """update said set id = encode(overlay(uuid_send(uuidv7()) placing substring(uuid_send(uuid_floor(at)) from 1 for 6)
                                           from 1 for 6), 'hex')::uuid""",
    """insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body, created_at)
       select id, (select id from accounts_organisation limit 1), conversation, 100 + n, kind,
              case kind when 'incoming' then 'contact' else 'bot' end,
              'Bonjour, texte numéro ' || n || case when n % 5000 = 0 then ' réclamation' else '' end
                  || repeat(' mot', n % 12), at
       from said order by n""",
    """insert into conversations_delivery (message_id, organisation_id, conversation_id, line_id, link_id, source,
                                           destination, lane, encoding, parts, reference, state, updated_at)
       select said.id, c.organisation_id, c.id, c.line_id, c.link_id, '1919', number, 1, 'gsm7', 1, 1,
              case when n % 100 in (1, 51) then 5 else 4 end, at + interval '4 seconds'
       from said join conversations_conversation c on c.id = said.conversation where kind = 'outgoing' order by n""",
    """insert into conversations_attempt (id, organisation_id, message_id, link_id, part, epoch, state, provider_id,
                                          requested_at)
       select encode(overlay(uuid_send(uuidv7()) placing substring(uuid_send(uuid_floor(at)) from 1 for 6)
                             from 1 for 6), 'hex')::uuid, c.organisation_id, said.id, c.link_id, 1, 1,
              case when n % 100 in (1, 51) then 5 else 4 end, 'MT' || n || '-1', at
       from said join conversations_conversation c on c.id = said.conversation where kind = 'outgoing' order by n""",
    """insert into conversations_providerkey (id, link_id, key, attempt_id, message_id)
       select uuidv7(), link_id, provider_id, id, message_id from conversations_attempt""",
    """insert into conversations_receipt (id, link_id, keys, address, state, error, text, raw, attempt_id)
       select uuidv7(), link_id, '[]', '', state, '', 'id:' || provider_id || ' stat:DELIVRD err:000', '', id
       from conversations_attempt""",
]


def run() -> Iterator[dict[str, Any]]:
    with trial.running() as palabre:
        ground.keep_to_accounts(palabre)
        _fill(palabre)
        screen = _Screen(palabre)
        questions = _questions(palabre)
        took: dict[str, list[float]] = {name: [] for name in questions}
        found: dict[str, int] = {}
        for _ in range(TIMES):
            for name, question in questions.items():
                milliseconds, page = screen.get("/api/history", question)
                took[name].append(milliseconds)
                found[name] = len(page["items"])
        every = [one for some in took.values() for one in some]
        yield {
            "metric": "first_page_p95_ms",
            "value": round(percentile(every, 0.95), 1),
            "unit": "ms",
            "at_most": AT_MOST_MS,
            "by_question": {name: round(percentile(some, 0.95), 1) for name, some in took.items()},
            "found": found,
            "slowest": round(max(every), 1),
        }
        totals = [screen.get("/api/history/total", question)[0] for question in questions.values() for _ in range(3)]
        yield {"metric": "total_p95_ms", "value": round(percentile(totals, 0.95), 1), "unit": "ms"}
        traffic = [screen.get("/api/supervision/traffic", {})[0] for _ in range(TIMES)]
        yield {"metric": "traffic_p95_ms", "value": round(percentile(traffic, 0.95), 1), "unit": "ms"}
        yield from _price_of_the_index(palabre)


def _fill(palabre: Running) -> None:
    with psycopg.connect(ground.url(palabre)) as connection:
        connection.execute("set synchronous_commit = off")
        for statement in _FILL:
            connection.execute(statement.replace("%(texts)s", str(TEXTS)).replace("%(persons)s", str(PERSONS)))
    with psycopg.connect(ground.url(palabre), autocommit=True) as connection:
        for table in ("message", "delivery", "attempt", "conversation", "receipt", "providerkey"):
            connection.execute(f"vacuum analyze conversations_{table}")
        connection.execute("vacuum analyze contacts_address")


def _questions(palabre: Running) -> dict[str, dict[str, str]]:
    ((number, line, seldom, link),) = ground.rows(
        palabre,
        """select (select value from contacts_address where value like '+22901%' order by id desc limit 1),
                  (select id::text from conversations_line where address = '1919'),
                  (select id::text from conversations_line where address = '3334'),
                  (select id::text from conversations_link order by name limit 1)""",
    )
    ((day,),) = ground.rows(palabre, "select (now() - interval '40 days')::date::text")
    return {
        "everything": {},
        "received": {"direction": "in"},
        "a day": {"start": day, "end": day},
        "success": {"state": "delivered"},
        "failures": {"state": "failed"},
        "failures of a day": {"state": "failed", "start": day, "end": day},
        "a number": {"number": number},
        "nobody's number": {"number": "+22997999999"},
        "a beginning": {"number": number[:8]},
        "a line": {"line": line},
        "a line hardly used": {"line": seldom},
        "a link": {"link": link},
        "a word": {"text": "bonjour"},
        "a rare word": {"text": "réclamation"},
        "no such word": {"text": "zzzz"},
        "an operator's id": {"reference": f"MT{TEXTS - 1}-1"},
    }


class _Screen:
    """A session of a supervisor, or of whom it is asked for."""

    def __init__(self, palabre: Running, email: str = "sam@savane.example") -> None:
        self._email = email
        self._base = palabre.desk.rstrip("/")
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self._sign_in()

    def _sign_in(self) -> None:
        try:
            self._opener.open(f"{self._base}/api/session", timeout=30)
        except urllib.error.HTTPError:  # nobody yet: the token's cookie came along
            pass
        token = next(one.value for one in self._jar if one.name == "csrftoken")
        request = urllib.request.Request(
            f"{self._base}/api/demo/sign-in",
            data=json.dumps({"email": self._email}).encode(),
            headers={"Content-Type": "application/json", "X-CSRFToken": token or "", "Referer": self._base + "/"},
        )
        self._opener.open(request, timeout=30).close()

    def get(self, path: str, question: Mapping[str, Any]) -> tuple[float, Any]:
        """Milliseconds until the whole answer is there, and the answer."""
        began = time.perf_counter()
        with self._opener.open(
            f"{self._base}{path}?{urllib.parse.urlencode(question, doseq=True)}", timeout=60
        ) as answer:
            octets = answer.read()
        return (time.perf_counter() - began) * 1000, json.loads(octets)


def _price_of_the_index(palabre: Running) -> Iterator[dict[str, Any]]:
    """Batches of 100 rows as the intake stores them, into the table with its index and into one like it without."""
    took: dict[str, list[float]] = {"with": [], "without": []}
    with psycopg.connect(ground.url(palabre), autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        connection.execute("create table bench_with (like conversations_message including all)")
        connection.execute("create table bench_without (like conversations_message including all)")
        ((name,),) = connection.execute(
            """select indexname from pg_indexes
               where tablename = 'bench_without' and indexdef like '%(organisation_id, id)%incoming%'"""
        ).fetchall()
        connection.execute(f'drop index "{name}"')
        for _ in range(300):
            for which, some in took.items():
                began = time.perf_counter()
                connection.execute(
                    f"""insert into bench_{which} (id, organisation_id, conversation_id, seq, kind, author, body)
                        select uuidv7(), (select id from accounts_organisation limit 1), gen_random_uuid(), n,
                               'incoming', 'contact', 'Bonjour, mon solde ?' from generate_series(1, 100) n"""
                )
                some.append((time.perf_counter() - began) * 1000)
        connection.execute("drop table bench_with")
        connection.execute("drop table bench_without")
    yield {
        "metric": "intake_rows_ms",
        "value": round(median(took["with"]), 3),
        "unit": "ms for 100 rows",
        "baseline": "without the history's index",
        "baseline_value": round(median(took["without"]), 3),
    }
