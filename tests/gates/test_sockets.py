"""The socket: each role hears what it may, whatever it asks for, while everybody else is busy with everything."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Role, Team, User
from accounts.people import PersonFields, change_person
from accounts.sessions import end_sessions
from conversations.line_admin import Known, LineFields, save_line
from conversations.models import Conversation
from realtime.consumer import SAYINGS
from tests.browser import Browser
from tests.gates.company import Company
from tests.gates.ear import Ear
from tests.promised import promised
from tests.realtime.verbs import VERBS, received
from tests.realtime.world import World, in_thread, sign_in

RIGHTS_S = 5.0  # a right that is taken away is gone from the socket within
LISTS = ["mine", "queue", "all"]


def everything_happens(world: World, line: Any = None) -> list[Conversation]:
    """Each verb on a conversation of `line`; on the team's line it is the team's agent who works."""
    if line is not None:
        world = replace(world, people={**world.people, "afi": world.people["koffi"]})
    found = []
    for verb in VERBS.values():
        found.append(world.conversation(line, **verb.fields(world)))
        verb.act(world, found[-1])
    return found


def test_everything_that_a_browser_may_say_is_tried_below() -> None:
    assert set(SAYINGS) == {"hello", "watch", "pong"}, (
        "a browser may say something new: let each role say it about things of another team and of another "
        "organisation in test_no_socket_hears_of_others, and describe it in tests/gates/document.py"
    )


@pytest.mark.needs("RFP-096")
@pytest.mark.timeout(120)
async def test_no_socket_hears_of_others(lasting_company: Company, listen: Callable[..., Any]) -> None:
    company = lasting_company
    theirs = [company.theirs, *await in_thread(everything_happens, company.foreign)]
    team = [company.hidden, *await in_thread(everything_happens, company.own, company.own.team_line)]
    ears: dict[str, Ear] = {}
    for role, user in company.people.items():
        ears[role] = await listen(await in_thread(sign_in, user))
        asked = [str(one.id) for one in (company.mine, *team, *theirs)]
        await ears[role].say(type="watch", conversations=asked, lists=LISTS)
    new_theirs = await in_thread(everything_happens, company.foreign)
    new_team = await in_thread(everything_happens, company.own, company.own.team_line)
    for one in (company.theirs, company.hidden):  # what is watched, too
        await in_thread(received, company.foreign if one is company.theirs else company.own, one, "encore un secret")
    last = await in_thread(received, company.own, company.mine, "pour tous ceux de la ligne")

    head = (await in_thread(company.own.head)).seq

    company.foreign_ids |= {str(one.id) for one in (*theirs, *new_theirs)}
    company.hidden_ids |= {str(one.id) for one in (*team, *new_team)}
    for role, ear in ears.items():
        await ear.until(lambda ear=ear: str(last.id) in ear.text(), f"{role} hears of what he may", 20)
        await ear.until(lambda ear=ear: ear.rows_upto() >= head, f"{role} has all rows", 20)
        assert not company.leaks(ear.text(), role=role), f"{role} heard {company.leaks(ear.text(), role=role)}"
        assert ear.code is None
    # What is looked for can be heard: who may see the team's line was told of it.
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.OBSERVER):
        assert str(company.hidden.id) in ears[role].text()
        assert any(str(one.id) in ears[role].text() for one in new_team)
    assert "encore un secret" in ears[Role.SUPERVISOR].text()
    assert "secret" not in ears[Role.OBSERVER].text()


async def test_nobody_signed_in_hears_anything(lasting_company: Company, listen: Callable[..., Any]) -> None:
    ear = await listen(None)
    await ear.say(type="watch", conversations=[str(lasting_company.mine.id)], lists=LISTS)
    await ear.until(lambda: ear.code is not None, "closed")
    assert (ear.code, ear.heard) == (4401, [])


def sign_out(company: Company, user: User, browser: Browser) -> None:
    assert browser.call("DELETE", "/_allauth/browser/v1/auth/session").status == 401


def disable(company: Company, user: User, browser: Browser) -> None:
    change(company, user, is_active=False)


def demote(company: Company, user: User, browser: Browser) -> None:
    change(company, user, role=Role.OBSERVER)


def new_password(company: Company, user: User, browser: Browser) -> None:
    change(company, user, password="un autre baobab au bord")


def kill_session(company: Company, user: User, browser: Browser) -> None:
    end_sessions(user.id)


def switch_off_by_hand(company: Company, user: User, browser: Browser) -> None:
    """Without our verbs, as a support engineer would in the database: no event tells of it."""
    User.objects.filter(id=user.id).update(is_active=False)


def change(company: Company, user: User, **fields: Any) -> None:
    boss = company.people[Role.ADMINISTRATOR]
    change_person(actor=boss, user_id=user.id, fields=PersonFields(**fields))


ENDINGS = (sign_out, disable, demote, new_password, kill_session, switch_off_by_hand)


@pytest.mark.needs("RFP-096")
@pytest.mark.timeout(120)
async def test_who_may_no_longer_listen_is_cut_within_five_seconds_and_at_once_from_the_rest(
    lasting_company: Company, listen: Callable[..., Any]
) -> None:
    company, cases = lasting_company, []
    for ending in ENDINGS:
        user = await in_thread(company.own.person, ending.__name__.replace("_", ""))
        browser = await in_thread(Browser, user)
        ear = await listen(browser.client.cookies["session"].value)
        cases.append((ending, user, browser, ear))
    for ending, user, browser, ear in cases:
        at = time.monotonic()
        await in_thread(ending, company, user, browser)
        answer = await in_thread(browser.get, "/api/session")
        assert answer.status == 401, f"{ending.__name__}: {answer.status}"
        await ear.until(lambda ear=ear: ear.code is not None, f"{ending.__name__}: closed", 2 * promised(RIGHTS_S))
        print(f"{ending.__name__}: the socket closed after {ear.closed_at - at:.1f} s")
        assert ear.code == 4401, ending.__name__
        assert ear.closed_at - at < promised(RIGHTS_S), ending.__name__


def leave_team(company: Company) -> None:
    company.own.team.members.remove(company.own.people["koffi"])


def give_the_line_to_another_team(company: Company) -> None:
    other = Team.objects.create(organisation=company.own.organisation, name="Autre équipe")
    save_line(
        actor=company.people[Role.ADMINISTRATOR], line_id=company.own.team_line.id,
        fields=LineFields(team_ids=[other.id]), known=Known(bots=["telecom"], queues=[company.own.queue.id]),
    )  # fmt: skip


@pytest.mark.parametrize("loss", [leave_team, give_the_line_to_another_team])
async def test_who_loses_a_line_hears_no_more_of_it_within_five_seconds(
    lasting_company: Company, listen: Callable[..., Any], loss: Callable[[Company], None]
) -> None:
    company = lasting_company
    koffi = company.own.people["koffi"]
    browser = await in_thread(Browser, koffi)
    ear = await listen(await in_thread(sign_in, koffi))
    await ear.say(type="watch", conversations=[str(company.hidden.id)], lists=LISTS)
    await in_thread(received, company.own, company.hidden, "avant")
    await ear.until(lambda: "avant" in ear.text(), "heard before")
    resets = ear.text().count('"reset"')
    at = time.monotonic()
    await in_thread(loss, company)
    answer = await in_thread(browser.get, f"/api/conversations/{company.hidden.id}")
    assert answer.status == 404, "over REST it is gone at once"
    await ear.until(lambda: ear.text().count('"reset"') > resets, "told to fetch afresh", 2 * promised(RIGHTS_S))
    took = time.monotonic() - at
    print(f"{loss.__name__}: the socket knows after {took:.1f} s")
    assert took < promised(RIGHTS_S)
    heard = len(ear.heard)
    await in_thread(received, company.own, company.hidden, "après")
    last = await in_thread(received, company.own, company.mine, "de sa ligne")
    await ear.say(type="watch", conversations=[str(company.hidden.id), str(company.mine.id)], lists=LISTS)
    await ear.until(lambda: str(last.id) in ear.text(), "hears of what he may still see")
    assert not [text for text in ear.heard[heard:] if "après" in text or str(company.hidden.id) in text]
