"""People outside, and the ways to reach them."""

from __future__ import annotations

from django.db import models

from accounts.models import Organisation
from common.ids import uuid7


class Contact(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    name = models.CharField(max_length=200, default="", db_default="")
    language = models.CharField(max_length=5, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="contact_newest")]

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
