"""Timestamps come from PostgreSQL as Django gives them: aware, in UTC, to the microsecond."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from common.timestamps import UtcLoader

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-22 11:52:32.243123+00",
        "2026-11-22 11:52:32.2+00",
        "2026-11-22 11:52:32+00",
        "2026-02-28 23:59:59.999999-05:30",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
        "1970-01-01 00:00:00.000001+14",
    ],
)
def test_each_is_read_as_it_was_written(said: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select t, array[t], extract(epoch from t) from (select %s::timestamptz) given (t)", [said])
        one, many, epoch = cursor.fetchone()
    assert connection.connection.adapters.get_loader(1184, 0) is UtcLoader
    assert one == datetime.fromisoformat(said) and one.tzinfo is UTC
    assert many == [one]
    assert (one - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() == pytest.approx(float(epoch), abs=1e-5)


def test_what_python_has_no_date_for_is_refused_in_words() -> None:
    beyond = {"infinity": "infinity", "0044-03-15 12:00:00+00 BC": "BC", "10000-01-01 00:00:00+00": "1"}
    for said, words in beyond.items():
        with connection.cursor() as cursor:
            cursor.execute("select %s::timestamptz", [said])
            with pytest.raises(Exception, match=words):
                cursor.fetchone()


def test_a_session_that_speaks_another_zone_gives_the_same_instant() -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local timezone = 'Asia/Kathmandu'")
        cursor.execute("select '2026-11-22 11:52:32.5+00'::timestamptz")
        (found,) = cursor.fetchone()
    assert found == datetime(2026, 11, 22, 11, 52, 32, 500_000, tzinfo=UTC) and found.tzinfo is UTC
