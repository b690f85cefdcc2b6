"""Tags and typed attributes: what there is of them in an organisation, and what one person has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models.deletion import ProtectedError

from accounts import audit
from accounts.events import SettingsChanged
from accounts.models import Organisation, User
from common.errors import Conflict, Invalid, NotFound
from common.text import name_of
from contacts.attributes import value_of
from contacts.models import Address, AddressKind, Attribute, AttributeType, AttributeValue, Contact, ContactTag, Tag
from contacts.numbers import normalise
from realtime.log import record_changes

MOST_TAGS, MOST_ATTRIBUTES, MOST_CHOICES = 200, 100, 100
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def tags_of(organisation_id: UUID) -> list[Tag]:
    return list(Tag.objects.filter(organisation_id=organisation_id).order_by("name", "id"))


def save_tag(*, actor: User, name: str, tag_id: UUID | None = None) -> Tag:
    """Raises NotFound, Invalid."""
    with record_changes(actor.organisation_id) as changes:
        mine = Tag.objects.filter(organisation_id=actor.organisation_id)
        if tag_id is None:
            if mine.count() >= MOST_TAGS:
                raise Invalid("too_many_things", f"at most {MOST_TAGS} tags", field="name")
            tag, before = Tag(organisation_id=actor.organisation_id), {}
        else:
            found = mine.select_for_update(no_key=True).filter(id=tag_id).first()
            if found is None:
                raise NotFound("no_tag", "there is no such tag")
            tag, before = found, {"name": found.name}
        tag.name = name_of(name, longest=60, field="name")
        if mine.filter(name=tag.name).exclude(id=tag.id).exists():
            raise Invalid("name_taken", "another tag has this name", field="name")
        tag.save(force_insert=not before)
        changed = audit.difference(before, {"name": tag.name})
        if changed:
            _note(actor, "tag", tag.id, tag.name, "tag.changed" if before else "tag.created", changed)
            changes.add(SettingsChanged(kind="tag", object_id=tag.id))
    return tag


def delete_tag(*, actor: User, tag_id: UUID) -> None:
    """Raises NotFound, Conflict("in_use") while a front filter asks for it."""
    with record_changes(actor.organisation_id) as changes:
        tag = Tag.objects.filter(organisation_id=actor.organisation_id, id=tag_id).first()
        if tag is None:
            raise NotFound("no_tag", "there is no such tag")
        _delete(tag)
        _note(actor, "tag", tag_id, tag.name, "tag.deleted", {"name": [tag.name, None]})
        changes.add(SettingsChanged(kind="tag", object_id=tag_id))


@dataclass(frozen=True, slots=True)
class AttributeFields:
    """What is asked for; None leaves a field as it is. Key and type are of the beginning and stay."""

    name: str | None = None
    choices: Sequence[str] | None = None
    key: str = ""
    type: str = ""


def attributes_shown(organisation_id: UUID) -> list[Attribute]:
    return list(Attribute.objects.filter(organisation_id=organisation_id).order_by("name", "id"))


def save_attribute(*, actor: User, fields: AttributeFields, attribute_id: UUID | None = None) -> Attribute:
    """Raises NotFound, Invalid; Conflict("in_use") for a choice that somebody has and that would be gone."""
    with record_changes(actor.organisation_id) as changes:
        mine = Attribute.objects.filter(organisation_id=actor.organisation_id)
        if attribute_id is None:
            attribute, before = _new_attribute(actor.organisation_id, fields), {}
        else:
            found = mine.select_for_update(no_key=True).filter(id=attribute_id).first()
            if found is None:
                raise NotFound("no_attribute", "there is no such attribute")
            attribute, before = found, _described(found)
        if fields.name is not None or not before:
            attribute.name = name_of(fields.name or "", longest=80, field="name")
        if fields.choices is not None or not before:
            attribute.choices = _choices(attribute, fields.choices or ())
        attribute.save(force_insert=not before)
        changed = audit.difference(before, _described(attribute))
        if changed:
            action = "attribute.changed" if before else "attribute.created"
            _note(actor, "attribute", attribute.id, attribute.name, action, changed)
            changes.add(SettingsChanged(kind="attribute", object_id=attribute.id))
    return attribute


def delete_attribute(*, actor: User, attribute_id: UUID) -> None:
    """With everybody's values. Raises NotFound, Conflict("in_use")."""
    with record_changes(actor.organisation_id) as changes:
        attribute = Attribute.objects.filter(organisation_id=actor.organisation_id, id=attribute_id).first()
        if attribute is None:
            raise NotFound("no_attribute", "there is no such attribute")
        _delete(attribute)
        _note(
            actor, "attribute", attribute_id, attribute.name, "attribute.deleted", {"name": [attribute.name, None]}
        )  # fmt: skip
        changes.add(SettingsChanged(kind="attribute", object_id=attribute_id))


def _new_attribute(organisation_id: UUID, fields: AttributeFields) -> Attribute:
    mine = Attribute.objects.filter(organisation_id=organisation_id)
    if mine.count() >= MOST_ATTRIBUTES:
        raise Invalid("too_many_things", f"at most {MOST_ATTRIBUTES} attributes", field="name")
    if not _KEY.fullmatch(fields.key):
        raise Invalid("attribute_key", "small letters, digits and _, a letter first", field="key")
    if mine.filter(key=fields.key).exists():
        raise Invalid("name_taken", "another attribute has this key", field="key")
    if fields.type not in AttributeType.values:
        raise Invalid("unknown_choice", f"must be one of {', '.join(AttributeType.values)}", field="type")
    return Attribute(organisation_id=organisation_id, key=fields.key, type=fields.type)


