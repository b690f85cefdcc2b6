"""One person, who may be several contacts: whose they are, what is known of him, and how that is changed.

A contact that was found to be another person (contacts/merging.py) keeps its row; whatever is known of people is kept
with the contact that it was merged into, and every question about a contact is asked of that one.

What changes something here expects the caller's transaction, and the locks of `lock_people`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from accounts import audit
from accounts.models import User
from common.errors import Invalid, NotAllowed, NotFound
from common.text import name_of, refuse_hidden, shows_something, storable
from contacts.attributes import value_of
from contacts.models import Attribute, AttributeValue, Contact, ContactTag, PersonNote, Tag

LONGEST_NAME, LONGEST_NOTE = 200, 2000
LANGUAGES = ("", "fr", "en")
MOST_NOTES = 200


def mains(organisation_id: UUID, contact_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Contact -> the contact that stands for its person. Unknown and foreign ids are left out."""
    found = Contact.objects.filter(organisation_id=organisation_id, id__in=set(contact_ids))
    return dict(found.values_list("id", Coalesce(F("merged_into_id"), F("id"))))


def members(organisation_id: UUID, contact_id: UUID) -> list[UUID]:
    """All contacts of the person that `contact_id` is one of, the one that stands for him first. Raises NotFound."""
    main = mains(organisation_id, [contact_id]).get(contact_id)
    if main is None:
        raise NotFound("no_person", "there is no such person")
    others = Contact.objects.filter(organisation_id=organisation_id, merged_into_id=main).order_by("id")
    return [main, *others.values_list("id", flat=True)]


