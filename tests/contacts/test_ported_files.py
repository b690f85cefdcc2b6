"""A portability table as a file of any size and of any spreadsheet: all of it is the table's, or nothing."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.db import connection

from accounts.models import Audit, Role, User
from common.errors import Conflict
from contacts import uploads
from contacts.models import ListStaged, ListUpload, ListUploadPart
from conversations import ported_files
from conversations.models import Link, PortedNumber
from jobs import runner, service
from jobs.models import Job
from tests.browser import Browser, someone
from tests.cast import Cast
from tests.contacts.files import finish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr(service, "ring", lambda _job: True)
    return someone(cast, Role.ADMINISTRATOR)


def announce(boss: User, content: bytes, *, replaces: bool = False) -> ListUpload:
    """Through the API, as the screen does; not finished."""
    browser = Browser(boss)
    made = browser.post("/api/admin/ported/uploads", {"name": "p.csv", "octets": len(content), "replaces": replaces})
    assert made.status == 201, made.data
    upload = ListUpload.objects.get(id=made.data["id"])
    for number in range(uploads.pieces_of(upload)):
        piece = content[number * uploads.PIECE : (number + 1) * uploads.PIECE]
        given = {"number": number, "content": base64.b64encode(piece).decode()}
        assert browser.put(f"/api/admin/uploads/{upload.id}/pieces", given).status == 200
    return upload


def bring(boss: User, content: bytes, *, replaces: bool = False) -> dict[str, Any]:
    upload = announce(boss, content, replaces=replaces)
    assert runner.run(finish(boss, upload))
    return dict(uploads.upload_of(boss, upload.id))


def table() -> dict[str, str]:
    return dict(PortedNumber.objects.values_list("number", "operator"))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.needs("UNI-017", part="the table")
def test_a_file_of_any_spreadsheet_is_read(boss: User, cast: Cast, encoding: str) -> None:
    Link.objects.filter(id=cast.north.id).update(operator="Télé Bénin")
    text = "numéro;opérateur\r\n01 97 00 00 01;Télé Bénin\r\nbonjour;x\r\n+22670418822;Où\r\n0197000001;Célt’\r\n"
    done = bring(boss, text.encode(encoding))
    assert (done["state"], done["error"]) == ("done", "")
    facts = done["facts"]
    assert (facts["added"], facts["changed"], facts["same"], facts["removed"], facts["refused"]) == (2, 0, 0, 0, 1)
    assert facts["problems"] == [[3, "number"]]
    assert facts["unknown_operators"] == ["Célt’", "Où"]
    assert table() == {"+2290197000001": "Célt’", "+22670418822": "Où"}
    assert ListUploadPart.objects.count() == ListStaged.objects.count() == 0
    assert "portability.imported" in Audit.objects.values_list("action", flat=True)


def test_more_than_one_request_holds_replaces_the_table(boss: User) -> None:
    bring(boss, b"0197000001;Savane\n0166000000;Lagune\n")
    many = "".join(f"+22901{97_000_000 + n};Savane\n" for n in range(60_000)).encode()
    assert len(many) > 1_200_000
    facts = bring(boss, many, replaces=True)["facts"]
    assert (facts["added"], facts["same"], facts["removed"], facts["lines"]) == (59_999, 1, 1, 60_000)
    assert PortedNumber.objects.count() == 60_000
    assert "+2290166000000" not in table()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"rien\n", "no_rows"), (b"PK\x03\x04....", "file_spreadsheet"), (b"a\x00b", "file_not_text"),
        (b'"0197000002;Savane\n0197000003;Savane\n', "csv_broken"),
        (b'0197000002;Savane\n"0197000003;Savane\n"x";y\n', "csv_broken"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_changes_nothing(boss: User, content: bytes, error: str) -> None:
    bring(boss, b"0197000001;Savane\n")
    done = bring(boss, content, replaces=True)
    assert (done["state"], done["error"]) == ("failed", error)
    assert table() == {"+2290197000001": "Savane"}


def test_a_worker_that_dies_before_the_end_leaves_the_table_and_the_next_begins_anew(
    boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(boss, b"0197000001;Savane\n")
    upload = announce(boss, b"0197000002;Lagune\n", replaces=True)
    job = finish(boss, upload)

    def dies(*_given: Any) -> Any:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(ported_files, "_take_over", dies)
        runner.run(job)
    assert table() == {"+2290197000001": "Savane"}
    Job.objects.filter(id=job).update(due_at="2020-01-01T00:00:00Z")
    assert runner.run(job)
    assert table() == {"+2290197000002": "Lagune"}


def test_two_files_at_once_are_one_after_the_other(boss: User) -> None:
    first, second = (announce(boss, f"019700000{n};Savane\n".encode()) for n in (1, 2))
    finish(boss, first)
    with pytest.raises(Conflict, match="another file"):
        uploads.finish(actor=boss, upload_id=second.id)


def test_each_number_of_a_table_is_not_compared_with_each_of_the_file(boss: User) -> None:
    """Of neither has anybody taken statistics yet."""
    bring(boss, "".join(f"+22901{96_000_000 + n};Savane\n" for n in range(3_000)).encode())
    plans: list[str] = []

    def look(execute: Any, statement: str, given: Any, many: bool, context: Any) -> Any:
        if statement == ported_files._DROP_OTHERS:
            execute(f"explain {statement}", given, many, context)
            plans.append("\n".join(line for (line,) in context["cursor"].fetchall()))
        return execute(statement, given, many, context)

    with connection.execute_wrapper(look):
        many = "".join(f"+22901{97_000_000 + n};Savane\n" for n in range(3_000)).encode()
        facts = bring(boss, many, replaces=True)["facts"]
    assert (facts["added"], facts["removed"]) == (3_000, 3_000)
    [plan] = plans
    assert "Anti Join" in plan
    assert "Nested Loop" not in plan
