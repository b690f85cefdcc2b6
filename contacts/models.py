"""People outside, and the ways to reach them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import Organisation
from common.ids import uuid7


class Contact(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    name = models.CharField(max_length=200, default="", db_default="")
    language = models.CharField(max_length=5, default="", db_default="")
    # The person that this contact was found to be (contacts/merging.py). Nothing of it is moved: it keeps its addresses
    # and conversations. Never a chain: who is merged into has no person of his own.
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="merged", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-id"], name="contact_newest"),
            models.Index(fields=["merged_into"], name="contact_merged", condition=models.Q(merged_into__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)


class AddressKind(models.TextChoices):
    PHONE = "phone"  # E.164 with "+", or a sender that is no phone number, as given (see contacts.numbers)
    EMAIL = "email"
    VISITOR = "visitor"


class Address(models.Model):
    """One way to reach a person, whom it names and not the medium: one number on SMS and WhatsApp is one row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=16, choices=AddressKind.choices, default=AddressKind.PHONE)
    value = models.CharField(max_length=254)  # normalised by contacts.numbers: two spellings are one row
    # Until when nothing is decided about what comes from here: a copy of the person's Block, for the intake, which
    # reads this row and no other.
    blocked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    class Meta:
        constraints = [
            # Twenty first texts of a new number at once: one address, hence one contact.
            models.UniqueConstraint(fields=["organisation", "kind", "value"], name="address_once"),
        ]

    def __str__(self) -> str:
        return self.value


class Suppression(models.Model):
    """A number that wants nothing more from an organisation. Here or not here: that is the present state.

    Keyed by number, not by Address: it outlives a contact that is erased, merged or imported again. Primary key
    (organisation_id, number), asked by each claim of the outbox.
    """

    pk = models.CompositePrimaryKey("organisation_id", "number")
    organisation_id = models.UUIDField()
    number = models.CharField(max_length=254)  # as Address.value
    source = models.CharField(max_length=16)  # of the ConsentEvent that made it
    since = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        # The gateway follows the newest, for what it has claimed before.
        indexes = [models.Index(fields=["since"], name="suppression_newest")]


class ConsentEvent(models.Model):
    """Everything that was ever said about texting a number, with its proof. The application may only add to it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.CharField(max_length=254)
    kind = models.CharField(max_length=8)  # contacts.keywords.Keyword
    source = models.CharField(max_length=16)  # text, provider, desk
    changed = models.BooleanField()  # False: it was so before
    words = models.CharField(max_length=300, default="", db_default="")  # the text, or a colleague's reason
    line_id = models.UUIDField(null=True)
    link_id = models.UUIDField(null=True)
    key = models.CharField(max_length=200, default="", db_default="")  # transport evidence of the text
    actor_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        indexes = [models.Index(fields=["organisation", "number", "-at"], name="consentevent_of_number")]


class OwedReply(models.Model):
    """What a keyword is answered with is owed until this row is gone: the dispatcher's queue
    (routing/keyword_replies.py). Made with the ConsentEvent of the same id."""

    id = models.UUIDField(primary_key=True, editable=False)
    organisation_id = models.UUIDField()
    number = models.CharField(max_length=254)
    line_id = models.UUIDField()
    kind = models.CharField(max_length=8)
    changed = models.BooleanField()  # False: nothing is confirmed twice
    language = models.CharField(max_length=5, default="", db_default="")  # of the keyword, where one alone has it
    at = models.DateTimeField(db_default=models.functions.Now())


class LineKeywords(models.Model):
    """The words of one line in one language, and what is answered; where there is no row, contacts.keywords.WORDS.

    `line_id` is conversations.Line, which lies above.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    line_id = models.UUIDField()
    language = models.CharField(max_length=5)
    kind = models.CharField(max_length=8)  # contacts.keywords.Keyword
    words = models.JSONField()  # a list of texts
    reply = models.CharField(max_length=480)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line_id", "language", "kind"], name="linekeywords_once")]


class Tag(models.Model):
    """A word that colleagues put on people: "VIP", "litige"."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class ContactTag(models.Model):
    pk = models.CompositePrimaryKey("organisation_id", "contact_id", "tag_id")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")


class AttributeType(models.TextChoices):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    BOOLEAN = "boolean"


class Attribute(models.Model):
    """What an organisation knows of its people, of one type (contacts/attributes.py): "offre", "dernier achat"."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=40)  # for programs: it never changes
    name = models.CharField(max_length=80)
    type = models.CharField(max_length=8, choices=AttributeType.choices)
    choices = models.JSONField(default=list, db_default=[])  # of type "choice": texts

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="attribute_key_once")]

    def __str__(self) -> str:
        return self.name


