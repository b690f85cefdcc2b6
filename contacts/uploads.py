"""Files of numbers as they come: piece by piece, into the database, until a worker has them (list_imports.py).

A piece is some 512 KiB in a request like any other: no address takes larger ones, nobody holds a file in memory, web
and worker share no disk, and a browser whose connection broke sends what is missing. They come in any order, and again.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Organisation, User
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of
from contacts.lists import forget_editions_soon, list_of, lock_list
from contacts.models import ListProblem, ListStaged, ListUpload, ListUploadPart, UploadState
from jobs.models import Job, JobState
from jobs.service import request_job
from realtime.log import record_changes

KIND = "contacts.import_list"
KIND_PORTED = "conversations.import_ported"
PIECE = 512 * 1024  # octets
LARGEST = 64 * 1024 * 1024  # octets of a file: some four million numbers
MOST_RECEIVING = 3  # files of one person that are not whole yet; the oldest makes room
SHOWN = 20


class UploadView(TypedDict):
    """`state`: receiving, working, done or failed. `progress`: 0 to 1 of the work. `missing`: numbers of pieces that
    have not come. `facts`: lines, taken (new in the list), doubles, bad, size, and how the file was read."""

    id: UUID
    list_id: UUID | None
    name: str
    replaces: bool
    octets: int
    pieces: int
    missing: list[int]
    state: str
    progress: float
    error: str
    facts: dict[str, Any]
    created_at: datetime


def ask_for_upload(*, actor: User, list_id: UUID | None, name: str, octets: int, replaces: bool) -> ListUpload:
    """Begin to receive a file; without a list it is a portability table's. Raises NotFound, Invalid."""
    if octets < 1:
        raise Invalid("file_empty", "this file is empty", field="octets")
    if octets > LARGEST:
        raise Invalid("file_too_large", f"at most {LARGEST} octets", field="octets", most=LARGEST)
    with record_changes(actor.organisation_id):
        one = list_of(actor.organisation_id, list_id) if list_id is not None else None
        User.objects.select_for_update(no_key=True).get(id=actor.id)  # two at once: the second counts the first
        mine = ListUpload.objects.filter(owner=actor, state=UploadState.RECEIVING).order_by("-id")
        forget(list(mine.values_list("id", flat=True)[MOST_RECEIVING - 1 :]))
        upload = ListUpload.objects.create(
            organisation_id=actor.organisation_id, list=one, owner=actor, octets=octets, replaces=replaces,
            name=name_of(name[-200:], longest=200, field="name"),
        )  # fmt: skip
        note(actor, upload, "list.upload_begun", {"octets": [None, octets], "replaces": [None, replaces]})
    return upload


def take_piece(*, actor: User, upload_id: UUID, number: int, content: str) -> None:
    """Keep one piece, in base64; again is no harm. Raises NotFound, Invalid("piece"), Conflict("upload_over")."""
    upload = _own(actor, upload_id)
    try:
        octets = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("piece", "this is no base64", field="content") from None
    if not 0 <= number < pieces_of(upload) or len(octets) != _length(upload, number):
        raise Invalid("piece", f"piece {number} has another length", field="content")
    with record_changes(actor.organisation_id):
        held = _held(upload)
        if held.state != UploadState.RECEIVING:
            raise Conflict("upload_over", "this file is whole already")
        ListUploadPart.objects.filter(upload=upload, number=number).delete()
        ListUploadPart.objects.create(upload=upload, number=number, content=octets)


def finish(*, actor: User, upload_id: UUID) -> None:
    """The file is whole: have a worker read it. Raises NotFound, Conflict("pieces_missing"), Conflict("list_busy"):
    another file is being read into the same list. Again is no harm."""
    upload = _own(actor, upload_id)
    with record_changes(actor.organisation_id) as changes:
        # First the list: whoever comes for the same one waits here.
        if upload.list_id is not None:
            lock_list(actor.organisation_id, upload.list_id)
        else:
            Organisation.objects.select_for_update(no_key=True).get(id=actor.organisation_id)
        held = _held(upload)
        if held.state != UploadState.RECEIVING:
            return
        if missing_of(held):
            raise Conflict("pieces_missing", "some pieces of this file have not come")
        for other in _into(held.organisation_id, held.list_id).filter(state=UploadState.WORKING):
            if not give_up(other):
                raise Conflict("list_busy", "another file is being read into this list")
        job = request_job(
            kind=KIND if held.list_id else KIND_PORTED, organisation_id=held.organisation_id, owner_id=actor.id,
            arguments={"upload_id": str(held.id)}, max_attempts=5,
        )  # fmt: skip
        ListUpload.objects.filter(id=held.id).update(state=UploadState.WORKING, job_id=job.id)
        note(actor, held, "list.upload_finished", {"replaces": [None, held.replaces]})
        changes.add(changed(held))


def changed(upload: ListUpload) -> SettingsChanged:
    """What screens are told of when a file goes on."""
    if upload.list_id is None:
        return SettingsChanged(kind="portability", object_id=upload.organisation_id)
    return SettingsChanged(kind="list", object_id=upload.list_id)


