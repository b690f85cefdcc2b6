"""Files of the history: written by a job, fetched by who asked for them, told to the audit log, forgotten."""

from __future__ import annotations

import csv
import os
import stat
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from accounts.models import Audit, Role, User
from common.clock import database_now
from conversations.models import DeliveryState, Message
from jobs import runner
from jobs.kinds import Stopped
from jobs.models import Job
from supervision import exports
from supervision.exports import forget_exports
from supervision.models import Export, ExportPart
from supervision.sheets import BOM
from tests.browser import Answer, Browser, someone
from tests.cast import Cast
from tests.promised import FULL
from tests.supervision.texts import received, sent


class Working:
    """A job as its function sees it."""

    def __init__(self) -> None:
        self.id, self.organisation_id, self.attempt = uuid4(), None, 1
        self.told: list[float] = []

    def progress(self, fraction: float) -> None:
        self.told.append(fraction)


def write(browser: Browser, **given: Any) -> UUID:
    """Ask for a file and have it written."""
    return write_of(browser, "/api/history/exports", **given)


def write_of(browser: Browser, address: str, **given: Any) -> UUID:
    answer = browser.post(address, given)
    assert answer.status == 201 and answer.data["state"] == "waiting"
    export = Export.objects.get(id=answer.data["id"])
    assert export.job_id and runner.run(export.job_id)
    return export.id


def fetch(browser: Browser, export: UUID) -> Answer:
    return browser.get(f"/api/history/exports/{export}/file")


def rows(answer: Answer, separator: str) -> list[list[str]]:
    text = answer.raw.decode()
    assert answer.status == 200 and text.startswith(BOM)
    return list(csv.reader(text.removeprefix(BOM).splitlines(), delimiter=separator))


@pytest.mark.needs("ELL-035")
def test_a_file_holds_what_the_filters_show_with_each_text_on_one_line(cast: Cast) -> None:
    talk = cast.open_conversation()
    sent(
        cast, talk, "=cmd\r\nligne deux", state=DeliveryState.FAILED, ids=("MT1-1",), error_code="001",
        receipts=("stat:UNDELIV err:001",), name="Afi",
    )  # fmt: skip
    sent(cast, talk, "reçu", state=DeliveryState.DELIVERED, ids=("MT2-1",))
    received(talk, "pas dans le fichier")
    browser = Browser(cast.sam)
    head, *texts = rows(fetch(browser, write(browser, form="csv", direction="out")), ";")
    assert head[2] == "Déposé le (Africa/Porto-Novo)" and len(texts) == 2
    delivered, failed = texts
    assert delivered[9] == "reçu" and delivered[3] != "" and delivered[4] == "remis"
    assert failed[9] == "'=cmd ligne deux" and failed[3] == "" and failed[5] == "UNDELIV"
    assert (failed[0], failed[7], failed[8]) == ("MT1-1", "+229 01 97 00 00 01", "Afi")
    (only,) = rows(fetch(browser, write(browser, form="csv", state="failed")), ";")[1:]
    assert only == failed


def test_an_english_file_has_english_heads_and_commas(cast: Cast) -> None:
    received(cast.open_conversation())
    User.objects.filter(id=cast.sam.id).update(language="en")
    browser = Browser(User.objects.get(id=cast.sam.id))
    head, text = rows(fetch(browser, write(browser, form="csv")), ",")
    assert head[0] == "Operator’s identifier" and text[1] == "received"


def test_texts_that_came_after_the_request_are_not_in_it(cast: Cast) -> None:
    talk = cast.open_conversation()
    received(talk, "vorher", at=database_now() - timedelta(seconds=1))
    browser = Browser(cast.sam)
    asked = browser.post("/api/history/exports", {"form": "csv"})
    received(talk, "danach", at=database_now() + timedelta(seconds=1))
    assert runner.run(Export.objects.get(id=asked.data["id"]).job_id)
    assert [row[9] for row in rows(fetch(browser, UUID(asked.data["id"])), ";")[1:]] == ["vorher"]


def test_a_file_is_its_owners_alone_and_nobody_fetches_it_before_it_is_written(cast: Cast) -> None:
    received(cast.open_conversation())
    browser, other = Browser(cast.sam), Browser(someone(cast, Role.ADMINISTRATOR))
    waiting = UUID(browser.post("/api/history/exports", {"form": "csv"}).data["id"])
    assert fetch(browser, waiting).code == "export_not_ready"
    written = write(browser, form="csv")
    assert fetch(other, written).status == 404 and other.get("/api/history/exports").data == {"items": []}
    assert fetch(Browser(someone(cast, Role.OBSERVER)), written).status == 403
    assert fetch(Browser(cast.awa), written).status == 403
    shown = {one["id"]: one for one in browser.get("/api/history/exports").data["items"]}
    assert shown[str(written)]["state"] == "done" and shown[str(written)]["rows"] == 1


def test_asking_and_fetching_are_written_down(cast: Cast) -> None:
    received(cast.open_conversation())
    browser = Browser(cast.sam)
    export = write(browser, form="csv", number="0197", start="2026-01-01")
    fetch(browser, export)
    lines = Audit.objects.filter(object_id=export).order_by("id")
    assert [(one.action, one.actor_id) for one in lines] == [
        ("history.exported", cast.sam.id), ("history.fetched", cast.sam.id),
    ]  # fmt: skip
    assert lines[0].changes == {"start": [None, "2026-01-01"], "number": [None, "0197"], "form": [None, "csv"]}


@pytest.mark.parametrize("day", [0, 1.5, True, "0", "1767225600", "2026-02-31", "31/03/2026", "2026-03-31T00:00:00"])
def test_a_day_is_written_as_a_day(cast: Cast, day: Any) -> None:
    """A number would be taken for the seconds since 1970, and a file be written of days that nobody asked for."""
    answer = Browser(cast.sam).post("/api/history/exports", {"form": "csv", "end": day})
    assert answer.status == 422 and not Export.objects.exists()
    assert "2026-03-31" in answer.raw.decode()


