"""The demonstration's lists, tags and attributes, and a front filter that is ready and off: everybody may write."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.models import Organisation
from contacts.models import Attribute, AttributeType, ContactList, ListNumber, Tag
from conversations.models import Line
from routing.filter_models import FrontCheck, FrontFilter

FILTERED = "3334"
PARTNERS = [f"+22901970000{n:02d}" for n in range(1, 13)]
POSTPAID = [f"+22901960000{n:02d}" for n in range(1, 8)]


def make_front_door(owner: Organisation, lines: Mapping[str, Line]) -> None:
    partners = _list(owner, "Distributeurs", "distributeurs", PARTNERS)
    postpaid = _list(owner, "Abonnés postpayés", "postpayés", POSTPAID)
    vip = Tag.objects.create(organisation=owner, name="VIP")
    Tag.objects.create(organisation=owner, name="Litige")
    Attribute.objects.create(
        organisation=owner, key="offre", name="Offre", type=AttributeType.CHOICE, choices=["Or", "Argent", "Essentiel"]
    )
    Attribute.objects.create(organisation=owner, key="points", name="Points de fidélité", type=AttributeType.NUMBER)
    line = lines.get(FILTERED)
    if line is None:
        return
    found = FrontFilter.objects.create(
        line=line, organisation=owner, outcome="answer",
        reply="Ce numéro est réservé à nos distributeurs. Pour toute question, écrivez au 1919.",
    )  # fmt: skip
    for place, fields in enumerate(
        (
            {"kind": "in_list", "contact_list": partners, "name": "Distributeurs", "priority": 5},
            {"kind": "in_list", "contact_list": postpaid, "name": "Postpayés", "priority": 2},
            {"kind": "tag", "tag": vip, "name": "VIP", "priority": 8},
        ),
        1,
    ):
        FrontCheck.objects.create(filter=found, place=place, outcome="admit", queue_id=line.queue_id, **fields)


def _list(owner: Organisation, name: str, kind: str, numbers: list[str]) -> ContactList:
    one = ContactList.objects.create(organisation=owner, name=name, kind=kind, size=len(numbers))
    ListNumber.objects.bulk_create(
        ListNumber(organisation_id=owner.id, edition_id=one.edition_id, number=number) for number in numbers
    )
    return one
