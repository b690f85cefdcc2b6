"""A file of numbers fills its list whole or not at all, whatever happens on the way."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections, transaction

from accounts.models import Audit, Role, User
from common.errors import Conflict, Invalid, NotFound, PalabreError
from contacts import list_imports, uploads
from contacts.list_imports import forget_uploads
from contacts.lists import ListFields, change_numbers, delete_list, save_list
from contacts.models import ContactList, ListNumber, ListProblem, ListStaged, ListUpload, ListUploadPart, UploadState
from jobs import runner, service
from jobs.models import Job, JobState
from tests.browser import someone
from tests.cast import Cast
from tests.contacts.files import A, B, C, fill, finish, inside, make_list, send
from tests.promised import promised

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr(service, "ring", lambda _job: True)
    return someone(cast, Role.ADMINISTRATOR)


def many(count: int, *, first: int = 0) -> bytes:
    return "".join(f"+22901{90_000_000 + first + n}\n" for n in range(count)).encode()


@pytest.mark.needs("MCE-008", part="lists by file")
def test_a_file_replaces_the_list_and_one_that_adds_leaves_what_was(boss: User) -> None:
    one = make_list(boss)
    done = fill(boss, one, f"nom;numéro\nAwa;{A}\nKoffi;97000002\nAwa encore;0197000001\n".encode("cp1252"))
    assert (done["state"], done["progress"], done["error"]) == ("done", 1.0, "")
    assert {name: done["facts"][name] for name in ("lines", "taken", "doubles", "bad", "size", "encoding")} == {
        "lines": 3, "taken": 2, "doubles": 1, "bad": 0, "size": 2, "encoding": "cp1252",
    }  # fmt: skip
    assert (one.size, inside(one, A, B, C)) == (2, [True, True, False])

    added = fill(boss, one, f"{B}\n{C}\n".encode(), replaces=False)
    assert (added["facts"]["taken"], added["facts"]["doubles"], one.size) == (1, 1, 3)
    assert inside(one, A, B, C) == [True, True, True]

    fill(boss, one, f"{C}\n".encode())
    assert (one.size, inside(one, A, B, C)) == (1, [False, False, True])
    for job in Job.objects.filter(kind="contacts.forget_editions"):
        runner.run(job.id)
    assert ListNumber.objects.count() == 1
    assert (ListUploadPart.objects.count(), ListStaged.objects.count()) == (0, 0)
    assert Audit.objects.filter(action="list.uploaded", actor=boss).count() == 3


def test_ten_in_a_hundred_bad_numbers_lose_nothing_else_and_are_told_with_their_lines(boss: User) -> None:
    rows = [f"+2290197{n:06d}" if n % 10 else f"rien {n}" for n in range(2000)]
    one = make_list(boss)
    done = fill(boss, one, "\n".join(rows).encode())
    assert (one.size, done["facts"]["bad"], done["facts"]["lines"]) == (1800, 200, 2000)
    assert inside(one, rows[1], rows[1999]) == [True, True]
    _upload, problems = uploads.problems_of(boss, done["id"])
    told = [(bad.line, bad.reason, bad.value) for bad in problems]
    assert told == [(n + 1, "not_a_number", f"rien {n}") for n in range(0, 2000, 10)]


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"PK\x03\x04...", "file_spreadsheet"), (b"\x00", "file_not_text"), (b"a,b\nc,d\n", "file_no_numbers"),
     (b'x;"0197000001\n' * 3, "file_no_numbers"), (b"   \n", "file_empty")],
)  # fmt: skip
def test_a_file_that_is_none_leaves_the_list_as_it_was_and_says_why(boss: User, content: bytes, error: str) -> None:
    one = make_list(boss)
    fill(boss, one, f"{A}\n".encode())
    done = fill(boss, one, content)
    assert (done["state"], done["error"]) == ("failed", error)
    assert (one.size, inside(one, A)) == (1, [True])
    assert (ListUploadPart.objects.count(), ListStaged.objects.count()) == (0, 0)
    assert Job.objects.filter(state=JobState.DONE, kind="contacts.import_list").count() == 2, "tried again in vain"


@pytest.mark.parametrize("replaces", [True, False])
def test_a_worker_that_is_killed_in_the_middle_leaves_the_list_whole_and_the_next_one_begins_anew(
    boss: User, replaces: bool, dsn: str, tmp_path: Any
) -> None:
    one = make_list(boss)
    fill(boss, one, f"{A}\n".encode())
    upload = send(boss, one, many(30_000), replaces=replaces)
    job_id = finish(boss, upload)
    slow = (
        "import django; django.setup(); import time; from contacts import list_imports as i; from jobs import runner;"
        "i.STAGE = 500; copy = i.stage_lines; i.stage_lines = lambda *a: (copy(*a), time.sleep(0.2));"
        f"runner.run('{job_id}')"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", slow], cwd=django_settings.ROOT,
        env={**os.environ, "DATABASE_URL": dsn, "PALABRE_STATE": str(tmp_path),
             "DJANGO_SETTINGS_MODULE": "config.settings"},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 40
        while ListStaged.objects.filter(upload_id=upload.id).count() < 1000:
            assert time.monotonic() < deadline, "nothing was staged"
            time.sleep(0.05)
        worker.send_signal(signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait(10)
    one.refresh_from_db()
    assert (one.size, inside(one, A, "+2290190000000")) == (1, [True, False])
    assert uploads.upload_of(boss, upload.id)["state"] == "working"

    with connection.cursor() as cursor:  # half a minute later
        cursor.execute(
            "update jobs_job set lease_until = clock_timestamp() - interval '1 second' where id = %s", [job_id]
        )
    assert runner.run(job_id)
    one.refresh_from_db()
    assert (one.size, inside(one, A)) == ((30_000, [False]) if replaces else (30_001, [True]))
    assert inside(one, "+2290190000000", "+2290190029999") == [True, True]
    assert (uploads.upload_of(boss, upload.id)["state"], ListStaged.objects.count()) == ("done", 0)


def test_a_worker_that_wakes_after_another_has_done_its_work_changes_nothing(
    boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_list(boss)
    upload = send(boss, one, f"{A}\n{B}\n".encode(), replaces=False)
    job_id = finish(boss, upload)
    stage, others = list_imports._stage, []

    def asleep(job: Any, given: ListUpload) -> Any:
        staged = stage(job, given)
        if not others:  # meanwhile its lease runs out, and another does it all
            others.append(1)
            with connection.cursor() as cursor:
                cursor.execute(
                    "update jobs_job set lease_until = clock_timestamp() - interval '1 second' where id = %s", [job_id]
                )
            thread = threading.Thread(target=lambda: (runner.run(job_id), connections.close_all()))
            thread.start()
            thread.join(30)
            change_numbers(actor=boss, list_id=one.id, add=[], remove=[B])
        return staged

    monkeypatch.setattr(list_imports, "_stage", asleep)
    runner.run(job_id)
    one.refresh_from_db()
    assert (inside(one, A, B), one.size) == ([True, False], 1), "what was removed since has come back"


def test_a_row_that_postgresql_refuses_is_told_of_and_costs_no_other(boss: User) -> None:
    refused = "+2290190000777"
    with connection.cursor() as cursor:
        cursor.execute(f"alter table contacts_liststaged add constraint t check (number <> '{refused}') not valid")
    try:
        one = make_list(boss)
        done = fill(boss, one, many(2000))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("alter table contacts_liststaged drop constraint t")
    assert (one.size, done["facts"]["bad"]) == (1999, 1)
    assert inside(one, refused, "+2290190000776", "+2290190000778") == [False, True, True]
    assert [(bad.line, bad.reason) for bad in ListProblem.objects.all()] == [(778, "refused")]


def test_of_two_files_for_one_list_at_once_one_waits_for_the_other(
    boss: User, at_once: Callable[[Any], list[Any]]
) -> None:
    one, other = make_list(boss), make_list(boss, "Postpayés")
    files = [send(boss, one, f"{number}\n".encode()) for number in (A, B)]
    elsewhere = send(boss, other, f"{C}\n".encode())
    results = at_once([lambda up=up: uploads.finish(actor=boss, upload_id=up.id) for up in (*files, elsewhere)])
    refused = [one for one in results if isinstance(one, Exception)]
    assert [(type(one), one.code) for one in refused if isinstance(one, PalabreError)] == [(Conflict, "list_busy")]
    assert len(refused) == 1
    working = ListUpload.objects.get(list=one, state=UploadState.WORKING)
    runner.run(working.job_id)
    late = next(up for up in files if up.id != working.id)
    runner.run(finish(boss, late))
    one.refresh_from_db()
    assert (one.size, inside(one, A, B)) == (1, [late.id == files[0].id, late.id == files[1].id])


def test_a_file_whose_job_has_failed_for_good_stands_in_nobodys_way(boss: User) -> None:
    one = make_list(boss)
    upload = send(boss, one, f"{A}\n".encode())
    Job.objects.filter(id=finish(boss, upload)).update(state=JobState.FAILED)
    assert uploads.upload_of(boss, upload.id)["state"] == "failed"
    assert fill(boss, one, f"{B}\n".encode())["state"] == "done"
    upload.refresh_from_db()
    assert (upload.state, upload.error, inside(one, A, B)) == (UploadState.FAILED, "failed", [False, True])


def test_pieces_come_in_any_order_and_again_and_all_of_them(boss: User) -> None:
    one, content = make_list(boss), many(70_000)
    upload = uploads.ask_for_upload(actor=boss, list_id=one.id, name="n.csv", octets=len(content), replaces=True)
    count = uploads.pieces_of(upload)
    assert count == 3

    def piece(number: int) -> str:
        return base64.b64encode(content[number * uploads.PIECE : (number + 1) * uploads.PIECE]).decode()

    for number in (2, 0, 2):
        uploads.take_piece(actor=boss, upload_id=upload.id, number=number, content=piece(number))
    assert uploads.upload_of(boss, upload.id)["missing"] == [1]
    with pytest.raises(Conflict, match="have not come"):
        uploads.finish(actor=boss, upload_id=upload.id)
    for number, wrong in ((1, piece(2)), (3, piece(0)), (-1, piece(0)), (1, "pas du base64 !")):
        with pytest.raises(Invalid) as refused:
            uploads.take_piece(actor=boss, upload_id=upload.id, number=number, content=wrong)
        assert refused.value.code == "piece"
    uploads.take_piece(actor=boss, upload_id=upload.id, number=1, content=piece(1))
    began = time.monotonic()
    runner.run(finish(boss, upload))
    print(f"70,000 numbers in {time.monotonic() - began:.1f} s")
    one.refresh_from_db()
    assert one.size == 70_000
    with pytest.raises(Conflict) as over:
        uploads.take_piece(actor=boss, upload_id=upload.id, number=0, content=piece(0))
    assert over.value.code == "upload_over"
    uploads.finish(actor=boss, upload_id=upload.id)  # a second click


def test_a_file_is_bounded_and_who_begins_many_loses_the_oldest(boss: User) -> None:
    one = make_list(boss)
    for octets, code in ((0, "file_empty"), (uploads.LARGEST + 1, "file_too_large")):
        with pytest.raises(Invalid) as refused:
            uploads.ask_for_upload(actor=boss, list_id=one.id, name="n.csv", octets=octets, replaces=True)
        assert refused.value.code == code
    begun = [send(boss, one, b"0197000001\n") for _ in range(uploads.MOST_RECEIVING + 1)]
    kept = set(ListUpload.objects.values_list("id", flat=True))
    assert kept == {one.id for one in begun[1:]}


def test_what_was_never_finished_and_what_is_old_is_forgotten(boss: User) -> None:
    one = make_list(boss)
    fill(boss, one, f"{A}\nrien\n".encode())
    left = send(boss, one, b"0197000001\n")
    with connection.cursor() as cursor:
        cursor.execute(
            "update contacts_listupload set created_at = now() - interval '25 hours' where id = %s", [left.id]
        )
    forget_uploads(_Job())
    assert ListUpload.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("update contacts_listupload set created_at = now() - interval '31 days'")
    forget_uploads(_Job())
    assert (ListUpload.objects.count(), ListProblem.objects.count(), inside(one, A)) == (0, 0, [True])


class _Job:
    id, organisation_id, attempt = None, None, 1

    def progress(self, _fraction: float) -> None:
        pass


def test_numbers_by_hand_count_once_and_lists_of_others_are_not_there(boss: User) -> None:
    one = make_list(boss)
    assert change_numbers(actor=boss, list_id=one.id, add=["97000001", A, B], remove=[]).size == 2
    assert change_numbers(actor=boss, list_id=one.id, add=[], remove=[A, C]).size == 1
    assert inside(one, A, B) == [False, True]
    with pytest.raises(Invalid):
        change_numbers(actor=boss, list_id=one.id, add=["abc"], remove=[])
    from tests.cast import make_cast

    stranger = someone(make_cast(slug="autre", domain="autre.example"), Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        change_numbers(actor=stranger, list_id=one.id, add=[A], remove=[])
    with pytest.raises(Invalid):
        save_list(actor=boss, fields=ListFields(name="Partenaires"))
    delete_list(actor=boss, list_id=one.id)
    for job in Job.objects.filter(kind="contacts.forget_editions"):
        runner.run(job.id)
    assert (ContactList.objects.count(), ListNumber.objects.count()) == (0, 0)


def test_asking_whether_a_number_is_in_a_list_takes_less_than_a_millisecond(boss: User) -> None:
    """Among 300,000 here; the look-up is by key, and a million are one page of its index deeper at the most."""
    one = make_list(boss)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """insert into contacts_listnumber
               select %s, %s, '+22901' || (90000000 + n) from generate_series(0, 299999) n""",
            [one.organisation_id, one.edition_id],
        )
        cursor.execute("analyze contacts_listnumber")
    for number, expected in (("+2290190123456", True), ("+2290199999999", False)):
        assert inside(one, number) == [expected]
        times = []
        for _ in range(50):
            began = time.perf_counter()
            inside(one, number)
            times.append(time.perf_counter() - began)
        middle = sorted(times)[25] * 1000
        print(f"{middle:.3f} ms")
        assert middle < promised(1.0)
