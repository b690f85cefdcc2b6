"""Files of the history, and of what became of response times: asked for, written by a worker piece by piece, fetched
by who asked, forgotten after a week.

The pieces stand in the database: web and worker need share no disk, and a file is gone for everybody at once. Texts
that arrive after the request are not in it. Both the request and each fetching leave a line in the audit log.
"""

from __future__ import annotations

import shutil
import tempfile
import time as clock
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from accounts import audit
from accounts.models import Organisation, User
from common.clock import database_now
from common.errors import Conflict, NotFound
from common.ids import time_of, uuid7_floor
from conversations.models import Message
from conversations.rendering import iso
from conversations.visibility import audience_of
from jobs.kinds import RunningJob, job_kind
from jobs.models import Job, JobState
from jobs.service import request_job
from realtime.log import record_changes
from supervision.export_words import WIDTHS, cells, heads
from supervision.filters import Asked
from supervision.history import find_below
from supervision.history_rows import history_rows
from supervision.models import Export, ExportPart, Form
from supervision.sheets import Csv, Sheet, Xlsx
from supervision.targets import Period
from supervision.targets_sheet import TARGET_WIDTHS, TARGETS, of_period, targets_rows

KIND = "supervision.export_history"
KEPT_DAYS = 7
MOST_ROWS = 200_000  # of one file: more is no table that a spreadsheet is pleasant with
SHOWN = 20
SLICE = 1_000  # texts read at once
PIECE = 512 * 1024  # octets
LEFT_BEHIND_S = 600.0  # of a worker that died: whoever is alive writes to his file each second, far within his lease
MOST_AT_ONCE = 3  # of one person, not yet written

MEDIA_TYPES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportView(TypedDict):
    """`state`: waiting, running, done or failed. `progress`: 0 to 1. `is_cut`: only the newest texts are in it."""

    id: str
    form: str
    state: str
    progress: float
    rows: int
    octets: int
    is_cut: bool
    filters: dict[str, str]
    created_at: str
    kept_until: str


def ask_for_export(*, actor: User, asked: Asked | Period, form: Form) -> ExportView:
    """Have a worker write the file. Raises Conflict("too_many_exports")."""
    with record_changes(actor.organisation_id):
        User.objects.select_for_update().get(id=actor.id)  # two clicks at once: the second counts the first
        waiting = [one for one in exports_shown(actor) if one["state"] in (JobState.WAITING, JobState.RUNNING)]
        if len(waiting) >= MOST_AT_ONCE:
            raise Conflict("too_many_exports", "your earlier files are still being written")
        export = Export(
            organisation_id=actor.organisation_id,
            owner=actor,
            form=form,
            language=actor.language,
            filters=asked.stored() if isinstance(asked, Asked) else of_period(asked),
            created_at=database_now(),
        )
        export.job_id = request_job(
            kind=KIND,
            organisation_id=actor.organisation_id,
            owner_id=actor.id,
            arguments={"export_id": str(export.id)},
            max_attempts=3,
        ).id
        export.save(force_insert=True)
        _write_down(actor, export, f"{_about(export)}.exported", _asked(export))
    return exports_shown(actor, export.id)[0]


def exports_shown(owner: User, export_id: UUID | None = None) -> list[ExportView]:
    """The person's own files, newest first."""
    found = Export.objects.filter(organisation_id=owner.organisation_id, owner=owner).order_by("-id")
    if export_id is not None:
        found = found.filter(id=export_id)
    exports = list(found[:SHOWN])
    jobs = {job.id: job for job in Job.objects.filter(id__in=[one.job_id for one in exports])}
    return [_view(one, jobs.get(one.job_id) if one.job_id else None) for one in exports]


def _view(export: Export, job: Job | None) -> ExportView:
    state = JobState.FAILED if job is None or job.state == JobState.CANCELLED else JobState(job.state)
    return {
        "id": str(export.id),
        "form": export.form,
        "state": str(state),
        "progress": job.progress if job else 0.0,
        "rows": export.rows,
        "octets": export.octets,
        "is_cut": export.is_cut,
        "filters": export.filters,
        "created_at": iso(export.created_at),
        "kept_until": iso(export.created_at + timedelta(days=KEPT_DAYS)),
    }


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    octets: int
    pieces: int
    piece: Callable[[int], bytes]  # by its number, from 0


def fetch_export(*, actor: User, export_id: UUID) -> File:
    """A finished file of the caller's own. Raises NotFound for others', Conflict("export_not_ready")."""
    with record_changes(actor.organisation_id):
        export = Export.objects.filter(id=export_id, organisation_id=actor.organisation_id, owner=actor).first()
        if export is None:
            raise NotFound("no_export", "there is no such file")
        pieces = export.parts.count()
        if not export.octets or not pieces:
            raise Conflict("export_not_ready", "this file is not ready")
        _write_down(actor, export, f"{_about(export)}.fetched", {"rows": [None, export.rows]})

    def piece(number: int) -> bytes:
        # Forgotten between two pieces: the file that arrives is too short, and the browser says so.
        found = ExportPart.objects.filter(export_id=export_id, number=number).values_list("content", flat=True).first()
        return bytes(found or b"")

    return File(
        f"palabre-{_about(export)}-{export.created_at:%Y-%m-%d}.{export.form}",
        MEDIA_TYPES[Form(export.form)],
        export.octets,
        pieces,
        piece,
    )


def _about(export: Export) -> str:
    """What the file is of: "history", or "targets" (supervision/targets_sheet.py)."""
    return TARGETS if export.filters.get("report") == TARGETS else "history"


