"""A filter can always be switched off, nobody overwrites a colleague's, and no bot goes that it leaves people to."""

from __future__ import annotations

import pytest

from accounts.models import Audit, User
from common.errors import Conflict, Invalid
from contacts.people import AttributeFields, save_attribute
from conversations.models import Line
from routing.filter_admin import CheckGiven, FilterGiven, WayGiven, filter_shown, save_filter
from tests.browser import Browser
from tests.cast import Cast
from tests.routing.doors import SORRY, keep_filter

pytestmark = pytest.mark.django_db(transaction=True)


def as_read(shown: dict, *, is_enabled: bool) -> FilterGiven:
    """What the screen sends back of what it has read."""
    checks = [CheckGiven(**{**one, "way": WayGiven(**one["way"])}) for one in shown["checks"]]
    return FilterGiven(is_enabled, WayGiven(**shown["way"]), checks, shown["revision"])


@pytest.mark.parametrize("gone", ["bot", "choice"])
def test_a_filter_is_switched_off_though_what_it_names_has_changed(cast: Cast, boss: User, gone: str) -> None:
    line = cast.line_1919
    if gone == "bot":
        shown = keep_filter(boss, line, way=WayGiven("bot", reply="Non."))
        Line.objects.filter(id=line.id).update(bot="")
        refused = "no_bot"
    else:
        offer = save_attribute(
            actor=boss, fields=AttributeFields(name="Offre", key="offre", type="choice", choices=["Or", "Argent"])
        )
        shown = keep_filter(boss, line, CheckGiven("attribute", WayGiven(), thing_id=offer.id, value="Or"))
        save_attribute(actor=boss, fields=AttributeFields(choices=["Gold", "Argent"]), attribute_id=offer.id)
        refused = "attribute_value"
    off = save_filter(actor=boss, line_id=line.id, given=as_read(shown, is_enabled=False))
    line.refresh_from_db()
    assert (off["is_enabled"], line.is_filtered) == (False, False)
    assert off["checks"] == shown["checks"]
    assert Audit.objects.filter(action="filter.changed").latest("at").changes == {"is_enabled": [True, False]}
    with pytest.raises(Invalid) as again:
        save_filter(actor=boss, line_id=line.id, given=as_read(off, is_enabled=True))
    assert again.value.code == refused


def test_two_who_change_a_filter_at_once_do_not_overwrite_each_other(cast: Cast, boss: User) -> None:
    line = cast.line_3334
    read = filter_shown(cast.organisation.id, line.id)
    mine = FilterGiven(True, WayGiven("answer", reply=SORRY), (), read["revision"])
    theirs = FilterGiven(False, WayGiven(), [CheckGiven("keyword", WayGiven(), words=["pub"])], read["revision"])
    saved = save_filter(actor=boss, line_id=line.id, given=mine)
    with pytest.raises(Conflict) as refused:
        save_filter(actor=boss, line_id=line.id, given=theirs)
    assert refused.value.code == "changed_meanwhile"
    assert filter_shown(cast.organisation.id, line.id) == saved
    save_filter(actor=boss, line_id=line.id, given=as_read(saved, is_enabled=False))


def test_the_address_refuses_what_was_read_before_a_colleagues_change(cast: Cast, boss: User) -> None:
    browser = Browser(boss)
    address = f"/api/admin/lines/{cast.line_3334.id}/filter"
    read = browser.get(address).data
    keep_filter(boss, cast.line_3334)
    answer = browser.put(address, read)
    assert (answer.status, answer.code) == (409, "changed_meanwhile")


def test_no_bot_is_taken_away_that_somebody_is_left_to(cast: Cast, boss: User) -> None:
    browser = Browser(boss)
    address = f"/api/admin/lines/{cast.line_1919.id}"
    shown = keep_filter(boss, cast.line_1919, CheckGiven("keyword", WayGiven("bot"), words=["solde"]))
    refused = browser.patch(address, {"bot": ""})
    assert (refused.status, refused.code) == (422, "bot_needed")
    save_filter(actor=boss, line_id=cast.line_1919.id, given=as_read(shown, is_enabled=False))
    assert browser.patch(address, {"bot": ""}).status == 200