def _choices(attribute: Attribute, given: Sequence[str]) -> list[str]:
    if attribute.type != AttributeType.CHOICE:
        return []
    found = {one.casefold(): one for raw in given if (one := name_of(raw, longest=80, field="choices"))}
    choices = list(found.values())
    if not 1 <= len(choices) <= MOST_CHOICES:
        raise Invalid("attribute_choices", f"from 1 to {MOST_CHOICES} choices", field="choices")
    gone = set(attribute.choices) - set(choices)
    if gone and AttributeValue.objects.filter(attribute_id=attribute.id, value__in=gone).exists():
        raise Conflict("in_use", "somebody has a choice that would be gone")
    return choices


def _described(attribute: Attribute) -> dict[str, Any]:
    return {
        "key": attribute.key, "name": attribute.name, "type": str(attribute.type), "choices": list(attribute.choices),
    }  # fmt: skip


def _delete(thing: Tag | Attribute) -> None:
    key = thing.id
    try:
        thing.delete()
    except ProtectedError:
        raise Conflict("in_use", "a front filter asks for it") from None
    thing.id = key


def _note(actor: User, kind: str, id_: UUID, name: str, action: str, changes: Mapping[str, list[Any]]) -> None:
    audit.record(
        actor=actor, organisation_id=actor.organisation_id, action=action, kind=kind, object_id=id_, name=name,
        changes=changes,
    )  # fmt: skip


# --- One person ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """`contact` None: nobody with this number has written or been written to."""

    number: str
    contact: Contact | None
    tags: tuple[UUID, ...] = ()
    values: Mapping[str, str] | None = None  # by the attribute's key


def known_of(organisation_id: UUID, raw: str) -> Known:
    """What is known of a number, in any spelling. Raises Invalid("not_a_number")."""
    region = Organisation.objects.values_list("region", flat=True).get(id=organisation_id)
    found = normalise(raw, region=region)
    if not found.is_number:
        raise Invalid("not_a_number", "this is no phone number", field="number")
    address = (
        Address.objects.select_related("contact__merged_into")
        .filter(organisation_id=organisation_id, kind=AddressKind.PHONE, value=found.value)
        .first()
    )
    if address is None:
        return Known(found.value, None)
    contact = address.contact.merged_into or address.contact
    tags = ContactTag.objects.filter(organisation_id=organisation_id, contact_id=contact.id)
    values = AttributeValue.objects.filter(organisation_id=organisation_id, contact_id=contact.id)
    return Known(
        found.value,
        contact,
        tuple(tags.order_by("tag_id").values_list("tag_id", flat=True)),
        dict(values.order_by("attribute__key").values_list("attribute__key", "value")),
    )


def change_person(
    *, actor: User, number: str, tag_ids: Sequence[UUID] | None, values: Mapping[str, str | None]
) -> Known:
    """Set a person's tags (None leaves them) and some values by key (None takes one away).

    Raises NotFound("no_contact"), Invalid.
    """
    organisation_id = actor.organisation_id
    with record_changes(organisation_id) as changes:
        before = known_of(organisation_id, number)
        if before.contact is None:
            raise NotFound("no_contact", "nobody with this number is known")
        contact = Contact.objects.select_for_update(no_key=True).get(id=before.contact.id)
        if tag_ids is not None:
            wanted = set(
                Tag.objects.filter(organisation_id=organisation_id, id__in=tag_ids).values_list("id", flat=True)
            )
            if wanted != set(tag_ids):
                raise Invalid("unknown_choice", "there is no such tag", field="tag_ids")
            mine = ContactTag.objects.filter(organisation_id=organisation_id, contact_id=contact.id)
            mine.exclude(tag_id__in=wanted).delete()
            ContactTag.objects.bulk_create(
                ContactTag(organisation_id=organisation_id, contact_id=contact.id, tag_id=one)
                for one in sorted(wanted - set(before.tags))
            )
        _set_values(organisation_id, contact.id, values)
        after = known_of(organisation_id, number)
        changed = audit.difference(_listed(before), _listed(after))
        if changed:
            # Which, not what: the audit log outlives whoever asks to be forgotten.
            for name in changed:
                if name.startswith("values."):
                    changed[name] = [one is not None for one in changed[name]]
            _note(actor, "contact", contact.id, "", "contact.changed", changed)
            # Everybody hears it, also who may hear of no person: that somebody has changed, not who.
            changes.add(SettingsChanged(kind="contact", object_id=organisation_id))
    return after


def _listed(known: Known) -> dict[str, Any]:
    return {"tags": [str(one) for one in known.tags], "values": dict(known.values or {})}


def _set_values(organisation_id: UUID, contact_id: UUID, values: Mapping[str, str | None]) -> None:
    known = {one.key: one for one in Attribute.objects.filter(organisation_id=organisation_id, key__in=values)}
    for key, raw in values.items():
        attribute = known.get(key)
        if attribute is None:
            raise Invalid("unknown_choice", "there is no such attribute", field="values")
        mine = AttributeValue.objects.filter(
            organisation_id=organisation_id, contact_id=contact_id, attribute_id=attribute.id
        )
        mine.delete()
        if raw is not None and raw.strip():
            AttributeValue.objects.create(
                organisation_id=organisation_id, contact_id=contact_id, attribute_id=attribute.id,
                value=value_of(attribute.type, attribute.choices, raw),
            )  # fmt: skip