def _asked(export: Export) -> dict[str, list[Any]]:
    return {name: [None, value] for name, value in {**export.filters, "form": str(export.form)}.items()}


def _write_down(actor: User, export: Export, action: str, changes: dict[str, list[Any]]) -> None:
    audit.record(
        actor=actor, organisation_id=actor.organisation_id, action=action, kind="export", object_id=export.id,
        name=export.form, changes=changes,
    )  # fmt: skip


# --- The worker's side -----------------------------------------------------------------------------------------------


@job_kind(KIND)
def export_history(job: RunningJob, export_id: str = "", **_later: object) -> dict[str, Any]:
    """Write the file. Again is no harm: a file that is whole stays as it is, for somebody may be fetching it."""
    sweep()
    export = Export.objects.select_related("owner").filter(id=export_id).first()
    if export is None or export.octets:  # forgotten since, or written by who died before he could say so
        return {}
    with tempfile.TemporaryDirectory(dir=_place()) as place:
        path = Path(place) / f"history.{export.form}"
        rows, is_cut = _write(job, export, path)
        return {"rows": _keep(job, export, path, rows, is_cut)}


def _place() -> Path:
    """Where files are written: what a dead worker leaves there is found again, and nobody else reads it."""
    place = Path(settings.STATE) / "exports"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    return place


def sweep() -> None:
    """Delete what dead workers left behind: it holds names, numbers and words."""
    for left in _place().iterdir():
        try:
            touched = max(one.stat().st_mtime for one in (left, *left.iterdir()))
        except OSError:  # another sweeps, or its owner is done
            continue
        if touched < clock.time() - LEFT_BEHIND_S:
            shutil.rmtree(left, ignore_errors=True)


def _write(job: RunningJob, export: Export, path: Path) -> tuple[int, bool]:
    """How many texts are in the file at `path`, and whether there were more."""
    zone = Organisation.objects.values_list("time_zone", flat=True).get(id=export.organisation_id)
    rows = 0
    if _about(export) == TARGETS:
        with _sheet(export, path, TARGET_WIDTHS) as sheet:
            for cells_ in targets_rows(export.organisation_id, export.filters, export.language):
                sheet.add(cells_)
                rows += 1
        return rows - 1, False
    with _sheet(export, path, WIDTHS) as sheet:
        sheet.add(heads(export.language, zone))
        for row in _texts(job, export, zone):
            if rows == MOST_ROWS:
                return rows, True
            sheet.add(cells(row, export.language, ZoneInfo(zone)))
            rows += 1
    return rows, False


def _sheet(export: Export, path: Path, widths: Sequence[int]) -> Sheet:
    if export.form == Form.XLSX:
        return Xlsx(path, widths=widths)
    return Csv(path, separator=";" if export.language.startswith("fr") else ",")


def _texts(job: RunningJob, export: Export, zone: str) -> Iterator[Any]:
    """Those that the owner may see now, newest first, as of the request."""
    audience = audience_of(export.owner)
    if audience is None:  # switched off since
        return
    region = Organisation.objects.values_list("region", flat=True).get(id=export.organisation_id)
    asked = Asked.of(export.filters)
    below: UUID | None = uuid7_floor(export.created_at)
    since = max(asked.between(zone)[0], _first_text(export.organisation_id) or export.created_at)
    whole = (export.created_at - since).total_seconds() or 1.0
    while below is not None:
        found = find_below(audience, asked, zone=zone, region=region, below=below, limit=SLICE)
        yield from history_rows(audience.organisation_id, found.ids, audience.kind)
        below = found.next
        if below is not None:  # how far back in time: how many there are is not known
            job.progress(min(0.99, (export.created_at - time_of(below)).total_seconds() / whole))


def _first_text(organisation_id: UUID) -> datetime | None:
    found = (
        Message.objects.filter(organisation_id=organisation_id, kind__in=["incoming", "outgoing"])
        .order_by("id")
        .values_list("id", flat=True)
        .first()
    )
    return time_of(found) if found else None


def _keep(job: RunningJob, export: Export, path: Path, rows: int, is_cut: bool) -> int:
    """Store the file, all of it or nothing; returns its rows. Raises Stopped when the job is another worker's."""
    octets = 0
    with transaction.atomic(), path.open("rb") as file:
        kept = Export.objects.select_for_update().filter(id=export.id).first()
        job.progress(1.0)  # asks the database whether it is still ours, and holds the job until the file is there
        if kept is None or kept.octets:
            return kept.rows if kept else 0
        ExportPart.objects.filter(export=export).delete()
        number = 0
        while piece := file.read(PIECE):
            ExportPart.objects.create(export=export, number=number, content=piece)
            octets += len(piece)
            number += 1
        Export.objects.filter(id=export.id).update(rows=rows, octets=octets, is_cut=is_cut)
    return rows


@job_kind("supervision.forget_exports", every=timedelta(days=1), at=time(2, 45))
def forget_exports(job: RunningJob, **_later: object) -> dict[str, Any]:
    """Delete files that are older than KEPT_DAYS, one by one, and what dead workers left."""
    sweep()
    old = Export.objects.filter(created_at__lt=datetime.now(UTC) - timedelta(days=KEPT_DAYS)).order_by("id")
    forgotten = 0
    while one := old.values_list("id", flat=True).first():
        with transaction.atomic():
            ExportPart.objects.filter(export_id=one).delete()
            Export.objects.filter(id=one).delete()
        forgotten += 1
        job.progress(0.5)
    return {"forgotten": forgotten}