def uploads_shown(organisation_id: UUID, list_id: UUID | None, upload_id: UUID | None = None) -> list[UploadView]:
    """The newest of a list, or of the portability table. Raises NotFound."""
    if list_id is not None:
        list_of(organisation_id, list_id)
    found = _into(organisation_id, list_id).order_by("-id")
    if upload_id is not None:
        found = found.filter(id=upload_id)
    uploads = list(found[:SHOWN])
    jobs = {job.id: job for job in Job.objects.filter(id__in=[up.job_id for up in uploads if up.job_id])}
    return [_view(upload, jobs.get(upload.job_id) if upload.job_id else None) for upload in uploads]


def upload_of(actor: User, upload_id: UUID) -> UploadView:
    """Raises NotFound."""
    upload = _own(actor, upload_id)
    return uploads_shown(actor.organisation_id, upload.list_id, upload.id)[0]


def problems_of(actor: User, upload_id: UUID) -> tuple[ListUpload, Iterator[ListProblem]]:
    """The lines that are no numbers, in order, read slice by slice. Raises NotFound."""
    upload = _own(actor, upload_id)

    def found() -> Iterator[ListProblem]:
        above = 0
        while rows := list(ListProblem.objects.filter(upload_id=upload.id, line__gt=above).order_by("line")[:5000]):
            yield from rows
            above = rows[-1].line

    return upload, found()


def pieces_of(upload: ListUpload) -> int:
    return -(-upload.octets // PIECE)


def missing_of(upload: ListUpload) -> list[int]:
    there = set(ListUploadPart.objects.filter(upload=upload).values_list("number", flat=True))
    return [number for number in range(pieces_of(upload)) if number not in there]


def _into(organisation_id: UUID, list_id: UUID | None) -> QuerySet[ListUpload]:
    mine = ListUpload.objects.filter(organisation_id=organisation_id)
    return mine.filter(list_id=list_id) if list_id is not None else mine.filter(list__isnull=True)


def _length(upload: ListUpload, number: int) -> int:
    return min(PIECE, upload.octets - number * PIECE)


def _own(actor: User, upload_id: UUID) -> ListUpload:
    upload = ListUpload.objects.filter(organisation_id=actor.organisation_id, id=upload_id).first()
    if upload is None:
        raise NotFound("no_upload", "there is no such file")
    return upload


def _held(upload: ListUpload) -> ListUpload:
    """As it is now, until COMMIT. Raises NotFound: it has made room for another meanwhile."""
    held = ListUpload.objects.select_for_update(no_key=True).filter(id=upload.id).first()
    if held is None:
        raise NotFound("no_upload", "there is no such file")
    return held


def _view(upload: ListUpload, job: Job | None) -> UploadView:
    state, error = upload.state, upload.error
    if state == UploadState.WORKING and _is_dead(job):
        state, error = UploadState.FAILED, "failed"
    return {
        "id": upload.id,
        "list_id": upload.list_id,
        "name": upload.name,
        "replaces": upload.replaces,
        "octets": upload.octets,
        "pieces": pieces_of(upload),
        "missing": missing_of(upload) if state == UploadState.RECEIVING else [],
        "state": str(state),
        "progress": 1.0 if state == UploadState.DONE else job.progress if job else 0.0,
        "error": error,
        "facts": upload.facts,
        "created_at": upload.created_at,
    }


def _is_dead(job: Job | None) -> bool:
    return job is None or job.state in (JobState.FAILED, JobState.CANCELLED)


def give_up(upload: ListUpload) -> bool:
    """False: it is being worked on. Else its job has failed for good, and so has it."""
    if not _is_dead(Job.objects.filter(id=upload.job_id).first() if upload.job_id else None):
        return False
    fail(upload, "failed", {})
    return True


def note(actor: User | None, upload: ListUpload, action: str, changes: dict[str, list[Any]]) -> None:
    kind = "list" if upload.list_id else "portability"
    audit.record(
        actor=actor, organisation_id=upload.organisation_id, action=action.replace("list.", f"{kind}.", 1), kind=kind,
        object_id=upload.list_id or upload.organisation_id, name=upload.name, changes=changes,
    )  # fmt: skip


def fail(upload: ListUpload, code: str, facts: dict[str, Any]) -> None:
    ListUploadPart.objects.filter(upload_id=upload.id).delete()
    ListUpload.objects.filter(id=upload.id).update(state=UploadState.FAILED, error=code, facts=facts, finished_at=Now())
    if upload.replaces and upload.list_id is not None:
        forget_editions_soon(upload.organisation_id, [upload.id])


def forget(upload_ids: list[UUID]) -> None:
    """Files and what is known of them; not what a worker has by now."""
    held = ListUpload.objects.select_for_update(no_key=True).filter(id__in=upload_ids)
    upload_ids = list(held.exclude(state=UploadState.WORKING).order_by("id").values_list("id", flat=True))
    ListUploadPart.objects.filter(upload_id__in=upload_ids).delete()
    ListProblem.objects.filter(upload_id__in=upload_ids).delete()
    ListStaged.objects.filter(upload_id__in=upload_ids).delete()
    ListUpload.objects.filter(id__in=upload_ids).delete()