class AttributeValue(models.Model):
    """Checked and in the one form of its type (contacts/attributes.py): of two equal values the texts are equal."""

    pk = models.CompositePrimaryKey("organisation_id", "contact_id", "attribute_id")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="+")
    value = models.CharField(max_length=300)

    class Meta:
        # Who has the same customer number (contacts/merging.py); who has this one (inbox/search_people.py).
        indexes = [models.Index(fields=["organisation", "attribute", "value"], name="attributevalue_same")]


class ContactList(models.Model):
    """Numbers under a name: partners, postpaid customers. Whose they are need not be known.

    Its numbers are those of one edition (ListNumber). A file that replaces the list becomes an edition beside it, which
    nobody sees until this row names it: the list changes at once, or not at all.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, default="", db_default="", blank=True)  # "partners", "postpaid"...
    edition_id = models.UUIDField(default=uuid7)
    size = models.IntegerField(default=0, db_default=0)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="contactlist_name_once")]

    def __str__(self) -> str:
        return self.name


class ListNumber(models.Model):
    """A number of an edition. No foreign keys: millions are written at once, and whole editions are dropped."""

    pk = models.CompositePrimaryKey("organisation_id", "edition_id", "number")
    organisation_id = models.UUIDField()
    edition_id = models.UUIDField()
    number = models.CharField(max_length=32)  # E.164


class UploadState(models.TextChoices):
    RECEIVING = "receiving"  # pieces of the file are coming
    WORKING = "working"  # it is whole, and a worker's
    DONE = "done"
    FAILED = "failed"  # `error` says why; the list is as it was


class ListUpload(models.Model):
    """A file of numbers, and what came of it. Its pieces are forgotten when it is over, itself after a month.

    Without a list it fills the organisation's portability table (conversations/ported_files.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    list = models.ForeignKey(ContactList, on_delete=models.CASCADE, null=True, related_name="uploads", db_index=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=200)  # of the file
    replaces = models.BooleanField(default=False)  # else its numbers are added
    octets = models.BigIntegerField()
    state = models.CharField(max_length=9, choices=UploadState.choices, default=UploadState.RECEIVING)
    job_id = models.UUIDField(null=True)
    error = models.CharField(max_length=40, default="", db_default="")
    facts = models.JSONField(default=dict, db_default={})  # contacts.list_imports: counts, how the file was read
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Two files at once: which of them the list would end as were chance.
            models.UniqueConstraint(fields=["list"], name="listupload_one_works", condition=models.Q(state="working")),
            models.UniqueConstraint(
                fields=["organisation"],
                name="listupload_one_ported",
                condition=models.Q(state="working", list__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["list", "-id"], name="listupload_newest")]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class ListUploadPart(models.Model):
    """A piece of a file as it came: neither who receives it nor who reads it holds more than one in memory."""

    upload = models.ForeignKey(ListUpload, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.IntegerField()
    content = models.BinaryField()
    pk = models.CompositePrimaryKey("upload_id", "number")


class ListStaged(models.Model):
    """A line of a file as one attempt of the import has read it. The table is unlogged: after a crash of PostgreSQL it
    is empty, and the import begins anew."""

    upload_id = models.UUIDField()
    attempt = models.SmallIntegerField()
    line = models.IntegerField()
    number = models.CharField(max_length=32)
    reason = models.CharField(max_length=20)  # "": the number is one
    value = models.CharField(max_length=80)  # as it was written, where it is none
    pk = models.CompositePrimaryKey("upload_id", "attempt", "line")


class ListProblem(models.Model):
    """A line of a file that is no number."""

    upload = models.ForeignKey(ListUpload, on_delete=models.CASCADE, related_name="problems", db_index=False)
    line = models.IntegerField()
    reason = models.CharField(max_length=20)
    value = models.CharField(max_length=80)
    pk = models.CompositePrimaryKey("upload_id", "line")


from contacts.person_models import Block, Merge, PersonNote, RecordLink  # noqa: E402, F401  (they point at Contact)