def test_nobody_has_many_files_written_at_once(cast: Cast) -> None:
    browser = Browser(cast.sam)
    answers = [browser.post("/api/history/exports", {"form": "csv"}) for _ in range(exports.MOST_AT_ONCE + 1)]
    assert [one.status for one in answers] == [201] * exports.MOST_AT_ONCE + [409]
    assert answers[-1].code == "too_many_exports"


def test_a_file_that_was_broken_off_is_written_anew_and_a_long_one_is_cut_and_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = cast.open_conversation()
    for n in range(5):
        received(talk, f"n {n}")
    browser = Browser(cast.sam)
    export = Export.objects.get(id=write(browser, form="csv"))
    Export.objects.filter(id=export.id).update(octets=0)
    ExportPart.objects.create(export=export, number=7, content=b"of a worker that died")
    monkeypatch.setattr(exports, "MOST_ROWS", 3)
    monkeypatch.setattr(exports, "SLICE", 2)
    exports.export_history(Working(), export_id=str(export.id))
    texts = rows(fetch(browser, export.id), ";")[1:]
    assert [row[9] for row in texts] == ["n 4", "n 3", "n 2"]
    (shown,) = browser.get("/api/history/exports").data["items"]
    assert shown["is_cut"] is True and shown["rows"] == 3


class Former(Working):
    """Another worker has the job by now."""

    def progress(self, fraction: float) -> None:
        if fraction >= 1:
            raise Stopped


def test_who_lost_the_job_keeps_nothing_and_a_whole_file_is_never_written_over(cast: Cast) -> None:
    talk = cast.open_conversation()
    received(talk, "seul")
    browser = Browser(cast.sam)
    export = UUID(browser.post("/api/history/exports", {"form": "csv"}).data["id"])
    with pytest.raises(Stopped):
        exports.export_history(Former(), export_id=str(export))
    assert not ExportPart.objects.exists() and fetch(browser, export).code == "export_not_ready"
    exports.export_history(Working(), export_id=str(export))
    whole = fetch(browser, export).raw
    Message.objects.all().update(body="autre")
    for job in (Working(), Former()):
        exports.export_history(job, export_id=str(export))
    assert fetch(browser, export).raw == whole


def test_a_file_that_cannot_be_stored_whole_is_not_stored_at_all(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    received(cast.open_conversation(), "mot " * 300)
    browser = Browser(cast.sam)
    export = UUID(browser.post("/api/history/exports", {"form": "csv"}).data["id"])
    monkeypatch.setattr(exports, "PIECE", 100)
    create = ExportPart.objects.create

    def third(**given: Any) -> ExportPart:
        if given["number"] == 2:
            raise RuntimeError
        return create(**given)

    monkeypatch.setattr(ExportPart.objects, "create", third)
    with pytest.raises(RuntimeError):
        exports.export_history(Working(), export_id=str(export))
    assert not ExportPart.objects.exists() and fetch(browser, export).code == "export_not_ready"


def test_what_a_killed_worker_left_on_the_disk_is_swept_away(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.STATE = tmp_path
    received(cast.open_conversation())
    place = tmp_path / "exports"
    left, young = place / "left", place / "young"
    for one in (left, young):
        one.mkdir(parents=True)
        (one / "history.csv").write_text("Afi;+229")
        os.utime(one, (1, 1))
    os.utime(left / "history.csv", (1, 1))
    write(Browser(cast.sam), form="xlsx")
    assert list(place.iterdir()) == [young], "of one that still writes nothing is taken; one's own is gone"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_files_are_forgotten_after_a_week_with_their_octets(cast: Cast) -> None:
    received(cast.open_conversation())
    browser = Browser(cast.sam)
    old, young = write(browser, form="csv"), write(browser, form="csv")
    Export.objects.filter(id=old).update(created_at=database_now() - timedelta(days=exports.KEPT_DAYS, minutes=1))
    assert forget_exports(Working()) == {"forgotten": 1}
    assert list(Export.objects.values_list("id", flat=True)) == [young]
    assert not ExportPart.objects.filter(export_id=old).exists() and ExportPart.objects.filter(export_id=young).exists()


_MANY = """
with c as (select * from conversations_conversation where id = %(conversation)s)
insert into conversations_message (id, organisation_id, conversation_id, seq, kind, author, body)
select uuidv7(), organisation_id, id, 1000 + n, 'incoming', 'contact', 'Texte ' || n || repeat(' mot', 20)
from c, generate_series(1, %(count)s) n
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_fifty_thousand_texts_are_written_in_little_memory(cast: Cast, form: str) -> None:
    """CI writes a fifth of them; `make faults` all."""
    number = 50_000 if FULL else 10_000
    talk = cast.open_conversation()
    with connection.cursor() as cursor:
        cursor.execute(_MANY, {"conversation": talk.id, "count": number})
    browser = Browser(cast.sam)
    asked = browser.post("/api/history/exports", {"form": form})
    job = Working()
    tracemalloc.start()
    exports.export_history(job, export_id=asked.data["id"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    export = Export.objects.get(id=asked.data["id"])
    print(f"{form}: {number} texts, {export.octets} octets, {peak / 2**20:.1f} MB at most")
    assert export.rows == number and not export.is_cut
    assert peak < 24 * 2**20
    assert job.told == sorted(job.told) and job.told[-1] > 0.5
    assert sum(len(one) for one in ExportPart.objects.values_list("content", flat=True)) == export.octets
    assert Job.objects.filter(id=export.job_id).exists()
