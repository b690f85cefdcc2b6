"""Files of numbers: read by a worker, taken over at once.

    pieces (contacts/uploads.py) -> lines (contacts/list_files.py) -> staged by COPY, unlogged -> the list's

A file that replaces a list is an edition beside it until the list names it; one that adds is one statement.

Killed anywhere, the job begins anew under another attempt's number, and the list is as it was. A line that is no
number, and one that PostgreSQL refuses, are kept with the reason and cost the others nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models.functions import Now

from accounts.events import SettingsChanged
from accounts.models import Organisation, User
from common.errors import Invalid
from contacts.list_files import Line, read, understand
from contacts.lists import forget_editions_soon
from contacts.models import ContactList, ListStaged, ListUpload, ListUploadPart, UploadState
from contacts.uploads import KIND, changed, fail, forget, give_up, note, pieces_of
from jobs.kinds import RunningJob, job_kind
from realtime.log import record_changes

KEPT_DAYS = 30
ABANDONED_HOURS = 24  # a file of which no end came
STAGE = 10_000  # lines of one COPY
SLICE = 50_000  # lines of one step towards an edition
MOST_PROBLEMS = 200_000  # lines of a report

_COPY = "copy contacts_liststaged (upload_id, attempt, line, number, reason, value) from stdin"
_TO_EDITION = """
insert into contacts_listnumber (organisation_id, edition_id, number)
select distinct %(organisation)s::uuid, %(edition)s::uuid, number from contacts_liststaged
where upload_id = %(upload)s and attempt = %(attempt)s and line > %(above)s and line <= %(upto)s and reason = ''
on conflict do nothing
"""
_COUNT = (
    "select count(*) from contacts_listnumber where organisation_id = %(organisation)s and edition_id = %(edition)s"
)
_STAGED = """
select count(*), count(*) filter (where reason <> '') from contacts_liststaged
where upload_id = %(upload)s and attempt = %(attempt)s
"""
_PROBLEMS = """
insert into contacts_listproblem (upload_id, line, reason, value)
select upload_id, line, reason, value from contacts_liststaged
where upload_id = %(upload)s and attempt = %(attempt)s and reason <> '' order by line limit %(most)s
"""
# What a worker left that nobody takes over: its file failed for good, or is gone with its list.
_LEFT = """
delete from contacts_liststaged where ctid = any(array(
    select s.ctid from contacts_liststaged s
    where not exists (select from contacts_listupload u where u.id = s.upload_id and u.state = 'working')
    limit %(limit)s))
"""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@job_kind(KIND)
def import_list(job: RunningJob, upload_id: str = "", **_later: object) -> dict[str, Any]:
    """Read the file and make it the list's. Again is no harm: what is over stays as it is."""
    upload = ListUpload.objects.select_related("list").filter(id=upload_id, state=UploadState.WORKING).first()
    if upload is None or upload.list_id is None:
        return {}
    forget_staged(upload.id)
    try:
        staged = _stage(job, upload)
        if not staged["numbers"]:
            raise Invalid("file_no_numbers", "no line of this file has a phone number", **_counts(staged))
    except Invalid as refusal:
        with record_changes(upload.organisation_id) as changes:
            held = ListUpload.objects.select_for_update(no_key=True).get(id=upload.id)
            if held.state == UploadState.WORKING:
                _keep_problems(upload, job.attempt)
                fail(held, refusal.code, refusal.facts)
                changes.add(changed(upload))
        forget_staged(upload.id)
        return {"error": refusal.code}
    fill = _replace if upload.replaces else _add
    facts = fill(job, upload, upload.list_id, staged)
    forget_staged(upload.id)
    return facts


class WholeFile:
    """The pieces of a file that has come, read from its beginning as often as wanted."""

    def __init__(self, upload: ListUpload) -> None:
        self._upload = upload
        self._seen = 0

    @property
    def fraction(self) -> float:
        """How much has been read, 0 to 1."""
        return min(1.0, self._seen / self._upload.octets)

    def pieces(self) -> Iterator[bytes]:
        self._seen = 0
        parts = ListUploadPart.objects.filter(upload_id=self._upload.id)
        for number in range(pieces_of(self._upload)):
            content = parts.values_list("content", flat=True).get(number=number)
            self._seen += len(content)
            yield bytes(content)


def _stage(job: RunningJob, upload: ListUpload) -> dict[str, Any]:
    """Read the file into the staging table. Raises Invalid for a file that cannot be read at all."""
    region = Organisation.objects.values_list("region", flat=True).get(id=upload.organisation_id)
    file = WholeFile(upload)
    reading = understand(file.pieces, region)
    staged: dict[str, Any] = {
        "lines": 0, "numbers": 0, "bad": 0, "last": 0, "encoding": reading.encoding, "separator": reading.separator,
        "column": reading.column + 1, "head": reading.head, "title": reading.title, "first": list(reading.first),
    }  # fmt: skip
    for lines in in_slices(read(file.pieces, reading, region), STAGE):
        stage_lines(upload.id, job.attempt, lines)
        staged["last"] = lines[-1].line
        job.progress(0.7 * file.fraction)
    # Counted where it stands: an unlogged table is empty after a crash, and then this attempt is worth nothing.
    with connection.cursor() as cursor:
        cursor.execute(_STAGED, {"upload": upload.id, "attempt": job.attempt})
        staged["lines"], staged["bad"] = cursor.fetchone()
    staged["numbers"] = staged["lines"] - staged["bad"]
    return staged


def in_slices(lines: Iterable[Line], size: int) -> Iterator[list[Line]]:
    held: list[Line] = []
    for line in lines:
        held.append(line)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held


