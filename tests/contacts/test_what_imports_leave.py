"""What an import leaves behind is forgotten, and what one holds is told in words."""

from __future__ import annotations

import threading
from base64 import b64encode
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from accounts.models import Audit, Role, User
from common.errors import Conflict, NotFound
from contacts import list_imports, uploads
from contacts.list_imports import forget_uploads
from contacts.lists import ListFields, change_numbers, delete_list, save_list
from contacts.models import Attribute, ContactList, ListNumber, ListStaged, ListUpload, UploadState
from contacts.people import change_person
from jobs import runner
from jobs.models import Job, JobState
from realtime.models import Event
from tests.browser import someone
from tests.cast import SUBSCRIBER, Cast
from tests.contacts.files import A, fill, finish, inside, make_list, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(cast: Cast) -> User:
    return someone(cast, Role.ADMINISTRATOR)


class _Job:
    def progress(self, fraction: float) -> None:
        """Nobody looks."""


def test_numbers_that_were_staged_for_a_file_that_failed_for_good_are_forgotten(
    boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_list(boss)
    upload = send(boss, one, b"97000001\n97000002\n")
    job_id = finish(boss, upload)

    def killed(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(list_imports, "_replace", killed)
        for _ in range(5):
            Job.objects.filter(id=job_id).update(due_at="2020-01-01T00:00Z")
            runner.run(job_id)
    assert Job.objects.get(id=job_id).state == JobState.FAILED
    assert ListStaged.objects.exists()
    forget_uploads(_Job())
    assert not ListStaged.objects.exists()
    # Of a list that is gone, and its files with it.
    ListStaged.objects.create(upload_id=uuid4(), attempt=1, line=1, number=A, reason="", value="")
    forget_uploads(_Job())
    assert not ListStaged.objects.exists()


def test_what_a_worker_is_staging_is_not_forgotten(boss: User) -> None:
    one = make_list(boss)
    upload = send(boss, one, b"97000001\n")
    finish(boss, upload)
    ListStaged.objects.create(upload_id=upload.id, attempt=1, line=1, number=A, reason="", value="")
    forget_uploads(_Job())
    assert ListStaged.objects.count() == 1


def test_a_list_is_deleted_though_its_last_file_failed_for_good(boss: User) -> None:
    one = make_list(boss)
    fill(boss, one, f"{A}\n".encode())
    upload = send(boss, one, b"97000002\n")
    job_id = finish(boss, upload)
    with pytest.raises(Conflict, match="being read"):
        delete_list(actor=boss, list_id=one.id)
    Job.objects.filter(id=job_id).update(state=JobState.FAILED)
    delete_list(actor=boss, list_id=one.id)
    assert not ContactList.objects.exists()
    for job in Job.objects.filter(kind="contacts.forget_editions"):
        runner.run(job.id)
    assert not ListNumber.objects.exists()


def test_a_list_that_a_file_is_being_added_to_says_so_instead_of_waiting(boss: User) -> None:
    one = make_list(boss)
    waits = send(boss, one, b"97000001\n")
    held, done = threading.Event(), threading.Event()

    def adds() -> None:
        with transaction.atomic():
            ContactList.objects.select_for_update(no_key=True).get(id=one.id)
            held.set()
            done.wait(30)
        connections.close_all()

    thread = threading.Thread(target=adds)
    thread.start()
    try:
        assert held.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '200ms'")  # as everywhere but in tests
        for deed in (
            lambda: change_numbers(actor=boss, list_id=one.id, add=[A], remove=[]),
            lambda: save_list(actor=boss, fields=ListFields(name="Autre"), list_id=one.id),
            lambda: delete_list(actor=boss, list_id=one.id),
            lambda: uploads.finish(actor=boss, upload_id=waits.id),
        ):
            with pytest.raises(Conflict) as refused:
                deed()
            assert refused.value.code == "list_busy"
    finally:
        done.set()
        thread.join(30)
        with connection.cursor() as cursor:
            cursor.execute("reset lock_timeout")
    assert inside(one, A) == [False]


def test_a_file_that_a_worker_has_by_now_is_not_forgotten_as_unfinished(boss: User) -> None:
    one = make_list(boss)
    upload = send(boss, one, b"97000001\n")
    finish(boss, upload)
    with transaction.atomic():
        uploads.forget([upload.id])  # read as unfinished a moment ago
    assert ListUpload.objects.get().state == UploadState.WORKING


def test_the_audit_log_keeps_which_values_of_a_person_changed_and_not_what_they_are(boss: User, cast: Cast) -> None:
    contact = cast.person(SUBSCRIBER).contact
    contact.name = "Awa Soumaré"
    contact.save()
    for key in ("offre", "points"):
        Attribute.objects.create(organisation=cast.organisation, key=key, name=key, type="text")
    change_person(actor=boss, number=SUBSCRIBER, tag_ids=None, values={"offre": "Or", "points": "12"})
    change_person(actor=boss, number=SUBSCRIBER, tag_ids=None, values={"points": "13"})
    lines = list(Audit.objects.filter(action="contact.changed").order_by("id"))
    assert [one.changes for one in lines] == [
        {"values.offre": [False, True], "values.points": [False, True]},
        {"values.points": [True, True]},
    ]
    assert {one.object_name for one in lines} == {""}
    said = [str(one.data) for one in Event.objects.filter(type="settings.changed", data__kind="contact")]
    assert len(said) == 2
    assert not any(str(contact.id) in one for one in said), "everybody hears it, also who may hear of no person"


def test_a_piece_of_a_file_that_makes_room_at_this_moment_is_refused_in_words(
    boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = send(boss, make_list(boss), A.encode())
    length = uploads._length

    def meanwhile(held: ListUpload, number: int) -> int:
        ListUpload.objects.filter(id=held.id).delete()
        return length(held, number)

    monkeypatch.setattr(uploads, "_length", meanwhile)
    with pytest.raises(NotFound):
        uploads.take_piece(actor=boss, upload_id=upload.id, number=0, content=b64encode(A.encode()).decode())
