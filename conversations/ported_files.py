"""A portability table as a file of any size: it comes in pieces like a list's (contacts/uploads.py), and a worker reads
it: UTF-8, UTF-16, or what Windows writes.

    pieces -> lines -> staged by COPY (number, operator) -> one transaction that makes them the table's

Killed anywhere, the job begins anew, and the table is as it was. The last line of a number counts.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from accounts.models import Organisation, User
from common.errors import Invalid
from contacts.list_files import Line, encoding_of, lines_of
from contacts.list_imports import STAGE, WholeFile, forget_staged, in_slices, stage_lines
from contacts.models import ListStaged, ListUpload, ListUploadPart, UploadState
from contacts.uploads import KIND_PORTED, changed, fail, note
from conversations.portability import MOST_PROBLEMS, rows_of, separator_of, unknown_operators
from jobs.kinds import RunningJob, job_kind
from realtime.log import record_changes

_MINE = "from contacts_liststaged where upload_id = %(upload)s and attempt = %(attempt)s and reason = ''"
_STORE = """
with given as (
    select distinct on (number) number, value as operator MINE order by number, line desc
), stored as (
    insert into conversations_portednumber as p (organisation_id, number, operator)
    select %(organisation)s, number, operator from given order by number
    on conflict (organisation_id, number) do update set operator = excluded.operator
        where p.operator <> excluded.operator
    returning old.number is null as added
)
select count(*) filter (where added), count(*) filter (where not added), (select count(*) from given) from stored
""".replace("MINE", _MINE)
_DROP_OTHERS = """
delete from conversations_portednumber p
where organisation_id = %(organisation)s and not exists (
    select from (select number MINE) given where given.number = p.number)
""".replace("MINE", _MINE)


@job_kind(KIND_PORTED)
def import_ported_file(job: RunningJob, upload_id: str = "", **_later: object) -> dict[str, Any]:
    """Read the file and make its numbers the table's. Again is no harm: what is over stays as it is."""
    upload = ListUpload.objects.filter(id=upload_id, state=UploadState.WORKING, list__isnull=True).first()
    if upload is None:
        return {}
    forget_staged(upload.id)
    try:
        staged = _stage(job, upload)
        if staged["lines"] == staged["refused"]:
            raise Invalid("no_rows", "no line of this file has a number and an operator", **staged)
    except Invalid as refusal:
        with record_changes(upload.organisation_id) as changes:
            held = ListUpload.objects.select_for_update(no_key=True).get(id=upload.id)
            if held.state == UploadState.WORKING:
                fail(held, refusal.code, refusal.facts)
                changes.add(changed(upload))
        forget_staged(upload.id)
        return {"error": refusal.code}
    facts = _take_over(job, upload, staged)
    forget_staged(upload.id)
    return facts


def _stage(job: RunningJob, upload: ListUpload) -> dict[str, Any]:
    """Raises Invalid for a file that cannot be read at all: nothing of it is taken."""
    region = Organisation.objects.values_list("region", flat=True).get(id=upload.organisation_id)
    file = WholeFile(upload)
    encoding = encoding_of(file.pieces)
    lines = lines_of(file.pieces, encoding)
    # Titles and empty lines may stand before the first one by which the separator is known.
    head: list[str] = []
    for line in lines:
        head.append(line)
        if line.strip():
            break
    rows = rows_of(chain(head, lines), separator_of(head[-1] if head else ""), region)
    facts: dict[str, Any] = {"encoding": encoding, "lines": 0, "refused": 0, "problems": []}
    for some in in_slices((Line(one.line, one.number, one.code, one.operator) for one in rows), STAGE):
        stage_lines(upload.id, job.attempt, some)
        bad = [(one.line, one.reason) for one in some if one.reason]
        facts["lines"] += len(some)
        facts["refused"] += len(bad)
        facts["problems"] += bad[: MOST_PROBLEMS - len(facts["problems"])]
        job.progress(0.9 * file.fraction)
    return facts


def _take_over(job: RunningJob, upload: ListUpload, staged: dict[str, Any]) -> dict[str, Any]:
    """Once, in one transaction: whoever asks for a way sees the table of before, or that of the file."""
    given: dict[str, Any] = {"organisation": upload.organisation_id, "upload": upload.id, "attempt": job.attempt}
    with record_changes(upload.organisation_id) as changes:
        job.progress(1.0)  # asks the database whether it is still ours, and holds the job until COMMIT
        mine = ListStaged.objects.filter(upload_id=upload.id, attempt=job.attempt)
        if mine.count() != staged["lines"]:
            raise RuntimeError("what was staged is gone: PostgreSQL has been down")
        facts = {**staged, "removed": 0}
        with connection.cursor() as cursor:
            if upload.replaces:
                # What was staged, and what came a moment ago, has no statistics yet: taken for a single row, each
                # number of the table would be compared with each of the file's.
                cursor.execute("set local enable_nestloop = off")
                cursor.execute(_DROP_OTHERS, given)
                facts["removed"] = cursor.rowcount
                cursor.execute("set local enable_nestloop = on")
            cursor.execute(_STORE, given)
            facts["added"], facts["changed"], rows = cursor.fetchone()
        facts["same"] = rows - facts["added"] - facts["changed"]
        operators = mine.filter(reason="").values_list("value", flat=True).distinct().order_by()
        facts["unknown_operators"] = unknown_operators(upload.organisation_id, operators)
        ListUploadPart.objects.filter(upload_id=upload.id).delete()
        ListUpload.objects.filter(id=upload.id).update(state=UploadState.DONE, facts=facts, finished_at=Now())
        note(
            User.objects.filter(id=upload.owner_id).first(), upload, "portability.imported",
            {name: [None, facts[name]] for name in ("added", "changed", "removed")},
        )  # fmt: skip
        changes.add(changed(upload))
    return facts