def stage_lines(upload_id: UUID, attempt: int, lines: list[Line]) -> None:
    """Stage them together; where the database refuses, by halves, until the culprit is alone and told of."""
    head = f"{upload_id}\t{attempt}\t"
    rows = "".join(f"{head}{one.line}\t{one.number}\t{one.reason}\t{one.value.translate(_ESCAPES)}\n" for one in lines)
    try:
        with (
            transaction.atomic(),
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(_COPY) as copy,
        ):
            copy.write(rows.encode())
    except (DataError, IntegrityError):
        if len(lines) == 1:
            (one,) = lines
            if one.reason == "refused":
                raise  # not even that it was refused can be kept: no fault of the line
            stage_lines(upload_id, attempt, [Line(one.line, "", "refused", "")])
            return
        middle = len(lines) // 2
        stage_lines(upload_id, attempt, lines[:middle])
        stage_lines(upload_id, attempt, lines[middle:])


def _replace(job: RunningJob, upload: ListUpload, into: UUID, staged: dict[str, Any]) -> dict[str, Any]:
    """An edition that nobody sees, then one short transaction that makes it the list's."""
    keys = _keys(upload, job.attempt, edition=upload.id)
    for above in range(0, staged["last"], SLICE):
        with connection.cursor() as cursor:
            cursor.execute(_TO_EDITION, {**keys, "above": above, "upto": above + SLICE})
        job.progress(0.7 + 0.29 * min(1.0, (above + SLICE) / staged["last"]))
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, keys)
        (size,) = cursor.fetchone()
    with record_changes(upload.organisation_id) as changes:
        one = ContactList.objects.select_for_update(no_key=True).get(id=into)
        facts = _counts(staged) | {"taken": size, "doubles": staged["numbers"] - size, "size": size, "before": one.size}
        _take_over(job, upload, staged, facts)
        former = one.edition_id
        ContactList.objects.filter(id=one.id).update(edition_id=upload.id, size=size, changed_at=Now())
        if former != upload.id:
            forget_editions_soon(upload.organisation_id, [former])
        changes.add(SettingsChanged(kind="list", object_id=one.id))
    return facts


def _add(job: RunningJob, upload: ListUpload, into: UUID, staged: dict[str, Any]) -> dict[str, Any]:
    """One statement, into the edition that everybody asks: all of it is seen at its commit, and nothing before."""
    with record_changes(upload.organisation_id) as changes:
        one = ContactList.objects.select_for_update(no_key=True).get(id=into)
        keys = _keys(upload, job.attempt, edition=one.edition_id)
        with connection.cursor() as cursor:
            cursor.execute(_TO_EDITION, {**keys, "above": 0, "upto": staged["last"]})
            taken = cursor.rowcount
        size = one.size + taken
        facts = _counts(staged) | {
            "taken": taken, "doubles": staged["numbers"] - taken, "size": size, "before": one.size,
        }  # fmt: skip
        _take_over(job, upload, staged, facts)
        ContactList.objects.filter(id=one.id).update(size=size, changed_at=Now())
        changes.add(SettingsChanged(kind="list", object_id=one.id))
    return facts


def _take_over(job: RunningJob, upload: ListUpload, staged: dict[str, Any], facts: dict[str, Any]) -> None:
    """What every import ends with, inside its last transaction. Raises Stopped when the job is another worker's."""
    job.progress(1.0)  # asks the database whether it is still ours, and holds the job until COMMIT
    with connection.cursor() as cursor:
        cursor.execute(_STAGED, {"upload": upload.id, "attempt": job.attempt})
        if cursor.fetchone()[0] != staged["lines"]:
            raise RuntimeError("what was staged is gone: PostgreSQL has been down")
    _keep_problems(upload, job.attempt)
    ListUploadPart.objects.filter(upload_id=upload.id).delete()
    ListUpload.objects.filter(id=upload.id).update(state=UploadState.DONE, facts=facts, finished_at=Now())
    note(
        User.objects.filter(id=upload.owner_id).first(), upload, "list.uploaded",
        {name: [None, facts[name]] for name in ("lines", "taken", "bad", "size")},
    )  # fmt: skip


def _keys(upload: ListUpload, attempt: int, *, edition: UUID) -> dict[str, Any]:
    return {"organisation": upload.organisation_id, "edition": edition, "upload": upload.id, "attempt": attempt}


def _counts(staged: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in staged.items() if name not in ("numbers", "last")}


def _keep_problems(upload: ListUpload, attempt: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_PROBLEMS, {"upload": upload.id, "attempt": attempt, "most": MOST_PROBLEMS})


def forget_staged(upload_id: UUID) -> None:
    ListStaged.objects.filter(upload_id=upload_id).delete()


@job_kind("contacts.forget_uploads", every=timedelta(days=1), at=time(3, 10))
def forget_uploads(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Forget files that were never finished after a day, reports after KEPT_DAYS, and what was staged for nobody."""
    now, forgotten = datetime.now(UTC), 0
    for held in ListUpload.objects.filter(state=UploadState.WORKING):
        with transaction.atomic():
            give_up(held)
    old = ListUpload.objects.filter(created_at__lt=now - timedelta(days=KEPT_DAYS)).exclude(state=UploadState.WORKING)
    left = ListUpload.objects.filter(state=UploadState.RECEIVING, created_at__lt=now - timedelta(hours=ABANDONED_HOURS))
    for upload_id in [*old.values_list("id", flat=True), *left.values_list("id", flat=True)]:
        with transaction.atomic():
            forget([upload_id])
        forgotten += 1
        job.progress(0.5)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_LEFT, {"limit": SLICE})
            if cursor.rowcount < SLICE:
                break
        job.progress(0.5)
    return {"forgotten": forgotten}
