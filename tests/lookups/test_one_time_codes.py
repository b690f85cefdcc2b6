"""The one-time code of a sensitive look-up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from bots.lookups.models import Code
from bots.turn import Found
from tests.lookups.billing import NUMBER, OTHER
from tests.lookups.conftest import OWN_NUMBER, defined

RIGHT = Found("found", ({"balance": "1250.50"},))
SLOT = {"name": "month", "origin": "slot", "form": "integer", "slot": "month"}


@pytest.fixture
def sensitive(rest):
    return defined(rest, path="/accounts/{number}", is_sensitive=True)


@pytest.fixture
def talk(cast, sensitive):
    return cast.open_conversation(line=cast.line_1919, sender=NUMBER)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def later(**by: int) -> None:
    """As if all codes had been made, and used, by so much earlier."""
    gone = timedelta(**by)
    Code.objects.update(made_at=F("made_at") - gone, expires_at=F("expires_at") - gone, used_at=F("used_at") - gone)


@pytest.mark.needs("RFP-122", part="sensitive answers ask a one-time code")
def test_a_sensitive_look_up_asks_a_code_and_then_answers(sensitive, talk, ask, service):
    asked = ask(conversation=talk)
    assert asked.outcome == "code_asked" and len(asked.code) == 6 and asked.code.isdecimal() and asked.rows == ()
    assert service.asked == []
    assert ask(conversation=talk, code=wrong(asked.code)) == Found("code_wrong")
    assert service.asked == []
    assert ask(conversation=talk, code=f" {asked.code[:3]} {asked.code[3:]}. ") == RIGHT
    assert ask(conversation=talk) == RIGHT, "the conversation is believed for ten minutes"
    later(minutes=10, seconds=1)
    assert ask(conversation=talk).outcome == "code_asked"


def test_digits_of_any_keyboard_are_digits(sensitive, talk, ask):
    code = ask(conversation=talk).code
    assert ask(conversation=talk, code=code.translate({ord("0") + n: 0x660 + n for n in range(10)})) == RIGHT


def test_three_wrong_codes_end_it(sensitive, talk, ask, service):
    code = ask(conversation=talk).code
    said = [ask(conversation=talk, code=wrong(code)).outcome for _ in range(3)]
    assert said == ["code_wrong", "code_wrong", "refused"]
    assert ask(conversation=talk, code=code) == Found("refused"), "the right one comes too late"
    assert service.asked == []


def test_a_code_ends_after_five_minutes(sensitive, talk, ask, service):
    code = ask(conversation=talk).code
    later(minutes=5, seconds=1)
    fresh = ask(conversation=talk, code=code)
    assert fresh.outcome == "code_asked"
    assert ask(conversation=talk, code=fresh.code) == RIGHT


def test_a_code_is_used_once(sensitive, talk, ask, service):
    code = ask(conversation=talk).code
    assert ask(conversation=talk, code=code) == RIGHT
    # Believed no more, and the code itself would still be valid.
    Code.objects.update(used_at=F("used_at") - timedelta(minutes=11))
    assert ask(conversation=talk, code=code).outcome == "code_asked"
    assert len(service.asked) == 1


def test_only_the_last_code_is_right(sensitive, talk, ask):
    first, second = ask(conversation=talk).code, ask(conversation=talk).code
    if first != second:
        assert ask(conversation=talk, code=first) == Found("code_wrong")
    assert ask(conversation=talk, code=second) == RIGHT


def test_three_codes_an_hour_for_a_number_whatever_the_conversation(cast, sensitive, ask):
    talks = [cast.open_conversation(line=line, sender=NUMBER) for line in (cast.line_1919, cast.line_3334)]
    said = [ask(conversation=talks[n % 2]).outcome for n in range(5)]
    assert said == ["code_asked"] * 3 + ["refused"] * 2
    other = cast.open_conversation(line=cast.line_1919, sender=OTHER)
    assert ask(conversation=other, number=OTHER).outcome == "code_asked"
    later(hours=1)
    assert ask(conversation=talks[0]).outcome == "code_asked"


def test_a_code_is_for_one_conversation_one_look_up_and_its_values(cast, rest, sensitive, talk, ask, service):
    defined(rest, name="bill", path="/accounts/{number}?m={month}", is_sensitive=True, parameters=[OWN_NUMBER, SLOT])
    elsewhere = cast.open_conversation(line=cast.line_3334, sender=NUMBER)
    code = ask(conversation=talk).code
    assert ask(conversation=elsewhere, code=code).outcome == "code_asked"
    code = ask("bill", talk, month="1").code
    assert ask("bill", talk, month="2", code=code).outcome == "refused", "no more codes within the hour"
    assert service.asked == []
    assert ask("bill", talk, month="1", code=code) == RIGHT


def test_nothing_of_a_code_can_be_read_from_its_row(sensitive, talk, ask):
    code = ask(conversation=talk).code
    kept = Code.objects.get()
    said = b"|".join(map(bytes, (kept.number, kept.asked, kept.code)))
    assert code.encode() not in said and NUMBER.encode() not in said and b"97000001" not in said
    assert len(bytes(kept.code)) == 32


def test_wrong_codes_at_once_use_three_tries_and_no_more(sensitive, talk, ask, at_once):
    code = ask(conversation=talk).code
    found = at_once([lambda: ask(conversation=talk, code=wrong(code)) for _ in range(8)])
    assert sorted(one.outcome for one in found) == ["code_wrong"] * 2 + ["refused"] * 6
    assert Code.objects.get().tries == 3


def test_codes_asked_at_once_are_three(cast, sensitive, ask, at_once):
    talk = cast.open_conversation(line=cast.line_1919, sender=NUMBER)
    found = at_once([lambda: ask(conversation=talk) for _ in range(8)])
    assert sorted(one.outcome for one in found) == ["code_asked"] * 3 + ["refused"] * 5


def test_the_right_code_twice_at_once_is_used_once(sensitive, talk, ask, at_once):
    code = ask(conversation=talk).code
    assert at_once([lambda: ask(conversation=talk, code=code) for _ in range(2)]) == [RIGHT, RIGHT]
    assert Code.objects.filter(used_at__isnull=False).count() == Code.objects.count() == 1


def test_codes_are_forgotten_after_a_day(sensitive, talk, ask):
    ask(conversation=talk)
    later(days=1, seconds=1)
    ask(conversation=talk)
    assert Code.objects.count() == 1