def lock_people(organisation_id: UUID, contact_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """The persons of `contact_ids` with all their contacts, locked in the order of their ids, by id.

    Before any address or conversation is. Raises NotFound when one of them is unknown.
    """
    found = mains(organisation_id, contact_ids)
    if set(found) != set(contact_ids):
        raise NotFound("no_person", "there is no such person")
    of_them = Q(id__in=set(found.values())) | Q(merged_into_id__in=set(found.values())) | Q(id__in=set(contact_ids))
    # Not against references: the intake's new conversations refer to them, and are checked when it commits.
    rows = Contact.objects.select_for_update(no_key=True).filter(of_them, organisation_id=organisation_id)
    return {one.id: one for one in rows.order_by("id")}


def locked_person(organisation_id: UUID, contact_id: UUID) -> Contact:
    """The contact that stands for the person, locked. Raises NotFound."""
    people = lock_people(organisation_id, [contact_id])
    one = people[contact_id]
    main = people.get(one.merged_into_id or one.id)
    # Merged by somebody else between the look and the lock.
    return main if main is not None else locked_person(organisation_id, contact_id)


def known(organisation_id: UUID, contact_id: UUID) -> dict[str, Any]:
    """{"name", "language", "tags": ids as text, "values": by attribute key} of the contact that stands for a person."""
    name, language = Contact.objects.values_list("name", "language").get(id=contact_id)
    tags = ContactTag.objects.filter(organisation_id=organisation_id, contact_id=contact_id)
    values = AttributeValue.objects.filter(organisation_id=organisation_id, contact_id=contact_id)
    return {
        "name": name,
        "language": language,
        "tags": [str(one) for one in tags.order_by("tag_id").values_list("tag_id", flat=True)],
        "values": dict(values.order_by("attribute__key").values_list("attribute__key", "value")),
    }


def change(
    person: Contact,
    *,
    actor: User,
    name: str | None = None,
    language: str | None = None,
    tag_ids: Sequence[UUID] | None = None,
    values: Mapping[str, str | None] | None = None,
) -> bool:
    """Change what is known of a locked person; None leaves a part as it is, a value of None takes it away.

    Returns whether anything is otherwise now; then it stands in the audit log, without what it was: that log outlives
    whoever asks to be forgotten. Raises Invalid with the field.
    """
    before = known(person.organisation_id, person.id)
    if name is not None:
        person.name = name_of(name, longest=LONGEST_NAME, field="name") if shows_something(name) else ""
    if language is not None:
        if language not in LANGUAGES:
            raise Invalid("unknown_choice", "must be fr, en or empty", field="language")
        person.language = language
    person.save(update_fields=["name", "language"])
    if tag_ids is not None:
        _set_tags(person, tag_ids)
    for key, raw in (values or {}).items():
        _set_value(person, key, raw)
    after = known(person.organisation_id, person.id)
    changed = audit.difference(before, after)
    for field in changed:
        if field != "tags":
            changed[field] = [one not in (None, "") for one in changed[field]]
            if changed[field][0] == changed[field][1]:
                changed[field] = ["…", "…"]  # something else, and nobody's business what
    if changed:
        _note(actor, person, "contact.changed", changed)
    return bool(changed)


def _set_tags(person: Contact, tag_ids: Sequence[UUID]) -> None:
    organisation_id = person.organisation_id
    there = set(Tag.objects.filter(organisation_id=organisation_id, id__in=tag_ids).values_list("id", flat=True))
    if there != set(tag_ids):
        raise Invalid("unknown_choice", "there is no such tag", field="tag_ids")
    mine = ContactTag.objects.filter(organisation_id=organisation_id, contact_id=person.id)
    mine.exclude(tag_id__in=there).delete()
    ContactTag.objects.bulk_create(
        [ContactTag(organisation_id=organisation_id, contact_id=person.id, tag_id=one) for one in sorted(there)],
        ignore_conflicts=True,
    )


def _set_value(person: Contact, key: str, raw: str | None) -> None:
    attribute = Attribute.objects.filter(organisation_id=person.organisation_id, key=key).first()
    if attribute is None:
        raise Invalid("unknown_choice", "there is no such attribute", field="values")
    mine = AttributeValue.objects.filter(
        organisation_id=person.organisation_id, contact_id=person.id, attribute_id=attribute.id
    )
    if raw is None or not raw.strip():
        mine.delete()
        return
    value = value_of(attribute.type, attribute.choices, raw)
    if not mine.update(value=value):
        AttributeValue.objects.create(
            organisation_id=person.organisation_id, contact_id=person.id, attribute_id=attribute.id, value=value
        )


# --- Notes -----------------------------------------------------------------------------------------------------------


def notes_of(contact_ids: Sequence[UUID]) -> list[PersonNote]:
    """Of all contacts of a person, newest first, at most MOST_NOTES, with their authors."""
    return list(PersonNote.objects.filter(contact_id__in=contact_ids).select_related("author").order_by("-id"))[
        :MOST_NOTES
    ]


def add_note(person: Contact, *, actor: User, body: str) -> PersonNote:
    """Raises Invalid: "required", "too_long", "characters"; "too_many_things" beyond MOST_NOTES."""
    text = _body(body)
    if PersonNote.objects.filter(contact_id=person.id).count() >= MOST_NOTES:
        raise Invalid("too_many_things", f"at most {MOST_NOTES} notes", field="body")
    note = PersonNote.objects.create(
        organisation_id=person.organisation_id, contact_id=person.id, author=actor, body=text
    )
    _note(actor, person, "contact.note_added", {"note": [None, str(note.id)]})
    return note


def edit_note(person: Contact, *, actor: User, note_id: UUID, body: str) -> None:
    """Raises NotFound("no_note"), NotAllowed("not_author"), Invalid as `add_note`. Editing to nothing forgets it."""
    ours = [person.id, *Contact.objects.filter(merged_into_id=person.id).values_list("id", flat=True)]
    note = PersonNote.objects.filter(organisation_id=person.organisation_id, contact_id__in=ours, id=note_id).first()
    if note is None:
        raise NotFound("no_note", "there is no such note")
    if note.author_id != actor.id:
        raise NotAllowed("not_author", "only its author changes a note")
    if not body.strip():
        note.delete()
        _note(actor, person, "contact.note_deleted", {"note": [str(note_id), None]})
        return
    text = _body(body)
    if text == note.body:
        return
    PersonNote.objects.filter(id=note.id).update(body=text, edited_at=Now())
    _note(actor, person, "contact.note_edited", {"note": [str(note_id), str(note_id)]})


def _body(body: str) -> str:
    text = storable(body).strip()
    if not shows_something(text):
        raise Invalid("required", "write something", field="body")
    if len(text) > LONGEST_NOTE:
        raise Invalid("too_long", f"at most {LONGEST_NOTE} characters", field="body")
    for line in text.splitlines():
        refuse_hidden(line.replace("\t", " "), field="body")
    return text


def _note(actor: User, person: Contact, action: str, changes: Mapping[str, list[Any]]) -> None:
    audit.record(
        actor=actor, organisation_id=person.organisation_id, action=action, kind="contact", object_id=person.id,
        name="", changes=changes,
    )  # fmt: skip
